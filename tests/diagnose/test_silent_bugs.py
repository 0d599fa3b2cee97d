"""Bugs that raise nothing get a note, and what is legal gets none."""

import copy

import pytest
from the_report import GradientReport, notes, torch, verdicts, watch
from torch import nn
from torch.nn import functional as F

pytestmark = pytest.mark.torch


def net(*end, out=4):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, out), *end)


def data(classes=4):
    torch.manual_seed(1)
    return torch.randn(32, 8), torch.randint(classes, (32,))


def step(model, loss=F.cross_entropy, target=None, lr=0.01):
    x, y = data()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    target = y if target is None else target
    return watch(model, lambda: loss(model(x), target), optimizer)


def test_healthy_loop_has_no_notes():
    assert not step(net()).notes


def test_gradients_that_add_up_are_said():
    model, (x, y) = net(), data()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    said = []
    for zero in (False, True, False):
        with GradientReport(model) as report:
            if zero:
                optimizer.zero_grad(set_to_none=False)
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        said.append("zero_grad" in notes(report))
    assert said == [False, False, True]


class Plain(nn.Module):
    """Keeps layers and a tensor where parameters() does not find them."""

    def __init__(self):
        super().__init__()
        self.a, self.hidden = nn.Linear(8, 8), [nn.Linear(8, 8)]
        self.b = nn.Linear(8, 4)

    def forward(self, x):
        return self.b(self.hidden[0](self.a(x)).relu())


def test_layers_in_a_plain_list_are_said():
    model = Plain()
    assert "2 tensors that learn are not in model.parameters()" in notes(step(model))
    x, y = data()
    everything = [*model.parameters(), *model.hidden[0].parameters()]
    optimizer = torch.optim.SGD(everything, lr=0.01)
    assert not watch(model, lambda: F.cross_entropy(model(x), y), optimizer).notes


def test_another_model_in_the_step_is_legal():
    model, other, (x, y) = net(), nn.Linear(8, 4), data()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    report = watch(model, lambda: (model(x) - other(x)).square().mean(), optimizer)
    assert not report.notes
    x.requires_grad_()
    assert not watch(model, lambda: F.cross_entropy(model(x), y), optimizer).notes


def test_layer_that_the_optimizer_does_not_hold_is_named():
    model, (x, y) = net(), data()
    optimizer = torch.optim.Adam(model[2].parameters())
    report = watch(model, lambda: F.cross_entropy(model(x), y), optimizer)
    assert verdicts(report) == {"0": "did not move", "2": "ok"}
    assert "not in the optimizer: 0" in notes(report)


TWICE = {
    "softmax": (nn.Softmax(dim=1), F.cross_entropy, None),
    "log_softmax": (nn.LogSoftmax(dim=1), F.cross_entropy, None),
    "nll_loss": (nn.Softmax(dim=1), F.nll_loss, None),
    "sigmoid": (nn.Sigmoid(), F.binary_cross_entropy_with_logits, torch.rand(32, 4)),
}


@pytest.mark.parametrize("name", TWICE)
def test_activation_that_the_loss_applies_too_is_said(name):
    end, loss, target = TWICE[name]
    assert name in notes(step(net(end), loss, target))


def test_softmax_that_the_loss_wants_is_legal():
    assert not step(net(nn.LogSoftmax(dim=1)), F.nll_loss).notes
    loss = F.binary_cross_entropy
    assert not step(net(nn.Sigmoid()), loss, torch.rand(32, 4)).notes


def test_single_output_is_judged():
    y = torch.rand(32, 1)
    note = notes(step(net(nn.Softmax(dim=1), out=1), F.binary_cross_entropy, y))
    assert "softmax over a single output" in note
    assert "every gradient is exactly 0" in note
    assert "no optimizer.step()" not in note
    model = net(nn.ReLU(), out=1)
    model[2].bias.data -= 5
    note = notes(step(model, F.mse_loss, y))
    assert "a ReLU makes the output, 100% of it 0" in note


def test_hinge_is_no_output_with_relu():
    report = step(net(out=1), lambda y, _: F.relu(1 - y).mean())
    assert not report.notes


def test_tiny_step_and_no_step_are_said():
    assert "no layer changed by more than" in notes(step(net(), lr=1e-6))
    assert "the learning rate is 0" in notes(step(net(), lr=0.0))
    model, (x, y) = net(), data()
    report = watch(model, lambda: F.cross_entropy(model(x), y))
    assert "no optimizer.step() in the block" in notes(report)


