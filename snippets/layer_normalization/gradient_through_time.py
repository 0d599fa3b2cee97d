"""Gradient per time step of a tanh RNN, with and without layer normalization.

Source: Ba et al. 2016 (arXiv:1607.06450), section 3.1, eq. 4.
"""

import math
import statistics
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch.nn import functional as F

STEPS = 60
HIDDEN = 64
INPUTS = 16
BATCH = 32
SEEDS = range(3)
SCALES = [0.25, 0.5, 1, 2, 4]  # recurrent weights: this / sqrt(hidden)
DEFAULT = 1 / math.sqrt(3)  # nn.RNN: U(-1/sqrt(hidden), 1/sqrt(hidden))
TOLERANCE = {"plain": 1e-2, "layer": 1e-2}


def factor_per_step(scale: float, normalize: bool) -> float:
    """Gradient factor per step back in time, of a random network."""
    recurrent = torch.randn(HIDDEN, HIDDEN) * scale / math.sqrt(HIDDEN)
    inner = torch.randn(HIDDEN, INPUTS) * DEFAULT / math.sqrt(HIDDEN)
    x = torch.randn(STEPS, BATCH, INPUTS, requires_grad=True)
    state = torch.zeros(BATCH, HIDDEN)
    for x_t in x:
        y = state @ recurrent.T + x_t @ inner.T  # (batch, hidden)
        if normalize:
            y = F.layer_norm(y, [HIDDEN])
        state = y.tanh()
    (gradient,) = torch.autograd.grad(state, x, torch.randn_like(state))
    norms = gradient.double().norm(dim=(1, 2))  # one for each step
    return math.pow(norms[0] / norms[-1], 1 / (STEPS - 1))


def measure() -> dict[str, Any]:
    """Mean and range over seeds, by scale of the recurrent weights."""
    results: dict[str, Any] = {}
    for name in ["plain", "layer"]:
        results[name] = {"mean": [], "min": [], "max": []}
        for scale in [*SCALES, DEFAULT]:
            factors = []
            for seed in SEEDS:
                torch.manual_seed(seed)
                factors.append(factor_per_step(scale, normalize=name == "layer"))
            results[name]["mean"].append(statistics.mean(factors))
            results[name]["min"].append(min(factors))
            results[name]["max"].append(max(factors))
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Draw the factor against the scale of the recurrent weights."""
    figure, axis = plt.subplots(figsize=(4.6, 3), layout="constrained")
    axis.axhline(1, color="black", lw=0.8, linestyle="--")
    count = len(SCALES)
    for name, style in {"plain": "C1s-", "layer": "C0o-"}.items():
        axis.loglog(SCALES, results[name]["mean"][:count], style, markersize=4)
    axis.text(4, 1.7, "no norm", color="C1", ha="right")
    axis.text(4, 0.93, "layer norm", color="C0", ha="right", va="top")
    axis.set_title("Layer norm pulls the factor towards 1")
    axis.set_xlabel("scale of the recurrent weights")
    axis.set_ylabel("gradient factor per time step")
    axis.set_xticks(SCALES, ["0.25", "0.5", "1", "2", "4"])
    axis.set_yticks([0.25, 0.5, 1, 2], ["0.25", "0.5", "1", "2"])
    axis.set_ylim(0.2, 2)
    axis.minorticks_off()
    axis.grid(axis="y", alpha=0.3)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    plain, layer = results["plain"]["mean"], results["layer"]["mean"]
    for before, after in zip(plain, layer, strict=True):
        nearer = abs(math.log(after)) < abs(math.log(before)) + 0.02
        assert nearer, "layer norm brings the factor nearer to one, or leaves it"
    assert plain[-1] < 0.6, "PyTorch's default vanishes"
    assert 0.85 < layer[-1] < 1, "with layer norm more slowly"
    assert plain[0] < 0.3, "tiny weights vanish"
    assert 0.5 < layer[0] < 0.6, "with layer norm more slowly"
    assert plain[4] > 1.5, "large ones explode"
    assert 1.08 < layer[4] < 1.16, "with layer norm more slowly"
    assert all(0.95 < value < 1.16 for value in layer[2:5]), "close to one from scale 1"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
