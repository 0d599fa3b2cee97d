"""The gradient's factor per layer: what a slope below zero asks of the weights.

Source: He et al. 2015 (arXiv:1502.01852), section 2.2. For a slope of a below zero the
variance that keeps the signal is 2 / ((1 + a^2) fan_in).
"""

import math
import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

DEPTH = 30
WIDTH = 256  # fan_in = fan_out in every layer
BATCH = 128
SEEDS = range(5)
SLOPES = [0.01, 0.1, 0.2, 0.25, 0.3]  # PReLU starts at 0.25
TOLERANCE = {"leaky": 1e-2, "elu": 1e-2}


def factor(function: Callable[[Tensor], Tensor], variance: float) -> dict[str, float]:
    """Return what one layer does to the gradient's norm; the variance is per fan_in."""
    factors = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        x = torch.randn(BATCH, WIDTH, requires_grad=True)  # (batch, width)
        preactivations = []
        for _ in range(DEPTH):
            y = x @ (torch.randn(WIDTH, WIDTH) * math.sqrt(variance / WIDTH))
            preactivations.append(y)
            x = function(y)
        # Any gradient will do in the last layer.
        gradients = torch.autograd.grad(y, preactivations, torch.randn_like(y))
        ratio = (gradients[0].norm() / gradients[-1].norm()).item()
        factors.append(ratio ** (1 / (DEPTH - 1)))
    return {"mean": statistics.mean(factors), "sd": statistics.stdev(factors)}


def measure() -> dict[str, Any]:
    """Factors for Leaky ReLU by slope in percent, and for ELU by variance."""
    results: dict[str, Any] = {"leaky": {}, "elu": {}}
    for a in SLOPES:
        leaky = partial(F.leaky_relu, negative_slope=a)
        results["leaky"][f"{a * 100:.0f}"] = {
            "xavier": factor(leaky, 1),
            "he": factor(leaky, 2),
            "own": factor(leaky, 2 / (1 + a**2)),
        }
    results["elu"] = {
        "xavier": factor(F.elu, 1),
        "between": factor(F.elu, 1.5),
        "he": factor(F.elu, 2),
    }
    return results


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    for slope, rows in results["leaky"].items():
        assert abs(rows["own"]["mean"] - 1) < 0.02, (
            f"slope {slope}%: its own variance fits"
        )
        assert 0.68 < rows["xavier"]["mean"] < 0.76, (
            f"slope {slope}%: Xavier is too small"
        )
    assert results["leaky"]["25"]["he"]["mean"] > 1.02, "PReLU: plain He grows"
    elu = results["elu"]
    assert elu["xavier"]["mean"] < 0.95, "ELU shrinks with Xavier"
    assert elu["he"]["mean"] > 1.04, "ELU grows with He"
    assert abs(elu["between"]["mean"] - 1) < 0.03, "1.5 / fan_in keeps it"


if __name__ == "__main__":
    results = measure()
    print(results)
