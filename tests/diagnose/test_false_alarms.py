"""Healthy training is called healthy, also where weights start at zero."""

from collections import Counter

import pytest
from the_report import GradientReport, torch
from torch import nn
from torch.nn import functional as F

pytestmark = pytest.mark.torch

ROWS, IMAGES = (48, 64), (16, 1, 8, 8)


def perceptron(activation=nn.ReLU, norm=None, depth=3):
    layers = []
    for _ in range(depth):
        layers += [nn.Linear(64, 64), *([norm(64)] if norm else []), activation()]
    return nn.Sequential(*layers, nn.Linear(64, 10))


class Recurrent(nn.Module):
    """Reads the rows of an image."""

    def __init__(self, kind):
        super().__init__()
        self.layer, self.head = kind(8, 32, batch_first=True), nn.Linear(32, 10)

    def forward(self, x):
        return self.head(self.layer(x.view(-1, 8, 8))[0][:, -1])


class Branch(nn.Module):
    """A residual branch behind a factor: ReZero, or LayerScale."""

    def __init__(self, scale):
        super().__init__()
        self.scale = nn.Parameter(scale)
        self.norm, self.down = nn.LayerNorm(64), nn.Linear(64, 64)
        self.up = nn.Linear(64, 64)

    def forward(self, x):
        return x + self.scale * self.down(F.gelu(self.up(self.norm(x))))


def residual(scale):
    blocks = [Branch(scale.clone()) for _ in range(3)]
    return nn.Sequential(nn.Linear(64, 64), *blocks, nn.Linear(64, 10))


