"""What each of our tasks can show: a linear classifier, two layers and 30 on each.

Source: Greydanus & Kobak 2024 (arXiv:2011.14439) for mnist1d; Bachlechner et al. 2020
(arXiv:2003.04887) for residual branches that start at zero.
"""

import math
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from mnist1d.data import get_dataset_args, make_dataset
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

WIDTH = 64
BATCH = 100
EPOCHS = 10
MOMENTUM = 0.9
SEEDS = 5
GUESSING = {"digits": 0.1, "mnist1d": 0.1, "pairs": 0.25}  # accuracy
# Layers, whether they are residual branches that start at zero, and learning rates.
NETWORKS = {
    "linear": (1, False, [0.01, 0.03, 0.1, 0.3]),
    "two": (2, False, [0.01, 0.03, 0.1, 0.3]),
    "plain": (30, False, [0.001, 0.003, 0.01, 0.03]),
    "residual": (30, True, [0.01, 0.03, 0.1, 0.3]),
}
TOLERANCE = {"seeds": None, "mean": None, "rate": None}  # training is chaotic


def load(task: str) -> tuple[Tensor, Tensor]:
    """Return all samples, with mean 0 and variance 1, and their labels."""
    if task == "pairs":
        torch.manual_seed(0)
        z = torch.randn(5000, 6)  # the last two say nothing about the label
        x, y = z @ torch.randn(6, 64), (z[:, 0] * z[:, 1] > 0).long()
        y += 2 * (z[:, 2] * z[:, 3] > 0)
    elif task == "mnist1d":
        options = get_dataset_args()
        options.train_split = 1  # we split it ourselves
        data = make_dataset(options)
        x, y = torch.tensor(data["x"]).float(), torch.tensor(data["y"])
    else:
        x, y = (torch.tensor(part) for part in load_digits(return_X_y=True))
        x = x.float()
    return (x - x.mean()) / x.std(), y


class Stack(nn.Module):
    """Many networks of one shape side by side: a copy for each rate and seed."""

    def __init__(self, sizes: list[int], residual: bool, copies: int) -> None:
        """Draw He's weights, PyTorch's at the output; branches start at zero."""
        super().__init__()
        self.residual = residual
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for fan_in, fan_out in pairwise(sizes):
            weight, bound = torch.empty(copies, fan_in, fan_out), 1 / math.sqrt(fan_in)
            if fan_out == WIDTH:
                weight.normal_(std=math.sqrt(2) * bound)
            else:
                weight.uniform_(-bound, bound)
            self.weights.append(weight)
            self.biases.append(torch.zeros(copies, 1, fan_out))
        self.scale = nn.Parameter(torch.zeros(len(sizes), copies, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map (copy, batch, feature) to (copy, batch, class)."""
        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            y = torch.baddbmm(bias, x, weight)
            if i < last:
                y = y.relu()
            x = x + self.scale[i] * y if self.residual and 0 < i < last else y
        return x


def train(model: Stack, x: Tensor, y: Tensor, rates: Tensor) -> None:
    """SGD with momentum; each copy has its own batches and its own rate."""
    # The rate multiplies the loss, so that one optimizer serves all copies.
    optimizer = torch.optim.SGD(model.parameters(), lr=1, momentum=MOMENTUM)
    for _ in range(EPOCHS):
        orders = torch.rand(len(rates), len(x)).argsort(dim=1)  # (copy, sample)
        for batch in orders.split(BATCH, dim=1):
            scores = model(x[batch]).movedim(2, 1)  # (copy, class, batch)
            loss = F.cross_entropy(scores, y[batch], reduction="none").mean(dim=1)
            optimizer.zero_grad()
            (loss * rates).sum().backward()
            optimizer.step()


def accuracy(model: Stack, x: Tensor, y: Tensor, copies: int) -> Tensor:
    """Share of samples that each copy gets right, as (rate, seed)."""
    with torch.no_grad():
        scores = model(x.expand(copies, *x.shape))
    right: Tensor = scores.argmax(dim=2) == y
    return right.float().mean(dim=1).view(-1, SEEDS)


def measure() -> dict[str, Any]:
    """Test accuracy of each seed at the rate that is best on the validation split."""
    results: dict[str, Any] = {"seeds": {}, "mean": {}, "rate": {}}
    for task in GUESSING:
        x, y = load(task)
        torch.manual_seed(0)
        parts = torch.randperm(len(x)).tensor_split([len(x) // 5, 2 * len(x) // 5])
        test, validation, training = parts  # a fifth, a fifth, and the rest
        for table in results.values():
            table[task] = {}
        for network, (depth, residual, rates) in NETWORKS.items():
            copies = len(rates) * SEEDS
            sizes = [x.shape[1], *[WIDTH] * (depth - 1), len(y.unique())]
            model = Stack(sizes, residual, copies)
            each = torch.tensor(rates).repeat_interleave(SEEDS)  # (copy)
            train(model, x[training], y[training], each)
            means = accuracy(model, x[validation], y[validation], copies).mean(dim=1)
            found = accuracy(model, x[test], y[test], copies)[means.argmax()]
            results["seeds"][task][network] = found.tolist()
            results["mean"][task][network] = found.mean().item()
            results["rate"][task][network] = rates[means.argmax()]
    return results


def draw(results: dict[str, Any]) -> Figure:
    """One panel for each task, one row for each network, one point for each seed."""
    figure, axes = plt.subplots(
        3, 1, figsize=(4.6, 5), sharex=True, layout="constrained"
    )
    names = ["linear", "2 layers", "30 layers", "30, residual"]
    for axis, (task, guessing) in zip(axes, GUESSING.items(), strict=True):
        for row, network in enumerate(NETWORKS):
            seeds, mean = (results[key][task][network] for key in ["seeds", "mean"])
            axis.plot(seeds, [row] * SEEDS, "C0o", markersize=5, alpha=0.5)
            axis.plot([mean], [row], "C1|", markersize=16, markeredgewidth=2)
        axis.axvline(guessing, color="gray", linestyle=":")
        axis.set_yticks(range(len(names)), names)
        axis.set_ylim(len(names) - 0.4, -0.6)
        axis.set_ylabel(task)
    axes[0].set_title("Digits: a linear classifier is enough")
    axes[1].set_title("mnist1d: it is not enough")
    axes[2].set_title("Pairs of signs: it can only guess")
    axes[0].text(0.12, 0, "guessing", color="gray", va="center")
    axes[2].set_xlim(0, 1.02)
    axes[2].set_xlabel("test accuracy")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    mean = results["mean"]
    digits, best = mean["digits"]["linear"], max(mean["digits"].values())
    assert digits > 0.93, "digits: a linear classifier is enough"
    assert best < digits + 0.05, "digits: no network is far ahead"
    assert mean["mnist1d"]["linear"] < 0.4, "mnist1d: it is not enough"
    assert mean["pairs"]["linear"] < 0.35, "pairs: it is near guessing"
    deep, shallow = (mean["mnist1d"][network] for network in ["residual", "two"])
    assert abs(deep - shallow) < 0.1, "mnist1d: depth gains little"
    for task, runs in mean.items():
        assert runs["plain"] < runs["two"], f"{task}: 30 plain layers are behind two"
        assert runs["plain"] < runs["residual"], f"{task}: residual branches help"
        if task != "digits":
            assert runs["linear"] + 0.1 < runs["two"], f"{task}: two layers help"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
