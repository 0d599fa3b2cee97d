"""Which cells of an image batch (N, C, H, W) each normalization averages over.

Source: Wu & He 2018 (arXiv:1803.08494), figure 2 and eq. 3-7; Zhang & Sennrich 2019
(arXiv:1910.07467) for RMS. The cells are found with torch, not by definition.
"""

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor, nn

N, C, H, W = 3, 4, 2, 2
MARKED = (1, 1, 0, 0)  # the cell in question
EPS = 1e-5
NORMS = {
    "batch": nn.BatchNorm2d(C, eps=EPS),
    "layer": nn.LayerNorm([C, H, W], eps=EPS),
    "rms": nn.RMSNorm([C, H, W], eps=EPS),
    "instance": nn.InstanceNorm2d(C, eps=EPS),
    "group": nn.GroupNorm(2, C, eps=EPS),
}
TITLES = {
    "batch": "batch norm",
    "layer": "layer norm",
    "rms": "RMS norm",
    "instance": "instance norm",
    "group": "group norm, 2 groups",
}
TOLERANCE = {"cells": 0, "gap": None}  # the gap is rounding: the claim decides


def cells(norm: nn.Module, x: Tensor) -> Tensor:
    """Return 1 for each cell that the marked cell's output depends on, else 0."""
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(norm(x)[MARKED], x)
    return (gradient != 0).int()  # (N, C, H, W)


def by_hand(x: Tensor, inside: Tensor, center: bool) -> Tensor:
    """Normalize the marked cell by the mean and variance of these cells alone."""
    values = x[inside.bool()]
    mean = values.mean() if center else torch.zeros((), dtype=x.dtype)
    return (x[MARKED] - mean) / ((values - mean).square().mean() + EPS).sqrt()


def measure() -> dict[str, Any]:
    """Find the cells; how far their statistics miss the marked cell's output."""
    torch.manual_seed(0)
    x = torch.randn(N, C, H, W, dtype=torch.float64)
    results: dict[str, Any] = {"cells": {}, "gap": {}}
    for name, norm in NORMS.items():
        inside = cells(norm.double(), x)
        expected = by_hand(x, inside, center=name != "rms")
        results["cells"][name] = inside.tolist()
        results["gap"][name] = (norm(x)[MARKED] - expected).abs().item()
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Draw a key, then each normalization: images as rows, channels as columns."""
    figure, axes = plt.subplots(3, 2, figsize=(4.6, 5.7), layout="constrained")
    key, *panels = axes.flat
    key.set_title("How to read this")
    key.plot(1, 0.5, "o", color="white", markeredgecolor="black", markersize=6)
    for top, color in [(2, "C0"), (4, "C1")]:
        square = Rectangle((0.5, top), 1, 1, facecolor=color, edgecolor="gray")
        key.add_patch(square)
    for h in range(H):
        for w in range(W):
            key.add_patch(Rectangle((w, h + 6), 1, 1, fill=False, edgecolor="gray"))
    key.text(2.8, 0.5, "value to normalize", va="center_baseline")
    key.text(2.8, 2.5, "in its mean and variance", va="center_baseline")
    key.text(2.8, 4.5, "in its mean square", va="center_baseline")
    key.text(2.8, 7, "H × W of one channel", va="center_baseline")
    key.set(xlim=(-0.2, 11.6), ylim=(8.2, -0.4), aspect="equal")
    key.set_axis_off()
    for axis, (name, title) in zip(panels, TITLES.items(), strict=True):
        color = "C1" if name == "rms" else "C0"
        for n, image in enumerate(results["cells"][name]):
            for c, channel in enumerate(image):
                for h, row in enumerate(channel):
                    for w, inside in enumerate(row):
                        corner = (c * (W + 0.6) + w, n * (H + 0.6) + h)
                        cell = Rectangle(corner, 1, 1, edgecolor="gray", lw=0.7)
                        cell.set_facecolor(color if inside else "none")
                        axis.add_patch(cell)
        n, c, h, w = MARKED
        dot = (c * (W + 0.6) + w + 0.5, n * (H + 0.6) + h + 0.5)
        axis.plot(*dot, "o", color="white", markeredgecolor="black", markersize=6)
        axis.set(xlim=(-0.2, C * (W + 0.6) - 0.4), ylim=(N * (H + 0.6) - 0.4, -0.2))
        axis.set(aspect="equal", xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        axis.set_title(title)
        axis.set_xlabel("C: channels")
        axis.set_ylabel("N: images")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    expected: dict[str, Callable[[int, int], bool]] = {  # of cell n, c
        "batch": lambda n, c: c == MARKED[1],
        "layer": lambda n, c: n == MARKED[0],
        "rms": lambda n, c: n == MARKED[0],
        "instance": lambda n, c: n == MARKED[0] and c == MARKED[1],
        "group": lambda n, c: n == MARKED[0] and c < C // 2,
    }
    for name, rule in expected.items():
        found = results["cells"][name]
        assert found == [
            [[[int(rule(n, c))] * W] * H for c in range(C)] for n in range(N)
        ], f"{name}: these cells and no others"
        assert results["gap"][name] < 1e-12, f"{name}: their statistics are all"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
