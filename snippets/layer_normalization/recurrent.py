"""A recurrent net with layer or batch normalization: training mode against evaluation.

Source: Ba et al. 2016 (arXiv:1607.06450), section 3.1; Cooijmans et al. 2016
(arXiv:1603.09025) for statistics of each step. All rates and seeds of a network are
trained side by side; rates are chosen on validation data.
"""

import math
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn import functional as F

STEPS, INPUTS = 16, 4  # the 64 values, four at a time
HIDDEN, CLASSES = 32, 4
BATCH, EPOCHS, MOMENTUM, SEEDS = 100, 12, 0.9, 5
RATES = {"1e-2": 0.01, "3e-2": 0.03, "1e-1": 0.1}
COPIES = len(RATES) * SEEDS
NORMS = {
    "none": "no norm",
    "layer": "layer norm",
    "shared": "batch norm,\nshared",
    "steps": "batch norm,\neach step",
}
# Training is chaotic: the claims decide.
TOLERANCE = {"best": None, "rate": None, "by_rate": None}


class LayerNorm(nn.Module):
    """Layer normalization of (1, copy · unit, sample), each copy by itself."""

    def __init__(self) -> None:
        """Start as the pure normalization."""
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(COPIES, HIDDEN, 1))
        self.beta = nn.Parameter(torch.zeros(COPIES, HIDDEN, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Give the units of each sample mean 0 and variance 1, then scale and shift."""
        units = x.view(COPIES, HIDDEN, -1)
        variance, mean = torch.var_mean(units, dim=1, correction=0, keepdim=True)
        scale = self.gamma * (variance + 1e-5).rsqrt()
        return ((units - mean) * scale + self.beta).view_as(x)


class Net(nn.Module):
    """A tanh RNN whose preactivations are normalized; its last state is classified."""

    def __init__(self, norm: str) -> None:
        """Draw PyTorch's default weights for each copy: (copy, fan_out, fan_in)."""
        super().__init__()
        self.input = self.draw(HIDDEN, INPUTS)
        self.recurrent = self.draw(HIDDEN, HIDDEN)
        self.output = self.draw(CLASSES, HIDDEN)
        self.bias = nn.Parameter(torch.zeros(COPIES, HIDDEN, 1))
        self.last_bias = nn.Parameter(torch.zeros(COPIES, CLASSES, 1))
        if norm == "none":
            norms: list[nn.Module] = [nn.Identity()] * STEPS
        elif norm == "layer":
            norms = [LayerNorm()] * STEPS  # one layer, used at every step
        elif norm == "shared":
            norms = [nn.BatchNorm1d(COPIES * HIDDEN)] * STEPS
        else:
            norms = [nn.BatchNorm1d(COPIES * HIDDEN) for _ in range(STEPS)]
        self.norms = nn.ModuleList(norms)

    @staticmethod
    def draw(fan_out: int, fan_in: int) -> nn.Parameter:
        """Draw from PyTorch's default distribution."""
        bound = 1 / math.sqrt(fan_in)
        weight = torch.empty(COPIES, fan_out, fan_in)
        return nn.Parameter(weight.uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        """Map (copy, step, input, sample) to (copy, class, sample)."""
        state = x.new_zeros(COPIES, HIDDEN, x.shape[3])
        for x_t, norm in zip(x.unbind(dim=1), self.norms, strict=True):
            z = torch.baddbmm(self.bias, self.input, x_t)
            z = torch.baddbmm(z, self.recurrent, state)
            # Units of all copies are the channels; samples are the positions.
            state = norm(z.view(1, -1, z.shape[2])).view_as(z).tanh()
        return torch.baddbmm(self.last_bias, self.output, state)


def load() -> list[tuple[Tensor, Tensor]]:
    """Pairs of signs: 3000 sequences to train, 1000 to validate and 1000 to test."""
    torch.manual_seed(0)
    z = torch.randn(5000, 6)  # the last two say nothing about the label
    x, y = z @ torch.randn(6, 64), (z[:, 0] * z[:, 1] > 0).long()
    y += 2 * (z[:, 2] * z[:, 3] > 0)
    x = ((x - x.mean()) / x.std()).view(-1, STEPS, INPUTS)
    sizes = [3000, 1000, 1000]
    return list(zip(x.split(sizes), y.split(sizes), strict=True))


def train(model: Net, x: Tensor, y: Tensor) -> None:
    """SGD with momentum; each copy has its own batches and its own rate."""
    # The rate multiplies the loss, so that one optimizer serves all copies.
    optimizer = torch.optim.SGD(model.parameters(), lr=1, momentum=MOMENTUM)
    each = torch.tensor(list(RATES.values())).repeat_interleave(SEEDS)  # (copy)
    for _ in range(EPOCHS):
        orders = torch.rand(COPIES, len(x)).argsort(dim=1)  # (copy, sample)
        for batch in orders.split(BATCH, dim=1):
            scores = model(x[batch].permute(0, 2, 3, 1))
            losses = F.cross_entropy(scores, y[batch], reduction="none").mean(dim=1)
            optimizer.zero_grad()
            (losses * each).sum().backward()
            optimizer.step()


@torch.no_grad()
def accuracy(model: Net, x: Tensor, y: Tensor) -> Tensor:
    """Share of sequences that each copy gets right, as (rate, seed)."""
    every = x.permute(1, 2, 0).expand(COPIES, STEPS, INPUTS, -1)
    right: Tensor = model(every).argmax(dim=1) == y
    return right.float().mean(dim=1).view(-1, SEEDS)


def spread(values: Tensor) -> dict[str, float]:
    """Mean over the seeds, and the range."""
    mean, low, high = values.mean().item(), values.min().item(), values.max().item()
    return {"mean": mean, "min": low, "max": high}


def measure() -> dict[str, Any]:
    """Test accuracy in both modes at the best rate; in evaluation mode at each rate."""
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    training, validation, test = load()
    for norm in NORMS:
        torch.manual_seed(0)
        model = Net(norm)
        train(model, *training)
        model.eval()
        best = int(accuracy(model, *validation).mean(dim=1).argmax())
        found = {"eval": accuracy(model, *test)}
        found["train"] = accuracy(model.train(), *test)  # moves the running statistics
        results["best"][norm] = {
            mode: spread(runs[best]) for mode, runs in found.items()
        }
        results["rate"][norm] = list(RATES.values())[best]
        rows = zip(RATES, found["eval"], strict=True)
        results["by_rate"][norm] = {name: spread(runs) for name, runs in rows}
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Draw both modes side by side for each normalization."""
    figure, axis = plt.subplots(figsize=(4.6, 3.2), layout="constrained")
    modes = {"train": ("C2^", "training mode"), "eval": ("C0o", "evaluation mode")}
    for shift, (mode, (style, label)) in zip([-0.12, 0.12], modes.items(), strict=True):
        rows = [results["best"][norm][mode] for norm in NORMS]
        places = [place + shift for place in range(len(rows))]
        mean = [row["mean"] for row in rows]
        below = [row["mean"] - row["min"] for row in rows]
        above = [row["max"] - row["mean"] for row in rows]
        axis.errorbar(places, mean, [below, above], fmt=style, label=label)
    axis.set_title("Shared statistics lose in evaluation")
    axis.set_xticks(range(len(NORMS)), list(NORMS.values()))
    axis.set_xlabel("normalization of the recurrent net")
    axis.set_ylabel("test accuracy")
    axis.set_ylim(0.5, 1)
    axis.legend(frameon=False, loc="lower left")
    axis.grid(axis="y", alpha=0.3)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    best, rates = results["best"], results["by_rate"]
    for norm in ["none", "layer"]:
        assert best[norm]["train"] == best[norm]["eval"], f"{norm}: modes are alike"
    gap = {
        norm: best[norm]["train"]["mean"] - best[norm]["eval"]["mean"]
        for norm in ["shared", "steps"]
    }
    assert gap["shared"] > 0.015, "shared: a gap"
    assert abs(gap["steps"]) < 0.03, "statistics of each step close the gap"
    lead = [rates["layer"][at]["mean"] - rates["none"][at]["mean"] for at in RATES]
    assert lead[0] > 0.2, "at the small rate, layer norm is far ahead"
    assert max(lead[1:]) < lead[0] - 0.1, "at larger ones, the lead is smaller"
    for norm in NORMS:
        assert best[norm]["eval"]["mean"] > 0.6, f"{norm}: far better than guessing"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
