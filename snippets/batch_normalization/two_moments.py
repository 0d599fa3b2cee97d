"""Normalizing sets mean and variance, and leaves the distribution's shape as it was.

Source: algebra: skewness and kurtosis do not change under (x - mean) / std.
"""

import math
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

SAMPLES = 20_000
LOW, HIGH, BINS = -3, 4, 35
TITLES = {"peaks": "two peaks", "exponential": "exponential", "zeros": "80% zeros"}
TOLERANCE = {"before": 1e-3, "after": 1e-3, "normal": 1e-6, "density": 0.02}


def shape(x: Tensor) -> dict[str, float]:
    """Mean and std, and two numbers for the shape (0 and 3 for a normal one)."""
    z = (x - x.mean()) / x.std(correction=0)
    return {
        "mean": round(x.mean().item(), 4),
        "std": x.std(correction=0).item(),
        "skewness": z.pow(3).mean().item(),
        "kurtosis": z.pow(4).mean().item(),
    }


def measure() -> dict[str, Any]:
    """Shape before and after batch normalization, and the densities after it."""
    torch.manual_seed(0)
    noise, uniform = torch.randn(SAMPLES), torch.rand(SAMPLES)
    sign = torch.where(uniform < 0.4, -1.0, 1.0)
    exponential = -uniform.log()
    values = {
        "peaks": 5 + 2 * sign + 0.5 * noise,
        "exponential": 3 * exponential,
        "zeros": torch.where(noise < 0.8416, 0.0, exponential),  # a fifth is not zero
    }
    results: dict[str, Any] = {"before": {}, "after": {}, "density": {}}
    width = (HIGH - LOW) / BINS
    for name, x in values.items():
        y = nn.BatchNorm1d(1)(x.unsqueeze(1)).flatten().detach()
        results["before"][name] = shape(x.double())
        results["after"][name] = shape(y.double())
        counts = torch.histc(y, BINS, LOW, HIGH)
        results["density"][name] = (counts / SAMPLES / width).tolist()
    z = [LOW + (HIGH - LOW) * i / 60 for i in range(61)]
    curve = [math.exp(-(value**2) / 2) / math.sqrt(2 * math.pi) for value in z]
    return {**results, "normal": [z, curve]}


def draw(results: dict[str, Any]) -> Figure:
    """Densities after normalization; the standard normal one is dashed."""
    figure, axes = plt.subplots(
        3, 1, figsize=(3.7, 3.8), sharex=True, layout="constrained"
    )
    edges = [LOW + (HIGH - LOW) * i / BINS for i in range(BINS + 1)]
    z, curve = results["normal"]
    for axis, (name, title) in zip(axes, TITLES.items(), strict=True):
        density = results["density"][name]
        axis.stairs(density, edges, fill=True, color="C0", alpha=0.5)
        axis.plot(z, curve, color="black", ls="--", lw=1.2, label="standard normal")
        axis.set_title(title, loc="left")
        axis.set_ylabel("density")
        axis.set_yticks([0, 0.5] if max(density) < 2 else [0, 2])
    axes[1].legend(frameon=False, loc="upper right")
    axes[2].set_xlabel("value after normalization")
    axes[2].set_xticks([-2, 0, 2, 4])
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    for name, after in results["after"].items():
        before = results["before"][name]
        assert abs(after["mean"]) < 1e-3, f"{name}: mean 0"
        assert abs(after["std"] - 1) < 1e-3, f"{name}: standard deviation 1"
        for moment in ["skewness", "kurtosis"]:
            change = abs(after[moment] / before[moment] - 1)
            assert change < 1e-3, f"{name}: {moment} stays"
    assert results["after"]["peaks"]["kurtosis"] < 2, "two peaks are not normal (3)"
    assert results["after"]["exponential"]["skewness"] > 1.8, "nor is this (0)"
    assert results["after"]["zeros"]["skewness"] > 3, "nor is this (0)"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
