"""fan_in and fan_out: the inputs that one output adds up, the outputs of one input.

Source: He et al. 2015 (arXiv:1502.01852), sections 2.2 (fan_in) and 2.3 (fan_out). The
connections are found with torch, not by definition.
"""

from itertools import product
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import nn

IN, OUT = 4, 3  # of the linear layer
CHANNELS_IN, CHANNELS_OUT, KERNEL, SIDE = 2, 3, 3, 5  # of the convolution
FANS = ["fan_in", "fan_out"]
TOLERANCE = {"linear": 0, "conv": 0, "torch": 0}


def connections(layer: nn.Module, x: torch.Tensor, at: tuple[int, ...]) -> list[int]:
    """Count the inputs of one output, and the outputs of one input, both at `at`."""
    jacobian = torch.autograd.functional.jacobian(layer, x)  # (*output, *input)
    inputs = int((jacobian[at] != 0).sum())
    outputs = int((jacobian[(..., *at)] != 0).sum())
    return [inputs, outputs]


def measure() -> dict[str, Any]:
    """Fans of a linear layer and of a convolution: counted, and by torch."""
    torch.manual_seed(0)
    linear = nn.Linear(IN, OUT)
    conv = nn.Conv2d(CHANNELS_IN, CHANNELS_OUT, KERNEL, padding=1)
    image = torch.randn(CHANNELS_IN, SIDE, SIDE)
    return {
        "linear": connections(linear, torch.randn(IN), (1,)),
        "conv": connections(conv, image, (1, 2, 2)),
        "torch": list(nn.init._calculate_fan_in_and_fan_out(conv.weight)),
    }


def add_planes(axis: Axes, left: float, count: int, patch: int, color: str) -> None:
    """Stack square planes, back to front; mark a patch, a single value on one alone."""
    begin = (SIDE - patch) / 2
    for plane in reversed(range(count)):
        x, y = left + 1.5 * plane, 1.5 * plane
        axis.add_patch(Rectangle((x, y), SIDE, SIDE, fc="none", ec="gray", lw=0.8))
        if patch > 1 or plane == 0:
            corner = (x + begin, y + begin)
            axis.add_patch(
                Rectangle(corner, patch, patch, fc=color, ec="black", lw=0.6)
            )


def draw(results: dict[str, Any]) -> Figure:
    """Fan_in on the left, fan_out on the right; linear above, convolution below."""
    figure, axes = plt.subplots(2, 2, figsize=(4.6, 4), layout="constrained")
    for fan, axis in enumerate(axes[0]):
        for i, o in product(range(IN), range(OUT)):
            color, width = (f"C{fan}", 2) if (o, i)[fan] == 1 else ("gray", 0.6)
            axis.plot([0, 2], [-i, -o - 0.5], color=color, lw=width, zorder=width)
        axis.text(0, -3.9, "inputs", ha="center")
        axis.text(2, -3.9, "outputs", ha="center")
        axis.plot([0] * IN, [-i for i in range(IN)], "ko", ms=9)
        axis.plot([2] * OUT, [-o - 0.5 for o in range(OUT)], "ko", ms=9)
        axis.set(xlim=(-0.4, 2.4), ylim=(-IN, 0.6))
        axis.set_title(f"linear layer\n{FANS[fan]} = {results['linear'][fan]}")
    for fan, axis in enumerate(axes[1]):
        add_planes(axis, 0, CHANNELS_IN, (KERNEL, 1)[fan], f"C{fan}")
        add_planes(axis, 8, CHANNELS_OUT, (1, KERNEL)[fan], f"C{fan}")
        axis.set(xlim=(-0.3, 16.3), ylim=(-0.3, 8.3), aspect="equal")
        axis.set_title(f"convolution\n{FANS[fan]} = {results['conv'][fan]}")
    for axis in axes.flat:
        axis.set_axis_off()
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    assert results["linear"] == [IN, OUT], "linear: all inputs, all outputs"
    area = KERNEL * KERNEL
    expected = [CHANNELS_IN * area, CHANNELS_OUT * area]
    assert results["conv"] == expected, "convolution: channels times the kernel's area"
    assert results["torch"] == expected, "torch counts the same"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
