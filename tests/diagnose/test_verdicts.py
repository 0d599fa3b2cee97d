"""The gradient report judges rightly, never stops a step, and changes nothing."""

import copy
import math

import pytest
from the_report import GradientReport, verdicts

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

pytestmark = pytest.mark.torch


def stack(depth, activation=nn.ReLU, init=None, bias=0.0):
    layers = []
    for _ in range(depth):
        linear = nn.Linear(64, 64)
        if init:
            init(linear.weight)
            nn.init.constant_(linear.bias, bias)
        layers += [linear, activation()]
    return nn.Sequential(*layers, nn.Linear(64, 10))


def he(weight):
    nn.init.kaiming_normal_(weight, nonlinearity="relu")


def large(weight):
    nn.init.normal_(weight, std=0.5)  # four times Xavier's


class ByHand(nn.Module):
    """Parameters without layers."""

    def __init__(self, depth):
        super().__init__()
        self.weights = nn.ParameterList(torch.randn(64, 64) / 8 for _ in range(depth))
        self.out = nn.Parameter(torch.randn(64, 10) / 8)

    def forward(self, x):
        for weight in self.weights:
            x = torch.sigmoid(x @ weight)
        return x @ self.out


class Recurrent(nn.Module):
    """Reads rows of 8, or steps of a loop over a cell."""

    def __init__(self, kind, scale=1.0, forget_bias=None):
        super().__init__()
        self.layer = kind(8, 32, batch_first=True) if "Cell" not in str(kind) else None
        self.cell = kind(8, 32) if self.layer is None else None
        self.head = nn.Linear(32, 10)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if "weight_hh" in name:
                    parameter *= scale
                if "bias_hh" in name and forget_bias:
                    parameter[32:64] = forget_bias

    def forward(self, x):
        if self.layer:
            return self.head(self.layer(x)[0][:, -1])
        hidden = None
        for step in x.unbind(1):
            hidden = self.cell(step, hidden)
        return self.head(hidden)


class Residual(nn.Module):
    """Blocks beside a path of their own."""

    def __init__(self, depth, scale, norm):
        super().__init__()
        self.scale = scale
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(64) if norm else nn.Identity(),
                nn.Linear(64, 64),
                nn.ReLU(),
                nn.Linear(64, 64),
            )
            for _ in range(depth)
        )
        for block in self.blocks:
            he(block[1].weight)
            he(block[3].weight)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        for block in self.blocks:
            x = x + self.scale * block(x)
        return self.head(x)


class Attention(nn.Module):
    """A causal transformer with a table of positions and a tied head."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 32)
        self.position = nn.Parameter(torch.randn(12, 32) / 50)
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.head = nn.Linear(32, 50, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens):
        mask = nn.Transformer.generate_square_subsequent_mask(tokens.shape[1])
        x = self.embedding(tokens) + self.position
        return self.head(self.encoder(x, mask=mask, is_causal=True)).mean(dim=1)


def sigmoid():
    return stack(8, nn.Sigmoid, nn.init.xavier_normal_)


def unscaled():
    return Residual(40, 1.0, norm=False)


def convolutions():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(inplace=True),
        nn.Conv2d(16, 16, 3, padding=1, groups=4),
        nn.GroupNorm(4, 16),
        nn.SiLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 10),
    )


class Heads(nn.Module):
    """Attention by hand: separate projections, small weights, a learned mask."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 32)
        self.position = nn.Parameter(torch.zeros(12, 32))
        parts = {"q": 32, "k": 32, "v": 32, "o": 32, "up": 64}
        self.parts = nn.ModuleDict({n: nn.Linear(32, w) for n, w in parts.items()})
        self.down = nn.Linear(64, 32)
        self.norms = nn.ModuleList(nn.LayerNorm(32) for _ in range(3))
        self.bias = nn.Parameter(torch.zeros(12, 12))
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)

    def forward(self, tokens):
        p = self.parts
        x = self.embedding(tokens) + self.position
        y = self.norms[0](x)
        mask = torch.ones(12, 12).triu(1).bool()
        scores = p["q"](y) @ p["k"](y).transpose(1, 2) / 32**0.5
        scores = scores + self.bias.masked_fill(mask, -math.inf)
        x = x + p["o"](scores.softmax(dim=2) @ p["v"](y))
        x = x + self.down(F.gelu(p["up"](self.norms[1](x))))
        return (self.norms[2](x) @ self.embedding.weight.T).mean(dim=1)