def test_scaled_loss_without_its_scaler_is_said():
    model, (x, y) = net(), data()
    plain = watch(model, lambda: F.cross_entropy(model(x), y))
    model.zero_grad()
    scaler = torch.amp.GradScaler("cpu", init_scale=65536.0)
    scaled = watch(model, lambda: scaler.scale(F.cross_entropy(model(x), y)))
    assert "the loss was scaled by 65536" in notes(scaled)
    assert abs(scaled.layers[0].gradient / plain.layers[0].gradient - 1) < 1e-4


def test_bias_before_batch_normalization_may_rest():
    class Own(nn.Linear):
        pass

    torch.manual_seed(0)
    for kind in (nn.Linear, Own):
        model = nn.Sequential(kind(8, 16), nn.BatchNorm1d(16), nn.ReLU())
        model.append(nn.Linear(16, 4))
        assert set(verdicts(step(model)).values()) == {"ok"}


def test_lazy_layers_that_learned_are_ok():
    model, (x, y) = (
        nn.Sequential(nn.LazyLinear(16), nn.ReLU(), nn.LazyLinear(4)),
        data(),
    )
    with GradientReport(model) as report:
        loss = F.cross_entropy(model(x), y)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert set(verdicts(report).values()) == {"ok"}


def test_loss_far_above_guessing_is_said():
    model = net()
    model[2].weight.data *= 100
    assert "guessing among 4 classes gives 1.4" in notes(step(model, lr=1e-4))


def test_step_that_moved_nothing_says_why():
    model, (x, y) = net(), data()
    optimizer = torch.optim.Adam(copy.deepcopy(model).parameters())

    def other():
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    mine = torch.optim.SGD(model.parameters(), lr=0.1)

    def cleared():
        F.cross_entropy(model(x), y).backward()
        mine.zero_grad(set_to_none=False)
        mine.step()

    for run in (other, cleared):
        model.zero_grad()
        with GradientReport(model) as report:
            run()
        assert "no weight moved" in notes(report), run
        assert "tiny learning rate" not in notes(report), run


def test_loss_that_was_cut_off_is_no_missing_backward_pass():
    model, (x, _) = net(), data()
    report = watch(model, lambda: (model(x) > 0).float().mean().requires_grad_())
    assert "reached no parameter" in notes(report)


def test_hint_of_a_power_on_the_way_forward_is_not_its_slope():
    model, (x, _) = net(), data()
    report = watch(model, lambda: (model(x) ** 0.45).mean())
    assert "negative number" in report.notes[0]
    assert "slope" not in report.notes[0]


def test_loss_that_is_nan_comes_first():
    model, (x, y) = net(), data()
    report = watch(model, lambda: F.cross_entropy(model(x), y * 0 - 100))
    assert report.summary.startswith(
        "first NaN or infinity: the output of cross_entropy"
    )


def test_sigmoid_before_cross_entropy():
    model, (x, y) = net(nn.Sigmoid()), data()
    assert "sigmoid before cross_entropy" in notes(
        watch(model, lambda: F.cross_entropy(model(x), y))
    )


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_target_of_another_shape():
    model, (x, _) = net(out=1), data()
    report = watch(model, lambda: F.mse_loss(model(x), x[:, 0]))
    assert "compares (32, 1) with (32,)" in notes(report)
    report = watch(model, lambda: F.mse_loss(model(x), x[:, :1]))
    assert "compares" not in notes(report)


def test_units_that_are_all_dead_are_said():
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
    model[0].bias.data -= 99
    said = notes(step(model))
    assert "every unit of 0 is off" in said
    assert "tiny learning rate" not in said


NARROW = {
    "batch_norm": (nn.BatchNorm1d(8), (2, 8)),
    "batch_norm, images": (nn.BatchNorm2d(8, affine=False), (1, 8, 4, 4)),
    "layer_norm": (nn.LayerNorm(1), (32, 8, 1)),
    "group_norm": (nn.GroupNorm(4, 8), (32, 8)),
    "instance_norm": (nn.InstanceNorm1d(8, affine=True), (32, 8, 2)),
}


@pytest.mark.parametrize("name", NARROW)
def test_normalization_over_too_few_values_is_said(name):
    norm, shape = NARROW[name]
    torch.manual_seed(0)
    first, x = nn.Linear(shape[-1], shape[-1]), torch.randn(shape)
    model = nn.Sequential(first, norm)
    said = notes(watch(model, lambda: model(x).square().mean()))
    assert "averages over " in said
    assert name.partition(",")[0] in said
    assert (
        "averages over"
        not in notes(watch(model.eval(), lambda: model(x).square().mean()))
        or "batch" not in name
    )


