"""Accuracy by learning rate and by size of the weights, with and without batch norm.

Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), abstract: much higher learning rates,
less care about initialization. Task: mnist1d (Greydanus & Kobak, arXiv:2011.14439).
"""

import math
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from mnist1d.data import get_dataset_args, make_dataset
from torch import Tensor, nn
from torch.nn import functional as F

RATES = [0.01, 0.03, 0.1, 0.3, 1, 3, 10]  # of SGD, with He's weights
GAINS = [0.01, 0.5, 1, 2, 10]  # weights: He x gain
GAIN_RATES = [0.03, 0.1, 0.3]  # for each gain, the best on the validation split
# Layers, and whether batch normalization precedes each ReLU.
NETS = {
    "linear": (1, False),
    "two": (2, False),
    "two_norm": (2, True),
    "plain": (8, False),
    "norm": (8, True),
}
DEEP = ["plain", "norm"]
WIDTH = 64
CLASSES = 10
BATCH = 100
EPOCHS = 8
SEEDS = 5
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = dict.fromkeys(["rate", "gain", "usable", "best", "chosen"])


def load() -> tuple[Tensor, Tensor, list[Tensor]]:
    """Return inputs (feature, sample), labels, and which train, validate and test."""
    options = get_dataset_args()
    options.train_split = 1  # we split it ourselves
    data = make_dataset(options)
    x, y = torch.tensor(data["x"]).float(), torch.tensor(data["y"])
    torch.manual_seed(0)
    fifth = len(x) // 5
    parts = torch.randperm(len(x)).split([3 * fifth, fifth, fifth])
    return ((x - x.mean()) / x.std()).T, y, list(parts)


class Stack(nn.Module):
    """Many networks of one shape side by side: (copy, unit, sample)."""

    def __init__(self, inputs: int, depth: int, norm: bool, gains: list[float]) -> None:
        """Draw He's weights times a gain; the output layer starts as PyTorch's."""
        super().__init__()
        copies = len(gains)
        gain = torch.tensor(gains).view(-1, 1, 1)
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for _ in range(depth - 1):
            weight = torch.randn(copies, WIDTH, inputs) * math.sqrt(2 / inputs)
            self.weights.append(gain * weight)
            self.biases.append(torch.zeros(copies, WIDTH, 1))
            inputs = WIDTH
        bound = 1 / math.sqrt(inputs)
        self.weights.append(
            torch.empty(copies, CLASSES, inputs).uniform_(-bound, bound)
        )
        self.biases.append(torch.zeros(copies, CLASSES, 1))
        norms = [nn.BatchNorm1d(copies * WIDTH) for _ in range(depth - 1)]
        self.norms = nn.ModuleList(norms if norm else [nn.Identity() for _ in norms])

    def forward(self, x: Tensor) -> Tensor:
        """Map (copy, feature, sample) to (copy, class, sample)."""
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(bias, weight, x)
            if i < len(self.norms):
                # Units of all copies are the channels; samples are the positions.
                x = self.norms[i](x.view(1, -1, x.shape[2])).view_as(x).relu()
        return x


def train(net: str, settings: list[tuple[float, float]]) -> list[tuple[Tensor, Tensor]]:
    """Train a copy for each setting (rate, gain) and seed.

    Returns:
        For each setting, the accuracies of the seeds on validation and test split.
    """
    x, y, (training, validation, test) = load()
    torch.manual_seed(0)
    rates, gains = zip(*[row for row in settings for _ in range(SEEDS)], strict=True)
    model = Stack(len(x), *NETS[net], list(gains))
    weights = torch.tensor(rates)  # a loss times its rate is SGD with that rate
    optimizer = torch.optim.SGD(model.parameters(), lr=1)
    for _ in range(EPOCHS):
        orders = torch.rand(len(rates), len(training)).argsort(dim=1)
        for batch in training[orders].split(BATCH, dim=1):  # (copy, sample)
            scores = model(x[:, batch].transpose(0, 1))
            losses = F.cross_entropy(scores, y[batch], reduction="none").mean(dim=1)
            optimizer.zero_grad()
            # The copies share no parameter: each gets its own gradient.
            (losses * weights).sum().backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        right = model(x.expand(len(rates), *x.shape)).argmax(dim=1) == y
    accuracies = (right[:, part].float().mean(dim=1) for part in (validation, test))
    by_setting = (accuracy.view(-1, SEEDS) for accuracy in accuracies)
    return list(zip(*by_setting, strict=True))


def spread(values: Tensor) -> dict[str, float]:
    """Mean over the seeds, and the range."""
    mean, low, high = values.mean().item(), values.min().item(), values.max().item()
    return {"mean": mean, "min": low, "max": high}