class ReZero(nn.Module):
    """Residual branches that start near zero."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(64, 64) for _ in range(6))
        self.scales = nn.Parameter(torch.full((6,), 0.02))
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        for layer, scale in zip(self.layers, self.scales, strict=True):
            x = x + scale * torch.relu(layer(x))
        return self.head(x)


class Gated(nn.Module):
    """A sigmoid gate for each channel of a convolution."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, padding=1)
        self.gate = nn.Linear(16, 16)
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        x = torch.relu(self.conv(x))
        x = x * torch.sigmoid(20 * self.gate(x.mean(dim=(2, 3))))[..., None, None]
        return self.head(x.mean(dim=(2, 3)))


ROWS = (64, 64)
STEPS = (64, 40, 8)
IMAGES = (32, 1, 12, 12)

HEALTHY = {
    "ReLU, He": (lambda: stack(12, init=he), ROWS),
    "tanh, Xavier": (lambda: stack(30, nn.Tanh, nn.init.xavier_normal_), ROWS),
    "GELU": (lambda: stack(6, nn.GELU, he), ROWS),
    "shallow, PyTorch's default": (lambda: stack(2), ROWS),
    "residual, normalized": (lambda: Residual(12, 1.0, norm=True), ROWS),
    "residual, scaled": (lambda: Residual(30, 30**-0.5, norm=False), ROWS),
    "transformer": (Attention, None),
    "attention by hand": (Heads, None),
    "residual from nearly zero": (ReZero, ROWS),
    "gates": (Gated, IMAGES),
    "convolutions": (convolutions, IMAGES),
    "LSTM that remembers": (lambda: Recurrent(nn.LSTM, forget_bias=3.0), STEPS),
    "weight norm": (
        lambda: nn.Sequential(
            nn.utils.parametrizations.weight_norm(nn.Linear(64, 64)),
            nn.ReLU(),
            nn.Linear(64, 10),
        ),
        ROWS,
    ),
    "one sample": (lambda: stack(4, init=he), (1, 64)),
}

SICK = {  # network, shape of input, a layer, its verdict
    "sigmoid": (sigmoid, ROWS, "0", "vanishing"),
    "sigmoid by hand": (lambda: ByHand(8), ROWS, "weights.0", "vanishing"),
    "PyTorch's default": (lambda: stack(12), ROWS, "0", "vanishing"),
    "the same, forward": (lambda: stack(12), ROWS, "24", "inputs alike"),
    "large weights": (lambda: stack(8, init=large), ROWS, "0", "exploding"),
    "residual, unscaled": (unscaled, ROWS, "blocks.0.3", "exploding"),
    "dead units": (lambda: stack(1, init=he, bias=-5.0), ROWS, "0", "dead units"),
    "all dead": (lambda: stack(2, init=he, bias=-30.0), ROWS, "0", "zero gradient"),
    "all dead, the last layer": (
        lambda: stack(2, init=he, bias=-30.0),
        ROWS,
        "4",
        "inputs alike",
    ),
    "saturated": (lambda: stack(2, nn.Tanh, large), ROWS, "0", "saturated"),
    "RNN": (lambda: Recurrent(nn.RNN), STEPS, "layer", "vanishes in time"),
    "RNN cell": (lambda: Recurrent(nn.RNNCell), STEPS, "cell", "vanishes in time"),
    "LSTM": (lambda: Recurrent(nn.LSTM), STEPS, "layer", "vanishes in time"),
    "GRU": (lambda: Recurrent(nn.GRU), STEPS, "layer", "vanishes in time"),
}


def step(model, shape, lr=0.01, scale=1.0, **options):
    """Watch one seeded step of plain SGD."""
    torch.manual_seed(1)
    x = torch.randn(shape) if shape else torch.randint(50, (32, 12))
    target = torch.randint(10, (len(x),))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    with GradientReport(model, **options) as report:
        (scale * F.cross_entropy(model(x), target)).backward()
        optimizer.step()
    return report


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_network_is_ok(name):
    build, shape = HEALTHY[name]
    torch.manual_seed(0)
    report = step(build(), shape)
    assert set(verdicts(report).values()) == {"ok"}, f"\n{report}"
    # A head tied to an embedding starts with large scores.
    notes = [note for note in report.notes if "guessing among 50" not in note]
    assert notes == []
    assert len(report.notes) == (name == "transformer")


@pytest.mark.parametrize("name", SICK)
def test_sick_layer_is_found(name):
    build, shape, layer, verdict = SICK[name]
    torch.manual_seed(0)
    report = step(build(), shape)
    assert verdicts(report)[layer] == verdict, f"\n{report}"
    assert verdict in str(report)


