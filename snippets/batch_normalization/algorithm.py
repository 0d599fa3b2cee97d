"""Batch normalization on one unit: subtract the mean, divide by the std, scale, shift.

Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), algorithm 1.
"""

from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import nn

VALUES = [3.4, 4.1, 4.5, 5.2, 6.3, 6.8, 7.7, 9.6]  # one unit, eight inputs of a batch
GAMMA, BETA = 1.5, 4.0  # learned scale and shift; any numbers will do here
EPS = 1e-5
TOLERANCE = {"steps": 1e-5, "mean": 1e-4, "std": 1e-5, "module": 1e-5}


def measure() -> dict[str, Any]:
    """Return the unit's values after each step of the algorithm."""
    x = torch.tensor(VALUES)  # (batch,)
    mean, variance = x.mean(), x.var(correction=0)  # correction=0 divides by the batch
    centred = x - mean
    normalized = centred / (variance + EPS).sqrt()
    y = GAMMA * normalized + BETA
    steps = torch.stack([x, centred, normalized, y])  # (step, batch)

    module = nn.BatchNorm1d(1, eps=EPS)
    nn.init.constant_(module.weight, GAMMA)
    nn.init.constant_(module.bias, BETA)
    return {
        "steps": steps.tolist(),
        "mean": [round(value, 4) for value in steps.mean(dim=1).tolist()],
        "std": steps.std(dim=1, correction=0).tolist(),
        "module": module(x.unsqueeze(1)).flatten().tolist(),
    }


def draw(results: dict[str, Any]) -> Figure:
    """Four strips of dots; each line follows one input through the steps."""
    figure, axis = plt.subplots(figsize=(4.6, 3.5), layout="constrained")
    rows = [3, 2, 1, 0]
    for path in zip(*results["steps"], strict=True):
        axis.plot(path, rows, color="C0", lw=0.8, alpha=0.4)
    for row, values, mean, std in zip(
        rows, results["steps"], results["mean"], results["std"], strict=True
    ):
        first = row == rows[0]
        label = "mean ± standard deviation" if first else "_"
        low, high = row - 0.22, row - 0.22
        axis.plot([mean - std, mean + std], [low, high], color="C1", lw=3, label=label)
        axis.plot([mean], [low], "C1D", markersize=6)
        label = "one input" if first else "_"
        axis.plot(values, [row] * len(values), "C0o", markersize=6, label=label)
    axis.axvline(0, color="gray", lw=0.8, ls=":")
    axis.set_yticks(rows, ["values", "− mean", "÷ std", "× γ + β"])
    axis.set_ylim(-0.5, 3.35)
    axis.set_xticks([-4, 0, 4, 8])
    axis.set_xlabel("value of one unit")
    axis.set_ylabel("step of the algorithm")
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    mean, std = results["mean"], results["std"]
    assert abs(mean[1]) < 1e-3, "the first step moves the mean to 0"
    assert abs(mean[2]) < 1e-3, "dividing leaves it there"
    assert abs(std[1] - std[0]) < 1e-3, "subtracting leaves the spread"
    assert abs(std[2] - 1) < 1e-3, "the second step makes the standard deviation 1"
    assert abs(mean[3] - BETA) < 1e-3, "beta becomes the mean"
    assert abs(std[3] - GAMMA) < 1e-3, "gamma becomes the standard deviation"
    first, last = results["steps"][0], results["steps"][3]
    for i in range(1, len(VALUES)):
        stretch = (last[i] - last[0]) / (first[i] - first[0])
        assert abs(stretch / (GAMMA / std[0]) - 1) < 1e-3, "the pattern of gaps stays"
    for hand, module in zip(results["steps"][3], results["module"], strict=True):
        assert abs(hand - module) < 1e-4, "nn.BatchNorm1d gives the same"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
