"""A chain of single units: the gradient on its way back is multiplied in every layer.

Source: the chain rule; Hochreiter 1991 and Bengio et al. 1994 (doi:10.1109/72.279181)
for what a product of many factors does to learning.
"""

import math
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

LAYERS = 30
SLOPE = 0.25  # of sigmoid at 0
FACTORS = {  # of one layer: slope times weight, named in percent
    "25": 0.25,
    "50": 0.5,
    "90": 0.9,
    "100": 1.0,
    "110": 1.1,
    "150": 1.5,
}
MATRIX = [[0.5, 0.0], [0.0, 2.0]]  # shrinks one direction, stretches the other
TOLERANCE = {"weight": 0, "gradient": 1e-6, "circle": 1e-6}


def backward(factor: float) -> list[float]:
    """Gradient after 0 ... LAYERS layers of single units: sigmoid, all z at 0."""
    a = torch.tensor(0.5, dtype=torch.float64)
    preactivations = []
    for _ in range(LAYERS + 1):
        weight = factor / SLOPE
        z = (weight * a - weight / 2).requires_grad_()  # the bias keeps z at 0
        preactivations.append(z)
        a = torch.sigmoid(z)
    gradients = torch.autograd.grad(z, preactivations)
    return [gradient.item() for gradient in reversed(gradients)]


def measure() -> dict[str, Any]:
    """Return weights, gradients, and what a matrix makes of vectors of length 1."""
    angles = torch.arange(0, 361, 10) * math.pi / 180
    circle = torch.stack([angles.cos(), angles.sin()])  # (2, angle)
    return {
        "weight": {name: factor / SLOPE for name, factor in FACTORS.items()},
        "gradient": {name: backward(factor) for name, factor in FACTORS.items()},
        "circle": (torch.tensor(MATRIX) @ circle).T.tolist(),
    }


def chain(axis: Axes, y: float, title: str, gradients: list[float], color: str) -> None:
    """Five units in a row, the last one on the right, with their gradients below."""
    axis.text(0.55, y + 0.62, title, color=color, fontsize=11)
    for back, gradient in enumerate(gradients[:5]):
        x = 5 - back
        axis.plot([x], [y], "o", mfc="none", mec=color, ms=24, mew=1.6)
        axis.text(x, y, str(x), ha="center", va="center", fontsize=11)
        number = f"{gradient:.3g}"
        axis.text(x, y - 0.55, number, ha="center", color=color, fontsize=11)
        style = {"arrowstyle": "-|>", "color": color, "lw": 1.4}
        axis.annotate("", (x + 0.27, y), (x + 0.75, y), arrowprops=style)


def draw(results: dict[str, Any]) -> Figure:
    """Draw two chains of five units: one factor below one, one above."""
    figure, axis = plt.subplots(figsize=(4.5, 2.9), layout="constrained")
    gradients = results["gradient"]
    chain(axis, 1.75, "each layer × 0.25: it vanishes", gradients["25"], "C0")
    chain(axis, 0, "each layer × 1.5: it explodes", gradients["150"], "C1")
    for y in (1.75, 0):
        axis.text(5.85, y, "loss", va="center", fontsize=11)
    axis.set(xlim=(0.5, 6.4), ylim=(-0.75, 2.65))
    axis.set_axis_off()
    return figure


def draw_products(results: dict[str, Any]) -> Figure:
    """Draw what 30 layers make of each factor, on a scale of powers of ten."""
    figure, axis = plt.subplots(figsize=(3.7, 2.9), layout="constrained")
    styles = ["C2^-", "C0s-", "C4D-", "C5o-", "C3x-", "C1v-"]
    for (name, row), style in zip(results["gradient"].items(), styles, strict=True):
        axis.semilogy(range(LAYERS + 1), row, style, lw=1, ms=4, markevery=5)
        side = {"90": "top", "110": "bottom"}.get(name, "center")
        axis.text(LAYERS + 0.8, row[-1], f"× {FACTORS[name]:g}", va=side)
    axis.set_xlabel("layers that the gradient has passed")
    axis.set_ylabel("gradient")
    axis.set_xlim(0, LAYERS + 6)
    axis.set_xticks([0, 5, 10, 20, 30])
    axis.set_yticks([1e-15, 1e-10, 1e-5, 1, 1e5])
    axis.grid(axis="y", alpha=0.3)
    return figure


def draw_stretch(results: dict[str, Any]) -> Figure:
    """Draw all vectors of length 1, and what the matrix makes of them."""
    figure, axis = plt.subplots(figsize=(3.4, 3.1), layout="constrained")
    turn = [2 * math.pi * i / 72 for i in range(73)]
    unit = [math.cos(t) for t in turn], [math.sin(t) for t in turn]
    axis.plot(*unit, ":", color="gray", lw=1.4)
    axis.plot(*zip(*results["circle"], strict=True), color="C0", lw=1.8)
    for end in ((0.5, 0), (0, 2)):
        style = {"arrowstyle": "-|>", "color": "C0", "lw": 1.6, "shrinkB": 0}
        axis.annotate("", end, (0, 0), arrowprops=style)
    axis.text(0.12, 2.05, "× 2", color="C0", fontsize=11)
    axis.text(0.55, 0.08, "× 0.5", color="C0", fontsize=11)
    axis.text(0.8, -0.85, "length 1", color="gray", fontsize=11)
    axis.text(0.42, -1.7, "times the matrix", color="C0", fontsize=11)
    axis.set(xlim=(-1.6, 1.9), ylim=(-2.2, 2.4), aspect="equal")
    axis.set_axis_off()
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    for name, factor in FACTORS.items():
        row = results["gradient"][name]
        assert len(row) == LAYERS + 1, "one gradient for each layer passed"
        assert math.isclose(row[-1], factor**LAYERS, rel_tol=1e-4), "a power"
    assert results["gradient"]["25"][2] == 0.0625, "by hand"
    assert results["gradient"]["150"][2] == 2.25, "by hand"
    assert results["gradient"]["90"][-1] < 0.05, "even 0.9 leaves little"
    lengths = [math.hypot(*end) for end in results["circle"]]
    assert math.isclose(min(lengths), 0.5, rel_tol=1e-4), "smallest singular value"
    assert math.isclose(max(lengths), 2, rel_tol=1e-4), "largest singular value"


if __name__ == "__main__":
    results = measure()
    draw(results)
    draw_products(results)
    draw_stretch(results)
    plt.show()