@pytest.mark.parametrize("name", [*HEALTHY][::3] + [*SICK][::2])
def test_verdicts_do_not_depend_on_the_scale_of_the_loss(name):
    build, shape = (HEALTHY | SICK)[name][:2]
    found = []
    for power in (-10, 0, 10):
        torch.manual_seed(0)
        found.append(step(build(), shape, 0.01 / 2**power, 2.0**power).layers)
    for low, layer, high in zip(*found, strict=True):
        assert low.verdict == layer.verdict == high.verdict, layer.name
        assert low.dead == layer.dead == high.dead
        assert low.update == pytest.approx(layer.update, rel=1e-4, abs=1e-12)
        assert (low.through_time or 0) == pytest.approx(layer.through_time or 0, 1e-3)


@pytest.mark.parametrize("name", HEALTHY)
def test_step_is_the_same_as_unwatched(name):
    """Parameters, gradients, buffers and the random state, bit for bit."""
    build, shape = HEALTHY[name]
    torch.manual_seed(0)
    one = build()
    two = copy.deepcopy(one)
    step(one, shape)
    state = torch.get_rng_state()
    torch.manual_seed(1)
    x = torch.randn(shape) if shape else torch.randint(50, (32, 12))
    target = torch.randint(10, (len(x),))
    optimizer = torch.optim.SGD(two.parameters(), lr=0.01)
    F.cross_entropy(two(x), target).backward()
    optimizer.step()
    assert torch.equal(state, torch.get_rng_state())
    for (key, a), b in zip(
        one.state_dict().items(), two.state_dict().values(), strict=True
    ):
        assert torch.equal(a, b), key
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(a.grad, b.grad)


def test_nothing_stays_behind():
    model = stack(2, init=he)
    report = step(model, ROWS)
    assert not any(m._forward_hooks or m._backward_hooks for m in model.modules())
    assert not any(p._backward_hooks for p in model.parameters())
    assert not any(p._post_accumulate_grad_hooks for p in model.parameters())
    assert not torch.overrides._get_current_function_mode_stack()
    assert not report.weights
    assert not report.owners
    assert not report.kept


def test_report_may_be_used_again():
    torch.manual_seed(0)
    model = stack(2, init=he)
    report = GradientReport(model)
    for _ in range(2):
        with report:
            model(torch.randn(ROWS)).sum().backward()
    assert len(report.layers) == 3
    assert report.layers[0].output_gradient


