"""One step of an LSTM cell by hand, and what is left of a memory after many steps.

Source: Hochreiter & Schmidhuber 1997 (doi:10.1162/neco.1997.9.8.1735); Gers et al. 2000
(doi:10.1162/089976600300015015) for the forget gate.
"""

import math
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

OLD, FORGET, INPUT, NEW, OUTPUT = 2.0, 0.9, 0.5, 0.8, 0.5
BIASES = [0, 1, 3]
STEPS = 40
TOLERANCE = {"state": 1e-6, "hidden": 1e-6, "gradient": 1e-6, "left": 1e-6}


def measure() -> dict[str, Any]:
    """Return the new state, what the cell puts out, and how much is left by bias."""
    old = torch.tensor(OLD, requires_grad=True)
    state = FORGET * old + INPUT * NEW
    (gradient,) = torch.autograd.grad(state, old)
    gates = {str(bias): torch.sigmoid(torch.tensor(bias)).item() for bias in BIASES}
    return {
        "state": state.item(),
        "hidden": OUTPUT * state.tanh().item(),
        "gradient": gradient.item(),
        "left": {
            bias: [gate**step for step in range(STEPS + 1)]
            for bias, gate in gates.items()
        },
    }


def arrow(axis: Axes, *points: tuple[float, float], color: str = "gray") -> None:
    """Draw a line through all points, with a head at the last one."""
    axis.plot(*zip(*points[:-1], strict=True), color=color, lw=1.3)
    style = {"arrowstyle": "-|>", "color": color, "lw": 1.3}
    style |= {"shrinkA": 0, "shrinkB": 0}
    axis.annotate("", points[-1], points[-2], arrowprops=style)


def operation(axis: Axes, x: float, y: float, text: str, color: str) -> None:
    """Draw a multiplication or a sum."""
    axis.add_patch(Circle((x, y), 0.36, fill=False, ec=color, lw=1.4))
    axis.annotate(text, (x, y), ha="center", va="center", color=color, size=10)


def write(axis: Axes, x: float, y: float, text: str, color: str = "gray") -> None:
    """Write a text, centered."""
    axis.annotate(text, (x, y), ha="center", va="center", color=color, size=10)


def draw(results: dict[str, Any]) -> Figure:
    """Draw the state above, from left to right, and what changes it below."""
    figure, axis = plt.subplots(figsize=(3.7, 3.2), layout="constrained")
    write(axis, 0.5, 7.2, f"{OLD:g}", "C0")
    write(axis, 9.6, 7.2, f"{results['state']:g}", "C0")
    for start, end in [(0.9, 1.74), (2.46, 4.84), (5.56, 9.2)]:
        arrow(axis, (start, 7.2), (end, 7.2), color="C0")
    operation(axis, 2.1, 7.2, "×", "C1")
    operation(axis, 5.2, 7.2, "+", "C0")
    operation(axis, 5.2, 5.3, "×", "gray")
    operation(axis, 8.3, 5.3, "×", "gray")
    gates = {
        "forget": (2.1, FORGET, "C1", [(2.1, 3.9), (2.1, 6.84)]),
        "input": (4.3, INPUT, "gray", [(4.3, 3.9), (4.3, 5.3), (4.84, 5.3)]),
        "new": (6.1, NEW, "gray", [(6.1, 3.9), (6.1, 5.3), (5.56, 5.3)]),
        "output": (8.3, OUTPUT, "gray", [(8.3, 3.9), (8.3, 4.94)]),
    }
    for name, (x, value, color, path) in gates.items():
        corner = (x - 0.75, 2.9)
        axis.add_patch(Rectangle(corner, 1.5, 1, fill=False, ec=color, lw=1.4))
        write(axis, x, 3.4, f"{value:g}", color)
        write(axis, x, 2.3, name, color)
        arrow(axis, *path, color=color)
    arrow(axis, (5.2, 5.66), (5.2, 6.84))
    arrow(axis, (8.3, 7.2), (8.3, 5.66))
    arrow(axis, (8.66, 5.3), (9.3, 5.3), (9.3, 4.5))
    write(axis, 7.65, 6.3, "tanh")
    write(axis, 9.5, 4.1, f"{results['hidden']:.2f}")
    write(axis, 5.2, 1, "each gate reads the input and the previous output")
    axis.set(xlim=(0.1, 10), ylim=(0.6, 7.8))
    axis.set_axis_off()
    return figure


def draw_left(results: dict[str, Any]) -> Figure:
    """Draw how much of a memory is left, by forget bias."""
    figure, axis = plt.subplots(figsize=(3.7, 2.5), layout="constrained")
    places = {"0": (10.5, 0.06), "1": (6, 0.28), "3": (17, 0.55)}
    styles = {"0": "C2^-", "1": "C0o-", "3": "C1s-"}
    for bias, left in results["left"].items():
        axis.plot(range(STEPS + 1), left, styles[bias], lw=1.3, ms=4, markevery=5)
        axis.text(*places[bias], f"forget bias {bias}", color=styles[bias][:2])
    axis.set_xlabel("time steps")
    axis.set_ylabel("left of the memory")
    axis.set_yticks([0, 0.5, 1])
    axis.grid(axis="y", alpha=0.3)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    assert math.isclose(results["state"], 2.2, rel_tol=1e-4), "0.9 * 2 + 0.5 * 0.8"
    assert math.isclose(results["gradient"], FORGET, rel_tol=1e-4), "the forget gate"
    assert math.isclose(results["hidden"], 0.49, abs_tol=0.01), "0.5 * tanh(2.2)"
    left = {bias: values[20] for bias, values in results["left"].items()}
    assert left["0"] < 1e-5, "half a step"
    assert left["1"] < 0.01, "almost nothing"
    assert 0.3 < left["3"] < 0.45, "more than a third"


if __name__ == "__main__":
    results = measure()
    draw(results)
    draw_left(results)
    plt.show()
