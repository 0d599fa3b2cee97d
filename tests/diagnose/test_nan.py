"""The first NaN or infinity is named: the operation, its layer, and what to do."""

import math

import pytest
from the_report import notes, torch, verdicts, watch
from torch import nn
from torch.nn import functional as F

pytestmark = pytest.mark.torch


def rows(n=16, width=8):
    torch.manual_seed(0)
    return torch.randn(n, width)


def unit(y):
    """Return matrices whose values are all 1."""
    return 0 * y[:, :4].reshape(-1, 2, 2) + torch.eye(2)


BACKWARD = {  # operations with a finite value and an infinite slope
    "sqrt": lambda y: (y - y).square().sum(1).sqrt(),
    "pow": lambda y: (y - y).pow(0.5),
    "__pow__": lambda y: (y - y) ** 0.5,
    "linalg_norm": lambda y: torch.linalg.norm(y.relu() * 0, dim=1).square().sqrt(),
    "sqrt, in place": lambda y: (y * 0).sqrt_(),
    "acos": lambda y: torch.acos(y / y.detach()),
    "asin": lambda y: torch.asin(y / y.detach()),
    "linalg_svd": lambda y: torch.linalg.svd(unit(y))[0],
    "linalg_eigh": lambda y: torch.linalg.eigh(unit(y))[1],
}


@pytest.mark.parametrize("name", BACKWARD)
def test_operation_whose_gradient_breaks_is_named(name):
    x, model = rows(), nn.Sequential(nn.Linear(8, 8))
    report = watch(model, lambda: BACKWARD[name](model(x)).sum())
    assert "the backward pass of " in report.notes[0]
    assert "after 0" in report.notes[0]


def test_root_in_a_gradient_penalty_is_named():
    x = rows().requires_grad_()
    critic = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))
    critic[0].bias.data -= 30.0

    def loss():
        (g,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
        return (g.square().sum(1).sqrt() - 1).square().mean()

    assert "the backward pass of sqrt, after 2" in notes(watch(critic, loss))


def test_where_after_a_root_is_too_late():
    x, model = rows(), nn.Linear(8, 8)

    def loss():
        y = model(x).relu()
        return torch.where(y > 0, y.sqrt(), 0 * y).sum()

    note = notes(watch(model, loss))
    assert "the backward pass of sqrt" in note
    assert "before any where()" in note


def test_own_output_of_a_layer_is_named():
    x, model = rows(), nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))
    model[2].weight.data *= 1e38
    report = watch(model, lambda: (1e4 * model(1e4 * x)).sum())
    assert "the output of 2 (linear)" in report.notes[0]
    assert "not finite: first the output of 2 (linear) → " in str(report).split("\n")[0]


def test_broken_statistics_are_not_an_input():
    model = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8)).eval()
    model[1].running_mean[0] = math.nan
    report = watch(model, lambda: model(rows()).sum())
    assert "1.running_mean before the step" in report.notes[0]


def test_swallowed_infinity_is_said():
    model = nn.Linear(8, 8)

    def loss():
        y = model(rows())
        return (y * (1e30 * y).square().mean().rsqrt()).sum()

    assert "went no further: the output of square" in notes(watch(model, loss))


class Attention(nn.Module):
    """Attention over what a layer gives."""

    def __init__(self):
        super().__init__()
        self.inside = nn.Linear(8, 8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x, **masks):
        x = self.inside(x)
        return self.attention(x, x, x, **masks)[0]


CAUSAL = nn.Transformer.generate_square_subsequent_mask(6)
PADDING = torch.zeros(4, 6, dtype=torch.bool)
PADDING[2] = True
MASKS = [{}, {"attn_mask": CAUSAL}, {"attn_mask": CAUSAL.isinf()}]


@pytest.mark.parametrize("masks", MASKS)
def test_legal_mask_is_not_blamed(masks):
    torch.manual_seed(0)
    model, x = Attention(), torch.randn(4, 6, 8)
    assert "ok" in verdicts(watch(model, lambda: model(x, **masks).sum())).values()
    model.attention.in_proj_weight.data *= 1e25
    report = watch(model, lambda: model(x, **masks).square().sum())
    assert "the output of attention (multi_head" in report.notes[0]
    assert "masked" not in report.notes[0]


MIXED = PADDING.clone()
MIXED[2] = False
MIXED[1, 0] = True  # with a causal mask, nothing is left for the first


@pytest.mark.parametrize(
    "masks",
    [
        {"key_padding_mask": PADDING},
        {"key_padding_mask": torch.zeros(4, 6).masked_fill(PADDING, -math.inf)},
        {"key_padding_mask": MIXED, "attn_mask": CAUSAL.isinf()},
        {"attn_mask": torch.full((6, 6), -math.inf)},
    ],
)
def test_row_that_is_all_masked_is_said(masks):
    torch.manual_seed(0)
    model, x = Attention(), torch.randn(4, 6, 8)
    report = watch(model, lambda: model(x, **masks).sum())
    assert "a whole row is masked" in report.notes[0]


