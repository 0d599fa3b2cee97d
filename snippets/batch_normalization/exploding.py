"""At the start, batch normalization makes gradients explode in deep plain networks.

Source: Yang et al. 2019 (arXiv:1902.08129): sqrt(pi / (pi - 1)) a layer for ReLU,
which is sqrt(E[slope^2] / Var[output]) for standard normal preactivations.
"""

import math
import statistics
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

DEPTH = 30
WIDTH = 512
BATCH, SMALL = 512, 8
SEEDS = range(3)
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "linear": lambda y: y,
}
NORMS: dict[str, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm1d,
    "layer": nn.LayerNorm,
    "none": nn.Identity,
}
# name: (activation, normalization, inputs in the batch, with residual connections)
NETWORKS = {
    "relu": ("relu", "batch", BATCH, False),
    "tanh": ("tanh", "batch", BATCH, False),
    "linear": ("linear", "batch", BATCH, False),
    "small": ("relu", "batch", SMALL, False),
    "residual": ("relu", "batch", BATCH, True),
    "layer": ("relu", "layer", BATCH, False),
    "none": ("relu", "none", BATCH, False),
}
TOLERANCE = {"gradient": 0.02, "factor": 0.02, "whole": 0.1, "theory": 1e-6}


def gradient_norms(
    activation: str, norm: str, batch: int, residual: bool
) -> list[float]:
    """Norm of the gradient with respect to the output of layers 1 ... DEPTH."""
    x = torch.randn(batch, WIDTH, requires_grad=True)  # (batch, width)
    outputs = []
    for _ in range(DEPTH):
        linear = nn.Linear(WIDTH, WIDTH, bias=False).requires_grad_(False)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        y = ACTIVATIONS[activation](NORMS[norm](WIDTH)(linear(x)))
        x = x + y if residual else y
        outputs.append(x)
    gradients = torch.autograd.grad(x, outputs, torch.randn_like(x))
    norms = [gradient.double().norm().item() for gradient in gradients]
    return [norm / norms[-1] for norm in norms]


def theory(activation: str) -> float:
    """sqrt(E[phi'(z)^2] / Var[phi(z)]) for z from N(0, 1), by a sum over a grid."""
    z = torch.linspace(-8, 8, 1600, dtype=torch.float64).requires_grad_()
    density = torch.softmax(-z.detach().square() / 2, dim=0)  # of N(0, 1), sums to 1
    y = ACTIVATIONS[activation](z)
    (slope,) = torch.autograd.grad(y.sum(), z)
    variance = density @ y.square() - (density @ y) ** 2
    return math.sqrt((density @ slope.square()).item() / variance.item())


def measure() -> dict[str, Any]:
    """Gradient by layer relative to the last one, and its factor per layer."""
    results: dict[str, Any] = {"gradient": {}, "factor": {}, "whole": {}}
    for name, network in NETWORKS.items():
        runs = []
        for seed in SEEDS:
            torch.manual_seed(seed)
            runs.append(gradient_norms(*network))
        factors = [run[0] ** (1 / (DEPTH - 1)) for run in runs]
        results["gradient"][name] = [
            statistics.geometric_mean(layer) for layer in zip(*runs, strict=True)
        ]
        results["factor"][name] = {
            "mean": statistics.mean(factors),
            "sd": statistics.stdev(factors),
        }
        results["whole"][name] = results["gradient"][name][0]
    return {**results, "theory": {name: theory(name) for name in ACTIVATIONS}}


def draw(results: dict[str, Any]) -> Figure:
    """One line per network, its name at the left where the lines are apart."""
    figure, axis = plt.subplots(figsize=(3.7, 3.1), layout="constrained")
    lines = {
        "relu": ("C0o-", "ReLU, batch norm"),
        "tanh": ("C1s-", "tanh, batch norm"),
        "residual": ("C2^-", "ReLU, batch norm, residual"),
        "layer": ("C3v-", "ReLU, layer norm"),
    }
    layers = range(1, DEPTH + 1, 2)
    for name, (style, label) in lines.items():
        gradient = results["gradient"][name][::2]
        axis.semilogy(layers, gradient, style, lw=1, markersize=3.5, label=label)
    axis.legend(frameon=False, loc="upper right")
    axis.set_ylim(0.3, 3000)
    axis.set_yticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    axis.minorticks_off()
    axis.grid(axis="y", alpha=0.3)
    axis.set_ylabel("relative gradient norm")
    axis.set_xlabel("layer (the gradient flows from 30 to 1)")
    axis.set_xticks([1, 10, 20, 30])
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    factor = {name: value["mean"] for name, value in results["factor"].items()}
    for name, expected in results["theory"].items():
        assert abs(factor[name] / expected - 1) < 0.01, f"{name}: theory's factor"
    yang = math.sqrt(math.pi / (math.pi - 1))
    assert abs(results["theory"]["relu"] - yang) < 1e-5, "the same as the paper's"
    assert results["whole"]["relu"] > 150, "two orders of magnitude in 30 layers"
    assert factor["small"] > factor["relu"] + 0.05, "a small batch makes it worse"
    assert 1.05 < factor["tanh"] < 1.15, "tanh: slower"
    assert 8 < results["whole"]["tanh"] < 16, "tanh: one order in 30 layers"
    assert 6 < yang**10 < 8, "in theory over 10 layers"
    assert yang**50 > 10_000, "and over 50"
    assert results["whole"]["residual"] < 8, "residual connections tame it"
    for name in ["linear", "layer", "none"]:
        assert abs(factor[name] - 1) < 0.02, f"{name}: the gradient stays level"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
