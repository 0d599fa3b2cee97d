"""Gradient by layer: every activation function needs its own variance of the weights.

Source: Glorot & Bengio 2010, eq. 6, 12; He et al. 2015 (arXiv:1502.01852), eq. 12-14.
"""

import math
import statistics
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn import functional as F

DEPTH = 30
WIDTH = 256  # fan_in = fan_out in every layer
BATCH = 128
SEEDS = range(5)
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,  # slope 0.01 below zero
    "gelu": F.gelu,
    "silu": F.silu,
    "selu": F.selu,
}
# fan_in * variance of the weights, fan_in * variance of the biases
VARIANCES = {
    "xavier": (1, 0),  # gain 1; the same as LeCun's because fan_in = fan_out
    "he": (2, 0),
    "default": (1 / 3, 1 / 3),  # what nn.Linear does
    "normal": (WIDTH, 0),  # N(0, 1), whatever the width
}
LABELS = {"tanh": "tanh", "relu": "ReLU", "sigmoid": "sigmoid"}
TITLES = {"xavier": "Xavier: tanh nearly level", "he": "He: ReLU level"}
MANY_LAYERS = 300  # by then tanh's factor has settled
TOLERANCE = {"gradient": 1e-3, "factor": 1e-2, "limit": 1e-6}


def init_layer(init: str) -> nn.Linear:
    """One random layer; the biases are zero except for PyTorch's default."""
    layer = nn.Linear(WIDTH, WIDTH)
    if init != "default":
        nn.init.normal_(layer.weight, std=math.sqrt(VARIANCES[init][0] / WIDTH))
        nn.init.zeros_(layer.bias)
    return layer.requires_grad_(False)


def gradient_norms(activation: str, init: str) -> list[float]:
    """Norm of the gradient with respect to the preactivations of layers 1 ... DEPTH."""
    x = torch.randn(BATCH, WIDTH, requires_grad=True)  # (batch, width)
    preactivations = []
    for _ in range(DEPTH):
        y = init_layer(init)(x)  # (batch, width)
        preactivations.append(y)
        x = ACTIVATIONS[activation](y)
    # Any gradient will do in the last layer.
    gradients = torch.autograd.grad(y, preactivations, torch.randn_like(y))
    # In float64, as the squares of tiny gradients underflow in float32.
    norms = [gradient.double().norm().item() for gradient in gradients]
    return [norm / norms[-1] for norm in norms]


def theory(activation: str, init: str, depth: int) -> list[float]:
    """sqrt(fan_in * Var[w] * E[phi'(y)^2]) for normal y, the factor of each layer."""
    z = torch.linspace(-8, 8, 1600, dtype=torch.float64)
    density = torch.softmax(-z.square() / 2, dim=0)  # of N(0, 1), sums to 1
    weight_variance, bias_variance = VARIANCES[init]
    mean_square = 1.0  # E[x^2] of the input
    factors = []
    for _ in range(depth - 1):
        variance = weight_variance * mean_square + bias_variance / WIDTH
        y = (math.sqrt(variance) * z).requires_grad_()
        x = ACTIVATIONS[activation](y)
        (slope,) = torch.autograd.grad(x.sum(), y)
        mean_square = (density @ x.square()).item()
        factors.append(math.sqrt(weight_variance * (density @ slope.square()).item()))
    return factors


def factors(activation: str, init: str) -> tuple[dict[str, float], list[float]]:
    """Return the factor per layer over the seeds, and the mean gradient by layer."""
    runs = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        runs.append(gradient_norms(activation, init))
    found = [run[0] ** (1 / (DEPTH - 1)) for run in runs]
    spread = {"mean": statistics.mean(found), "sd": statistics.stdev(found)}
    spread |= {"min": min(found), "max": max(found)}
    spread["theory"] = statistics.geometric_mean(theory(activation, init, DEPTH))
    return spread, [statistics.geometric_mean(run) for run in zip(*runs, strict=True)]


def measure() -> dict[str, Any]:
    """Gradient by layer relative to the last one, and its factor per layer."""
    results: dict[str, Any] = {"gradient": {}, "factor": {}, "limit": {}}
    for activation in ACTIVATIONS:
        results["gradient"][activation], results["factor"][activation] = {}, {}
        for init in VARIANCES:
            factor, gradient = factors(activation, init)
            results["factor"][activation][init] = factor
            if activation in LABELS and init in TITLES:
                results["gradient"][activation][init] = gradient
    for init in ["xavier", "he"]:
        results["limit"][init] = theory("tanh", init, MANY_LAYERS)[-1]
    results["limit"]["gelu"] = theory("gelu", "he", MANY_LAYERS)[-1]
    return results


def draw(results: dict[str, Any]) -> Figure:
    """One panel per initialization, one line per activation function."""
    figure, axes = plt.subplots(
        2, 1, figsize=(4.6, 4.6), sharex=True, sharey=True, layout="constrained"
    )
    layers = range(1, DEPTH + 1)
    styles = {"tanh": "C0o-", "relu": "C1s-", "sigmoid": "C2^-"}
    for axis, (init, title) in zip(axes, TITLES.items(), strict=True):
        for activation, label in LABELS.items():
            gradient = results["gradient"][activation][init]
            axis.semilogy(
                layers, gradient, styles[activation], lw=1, markersize=3.5, label=label
            )
        axis.set_title(title)
        axis.set_ylabel("relative gradient norm")
        axis.grid(axis="y", alpha=0.3)
    axes[0].set_yticks([1, 1e-6, 1e-12, 1e-18])
    axes[0].legend(frameon=False, loc="lower right")
    axes[1].set_xlabel("layer (the gradient flows from 30 to 1)")
    axes[1].set_xticks([1, 5, 10, 15, 20, 25, 30])
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    factor, limit = results["factor"], results["limit"]
    for init, expected in [("he", 1), ("xavier", 1 / 2), ("default", 1 / 6)]:
        assert abs(factor["relu"][init]["mean"] - math.sqrt(expected)) < 0.03, "ReLU"
    assert 0.9 < factor["tanh"]["xavier"]["mean"] < 1, "Xavier nearly keeps tanh's"
    assert factor["tanh"]["he"]["mean"] > 1.01, "He makes tanh's gradient grow"
    assert all(factor["sigmoid"][i]["mean"] < 0.4 for i in TITLES), "sigmoid vanishes"
    assert factor["sigmoid"]["normal"]["mean"] > 1.2, "sigmoid explodes with N(0, 1)"
    assert limit["he"] > 1.04, "deep tanh nets explode with He"
    assert 0.99 < limit["xavier"] < 1, "with Xavier they settle at one"
    assert abs(limit["gelu"] - math.sqrt(1 / 2)) < 0.01, "GELU, He: it dies in the end"
    assert all(factor[a]["he"]["mean"] < 0.95 for a in ("gelu", "silu")), "too small"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
