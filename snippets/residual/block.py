"""A plain block and a residual block by hand, and where normalization goes in both.

Source: He et al. 2016 (arXiv:1603.05027), figure 1 and equation 5; Xiong et al. 2020
(arXiv:2002.04745), figure 1.
"""

from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from torch import Tensor

X, WEIGHT = 2.0, 0.5  # the branch is two layers of one unit: x0.5, ReLU, x0.5
TOLERANCE = {"output": 0, "gradient": 0}


def branch(x: Tensor) -> Tensor:
    """Return F(x)."""
    return WEIGHT * torch.relu(WEIGHT * x)


def measure() -> dict[str, Any]:
    """Return output and gradient of F(x) and of x + F(x)."""
    results: dict[str, Any] = {"output": {}, "gradient": {}}
    for name, skip in {"plain": 0, "residual": 1}.items():
        x = torch.tensor(X, requires_grad=True)
        y = skip * x + branch(x)
        results["output"][name] = y.item()
        results["gradient"][name] = torch.autograd.grad(y, x)[0].item()
    return results


def arrow(axis: Axes, *points: tuple[float, float], color: str, ls: str = "-") -> None:
    """Draw a line through all points, with a head at the last one."""
    axis.plot(*zip(*points[:-1], strict=True), color=color, lw=1.3, ls=ls)
    style = {"arrowstyle": "-|>", "color": color, "lw": 1.3, "ls": ls}
    style |= {"shrinkA": 0, "shrinkB": 0}
    axis.annotate("", points[-1], points[-2], arrowprops=style)


def box(axis: Axes, x: float, y: float, text: str, color: str, width: float) -> None:
    """Draw a box around a text."""
    corner = (x - width / 2, y - 0.5)
    axis.add_patch(Rectangle(corner, width, 1, fill=False, ec=color, lw=1.4))
    axis.annotate(text, (x, y), ha="center", va="center", color=color, size=10)


def plus(axis: Axes, x: float, y: float) -> None:
    """Draw the sum."""
    axis.add_patch(Circle((x, y), 0.4, fill=False, ec="C0", lw=1.4))
    axis.annotate("+", (x, y), ha="center", va="center", color="C0", size=11)


def write(axis: Axes, x: float, y: float, text: str, color: str = "C0") -> None:
    """Write a text, centered."""
    axis.annotate(text, (x, y), ha="center", va="center", color=color, size=10)


def draw(results: dict[str, Any]) -> Figure:
    """Values from above to below; the gradient, dotted, from below to above."""
    figure, axis = plt.subplots(figsize=(3.7, 3.4), layout="constrained")
    write(axis, 1.9, 9.2, "F(x)")
    write(axis, 6.6, 9.2, "x + F(x)")
    for x, name in [(2.3, "plain"), (6.2, "residual")]:
        write(axis, x, 8, f"{X:g}")
        box(axis, x, 5, "F: × 0.25", "C0", 2.2)
        arrow(axis, (x, 7.6), (x, 5.55), color="C0")
        write(axis, x, 0.5, f"{results['output'][name]:g}")
        write(axis, x - 1.6, 0.5, "1", "C1")
        write(axis, x - 1.6, 8, f"{results['gradient'][name]:g}", "C1")
        arrow(axis, (x - 1.6, 1), (x - 1.6, 7.5), color="C1", ls=":")
    arrow(axis, (2.3, 4.5), (2.3, 0.95), color="C0")
    arrow(axis, (6.2, 4.5), (6.2, 2.6), color="C0")
    plus(axis, 6.2, 2.2)
    arrow(axis, (6.2, 1.85), (6.2, 0.95), color="C0")
    arrow(axis, (6.2, 6.9), (8.2, 6.9), (8.2, 2.2), (6.6, 2.2), color="C0")
    arrow(axis, (8.7, 2.2), (8.7, 6.9), color="C1", ls=":")
    write(axis, 9.3, 4.6, "× 1", "C1")
    axis.set(xlim=(0, 9.8), ylim=(0, 9.6))
    axis.set_axis_off()
    return figure


def draw_norms(results: dict[str, Any]) -> Figure:
    """Draw normalization on the skip path, and inside the branch."""
    figure, axis = plt.subplots(figsize=(3.7, 3.1), layout="constrained")
    columns = {  # where x is; where LN, F and the sum are, from above
        "Post-LN": (1.6, {"F": 5.9, "+": 4, "LN": 2.3}),
        "Pre-LN": (6.4, {"LN": 6.8, "F": 5.1, "+": 3.2}),
    }
    for name, (x, parts) in columns.items():
        write(axis, x + 0.6, 9.4, name)
        top = 8.9
        for part, y in parts.items():
            arrow(axis, (x, top), (x, y + 0.5), color="C0")
            if part == "+":
                plus(axis, x, y)
            else:
                box(axis, x, y, part, "C1" if part == "LN" else "C0", 1.4)
            top = y - 0.5
        arrow(axis, (x, top), (x, 0.6), color="C0")
        side, total = x + 1.6, parts["+"]
        path = [(x, 8.2), (side, 8.2), (side, total), (x + 0.5, total)]
        arrow(axis, *path, color="C0")
        write(axis, side + 0.75, 5.6, "skip")
    axis.set(xlim=(0.6, 9.6), ylim=(0.4, 9.8))
    axis.set_axis_off()
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    assert results["output"] == {"plain": 0.5, "residual": 2.5}, "by hand"
    assert results["gradient"] == {"plain": 0.25, "residual": 1.25}, "by hand"


if __name__ == "__main__":
    results = measure()
    draw(results)
    draw_norms(results)
    plt.show()
