"""One NaN in one sample: its row on the way forward, every weight on the way back.

Source: IEEE 754 arithmetic, in which every sum and product with NaN is NaN.
"""

from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor, nn

SAMPLES, INPUTS, UNITS = 4, 3, 4
BAD = (1, 0)  # sample and input
PLACES = {  # left and upper end in the picture, and the name above
    "batch": (0.0, 8.0, "batch"),
    "hidden": (5.0, 8.0, "hidden"),
    "output": (11.0, 8.0, "outputs"),
    "loss": (14.6, 6.5, "loss"),
    "last": (11.0, 2.2, "layer 2"),
    "first": (5.0, 2.2, "layer 1"),
}
ARROWS = [  # forward to the right, backward to the left
    ((3.4, 6), (4.6, 6)),
    ((9.4, 6), (10.6, 6)),
    ((12.4, 6), (14.2, 6)),
    ((15.1, 5.2), (15.1, 0.2)),
    ((15.1, 0.2), (12.4, 0.2)),
    ((10.6, 0.2), (9.4, 0.2)),
]
TOLERANCE = dict.fromkeys(PLACES, 0.0)


def isnan(values: Tensor) -> list[list[int]]:
    """Return a table with 1 where a value is NaN."""
    return values.isnan().int().reshape(len(values), -1).tolist()


def measure() -> dict[str, Any]:
    """Return where NaN is after one forward and one backward pass."""
    torch.manual_seed(0)
    batch = torch.randn(SAMPLES, INPUTS)
    batch[BAD] = torch.nan
    layers = nn.Linear(INPUTS, UNITS), nn.Linear(UNITS, 1)
    hidden = torch.relu(layers[0](batch))
    output = layers[1](hidden)
    loss = output.square().mean()
    weights = [layer.weight for layer in layers]
    first, last = torch.autograd.grad(loss, weights)
    tensors = {"batch": batch, "hidden": hidden, "output": output, "loss": loss[None]}
    gradients = {"first": first.T, "last": last.T}
    return {name: isnan(values) for name, values in (tensors | gradients).items()}


def table(axis: Axes, left: float, top: float, cells: list[list[int]]) -> None:
    """Draw a tensor's cells; those that are NaN are filled and crossed."""
    for row, values in enumerate(cells):
        for column, bad in enumerate(values):
            corner = left + column, top - 1 - row
            color = "C3" if bad else "C0"
            axis.add_patch(Rectangle(corner, 1, 1, fill=False, ec=color, lw=1))
            if bad:
                axis.add_patch(Rectangle(corner, 1, 1, fc=color, lw=0, alpha=0.25))
                axis.plot(corner[0] + 0.5, corner[1] + 0.5, "C3x", markersize=5)


def draw(results: dict[str, Any]) -> Figure:
    """Draw the tensors of the forward pass above, the gradients below."""
    figure, axis = plt.subplots(figsize=(3.7, 2.7), layout="constrained")
    for name, (left, top, label) in PLACES.items():
        table(axis, left, top, results[name])
        middle = left + len(results[name][0]) / 2
        axis.annotate(label, (middle, top + 0.6), ha="center", va="center")
    for start, end in ARROWS:
        style = "-" if start[0] == end[0] else "-|>"
        arrow = {"arrowstyle": style, "color": "C7", "shrinkA": 0, "shrinkB": 0}
        axis.annotate("", end, start, arrowprops=arrow)
    axis.annotate("gradients of\nthe weights", (1.9, 0.6), ha="center", va="center")
    axis.annotate("× = NaN", (1.9, -1.3), ha="center", va="center", color="C3")
    axis.set(xlim=(-0.3, 16.3), ylim=(-2, 9.2), aspect="equal")
    axis.set_axis_off()
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    assert sum(map(sum, results["batch"])) == 1, "one NaN"
    for name in ("hidden", "output"):
        bad = [all(row) if any(row) else None for row in results[name]]
        assert bad == [None, True, None, None], "the row of its sample, and no other"
    for name in ("loss", "first", "last"):
        assert all(map(all, results[name])), "the loss and every weight"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