class OneParameter(nn.Module):
    """All factors in one tensor."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(64, 64) for _ in range(3))
        self.scales, self.head = nn.Parameter(torch.zeros(3)), nn.Linear(64, 10)

    def forward(self, x):
        for layer, scale in zip(self.layers, self.scales, strict=True):
            x = x + scale * layer(x).relu()
        return self.head(x)


class Block(nn.Module):
    """A residual block whose last scale starts at zero."""

    def __init__(self):
        super().__init__()
        self.a, self.b = (nn.Conv2d(8, 8, 3, padding=1, bias=False) for _ in "ab")
        self.first, self.last = nn.BatchNorm2d(8), nn.BatchNorm2d(8)
        nn.init.zeros_(self.last.weight)

    def forward(self, x):
        return (x + self.last(self.b(self.first(self.a(x)).relu()))).relu()


def resnet():
    stem = [nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU()]
    end = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)]
    return nn.Sequential(*stem, Block(), Block(), *end)


class ClassToken(nn.Module):
    """As CaiT: a token looks at the patches through LayerScale."""

    def __init__(self):
        super().__init__()
        self.patches, self.token = nn.Linear(8, 64), nn.Parameter(torch.randn(64) / 8)
        self.block = Branch(torch.full((64,), 1e-5))
        self.norm = nn.LayerNorm(64)
        self.attention = nn.MultiheadAttention(64, 2, batch_first=True)
        self.gamma = nn.Parameter(torch.full((64,), 1e-5))
        self.end, self.head = nn.LayerNorm(64), nn.Linear(64, 10)

    def forward(self, x):
        x = self.block(self.patches(x.view(-1, 8, 8)))
        token = self.token.expand(len(x), 1, 64)
        both = self.norm(torch.cat([token, x], 1))
        token = token + self.gamma * self.attention(both[:, :1], both, both)[0]
        return self.head(self.end(torch.cat([token, x], 1))[:, 0])


class Lora(nn.Module):
    """A frozen layer and two small ones, of which the second starts at zero."""

    def __init__(self):
        super().__init__()
        self.base = nn.Linear(64, 64).requires_grad_(False)
        self.a, self.b = (nn.Linear(*n, bias=False) for n in ((64, 4), (4, 64)))
        nn.init.zeros_(self.b.weight)

    def forward(self, x):
        return self.base(x) + 4 * self.b(self.a(x))


class Modulated(nn.Module):
    """As DiT: a layer that starts at zero gives the factor of a branch."""

    def __init__(self):
        super().__init__()
        self.first, self.gate = nn.Linear(64, 64), nn.Linear(64, 64)
        self.inner, self.head = nn.Linear(64, 64), nn.Linear(64, 10)
        nn.init.zeros_(self.gate.weight)
        nn.init.zeros_(self.gate.bias)

    def forward(self, x):
        x = self.first(x)
        return self.head(x + self.gate(x) * self.inner(x).relu())


HEALTHY = {
    "ReLU": (perceptron, ROWS),
    "tanh": (lambda: perceptron(nn.Tanh), ROWS),
    "batch norm": (lambda: perceptron(norm=nn.BatchNorm1d, depth=5), ROWS),
    "layer norm": (lambda: perceptron(nn.GELU, nn.LayerNorm, 5), ROWS),
    "residual": (lambda: residual(torch.ones(64)), ROWS),
    "LSTM": (lambda: Recurrent(nn.LSTM), ROWS),
    "GRU": (lambda: Recurrent(nn.GRU), ROWS),
}
ZERO = {
    "ResNet, last gamma 0": (resnet, IMAGES),
    "ReZero": (lambda: residual(torch.zeros(())), ROWS),
    "ReZero, one parameter": (OneParameter, ROWS),
    "LayerScale": (lambda: residual(torch.full((64,), 1e-6)), ROWS),
    "CaiT": (ClassToken, ROWS),
    "LoRA": (lambda: nn.Sequential(Lora(), nn.ReLU(), Lora()), ROWS),
    "adaLN-Zero": (Modulated, ROWS),
}
OPTIMIZERS = {
    "SGD": lambda p: torch.optim.SGD(p, 0.02, momentum=0.9),
    "Adam": lambda p: torch.optim.Adam(p, 1e-3),
    "AdamW": lambda p: torch.optim.AdamW(p, 3e-4, weight_decay=0.05),
}


def train(build, shape, optimizer, steps):
    """Count verdicts while a network learns; a class is a direction of the data."""
    torch.manual_seed(0)
    model, found = build(), Counter()
    optimizer = optimizer([p for p in model.parameters() if p.requires_grad])
    directions = torch.randn(64, 10)
    for _ in range(steps):
        x = torch.randn(shape)
        y = (x.flatten(1) @ directions).argmax(1)
        with GradientReport(model) as report:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        found.update((layer.verdict, layer.name) for layer in report.layers)
        assert not report.notes, str(report)
    return found


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_false_alarms_are_rare_in_healthy_training(optimizer):
    found = Counter()
    for build, shape in HEALTHY.values():
        found += train(build, shape, OPTIMIZERS[optimizer], 12)
    alarms = {key: n for key, n in found.items() if key[0] != "ok"}
    assert sum(alarms.values()) < 0.005 * found.total(), alarms


@pytest.mark.parametrize("name", ZERO)
def test_layers_that_wait_for_a_zero_weight_are_healthy(name):
    build, shape = ZERO[name]
    fine = {"ok", "frozen", "waits for a zero weight"}
    for optimizer in OPTIMIZERS.values():
        first = train(build, shape, optimizer, 1)
        waits = "waits for a zero weight" in {verdict for verdict, _ in first}
        assert waits == (name != "LayerScale")  # beside a path that is open
        assert {verdict for verdict, _ in first} <= fine, first
        later = train(build, shape, optimizer, 10)
        assert {verdict for verdict, _ in later} <= fine, later


def test_dead_layer_does_not_wait():
    """Although another one starts at zero."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), Branch(torch.zeros(())))
    nn.init.constant_(model[0].bias, -99.0)
    with GradientReport(model) as report:
        model(torch.randn(ROWS)).square().mean().backward()
    assert report.layers[0].verdict == "zero gradient"


def test_weights_that_are_all_too_small_vanish():
    torch.manual_seed(0)
    model = perceptron()
    for parameter in model.parameters():
        parameter.data *= 1e-3
    with GradientReport(model) as report:
        model(torch.randn(ROWS)).square().mean().backward()
    assert report.layers[0].verdict == "vanishing"


def report_of(model, x, optimizer=None):
    with GradientReport(model) as report:
        model(x).square().mean().backward()
        if optimizer:
            optimizer.step()
    return report


