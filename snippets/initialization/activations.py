"""What ten random layers do to the values: weights too small, right and too large.

Source: Glorot & Bengio 2010, figure 6, and He et al. 2015 (arXiv:1502.01852), eq. 9-10;
the way of drawing is Karpathy's, "makemore", part 3.
"""

import math
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor

LAYERS = [1, 4, 7, 10]  # those that are drawn
WIDTH = 256  # fan_in = fan_out in every layer
BATCH = 256
BINS = 41
GAINS = {  # std of the weights = gain / sqrt(fan_in)
    "relu": {"small": 1.0, "right": math.sqrt(2), "large": 2.0},
    "tanh": {"small": 0.5, "right": 1.0, "large": 4.0},
}
RANGE = {"relu": 6.0, "tanh": 1.0}  # the histograms' left and right end
FLAT = 0.1  # tanh's derivative is below this
TOLERANCE = {"share": 1e-3, "std": 1e-3, "flat": 1e-2, "gradient_factor": 1e-2}


def values_by_layer(activation: str, gain: float) -> list[Tensor]:
    """Return what ReLU gets and what tanh gives, (batch, width), layer by layer."""
    torch.manual_seed(0)
    x = torch.randn(BATCH, WIDTH)
    values = []
    for _ in range(LAYERS[-1]):
        y = x @ torch.randn(WIDTH, WIDTH) * (gain / math.sqrt(WIDTH))
        x = torch.relu(y) if activation == "relu" else torch.tanh(y)
        values.append(y if activation == "relu" else x)
    return values


def histogram(values: Tensor, end: float) -> list[float]:
    """Return the share of the values in each bin; those outside are in none."""
    inside = torch.histc(values.clamp(-2 * end, 2 * end), BINS, -end, end)
    return (inside / values.numel()).tolist()


def backward_factor(outputs: list[Tensor], gain: float) -> float:
    """Return sqrt(fan_out * Var[w] * E[tanh'^2]) in the last layer."""
    return gain * math.sqrt((1 - outputs[-1] ** 2).square().mean().item())


def measure() -> dict[str, Any]:
    """Histogram and standard deviation by layer; how flat tanh is in the last one."""
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    for activation, gains in GAINS.items():
        results["share"][activation], results["std"][activation] = {}, {}
        for name, gain in gains.items():
            values = values_by_layer(activation, gain)
            results["share"][activation][name] = [
                histogram(values[layer - 1], RANGE[activation]) for layer in LAYERS
            ]
            results["std"][activation][name] = [
                values[layer - 1].std().item() for layer in LAYERS
            ]
            if activation == "tanh":
                flat = (1 - values[-1] ** 2 < FLAT).float().mean()
                results["flat"][name] = flat.item()
                results["gradient_factor"][name] = backward_factor(values, gain)
    return results


def panels(results: dict[str, Any], activation: str, titles: list[str]) -> Figure:
    """Draw one column for each size of weights, one row for each layer."""
    figure, axis = plt.subplots(figsize=(4.6, 4), layout="constrained")
    end, shares = RANGE[activation], results["share"][activation]
    top = 2.2 * max(shares["right"][0])  # a needle is cut off here
    centers = [end * (2 * i + 1 - BINS) / BINS for i in range(BINS)]
    middles = [0, 2.3 * end, 4.6 * end]
    for (name, rows), middle, color in zip(
        shares.items(), middles, ("C0", "C2", "C1"), strict=True
    ):
        for row, share in enumerate(rows):
            x = [middle + center for center in centers]
            y = [-row + 0.72 * min(1, value / top) for value in share]
            axis.fill_between(x, y, -row, step="mid", color=color)
            axis.plot([middle - end, middle + end], [-row, -row], color="gray", lw=0.6)
            std = f"{results['std'][activation][name][row]:.2g}"
            axis.text(middle + end, -row + 0.76, std, ha="right")
    for middle, title in zip(middles, titles, strict=True):
        axis.text(middle, 1.05, title, ha="center")
    ticks = [(m + side, side) for m in middles for side in (-end / 2, 0, end / 2)]
    axis.set_xticks([at for at, _ in ticks], [f"{value:.2g}" for _, value in ticks])
    axis.set_yticks([-row for row in range(len(LAYERS))], [str(n) for n in LAYERS])
    axis.spines[:].set_visible(False)
    axis.set_ylabel("layer")
    return figure


def draw(results: dict[str, Any]) -> Figure:
    """Draw what ReLU gets."""
    figure = panels(results, "relu", ["too small", "He", "too large"])
    figure.axes[0].set_xlabel("value before ReLU")
    return figure


def draw_tanh(results: dict[str, Any]) -> Figure:
    """Draw what tanh gives."""
    figure = panels(results, "tanh", ["too small", "Xavier", "too large"])
    figure.axes[0].set_xlabel("value after tanh")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    relu, tanh = results["std"]["relu"], results["std"]["tanh"]
    assert relu["small"][-1] < 0.06, "ReLU, too small: the signal fades"
    assert all(1.1 < std < 1.8 for std in relu["right"]), "ReLU, He: it stays"
    assert relu["large"][-1] > 30, "ReLU, too large: it grows"
    assert tanh["small"][-1] < 0.002, "tanh, too small: it fades"
    assert tanh["right"][-1] > 0.2, "tanh, Xavier: it narrows slowly"
    assert results["flat"]["large"] > 0.55, "tanh, too large: most units are flat"
    assert results["flat"]["right"] < 0.01, "tanh, Xavier: hardly any is"
    assert results["gradient_factor"]["large"] > 1.2, "and yet the gradient grows"


if __name__ == "__main__":
    results = measure()
    draw(results)
    draw_tanh(results)
    plt.show()
