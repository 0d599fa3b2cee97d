"""PyTorch's default in a deep ReLU network: the outputs look alive, the signal is dead.

Source: torch.nn.Linear, U(-1/sqrt(fan_in), 1/sqrt(fan_in)), so Var[w] = 1/(3 fan_in);
He et al. 2015 (arXiv:1502.01852), eq. 10, asks for 2/fan_in.
"""

import math
import statistics
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.nn import functional as F

DEPTH = 30
WIDTH = 512
BATCH = 64
SEEDS = range(3)
INITS = ["default", "he"]
LEVEL_FROM = 5  # from this layer on the biases keep the rms level
LAYER_OF_COSINE = 10
TOLERANCE = {
    "rms": 1e-3,
    "std_across_inputs": 1e-3,
    "std_factor": 1e-2,
    "cosine": 1e-3,
    "gradient_factor": 1e-2,
}


def init_layer(init: str) -> nn.Linear:
    """One random layer, in float64: float32 rounds such small differences away."""
    layer = nn.Linear(WIDTH, WIDTH, dtype=torch.float64)
    if init == "he":
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
    return layer.requires_grad_(False)


def run(init: str) -> dict[str, Any]:
    """Measure one random network: its preactivations, then one backward pass."""
    x = torch.randn(BATCH, WIDTH, dtype=torch.float64, requires_grad=True)
    preactivations = []
    for _ in range(DEPTH):
        y = init_layer(init)(x)  # (batch, width)
        preactivations.append(y)
        x = y.relu()
    # Any gradient will do in the last layer.
    gradients = torch.autograd.grad(y, preactivations, torch.randn_like(y))
    # Over the inputs (dim 0) of each unit, then the root mean square over units.
    std = [y.var(dim=0).mean().sqrt().item() for y in preactivations]
    first, second = preactivations[LAYER_OF_COSINE - 1][:2]  # two inputs
    return {
        "rms": [y.square().mean().sqrt().item() for y in preactivations],
        "std_across_inputs": std,
        "std_factor": (std[-1] / std[LEVEL_FROM - 1]) ** (1 / (DEPTH - LEVEL_FROM)),
        "cosine": F.cosine_similarity(first, second, dim=0).item(),
        "gradient_factor": (gradients[0].norm() / gradients[-1].norm()).item()
        ** (1 / (DEPTH - 1)),
    }


def measure() -> dict[str, Any]:
    """Geometric means over seeds by layer, mean and sd of the single numbers."""
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    for init in INITS:
        runs = []
        for seed in SEEDS:
            torch.manual_seed(seed)
            runs.append(run(init))
        for key, table in results.items():
            values = [one[key] for one in runs]
            if isinstance(values[0], list):
                table[init] = [
                    statistics.geometric_mean(layer)
                    for layer in zip(*values, strict=True)
                ]
            else:
                table[init] = {
                    "mean": statistics.mean(values),
                    "sd": statistics.stdev(values),
                }
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Size of the preactivations above, their spread across inputs below."""
    figure, axes = plt.subplots(
        2, 1, figsize=(4.6, 4.6), sharex=True, sharey=True, layout="constrained"
    )
    layers = range(1, DEPTH + 1)
    for axis, key in zip(axes, ["rms", "std_across_inputs"], strict=True):
        axis.semilogy(layers, results[key]["he"], "C0o-", lw=1, markersize=3.5)
        axis.semilogy(layers, results[key]["default"], "C1s-", lw=1, markersize=3.5)
        axis.grid(axis="y", alpha=0.3)
    axes[0].legend(["He", "PyTorch's default"], frameon=False, loc="lower left")
    axes[0].set_title("The size looks healthy …")
    axes[0].set_ylabel("root mean square")
    axes[1].set_title("… but the input no longer matters")
    axes[1].set_ylabel("std across inputs")
    axes[1].set_xlabel("layer")
    axes[1].set_xticks([1, 5, 10, 15, 20, 25, 30])
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    rms, std = results["rms"]["default"], results["std_across_inputs"]["default"]
    level = rms[LEVEL_FROM - 1 :]
    assert min(level) > 0.02, "the rms stays up"
    assert max(level) / min(level) < 1.5, "the rms is level"
    assert std[-1] < 1e-10, "all inputs give the same output"
    for key in ["std_factor", "gradient_factor"]:
        assert abs(results[key]["default"]["mean"] - math.sqrt(1 / 6)) < 0.02, (
            "signal and gradient fall by sqrt(1/6) in every layer"
        )
    assert abs(results["gradient_factor"]["he"]["mean"] - 1) < 0.02, (
        "He keeps the gradient"
    )
    assert results["cosine"]["default"]["mean"] > 0.9999, "the outputs are parallel"
    assert results["cosine"]["he"]["mean"] < 0.95, "with He two inputs still differ"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
