"""Small batches: the fewer samples behind each statistic, the lower the accuracy.

Source: Wu & He 2018 (arXiv:1803.08494), figure 1 (there ResNet-50 on ImageNet);
statistics from parts of a batch: Hoffer et al. 2017 (arXiv:1705.08741). The task is
MNIST-1D, Greydanus & Kobak 2024 (arXiv:2011.14439).
"""

import math
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from mnist1d.data import get_dataset_args, make_dataset
from torch import Tensor, nn
from torch.nn import functional as F

SIZES = [2, 4, 8, 16, 64]  # samples behind each statistic
DEPTH, WIDTH, CLASSES = 8, 48, 10  # hidden layers, units of each
BATCH, EPOCHS, MOMENTUM, SEEDS = 64, 10, 0.9, 5  # the optimizer's batch
RATES = [0.01, 0.03, 0.1]
COPIES = len(RATES) * SEEDS  # side by side: (copy, unit, sample)
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = {"best": None}

Samples = tuple[Tensor, Tensor]


class Linear(nn.Module):
    """A linear layer for each copy, with He's or PyTorch's weights."""

    def __init__(self, fan_in: int, fan_out: int, he: bool) -> None:
        """Draw the weights, the same ones for every rate."""
        super().__init__()
        weight, bound = torch.empty(SEEDS, fan_out, fan_in), 1 / math.sqrt(fan_in)
        if he:
            weight.normal_(std=math.sqrt(2) * bound)
        else:
            weight.uniform_(-bound, bound)
        self.weight = nn.Parameter(weight.repeat(len(RATES), 1, 1))
        self.bias = nn.Parameter(torch.zeros(COPIES, fan_out, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map (copy, fan_in, sample) to (copy, fan_out, sample)."""
        return torch.baddbmm(self.bias, self.weight, x)


class Norm(nn.Module):
    """Normalize each copy by itself: every unit by parts of the batch, or a layer."""

    def __init__(self, size: int | None) -> None:
        """Start as the pure normalization; without a size it is that of a layer."""
        super().__init__()
        self.size = size
        self.gamma = nn.Parameter(torch.ones(COPIES, WIDTH, 1))
        self.beta = nn.Parameter(torch.zeros(COPIES, WIDTH, 1))
        self.mean = torch.zeros(COPIES, WIDTH, 1)  # running, for evaluation
        self.variance = torch.ones(COPIES, WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape (copy, unit, sample)."""
        if self.size is None:
            variance, mean = torch.var_mean(x, dim=1, correction=0, keepdim=True)
            y = (x - mean) * (variance + 1e-5).rsqrt()
        elif self.training:
            y = self.by_parts(x, self.size)
        else:
            y = (x - self.mean) * (self.variance + 1e-5).rsqrt()
        return torch.addcmul(self.beta, self.gamma, y)

    def by_parts(self, x: Tensor, size: int) -> Tensor:
        """Normalize `size` samples at a time, and update the running statistics."""
        parts = x.reshape(1, -1, size)  # a channel for each unit and part
        mean, variance = torch.zeros(2, parts.shape[1])
        y = F.batch_norm(parts, mean, variance, training=True, momentum=1)
        for running, new in [(self.mean, mean), (self.variance, variance)]:
            average = new.view(COPIES, WIDTH, -1).mean(dim=2, keepdim=True)
            running.lerp_(average, 0.1)
        return y.view_as(x)


def build(kind: int | str) -> nn.Sequential:
    """Stack hidden layers; `kind` is the size of the parts or another norm."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise([40] + [WIDTH] * DEPTH):
        layers.append(Linear(fan_in, fan_out, he=True))
        if kind != "none":
            layers.append(Norm(kind if isinstance(kind, int) else None))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers, Linear(WIDTH, CLASSES, he=False))


def load_data() -> list[Samples]:
    """Return 3200 samples (of 40 values) to train, 800 to validate, 1000 to test."""
    data = make_dataset(get_dataset_args())
    x, y = torch.tensor(data["x"]).float(), torch.tensor(data["y"])
    test = torch.tensor(data["x_test"]).float(), torch.tensor(data["y_test"])
    return [(x[:3200], y[:3200]), (x[3200:], y[3200:]), test]


def train(kind: int | str, data: list[Samples]) -> list[float]:
    """Return the test accuracies of all seeds at the rate that validates best."""
    (x, y), *held_out = data
    torch.manual_seed(0)
    model = build(kind)
    # The rate multiplies the loss, so that one optimizer serves all copies.
    optimizer = torch.optim.SGD(model.parameters(), lr=1, momentum=MOMENTUM)
    each = torch.tensor(RATES).repeat_interleave(SEEDS)  # (copy)
    for _ in range(EPOCHS):
        order = torch.rand(SEEDS, len(x)).argsort(dim=1).repeat(len(RATES), 1)
        for batch in order.split(BATCH, dim=1):
            loss = F.cross_entropy(model(x[batch].mT), y[batch], reduction="none")
            optimizer.zero_grad()
            (loss.mean(dim=1) * each).sum().backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        right = [model(x.T.expand(COPIES, -1, -1)).argmax(1) == y for x, y in held_out]
    validation, test = (part.float().mean(1).view(-1, SEEDS) for part in right)
    found: list[float] = test[validation.mean(1).argmax()].tolist()
    return found


def measure() -> dict[str, Any]:
    """Return the test accuracy by size of the parts, and with other normalizations."""
    results: dict[str, Any] = {"best": {}}
    data = load_data()
    kinds: list[int | str] = [*SIZES, "layer", "none"]
    for kind in kinds:
        test = train(kind, data)
        summary = {"mean": sum(test) / SEEDS, "min": min(test), "max": max(test)}
        results["best"][str(kind)] = {"seeds": test, **summary}
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Test accuracy over the number of samples per statistic, a point per seed."""
    figure, axis = plt.subplots(figsize=(3.7, 3.0), layout="constrained")
    best = results["best"]
    for size in SIZES:
        axis.plot([size] * SEEDS, best[str(size)]["seeds"], "C0o", ms=3, alpha=0.5)
    means = [best[str(size)]["mean"] for size in SIZES]
    axis.semilogx(SIZES, means, "C0o-", label="batch norm")
    for kind, style in {"none": "C3--", "layer": "C1-."}.items():
        label = "no norm" if kind == "none" else "layer norm"
        axis.plot(SIZES, [best[kind]["mean"]] * len(SIZES), style, label=label)
    axis.set(ylim=(0, 0.55), ylabel="test accuracy", xlabel="samples per statistic")
    axis.set_xticks(SIZES, [str(size) for size in SIZES])
    axis.minorticks_off()
    axis.legend(frameon=False, loc="lower right")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    mean = {kind: value["mean"] for kind, value in results["best"].items()}
    assert mean["2"] < 0.2, "with two samples it is near guessing"
    assert mean["4"] < mean["none"] - 0.1, "with four, worse than no normalization"
    assert mean["4"] < mean["layer"] - 0.05, "and than layer normalization"
    assert mean["64"] > mean["8"] + 0.02, "the whole batch is better than eight"
    assert mean["16"] > mean["64"] - 0.12, "16 come close to it"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