def test_frozen_batch_normalization_that_drifts_is_said():
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Linear(16, 4))
    model[1].requires_grad_(False)
    assert "call eval() on it" in notes(step(model))
    model[1].eval()
    assert not step(model).notes


def rounding(model, lr, half=torch.bfloat16):
    model, (x, y) = model.to(half), data()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    return watch(
        model, lambda: F.cross_entropy(model(x.to(half)).float(), y), optimizer
    )


def test_scale_whose_updates_round_away_is_named():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.LayerNorm(16), nn.Linear(16, 4))
    report = rounding(model, 1e-3)
    assert verdicts(report) == {"0": "ok", "1": "did not move", "2": "ok"}
    assert "the updates of 1.weight round away" in notes(report)
    assert "not in the optimizer" not in notes(report)
    assert "round" not in notes(rounding(net(), 1e-3))


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16, torch.float32])
def test_step_that_rounds_away_as_a_whole_is_said(half):
    model = net()
    for parameter in model.parameters():
        parameter.data.fill_(0.5)
    said = notes(rounding(model, 1e-9, half))
    assert "round away" in said
    assert "cleared" not in said


class Adapter(nn.Module):
    """A frozen layer and an adapter of two matrices."""

    def __init__(self, *, zero):
        super().__init__()
        self.base = nn.Linear(8, 8).requires_grad_(False)
        self.a, self.b = (nn.Linear(*n, bias=False) for n in ((8, 2), (2, 8)))
        for name in zero:
            nn.init.zeros_(getattr(self, name).weight)

    def forward(self, x):
        return self.base(x) + self.b(self.a(x))


def test_two_zero_weights_that_hold_each_other_are_said():
    torch.manual_seed(0)
    for zero, others in (("ab", False), ("ab", True), ("b", True), ("a", True)):
        model = nn.Sequential(Adapter(zero=zero), *[nn.Linear(8, 4)] * others)
        report = step(model, target=None if others else torch.randint(8, (32,)))
        found = verdicts(report)
        locked = len(zero) == 2
        assert ("keep each other's gradient at 0" in notes(report)) == locked
        assert "between the last layer and the loss" not in notes(report)
        if locked:
            assert found["0.a"] == found["0.b"] == "zero gradient"
        else:
            assert "zero gradient" not in found.values()


def test_network_of_zeros_is_said():
    model = net()
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    assert "0, 2 are all 0" in notes(step(model))


class Gan:
    """Two networks, each with an optimizer."""

    def __init__(self):
        torch.manual_seed(0)
        self.g = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
        self.d = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(), nn.Linear(16, 1))
        self.both = nn.ModuleDict({"g": self.g, "d": self.d})
        self.of_g = torch.optim.Adam(self.g.parameters(), 1e-3)
        self.of_d = torch.optim.Adam(self.d.parameters(), 1e-3)

    def step(self, *, zero="gd", detach=True, late=True):
        loss = F.binary_cross_entropy_with_logits
        yes, no = torch.ones(32, 1), torch.zeros(32, 1)
        fake = self.g(torch.randn(32, 4))
        if not late:
            self.of_g.zero_grad()
        if "d" in zero:
            self.of_d.zero_grad()
        real = self.d(torch.randn(32, 2))
        made = self.d(fake.detach() if detach else fake)
        (loss(real, yes) + loss(made, no)).backward(retain_graph=not detach)
        self.of_d.step()
        if "g" in zero and late:
            self.of_g.zero_grad()
        loss(self.d(self.g(torch.randn(32, 4))), yes).backward()
        self.of_g.step()

    def watch(self, model, steps=2, **how):
        for _ in range(steps):
            with GradientReport(model) as report:
                self.step(**how)
        return report


@pytest.mark.parametrize("part", ["both", "g", "d"])
@pytest.mark.parametrize("detach", [True, False])
def test_two_optimizers_are_legal(part, detach):
    gan = Gan()
    report = gan.watch(getattr(gan, part), detach=detach)
    assert not report.notes, str(report)
    assert set(verdicts(report).values()) == {"ok"}


def test_gradient_of_another_step_in_a_gan_is_said():
    gan = Gan()
    said = notes(gan.watch(gan.both, zero="g"))
    assert "still there and add up, in d.0, d.2: call" in said
    gan = Gan()
    assert "add up, in g.0, g.2: call" in notes(gan.watch(gan.both, zero="d"))
    gan = Gan()
    # The discriminator's loss reaches the generator, and stays there for its step.
    said = notes(gan.watch(gan.both, detach=False, late=False))
    assert "add up, in g.0, g.2: call" in said
    gan = Gan()
    assert "add up" not in notes(gan.watch(gan.both, detach=True, late=False))


