"""Variance of the preactivations by depth: Xavier against He, for tanh and ReLU.

Source: He et al. 2015 (arXiv:1502.01852), eq. 8-10; Glorot & Bengio 2010, eq. 5, 12.
"""

import math
import statistics
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

DEPTH = 30
WIDTH = 256  # fan_in = fan_out in every layer
BATCH = 256
SEEDS = range(5)
ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu}
GAINS = {"xavier": 1.0, "he": math.sqrt(2)}  # std of the weights = gain / sqrt(fan_in)
TITLES = {"tanh": "tanh: both keep a signal", "relu": "ReLU: only He keeps it"}
TOLERANCE = {"variance": 1e-3, "theory": 1e-6, "factor": 1e-2}


def init_weight(init: str) -> Tensor:
    """One layer's random weights."""
    weight = torch.empty(WIDTH, WIDTH)  # (fan_out, fan_in)
    if init == "xavier":
        return nn.init.xavier_normal_(weight)  # gain 1
    return nn.init.kaiming_normal_(weight, nonlinearity="relu")


def variances(activation: str, init: str) -> list[float]:
    """Var[y_l] in layer l = 1 ... DEPTH of one random network without biases."""
    result = []
    x = torch.randn(BATCH, WIDTH)  # (batch, width)
    for _ in range(DEPTH):
        y = x @ init_weight(init).T  # (batch, width)
        # The weights have mean zero, so E[y] = 0 and Var[y] is the mean square.
        # The outputs of ReLU have another mean: eq. 8 is about y, not about them.
        result.append(y.square().mean().item())
        x = ACTIVATIONS[activation](y)
    return result


def theory(activation: str, init: str) -> list[float]:
    """Var[y_l] in an infinitely wide network: there y is normal, so integrate."""
    z = torch.linspace(-8, 8, 1600, dtype=torch.float64)
    density = torch.softmax(-z.square() / 2, dim=0)  # of N(0, 1), sums to 1
    result = []
    mean_square = 1.0  # E[x^2] of the input
    for _ in range(DEPTH):
        variance = GAINS[init] ** 2 * mean_square  # fan_in * Var[w] * E[x^2]
        x = ACTIVATIONS[activation](math.sqrt(variance) * z)
        mean_square = (density @ x.square()).item()  # ReLU: variance / 2
        result.append(variance)
    return result


def factor_per_layer(variance: list[float]) -> float:
    """Return the factor whose DEPTH - 1 steps lead from the first to the last value."""
    return math.pow(variance[-1] / variance[0], 1 / (DEPTH - 1))


def measure() -> dict[str, Any]:
    """Variance by layer (geometric mean over seeds), theory and factor per layer."""
    results: dict[str, Any] = {"variance": {}, "theory": {}, "factor": {}}
    for activation in ACTIVATIONS:
        for table in results.values():
            table[activation] = {}
        for init in GAINS:
            runs = []
            for seed in SEEDS:
                torch.manual_seed(seed)
                runs.append(variances(activation, init))
            expected = theory(activation, init)
            factors = [factor_per_layer(run) for run in runs]
            results["variance"][activation][init] = [
                statistics.geometric_mean(layer) for layer in zip(*runs, strict=True)
            ]
            results["theory"][activation][init] = expected
            results["factor"][activation][init] = {
                "mean": statistics.mean(factors),
                "sd": statistics.stdev(factors),
                "theory": factor_per_layer(expected),
            }
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Measured variances as markers, the theory as dashed lines."""
    figure, axes = plt.subplots(
        2, 1, figsize=(4.6, 4.4), sharex=True, sharey=True, layout="constrained"
    )
    layers = range(1, DEPTH + 1)
    for axis, (activation, title) in zip(axes, TITLES.items(), strict=True):
        variance = results["variance"][activation]
        expected = results["theory"][activation]
        axis.semilogy(layers, variance["he"], "C0o", markersize=4, label="He")
        axis.semilogy(layers, variance["xavier"], "C1s", markersize=4, label="Xavier")
        axis.semilogy(layers, expected["he"], "--", color="black", lw=1, label="theory")
        axis.semilogy(layers, expected["xavier"], "--", color="black", lw=1)
        axis.set_title(title)
        axis.set_ylabel("variance")
        axis.grid(axis="y", alpha=0.3)
    axes[0].legend(frameon=False, loc="lower left")
    axes[1].set_xlabel("layer")
    axes[1].set_xticks([1, 5, 10, 15, 20, 25, 30])
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    factor, variance = results["factor"], results["variance"]
    assert abs(factor["relu"]["xavier"]["mean"] - 0.5) < 0.03, "Xavier halves ReLU's"
    assert abs(factor["relu"]["he"]["mean"] - 1) < 0.06, "He keeps ReLU's"
    assert variance["relu"]["xavier"][-1] < 1e-7, "ReLU, Xavier: nothing is left"
    assert variance["tanh"]["xavier"][-1] > 0.005, "tanh, Xavier: it falls slowly"
    assert variance["tanh"]["he"][-1] > 0.3, "tanh, He: it settles at a large value"
    for rows in factor.values():
        for row in rows.values():
            assert abs(row["mean"] / row["theory"] - 1) < 0.06, "theory predicts it"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
