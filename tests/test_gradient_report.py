"""The gradient report judges rightly, never stops a step, and changes nothing."""

import copy
import importlib.util
import math

import frozen
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

pytestmark = pytest.mark.torch

PATH = frozen.SNIPPETS / "diagnose" / "gradient_report.py"
spec = importlib.util.spec_from_file_location("gradient_report", PATH)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
GradientReport = module.GradientReport


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
    "saturated": (lambda: stack(2, nn.Tanh, large), ROWS, "0", "saturated"),
    "RNN": (lambda: Recurrent(nn.RNN), STEPS, "layer", "vanishes in time"),
    "RNN cell": (lambda: Recurrent(nn.RNNCell), STEPS, "cell", "vanishes in time"),
    "LSTM": (lambda: Recurrent(nn.LSTM), STEPS, "layer", "vanishes in time"),
    "GRU": (lambda: Recurrent(nn.GRU), STEPS, "layer", "vanishes in time"),
}


def step(model, shape, lr=0.01, **options):
    """Watch one seeded step of plain SGD."""
    torch.manual_seed(1)
    x = torch.randn(shape) if shape else torch.randint(50, (32, 12))
    target = torch.randint(10, (len(x),))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    with GradientReport(model, **options) as report:
        F.cross_entropy(model(x), target).backward()
        optimizer.step()
    return report


def verdicts(report):
    return {layer.name: layer.verdict for layer in report.layers}


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_network_is_ok(name):
    build, shape = HEALTHY[name]
    torch.manual_seed(0)
    report = step(build(), shape)
    assert set(verdicts(report).values()) == {"ok"}, f"\n{report}"
    assert not report.notes


@pytest.mark.parametrize("name", SICK)
def test_sick_layer_is_found(name):
    build, shape, layer, verdict = SICK[name]
    torch.manual_seed(0)
    report = step(build(), shape)
    assert verdicts(report)[layer] == verdict, f"\n{report}"
    assert verdict in str(report)


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
    assert not report.before
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
        "the gradient of body's output",
    ),
}


@pytest.mark.parametrize("name", BREAK)
def test_first_tensor_that_is_not_finite_is_named(name):
    function, place = BREAK[name]
    torch.manual_seed(0)
    report = step(broken_by(function), ROWS)
    assert report.notes[0].endswith(f": {place}"), f"\n{report}"
    assert "not finite" in verdicts(report).values()


def test_input_and_weights_that_are_not_finite_are_named():
    model = stack(2, init=he)
    x = torch.full(ROWS, math.nan)
    with GradientReport(model) as report:
        model(x).sum().backward()
    assert "an input of linear" in report.notes[0]
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
    assert "was not seen" in report.notes[0]
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


def test_long_report_folds_what_is_ok():
    torch.manual_seed(0)
    lines = str(step(Residual(30, 30**-0.5, norm=False), ROWS)).splitlines()
    assert len(lines) < 12
    assert "more layers, all ok" in "".join(lines)
