"""Gradient norm by layer: five activation functions, four ways to draw the weights.

Source: Glorot & Bengio 2010, eq. 6; He et al. 2015 (arXiv:1502.01852), eq. 12-14.
"""

import math
import statistics
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

DEPTH = 30
WIDTH = 256  # fan_in = fan_out in every layer
BATCH = 64
SEEDS = range(5)
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,  # slope 0.01 below zero
    "gelu": F.gelu,
}
STDS = {  # of the weights
    "normal": 1.0,
    "small": 0.01,
    "xavier": math.sqrt(1 / WIDTH),
    "he": math.sqrt(2 / WIDTH),
}
TOLERANCE = {"gradient": 1e-3, "theory": 1e-6, "factor": 1e-2}


def gradient_norms(activation: str, std: float) -> list[float]:
    """Norm of the gradient with respect to the preactivations of layers 1 ... DEPTH."""
    x = torch.randn(BATCH, WIDTH, dtype=torch.float64, requires_grad=True)
    preactivations = []
    for _ in range(DEPTH):
        y = x @ torch.randn(WIDTH, WIDTH, dtype=torch.float64) * std  # (batch, width)
        preactivations.append(y)
        x = ACTIVATIONS[activation](y)
    # Any gradient will do in the last layer.
    gradients = torch.autograd.grad(y, preactivations, torch.randn_like(y))
    norms = [gradient.norm().item() for gradient in gradients]
    return [norm / norms[-1] for norm in norms]


def theory(activation: str, std: float) -> list[float]:
    """Predict them for infinitely wide layers, where preactivations are normal."""
    z = torch.linspace(-8, 8, 1600, dtype=torch.float64)
    density = torch.softmax(-z.square() / 2, dim=0)  # of N(0, 1), sums to 1
    mean_square = 1.0  # E[x^2] of the input
    factors = []
    for _ in range(DEPTH - 1):
        y = (math.sqrt(WIDTH * mean_square) * std * z).requires_grad_()
        x = ACTIVATIONS[activation](y)
        (slope,) = torch.autograd.grad(x.sum(), y)
        mean_square = (density @ x.square()).item()
        factors.append(std * math.sqrt(WIDTH * (density @ slope.square()).item()))
    return [math.prod(factors[layer:]) for layer in range(DEPTH)]


def measure() -> dict[str, Any]:
    """Gradient by layer relative to layer DEPTH: measured, theory, factor per layer."""
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    for init, std in STDS.items():
        for table in results.values():
            table[init] = {}
        for activation in ACTIVATIONS:
            runs = []
            for seed in SEEDS:
                torch.manual_seed(seed)
                runs.append(gradient_norms(activation, std))
            expected = theory(activation, std)
            factors = [run[0] ** (1 / (DEPTH - 1)) for run in runs]
            results["gradient"][init][activation] = [
                statistics.geometric_mean(layer) for layer in zip(*runs, strict=True)
            ]
            results["theory"][init][activation] = expected
            results["factor"][init][activation] = {
                "mean": statistics.mean(factors),
                "sd": statistics.stdev(factors),
                "min": min(factors),
                "max": max(factors),
                "theory": expected[0] ** (1 / (DEPTH - 1)),
            }
    return results


def draw(results: dict[str, Any]) -> Figure:
    """One panel per initialization: measured as markers, theory as lines."""
    figure, axes = plt.subplots(
        2, 2, figsize=(4.6, 5.6), sharex=True, sharey="row", layout="constrained"
    )
    titles = {
        "normal": "N(0, 1): all explode",
        "small": "N(0, 0.01²): all vanish",
        "xavier": "Xavier: tanh holds",
        "he": "He: ReLU holds",
    }
    styles = {  # hollow and large where another one lies on top
        "sigmoid": {"color": "C2", "marker": "^", "label": "sigmoid"},
        "tanh": {"color": "C0", "marker": "o", "label": "tanh"},
        "leaky_relu": {"color": "C4", "marker": "D", "label": "Leaky ReLU"},
        "relu": {"color": "C1", "marker": "s", "label": "ReLU"},
        "gelu": {"color": "C3", "marker": "x", "label": "GELU"},
    }
    layers = list(range(1, DEPTH + 1))
    for axis, (init, title) in zip(axes.flat, titles.items(), strict=True):
        axis.axhspan(2**-24, 65504, color="gray", alpha=0.2, lw=0)
        for activation, style in styles.items():
            hollow = (
                {"mfc": "none", "ms": 7} if activation == "leaky_relu" else {"ms": 4}
            )
            gradient = results["gradient"][init][activation]
            expected = results["theory"][init][activation]
            axis.semilogy(layers, expected, color=style["color"], lw=1)
            axis.semilogy(layers[1::4], gradient[1::4], ls="", **style, **hollow)
        axis.set_title(title)
        axis.set_ylabel("relative gradient norm")
        axis.set_xticks([1, 10, 20, 30])
    axes[0, 0].plot([], [], color="black", lw=1, label="theory")
    axes[0, 1].text(2, 1e-1, "float16's range", va="center")
    axes[0, 0].set_yticks([1e-40, 1e-20, 1, 1e20])
    axes[1, 0].set_yticks([1e-18, 1e-12, 1e-6, 1])
    for axis in axes[1]:
        axis.set_xlabel("layer (gradient: 30 → 1)")
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=3, frameon=False)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    factor = results["factor"]
    for activation, row in factor["normal"].items():
        assert row["mean"] > 1.2, f"N(0, 1): {activation} explodes"
    for activation, row in factor["small"].items():
        assert row["mean"] < 0.2, f"N(0, 0.01^2): {activation} vanishes"
    for init in ["small", "xavier", "he"]:
        assert factor[init]["sigmoid"]["mean"] < 0.33, f"{init}: sigmoid vanishes"
    assert abs(factor["xavier"]["sigmoid"]["mean"] - 0.235) < 0.005, "under a quarter"
    assert 0.9 < factor["xavier"]["tanh"]["mean"] < 1, "Xavier nearly keeps tanh's"
    assert 1.01 < factor["he"]["tanh"]["mean"] < 1.06, "with He tanh's grows slowly"
    for activation in ["relu", "leaky_relu"]:
        assert abs(factor["he"][activation]["mean"] - 1) < 0.03, "He keeps ReLU's"
        assert abs(factor["xavier"][activation]["mean"] - math.sqrt(1 / 2)) < 0.02, (
            "Xavier divides ReLU's gradient by sqrt(2) in every layer"
        )
    for init, rows in factor.items():
        for activation, row in rows.items():
            if (init, activation) != ("he", "gelu"):  # seeds differ too much
                assert abs(row["mean"] / row["theory"] - 1) < 0.02, "theory holds"
    gelu = factor["he"]["gelu"]
    assert gelu["min"] > gelu["theory"] + 0.01, "GELU, He: every seed is above theory"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