def test_accumulation_over_parts_is_legal():
    model, (x, y) = net(), data()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(2):
        with GradientReport(model) as report:
            for part, target in zip(x.split(8), y.split(8), strict=True):
                F.cross_entropy(model(part), target).backward()
            optimizer.step()
            optimizer.zero_grad()
        assert not report.notes


def test_parameters_that_other_processes_hold_are_left_out():
    """As with FSDP2, where a process may have no row of a small layer."""
    model = net()
    for number, layer in enumerate((model[0], model[2])):
        for parameter in layer.parameters():
            parameter.to_local = (parameter.detach, lambda: torch.empty(0))[number]
    report = step(model)
    assert verdicts(report) == {"0": "ok"}
    assert "other processes hold 2.weight, 2.bias" in notes(report)
    assert "not in model.parameters()" not in notes(report)


def test_model_of_nothing_but_a_plain_list_is_said():
    model = nn.Module()
    model.hidden = [nn.Linear(8, 4)]
    model.forward = lambda x: model.hidden[0](x)
    x, y = data()
    said = notes(watch(model, lambda: F.cross_entropy(model(x), y)))
    assert "2 tensors that learn are not in model.parameters(): linear [4, 8]" in said


def test_normalization_without_statistics_does_not_drift():
    norm = nn.BatchNorm1d(16, track_running_stats=False).requires_grad_(False)
    model = nn.Sequential(nn.Linear(8, 16), norm, nn.Linear(16, 4))
    assert not step(model).notes


def test_summary_names_the_cause_and_not_its_consequence():
    model, (x, y) = net(), data()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(30):
        with GradientReport(model) as report:
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
    assert set(verdicts(report).values()) > {"ok"}
    assert report.summary.startswith("the gradients of earlier steps were still there")
    assert "; 1 of 2 layers: " in report.summary
    assert report.summary.endswith(" → diagnose/#notes")


def test_summary_mentions_notes_beside_verdicts():
    model, (x, y) = net(), data()
    optimizer = torch.optim.Adam(model[2].parameters())
    report = watch(model, lambda: F.cross_entropy(model(x), y), optimizer)
    assert "did not move; see the notes → " in report.summary


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("how", ["plain", "scaler"])
def test_plain_step_by_scaled_gradients_is_said(given, how):
    model, (x, y) = net(), data()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cpu")
    with GradientReport(model, scaler if given else None) as report:
        scaler.scale(F.cross_entropy(model(x), y)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1e9)
        (optimizer if how == "plain" else scaler).step(*[optimizer] * (how == "scaler"))
    assert ("still × 65536" in notes(report)) == (how == "plain")
    assert (report.summary[:3] == "the") == (how == "plain" or not given)


def test_output_that_is_saturated_is_no_tiny_rate():
    model = net(nn.Sigmoid(), out=1)
    model[2].bias.data += 12
    said = notes(step(model, F.mse_loss, torch.zeros(32, 1), lr=0.1))
    assert "the output's activation is flat at 100% of its values" in said
    assert "tiny learning rate" not in said


def test_softmax_is_seen_through_a_clamp():
    model, (x, y) = net(nn.Softmax(dim=1)), data()
    report = watch(model, lambda: F.cross_entropy(model(x).clamp(1e-7), y))
    assert "softmax before cross_entropy" in report.summary


def test_units_that_start_alike_are_said():
    model = net()
    for weight in (model[0].weight, model[2].weight):
        nn.init.constant_(weight, 0.1)
    assert "all units of 0.weight, 2.weight are the same" in step(model).summary


@pytest.mark.parametrize("two_way", [True, False])
def test_row_says_that_time_was_not_seen(two_way):
    torch.manual_seed(0)
    layer = nn.GRU(8, 8, batch_first=True, bidirectional=two_way)
    x = torch.randn(4, 20, 8)
    pack = nn.utils.rnn.pack_padded_sequence
    packed = x if two_way else pack(x, [20, 18, 9, 9], batch_first=True)
    assert "ok, time not seen" in str(watch(layer, lambda: layer(packed)[1].sum()))


def test_factor_of_zero_is_a_reason_for_a_zero_gradient():
    model, (x, y) = net(), data()
    report = watch(model, lambda: F.cross_entropy(0 * model(x), y))
    assert "a factor of 0" in str(report)
