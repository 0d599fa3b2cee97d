"""A dead unit in the plane: one step too large puts all inputs on its zero side.

Source: Maas et al. 2013 and Lu et al. 2019 (arXiv:1903.06733) describe dead units. The
points, the first weights, the target and the rates are ours, chosen to show one.
"""

from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

POINTS = 40  # inputs as they come out of a ReLU layer: none is negative
START = [1.0, 1.0, -1.5]  # two weights and a bias
TARGET = 0.1  # the unit's output is larger for most points
RATES = {"before": 0.0, "small": 0.1, "large": 2.5}
LIMIT = 2.2  # of the axes
TOLERANCE = {"points": 1e-5, "unit": 1e-5, "active": 1e-6, "gradient": 1e-5}


def gradient(unit: Tensor, x: Tensor) -> Tensor:
    """Return the gradient of the mean squared error, for both weights and the bias."""
    unit = unit.detach().requires_grad_()
    y = torch.relu(x @ unit[:2] + unit[2])  # (point,)
    (result,) = torch.autograd.grad((y - TARGET).square().mean(), unit)
    return result


def measure() -> dict[str, Any]:
    """Take one step of SGD at each rate; count active points, look at the gradient."""
    torch.manual_seed(1)
    x = 2 * torch.rand(POINTS, 2)
    start = torch.tensor(START)
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    results["points"] = x.tolist()
    for name, rate in RATES.items():
        unit = start - rate * gradient(start, x)
        results["unit"][name] = unit.tolist()
        results["active"][name] = int((x @ unit[:2] + unit[2] > 0).sum())
        results["gradient"][name] = gradient(unit, x).norm().item()
    return results


def panel(axis: Axes, points: list[list[float]], unit: list[float]) -> None:
    """Draw the points, the unit's line and its active side."""
    first, second, bias = unit
    across = [-2 * LIMIT, 2 * LIMIT]
    line = [-(first * x + bias) / second for x in across]
    far = [3 * LIMIT if second > 0 else -3 * LIMIT] * 2
    axis.fill_between(across, line, far, color="C0", alpha=0.15, lw=0)
    axis.plot(across, line, "C0-", lw=2)
    sides: list[list[list[float]]] = [[], []]
    for x, y in points:
        sides[first * x + second * y + bias > 0].append([x, y])
    for side, style in zip(sides, ["C3x", "C0o"], strict=True):
        axis.plot(*zip(*side, strict=True), style, markersize=4) if side else None
    axis.set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), aspect="equal")
    axis.set(xticks=[0], yticks=[0], xlabel="input 1", ylabel="input 2")
    axis.grid(alpha=0.3)


def draw(results: dict[str, Any]) -> Figure:
    """Draw the unit before and after one step that is too large."""
    figure, axes = plt.subplots(1, 2, figsize=(4.6, 2.8), layout="constrained")
    titles = {"before": "before the step", "large": "after it: dead"}
    for axis, (name, title) in zip(axes, titles.items(), strict=True):
        panel(axis, results["points"], results["unit"][name])
        axis.set_title(title)
    axes[0].text(-2, -1.2, "zero side:\ngradient 0", color="C3")
    axes[1].text(-2.1, -2, "active side", color="C0")
    axes[1].text(2.1, -1, "w · x + b = 0", color="C0", ha="right")
    axes[1].yaxis.label.set_visible(False)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    active, gradients = results["active"], results["gradient"]
    assert active["before"] > POINTS / 2, "at first it is active for most points"
    assert 0 < active["small"] < POINTS, "a small step leaves some on each side"
    assert active["large"] == 0, "a large one puts all on the zero side"
    assert gradients["large"] == 0, "where the gradient is exactly zero"
    assert gradients["small"] > 0.1, "after a small step the unit goes on learning"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