def watched(model, loss, lr=0.01):
    """Watch a step of Adam on a loss of the test's own."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    with GradientReport(model) as report:
        loss(model).backward()
        optimizer.step()
    return report


def test_head_with_a_small_weight_makes_nothing_explode():
    torch.manual_seed(0)
    x = torch.randn(ROWS)
    trunk, main, aux = stack(3, init=he), nn.Linear(10, 64), nn.Linear(10, 1)
    model = nn.ModuleList([trunk, main, aux])
    report = watched(
        model,
        lambda _: (
            (main(trunk(x)) - x).square().sum() + 1e-3 * aux(trunk(x)).square().mean()
        ),
        lr=1e-4,
    )
    assert set(verdicts(report).values()) == {"ok"}, f"\n{report}"


def test_classifier_that_is_sure_is_not_saturated():
    torch.manual_seed(0)
    x = torch.randn(ROWS)
    y = (x[:, :1] > 0).float()
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1), nn.Sigmoid())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(200):
        optimizer.zero_grad()
        F.binary_cross_entropy(model(x), y).backward()
        optimizer.step()
    with GradientReport(model) as report:
        loss = F.binary_cross_entropy(model(x[:32]), y[:32])
        (loss + F.binary_cross_entropy(model(x[32:]), y[32:])).backward()
        optimizer.step()
    assert "saturated" not in verdicts(report).values(), f"\n{report}"


def test_micro_batches_are_not_time():
    torch.manual_seed(0)
    model = stack(2, init=he)
    with GradientReport(model) as report:
        for x in torch.randn(16, 4, 64):
            model(x).square().mean().backward()
    assert "in time" not in " ".join(verdicts(report).values())


def test_step_without_grad_is_seen():
    """Some loops update in hooks or by torch.autograd.grad and leave no `.grad`."""
    torch.manual_seed(0)
    model = stack(2, init=he)
    parameters = list(model.parameters())
    with GradientReport(model) as report:
        gradients = torch.autograd.grad(
            model(torch.randn(ROWS)).square().mean(), parameters
        )
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= 0.01 * gradient
    assert set(verdicts(report).values()) == {"ok"}, f"\n{report}"
    assert not report.notes


def test_update_that_rounds_away_is_named():
    torch.manual_seed(0)
    model = stack(2, init=he).bfloat16()
    x = torch.randn(ROWS).bfloat16()
    report = watched(model, lambda m: m(x).square().mean(), lr=1e-6)
    assert "did not move" in verdicts(report).values(), f"\n{report}"


def test_loss_of_nan_is_named_though_gradients_are_finite():
    model = stack(2, init=he)
    with GradientReport(model) as report:
        target = torch.full((64,), -100)  # ignored, every one
        F.cross_entropy(model(torch.randn(ROWS)), target).backward()
    assert "the output of cross_entropy" in report.notes[0]


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
def test_scripted_and_inner_compiled_parts_are_legal():
    x = torch.randn(ROWS)
    report = one_step(torch.jit.script(stack(2, init=he)), lambda m: m(x).sum())
    assert "was not seen" in report.notes[0]

    @torch.compile(backend="eager", fullgraph=True)
    def activation(x):
        return x.relu() + 1

    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(64, 64), nn.Linear(64, 10)

        def forward(self, x):
            return self.b(activation(self.a(x)))

    assert set(verdicts(step(Mixed(), ROWS)).values()) == {"ok"}


def broken_by(function):
    """Build a network whose first layer goes through the function."""

    class Broken(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Linear(64, 64), nn.Linear(64, 10)

        def forward(self, x):
            return self.head(function(self.body(x)))

    return Broken()


BREAK = {
    "log": (lambda x: x.relu().log(), "the output of log, after body"),
    "division": (lambda x: x / x.relu(), "the output of div, after body"),
    "exp": (lambda x: (1000 * x).exp(), "the output of exp, after body"),
    "root, backward": (
        lambda x: (x - x).square().sum(1, keepdim=True).sqrt() * x,
        "the backward pass of sqrt, after body",
    ),
}


@pytest.mark.parametrize("name", BREAK)
def test_first_tensor_that_is_not_finite_is_named(name):
    function, place = BREAK[name]
    torch.manual_seed(0)
    report = step(broken_by(function), ROWS)
    assert f": {place}; " in report.notes[0], f"\n{report}"
    assert "not finite" in verdicts(report).values()


def test_input_and_weights_that_are_not_finite_are_named():
    model = stack(2, init=he)
    x = torch.full(ROWS, math.nan)
    with GradientReport(model) as report:
        model(x).sum().backward()
    assert "an input of 0 (linear)" in report.notes[0]
    model[2].weight.data[0, 0] = math.inf
    with GradientReport(model) as report:
        model(torch.randn(ROWS)).sum().backward()
    assert "2.weight before the step" in report.notes[0]


def test_parts_that_do_not_learn_are_named():
    torch.manual_seed(0)
    model = nn.ModuleDict(
        {name: nn.Linear(8, 8) for name in ("frozen", "left", "cut", "forgotten", "a")}
    )
    model["frozen"].requires_grad_(False)
    known = [
        p for name, part in model.items() if name != "left" for p in part.parameters()
    ]
    optimizer = torch.optim.SGD(known, lr=0.01)
    with GradientReport(model) as report:
        x = model["frozen"](torch.randn(32, 8))
        x = model["left"](model["cut"](x).detach())
        model["a"](x).square().mean().backward()
        optimizer.step()
    assert verdicts(report) == {
        "frozen": "frozen",
        "left": "did not move",
        "cut": "no gradient",
        "forgotten": "no gradient",
        "a": "ok",
    }


def test_step_that_is_too_large_is_named():
    report = step(stack(2, init=he), ROWS, lr=3.0)
    assert "step too large" in verdicts(report).values()


def test_scale_of_mixed_precision_is_taken_out():
    torch.manual_seed(0)
    model = stack(2, init=he)
    x = torch.randn(ROWS)
    with GradientReport(model) as plain:
        model(x).square().mean().backward()
    model.zero_grad()
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    with GradientReport(model, scaler) as scaled:
        scaler.scale(model(x).square().mean()).backward()
    for one, two in zip(plain.layers, scaled.layers, strict=True):
        assert math.isclose(one.gradient, two.gradient, rel_tol=1e-5)
        assert math.isclose(one.output_gradient, two.output_gradient, rel_tol=1e-5)


def test_compiled_model_is_not_disturbed():
    torch.manual_seed(0)
    model = torch.compile(stack(2, init=he), backend="eager")
    report = step(model, ROWS)
    assert not report.notes
    assert all(layer.output_gradient for layer in report.layers)
    assert set(verdicts(report).values()) == {"ok"}


def one_step(model, output):
    """Watch a step in which `output` calls the model; it may return None."""
    with GradientReport(model) as report:
        if (loss := output(model)) is not None:
            loss.backward()
    return report


LEGAL = {
    "no parameters": (nn.ReLU, lambda m: m(torch.randn(4)).sum().requires_grad_()),
    "nothing called": (lambda: nn.Linear(4, 4), lambda m: None),
    "frozen": (lambda: nn.Linear(4, 4).requires_grad_(False), lambda m: None),
    "lazy": (lambda: nn.LazyLinear(4), lambda m: m(torch.randn(8, 4)).sum()),
    "meta": (
        lambda: nn.Linear(4, 4, device="meta"),
        lambda m: m(torch.randn(8, 4, device="meta")).sum(),
    ),
    "complex": (
        lambda: nn.Linear(4, 4, dtype=torch.cfloat),
        lambda m: m(torch.randn(8, 4, dtype=torch.cfloat)).abs().sum(),
    ),
    "double": (
        lambda: nn.Linear(4, 4).double(),
        lambda m: m(torch.randn(8, 4).double()).sum(),
    ),
    "bfloat16": (
        lambda: nn.Linear(4, 4).bfloat16(),
        lambda m: m(torch.randn(8, 4).bfloat16()).sum(),
    ),
    "sparse gradient": (
        lambda: nn.Embedding(9, 4, sparse=True),
        lambda m: m(torch.randint(9, (8,))).sum(),
    ),
    "packed, two-way": (
        lambda: nn.LSTM(4, 4, batch_first=True, bidirectional=True),
        lambda m: m(
            nn.utils.rnn.pack_padded_sequence(torch.randn(3, 5, 4), [5, 4, 2], True)
        )[0].data.sum(),
    ),
    "unbatched": (lambda: nn.GRU(4, 4), lambda m: m(torch.randn(9, 4))[0].sum()),
    "checkpoint": (
        lambda: stack(2, init=he),
        lambda m: checkpoint(m, torch.randn(ROWS), use_reentrant=False).sum(),
    ),
    "reentrant checkpoint": (
        lambda: stack(2, init=he),
        lambda m: checkpoint(
            m, torch.randn(ROWS, requires_grad=True), use_reentrant=True
        ).sum(),
    ),
    "vmap": (
        lambda: stack(2, init=he),
        lambda m: torch.func.vmap(
            lambda x: torch.func.functional_call(m, dict(m.named_parameters()), (x,))
        )(torch.randn(ROWS)).sum(),
    ),
    "gradient penalty": (
        lambda: stack(2, nn.Tanh, he),
        lambda m: (
            torch.autograd.grad(
                m(x := torch.randn(64, 64, requires_grad=True)).sum(),
                x,
                create_graph=True,
            )[0]
            .square()
            .sum()
        ),
    ),
    "empty batch": (lambda: stack(2, init=he), lambda m: m(torch.randn(0, 64)).sum()),
    "weights penalized": (
        lambda: stack(2, init=he),
        lambda m: (
            m(torch.randn(ROWS)).square().mean()
            + sum(p.square().sum() for p in m.parameters())
        ),
    ),
}


@pytest.mark.parametrize("name", LEGAL)
def test_legal_model_raises_nothing(name):
    build, output = LEGAL[name]
    torch.manual_seed(0)
    report = one_step(build(), output)
    assert str(report)
    assert len(report.layers) == len({layer.name for layer in report.layers})


def test_error_in_the_step_is_the_callers():
    model = stack(2, init=he)
    report = GradientReport(model)

    def failing_step():
        with report:
            model(torch.randn(ROWS)).sum().backward()
            raise ValueError("my own")

    with pytest.raises(ValueError, match="my own"):
        failing_step()
    assert report.layers[0].output_gradient


def test_step_that_moves_biases_only_is_a_step():
    torch.manual_seed(0)
    report = step(stack(2, init=he, bias=-30.0), ROWS)
    assert "no weight moved" not in str(report)


def test_long_report_folds_what_is_ok():
    torch.manual_seed(0)
    lines = str(step(Residual(30, 30**-0.5, norm=False), ROWS)).splitlines()
    assert len(lines) < 14
    assert "more layers, all ok" in "".join(lines)
