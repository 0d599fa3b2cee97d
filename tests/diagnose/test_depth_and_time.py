"""Jumps and underflow are seen, at any loss scale."""

import math

import pytest
from the_report import GradientReport, notes, torch, verdicts, watch
from torch import nn
from torch.nn import functional as F

pytestmark = pytest.mark.torch


class Times(nn.Module):
    """Multiplies by a number."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


def jump(factor):
    torch.manual_seed(0)
    layers = [m for _ in range(6) for m in (nn.Linear(64, 64), nn.LeakyReLU(0.9))]
    layers.insert(8, Times(factor))
    return nn.Sequential(*layers, nn.Linear(64, 10))


@pytest.mark.parametrize("scale", [1e-20, 1.0, 1e15])
def test_abrupt_explosion_is_found_at_any_scale_of_the_loss(scale):
    model, x = jump(1e6), torch.randn(64, 64)
    report = watch(
        model, lambda: scale * F.cross_entropy(model(x), torch.arange(64) % 10)
    )
    assert [*verdicts(report).values()] == ["exploding"] * 4 + ["ok"] * 3
    assert "from 9 back to 6" in notes(report)


def test_larger_loss_of_its_own_is_no_explosion():
    torch.manual_seed(0)
    a, b, c, x = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 1), torch.randn(32, 8)

    def loss():
        y = a(x)
        return y.square().sum() + 1e-6 * c(b(y)).square().mean()

    report = watch(nn.ModuleList([a, b, c]), loss)
    assert set(verdicts(report).values()) == {"ok"}


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("steps", [60, 300, 800])
def test_forgetting_is_found_however_long(kind, steps):
    torch.manual_seed(0)
    layer, head = kind(4, 16, batch_first=True), nn.Linear(16, 2)
    model, x = nn.ModuleList([layer, head]), torch.randn(4, steps, 4)
    report = watch(model, lambda: head(layer(x)[0][:, -1]).square().mean())
    assert report.layers[0].verdict == "vanishes in time"


@pytest.mark.parametrize("scale", [0.3, 0.1, 1e-2, 0.0])
def test_forgetting_is_found_however_fast(scale):
    torch.manual_seed(0)
    layer = nn.RNN(8, 32, batch_first=True)
    nn.init.orthogonal_(layer.weight_hh_l0).data.mul_(scale)
    report = watch(layer, lambda: layer(torch.randn(8, 60, 8))[0][:, -1].sum())
    assert report.layers[0].verdict == "vanishes in time"


def test_padding_after_the_end_is_no_forgetting():
    torch.manual_seed(0)
    layer = nn.LSTM(8, 32, batch_first=True)
    with torch.no_grad():
        layer.bias_hh_l0[32:64] = 5.0
    report = watch(layer, lambda: layer(torch.randn(8, 60, 8))[0][:, 20].sum())
    assert report.layers[0].verdict == "ok"


SATURATED = {
    "hardtanh": lambda y: F.hardtanh(y),
    "softsign": lambda y: F.softsign(100 * y),
    "softmax": lambda y: (100 * y).softmax(dim=1),
}
DEAD = {
    "maximum": lambda y: torch.maximum(y, torch.zeros(())),
    "clamp": lambda y: (y - 1).clamp(min=0),
    "relu6": F.relu6,
}


@pytest.mark.parametrize("name", SATURATED | DEAD)
def test_flat_and_dead_units_of_other_functions_are_seen(name):
    torch.manual_seed(0)
    a, b = nn.Linear(32, 32), nn.Linear(32, 4)
    if name in SATURATED:
        a.weight.data *= 20
    else:
        a.bias.data[:20] -= 9
    function = (SATURATED | DEAD)[name]
    model, x = nn.ModuleList([a, b]), torch.randn(64, 32)
    report = watch(model, lambda: b(function(a(x))).square().mean())
    verdict = "saturated" if name in SATURATED else "dead units"
    assert report.layers[0].verdict == verdict, str(report)


def test_leaf_module_is_one_layer():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(8, 8) / 3)
            self.bias = nn.Parameter(torch.zeros(8))

        def forward(self, x):
            return x @ self.weight + self.bias

    model = nn.Sequential(Own(), nn.Tanh(), Own())
    with GradientReport(model) as report:
        model(torch.randn(32, 8)).square().mean().backward()
    assert verdicts(report) == {"0": "ok", "2": "ok"}


class Columns(nn.Module):
    """W @ x, where each input is a column."""

    def __init__(self):
        super().__init__()
        self.first = nn.Parameter(torch.randn(32, 8))
        self.bias = nn.Parameter(
            torch.cat([torch.full((24, 1), -50.0), torch.zeros(8, 1)])
        )
        self.last = nn.Parameter(torch.randn(4, 32) / 6)

    def forward(self, x):
        return self.last @ (self.first @ x + self.bias).relu()


def test_units_are_rows_if_inputs_are_columns():
    torch.manual_seed(0)
    model, x = Columns(), torch.randn(8, 64)
    report = watch(model, lambda: model(x).square().mean())
    assert report.layers[0].spread > 0.5
    assert sum(layer.dead == 0.75 for layer in report.layers) == 1


def test_units_of_a_normalized_convolution_are_its_channels():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU())
    model[1].bias.data[:6] = -99.0
    report = watch(
        model.append(nn.Conv2d(8, 2, 3)), lambda: model(IMAGES).square().mean()
    )
    assert report.layers[1].dead == 0.75


IMAGES = torch.randn(8, 1, 8, 8)


def test_recurrent_layer_of_tanh_may_be_saturated():
    torch.manual_seed(0)
    layer, head = nn.RNN(8, 32, batch_first=True), nn.Linear(32, 2)
    layer.weight_ih_l0.data *= 100
    model, x = nn.ModuleList([layer, head]), torch.randn(8, 5, 8)
    report = watch(model, lambda: head(layer(x)[0][:, -1]).square().mean())
    assert report.layers[0].saturated > 0.5


def test_spread_of_tiny_outputs_is_seen():
    torch.manual_seed(0)
    model, x = nn.Linear(8, 8, bias=False), 1e-30 * torch.randn(16, 8)
    report = watch(model, lambda: model(x).sum())
    assert report.layers[0].spread > 0.5


def test_jump_is_no_news_where_nothing_is_finite():
    model = jump(1e6)
    for breaks in (False, True):
        with GradientReport(model) as report:
            model(torch.randn(64, 64)).square().mean().backward()
            if breaks:
                torch.optim.SGD(model.parameters(), lr=math.inf).step()
        assert ("back to" in notes(report)) != breaks


def test_jump_is_between_layers_that_follow_each_other():
    """Not between those that were used one after the other, as a side head."""
    torch.manual_seed(0)
    layers = [nn.Linear(8, 32), *(nn.Linear(32, n) for n in (32, 4, 32, 4))]
    a, b, side, c, d = layers
    x, y = torch.randn(32, 8), torch.zeros(32).long()

    def loss():
        h = b(a(x).relu())
        other = F.cross_entropy(side(h), y)
        return other + F.cross_entropy(d(c(3000 * h).relu()), y)

    assert "from 2, 3 back to 1" in notes(watch(nn.ModuleList(layers), loss))


def test_gradient_that_vanishes_to_exactly_zero_vanishes():
    torch.manual_seed(0)
    layers = [m for _ in range(90) for m in (nn.Linear(16, 16), nn.Sigmoid())]
    model, x = nn.Sequential(*layers, nn.Linear(16, 4)), torch.randn(32, 16)
    found = verdicts(watch(model, lambda: model(x).square().mean()))
    assert found["0"] == "vanishing"
    assert "zero gradient" not in found.values()


def test_explosion_behind_a_sequence_of_padding_names_the_mask():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(16, 2, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    first, head = nn.Linear(4, 16, bias=False), nn.Linear(16, 4)
    both, y = nn.ModuleList([first, model, head]), torch.arange(8) % 4
    for rows in (0, 1):
        x, pad = torch.randn(8, 5, 4), torch.zeros(8, 5).bool()
        x[:rows], pad[:rows] = 0, True
        report = watch(
            both,
            lambda x=x, pad=pad: F.cross_entropy(
                head(model(first(x), src_key_padding_mask=pad).mean(1)), y
            ),
        )
        assert ("exploding" in report.summary) == bool(rows), str(report)
        assert ("may look at nothing" in notes(report)) == bool(rows)
