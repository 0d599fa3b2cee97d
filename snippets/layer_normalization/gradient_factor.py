"""Gradient factor per layer of deep plain nets with layer or batch normalization.

Source: Ba et al. 2016 (arXiv:1607.06450), eq. 6 for the scale of the weights;
Yang et al. 2019 (arXiv:1902.08129) for batch normalization.
"""

import math
import statistics
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

DEPTH = 30
WIDTH = 256
BATCH = 256
SEEDS = range(3)
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
SCALES = {"tenth": 0.1, "one": 1.0, "ten": 10.0}  # times 1/sqrt(fan_in)
TOLERANCE = {"factor": 1e-2, "theory": 1e-5, "spread": None, "scale": 1e-2}


def run(activation: str, norm: str, scale: float = 1.0) -> tuple[float, float]:
    """Gradient factor per layer, and the last layer's spread across inputs."""
    x = torch.randn(BATCH, WIDTH, requires_grad=True)
    preactivations = []
    for _ in range(DEPTH):
        weight = torch.randn(WIDTH, WIDTH) * scale / math.sqrt(WIDTH)
        y = x @ weight.T  # (batch, width)
        if norm == "layer":
            y = F.layer_norm(y, [WIDTH])
        else:
            y = F.batch_norm(y, None, None, training=True)
        preactivations.append(y)
        x = ACTIVATIONS[activation](y)
    # Any gradient will do in the last layer.
    gradients = torch.autograd.grad(y, preactivations, torch.randn_like(y))
    first, last = (gradients[i].double().norm().item() for i in (0, -1))
    spread = y.var(dim=0).mean().sqrt().item()
    return (first / last) ** (1 / (DEPTH - 1)), spread


def theory(activation: str) -> float:
    """sqrt(E[phi'(z)^2] / E[phi(z)^2]) for z from N(0, 1): layer norm, wide layers."""
    z = torch.linspace(-8, 8, 1600, dtype=torch.float64, requires_grad=True)
    density = torch.softmax(-z.detach().square() / 2, dim=0)  # sums to 1
    y = ACTIVATIONS[activation](z)
    (slope,) = torch.autograd.grad(y.sum(), z)
    return math.sqrt(density @ slope.square() / (density @ y.detach().square()))


def measure() -> dict[str, Any]:
    """Factor per layer and spread, by activation; the factor by scale of weights."""
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    for activation in ACTIVATIONS:
        results["theory"][activation] = theory(activation)
        results["factor"][activation] = {}
        results["spread"][activation] = {}
        for norm in ["layer", "batch"]:
            runs = []
            for seed in SEEDS:
                torch.manual_seed(seed)
                runs.append(run(activation, norm))
            factors, spreads = zip(*runs, strict=True)
            results["factor"][activation][norm] = {
                "mean": statistics.mean(factors),
                "sd": statistics.stdev(factors),
            }
            results["spread"][activation][norm] = statistics.mean(spreads)
    for name, scale in SCALES.items():
        torch.manual_seed(0)
        results["scale"][name] = run("relu", "layer", scale)[0]
    return results


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    factor, scale = results["factor"], results["scale"]
    assert abs(factor["relu"]["layer"]["mean"] - 1) < 0.02, "layer norm: ReLU is level"
    assert 1.19 < factor["relu"]["batch"]["mean"] < 1.23, "batch norm: it explodes"
    assert factor["sigmoid"]["layer"]["mean"] < 0.42, "sigmoid still vanishes"
    assert 1 < factor["sigmoid"]["batch"]["mean"] < 1.05, "not with batch norm"
    assert results["spread"]["sigmoid"]["layer"] < 1e-6, "its inputs become alike"
    assert results["spread"]["sigmoid"]["batch"] > 0.9, "batch norm keeps them apart"
    tanh = factor["tanh"]
    assert abs(tanh["layer"]["mean"] - tanh["batch"]["mean"]) < 0.02, "tanh: alike"
    assert results["spread"]["relu"]["layer"] < 0.25, "ReLU: inputs become more alike"
    assert results["spread"]["relu"]["batch"] > 0.9, "not with batch norm"
    for activation, row in factor.items():
        expected = results["theory"][activation]
        assert abs(row["layer"]["mean"] / expected - 1) < 0.02, "theory holds"
    for name in ["tenth", "ten"]:
        assert abs(scale[name] - scale["one"]) < 0.005, "any scale of the weights"


if __name__ == "__main__":
    results = measure()
    print(results)