def best(found: list[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Return the test accuracies at the rate with the best mean validation accuracy."""
    return spread(max(found, key=lambda pair: pair[0].mean().item())[1])


def usable(
    grid: list[float], rows: list[dict[str, float]], bar: float
) -> dict[str, float]:
    """Return the ends of the range in which the mean of the seeds is above the bar."""
    good = [x for x, row in zip(grid, rows, strict=True) if row["mean"] > bar]
    return {"min": min(good), "max": max(good), "ratio": max(good) / min(good)}


def measure() -> dict[str, Any]:
    """Test accuracy by learning rate, and by gain at the best of three rates."""
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    for net in NETS:
        settings = [(rate, 1.0) for rate in RATES]
        if net in DEEP:
            settings += [(rate, gain) for gain in GAINS for rate in GAIN_RATES]
        found = train(net, settings)
        by_rate = found[: len(RATES)]
        results["rate"][net] = [spread(test) for _, test in by_rate]
        results["best"][net] = best(by_rate)
        means = [validation.mean().item() for validation, _ in by_rate]
        results["chosen"][net] = RATES[means.index(max(means))]
        rest, tried = found[len(RATES) :], len(GAIN_RATES)
        groups = [rest[i : i + tried] for i in range(0, len(rest), tried)]
        results["gain"][net] = [best(group) for group in groups]
    bar = results["best"]["linear"]["mean"]
    for net in DEEP:
        results["usable"][net] = {
            "rate": usable(RATES, results["rate"][net], bar),
            "gain": usable(GAINS, results["gain"][net], bar),
        }
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Mean over the seeds as lines, their range as bands; shallow controls are thin."""
    figure, axes = plt.subplots(2, 1, figsize=(4.6, 5), layout="constrained")
    styles = {"norm": ("C0o-", "batch norm"), "plain": ("C1s--", "no norm")}
    for axis, key, grid in zip(axes, ["rate", "gain"], [RATES, GAINS], strict=True):
        for name, (style, label) in styles.items():
            rows = results[key][name]
            mean = [row["mean"] for row in rows]
            low, high = [row["min"] for row in rows], [row["max"] for row in rows]
            axis.plot(grid, mean, style, lw=1.2, markersize=4, label=label)
            axis.fill_between(grid, low, high, color=style[:2], alpha=0.2, lw=0)
        axis.axhline(results["best"]["linear"]["mean"], c="C3", ls=":", label="linear")
        axis.set_xscale("log")
        axis.set_ylim(0, 0.7)
        axis.set_ylabel("test accuracy")
        axis.grid(axis="y", alpha=0.3)
    shallow = {"two_norm": ("C4-.", "2 layers, batch norm"), "two": ("C2:", "2 layers")}
    for name, (style, label) in shallow.items():
        mean = [row["mean"] for row in results["rate"][name]]
        axes[0].plot(RATES, mean, style, lw=1.2, label=label)
        axes[1].axhline(results["best"][name]["mean"], c=style[:2], ls=style[2:], lw=1)
    axes[0].set_title("The usable learning rates move up")
    axes[0].set_xlabel("learning rate")
    axes[0].set_xticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    axes[1].set_title("The start matters far less")
    axes[1].set_xlabel("weights at the start, relative to He")
    axes[1].set_xticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    usable, best = results["usable"], {k: v["mean"] for k, v in results["best"].items()}
    plain, norm = usable["plain"], usable["norm"]
    assert norm["rate"]["max"] >= 3 * plain["rate"]["max"], "three times the rate"
    for axis in ["rate", "gain"]:
        assert norm[axis]["ratio"] > 2 * plain[axis]["ratio"], f"{axis}: it is wider"
    assert norm["gain"]["ratio"] > 100, "batch normalization: two decades and more"
    assert plain["gain"]["ratio"] < 6, "plain: only near He"
    assert results["gain"]["plain"][0]["max"] < 0.2, "a small start: chance"
    assert best["norm"] > best["plain"] + 0.03, "at its best it is better than plain"
    assert best["norm"] < best["two"] + 0.04, "but no better than two layers"
    assert best["linear"] + 0.1 < best["norm"], "it learns what no linear one can"
    small = [results["rate"][net][0]["mean"] for net in DEEP]
    assert small[1] < small[0] + 0.1, "at a small rate it gains little"
    large, he = results["gain"]["norm"][-1]["mean"], results["gain"]["norm"][2]["mean"]
    assert large < he - 0.08, "far too large weights: worse"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