def verdicts_of(model, x, optimizer=None):
    return [layer.verdict for layer in report_of(model, x, optimizer).layers]


class Positions(nn.Module):
    """Adds positions that start at zero to what came in."""

    def __init__(self):
        super().__init__()
        self.positions = nn.Parameter(torch.zeros(1, 64, 32))
        self.head = nn.Linear(32, 4)

    def forward(self, x):
        return self.head(x + self.positions)


def test_first_step_of_positions_that_start_at_zero_is_not_too_large():
    torch.manual_seed(0)
    model = Positions()
    adam = torch.optim.Adam(model.parameters(), lr=0.01)
    assert verdicts_of(model, torch.randn(16, 64, 32), adam) == ["ok", "ok"]


def test_zero_that_is_added_does_not_excuse_vanishing():
    torch.manual_seed(0)
    layers = [m for _ in range(7) for m in (nn.Linear(32, 32), nn.Sigmoid())]
    model = nn.Sequential(*layers, Positions())
    assert verdicts_of(model, torch.randn(16, 64, 32))[0] == "vanishing"


def test_small_scale_does_not_excuse_more_than_it_explains():
    torch.manual_seed(0)
    layers = [m for _ in range(9) for m in (nn.Linear(64, 64), nn.Sigmoid())]
    model = nn.Sequential(*layers, Branch(torch.full((64,), 0.01)), nn.Linear(64, 4))
    assert verdicts_of(model, torch.randn(ROWS))[0] == "vanishing"


def test_average_over_many_positions_is_no_vanishing():
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 2, 3), nn.Tanh(), nn.Conv2d(2, 2, 3), nn.Tanh()]
    end = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 500), nn.Linear(500, 4)]
    model = nn.Sequential(*layers, *end)
    nn.init.normal_(model[6].weight, std=0.05)
    found = report_of(model, torch.randn(2, 1, 500, 500)).layers
    assert found[0].output_gradient < 1e-3 * found[3].output_gradient
    assert found[0].verdict == "ok"


def test_layer_whose_gradient_is_only_rounding_may_rest():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Linear(16, 4))
    model.insert(1, Shift())
    sgd = torch.optim.SGD(model.parameters(), lr=1e-3)
    assert verdicts_of(model, torch.randn(64, 8), sgd) == ["ok"] * 4


class Shift(nn.Module):
    """Adds what the normalization after it takes away."""

    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(torch.full((16,), 100.0))

    def forward(self, x):
        return x + self.shift


MADE = {
    "spectral norm": lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(8, 8)),
    "by hand": lambda: ByHand(8, 8),
}


class ByHand(nn.Linear):
    """Divides its weights by their norm."""

    def forward(self, x):
        return F.linear(x, self.weight / self.weight.norm(), self.bias)


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_of_weights_is_a_weight(name):
    torch.manual_seed(0)
    model = nn.Sequential(MADE[name](), nn.Tanh(), nn.Linear(8, 4))
    model[0].register_forward_hook(lambda *args: outputs.append(args[2]))
    outputs, x = [], torch.randn(16, 8)
    with GradientReport(model) as report:
        y = model(x)
        outputs[0].retain_grad()
        y.square().mean().backward()
    expected = outputs[0].grad.norm().item()
    assert report.layers[0].output_gradient == pytest.approx(expected, rel=1e-4)


def test_penalty_for_each_sample_is_no_use_of_the_weights():
    torch.manual_seed(0)
    model, x = nn.Linear(8, 4), torch.randn(16, 8)
    found = []
    for factor in (0.0, 1.0):
        with GradientReport(model) as report:
            losses = F.cross_entropy(model(x), torch.arange(16) % 4, reduction="none")
            (losses + factor * model.weight.norm()).mean().backward()
        found.append(report.layers[0].output_gradient)
    assert found[0] == found[1]


def test_lazy_normalization_is_looked_at():
    model = nn.Sequential(nn.LazyLinear(8), nn.LazyBatchNorm1d(), nn.LazyLinear(4))
    report = report_of(model, torch.randn(16, 8))
    assert "could not be looked at" not in str(report)