def test_row_that_is_all_masked_by_hand_is_said():
    model, x = nn.Linear(8, 8), rows()
    mask = torch.zeros(16, 8).bool()
    mask[3] = True
    report = watch(
        model, lambda: model(x).masked_fill(mask, -math.inf).softmax(dim=1).sum()
    )
    assert "softmax, after (model); a whole row is masked" in report.notes[0]
    mask[3, 0] = False
    report = watch(
        model, lambda: model(x).masked_fill(mask, -math.inf).softmax(1).square().sum()
    )
    assert "NaN" not in notes(report)


def test_masked_scores_of_a_fused_attention_are_legal():
    torch.manual_seed(0)
    model, x = nn.Linear(8, 8), torch.randn(2, 6, 8)
    report = watch(
        model,
        lambda: (
            F.scaled_dot_product_attention(model(x), x, x, attn_mask=CAUSAL)
            .square()
            .sum()
        ),
    )
    assert "NaN" not in notes(report)
    assert set(verdicts(report).values()) == {"ok"}


PLACES = torch.zeros(16, dtype=torch.long)
HINTED = {
    "negative": (lambda y: y**0.3, "of a negative number"),
    "negative, named": (lambda y: torch.pow(y, 0.3), "of a negative number"),
    "negative, in place": (lambda y: (y + 0).sqrt_(), "of a negative number"),
    "too large": (lambda y: (1e30 * y) ** 2, "too large"),
    "zero, inverted": (lambda y: (0 * y) ** -0.5, "the divisor is 0"),
    "half": (lambda y: (1000 * y.half()).square(), "over 7e+04, too large"),
    "half, negative": (
        lambda y: ((y.half().abs() + 1) * -60000 * 9).sub(1),
        "mul, after (model); over 7e+04, too large",
    ),
    "exp": (lambda y: (1000 * y).exp(), "logsumexp"),
    "logdet": (lambda y: torch.logdet(unit(y) * torch.tensor([1.0, 0.0])), "identity"),
    "eps of 0": (
        lambda y: F.layer_norm(0 * y + 1, (8,), eps=0.0),
        "give it an eps above 0",
    ),
    "masked label": (
        lambda y: F.cross_entropy(
            y.masked_fill(torch.eye(8)[0].bool(), -math.inf), PLACES
        ),
        "masked with -inf",
    ),
    "class without weight": (
        lambda y: F.cross_entropy(y, PLACES, weight=1 - torch.eye(8)[0]),
        "have weight 0",
    ),
    "layer": (lambda y: F.linear(1e30 * y, 1e30 * y), "over 3e+38, too large"),
    "std": (lambda y: y[:1].std(0), "of a single value"),
    "var": (lambda y: y[:1].var(0), "of a single value"),
    "mean": (lambda y: y[:0].mean(), "of no value at all"),
    "constant": (lambda y: (y - y) / (0 * y).std(0), "divisor is 0"),
    "ignored": (
        lambda y: F.cross_entropy(y, torch.full((len(y),), -100)),
        "all labels are ignored",
    ),
    "ctc": (
        lambda y: F.ctc_loss(
            y[:3, None].log_softmax(2), torch.tensor([[1, 1, 2]]), (3,), (3,)
        ),
        "zero_infinity",
    ),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", HINTED)
def test_hint_is_for_what_happened(name):
    function, hint = HINTED[name]
    x, model = rows(), nn.Linear(8, 8)
    report = watch(model, lambda: function(model(x)).sum())
    assert hint in report.notes[0]
    assert "slope" not in report.notes[0]


def test_broken_weights_say_when_they_broke():
    x, model = rows(), nn.Linear(8, 8).half()
    adam = torch.optim.Adam(model.parameters())
    loss = lambda: model(x.half()).float().square().mean() * 1e-4  # noqa: E731
    assert "Adam's eps is 0 in float16" in notes(watch(model, loss, adam))
    assert "an earlier step broke it" in notes(watch(model, loss, adam))


def test_fault_among_weights_is_named():
    model = nn.Linear(8, 8)
    nn.init.zeros_(model.weight)
    report = watch(
        model,
        lambda: model(rows()).sum() + model.weight.square().sum(1).sqrt().sum(),
    )
    assert "the backward pass of (model) (sqrt); its slope" in report.notes[0]


def test_infinity_that_was_given_is_a_mask():
    """However it goes on: cut out, multiplied, or divided by a temperature."""
    model, x = nn.Linear(8, 8), rows()
    bias = torch.zeros(8, 8).masked_fill(torch.eye(8).roll(1, 0).bool(), -math.inf)
    report = watch(
        model, lambda: ((model(x)[:8] + bias.triu()) / 0.5).softmax(1).square().sum()
    )
    assert "NaN" not in notes(report)


def test_row_of_zeros_under_weight_norm_is_said():
    model = nn.utils.parametrizations.weight_norm(nn.Linear(8, 4))
    model.parametrizations.weight.original1.data[1] = 0
    assert "a row of the weights is 0" in notes(
        watch(model, lambda: model(rows()).sum())
    )
