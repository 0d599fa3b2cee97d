"""Which cells of a batch of sequences (N, T, C) each normalization averages over.

Source: Ba et al. 2016 (arXiv:1607.06450), eq. 3; Zhang & Sennrich 2019
(arXiv:1910.07467) for RMS. The cells are found with torch, not by definition.
"""

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor, nn

N, T, C = 3, 3, 4  # sequences, tokens, features
MARKED = (1, 1, 1)  # the value to normalize
WIDE = 2.6  # width of a cell in the drawing
EPS = 1e-5
NORMS = {
    "batch": nn.BatchNorm1d(C, eps=EPS),
    "layer": nn.LayerNorm(C, eps=EPS),
    "rms": nn.RMSNorm(C, eps=EPS),
    "instance": nn.InstanceNorm1d(C, eps=EPS),
    "group": nn.GroupNorm(2, C, eps=EPS),
}
CHANNELS_FIRST = ["batch", "instance", "group"]  # these take (N, C, T)
TITLES = {
    "batch": "batch norm",
    "layer": "layer norm",
    "rms": "RMS norm",
    "instance": "instance norm",
    "group": "group norm, 2 groups",
}
TOLERANCE = {"cells": 0, "gap": None}  # the gap is rounding: the claim decides


def normalize(name: str, x: Tensor) -> Tensor:
    """Apply the normalization to (N, T, C)."""
    norm = NORMS[name].double()
    if name in CHANNELS_FIRST:
        return norm(x.transpose(1, 2)).transpose(1, 2)  # type: ignore[no-any-return]
    return norm(x)  # type: ignore[no-any-return]


def cells(name: str, x: Tensor) -> Tensor:
    """Return 1 for each cell that the marked cell's output depends on, else 0."""
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(normalize(name, x)[MARKED], x)
    return (gradient != 0).int()  # (N, T, C)


def by_hand(x: Tensor, inside: Tensor, center: bool) -> Tensor:
    """Normalize the marked cell by the mean and variance of these cells alone."""
    values = x[inside.bool()]
    mean = values.mean() if center else torch.zeros((), dtype=x.dtype)
    return (x[MARKED] - mean) / ((values - mean).square().mean() + EPS).sqrt()


def measure() -> dict[str, Any]:
    """Find the cells; how far their statistics miss the marked cell's output."""
    torch.manual_seed(0)
    x = torch.randn(N, T, C, dtype=torch.float64)
    results: dict[str, Any] = {"cells": {}, "gap": {}}
    for name in NORMS:
        inside = cells(name, x)
        expected = by_hand(x, inside, center=name != "rms")
        results["cells"][name] = inside.tolist()
        results["gap"][name] = (normalize(name, x)[MARKED] - expected).abs().item()
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Draw a key, then each normalization: tokens as rows, features as columns."""
    figure, axes = plt.subplots(3, 2, figsize=(4.6, 6), layout="constrained")
    key, *panels = axes.flat
    key.set_title("How to read this")
    key.plot(1, 0.5, "o", color="white", markeredgecolor="black", markersize=6)
    for top, color in [(2, "C0"), (4, "C1")]:
        square = Rectangle((0.5, top), 1, 1, facecolor=color, edgecolor="gray")
        key.add_patch(square)
    for c in range(C):
        key.add_patch(Rectangle((c / 2, 6), 0.5, 1, fill=False, edgecolor="gray"))
    key.text(2.8, 0.5, "value to normalize", va="center_baseline")
    key.text(2.8, 2.5, "in its mean and variance", va="center_baseline")
    key.text(2.8, 4.5, "in its mean square", va="center_baseline")
    key.text(2.8, 6.5, "one token", va="center_baseline")
    key.set(xlim=(-0.2, 11.6), ylim=(7.6, -0.4), aspect="equal")
    key.set_axis_off()
    for axis, (name, title) in zip(panels, TITLES.items(), strict=True):
        color = "C1" if name == "rms" else "C0"
        for n, sequence in enumerate(results["cells"][name]):
            for t, token in enumerate(sequence):
                for c, inside in enumerate(token):
                    corner = (WIDE * c, n * (T + 0.6) + t)
                    cell = Rectangle(corner, WIDE, 1, edgecolor="gray", lw=0.7)
                    cell.set_facecolor(color if inside else "none")
                    axis.add_patch(cell)
        n, t, c = MARKED
        dot = (WIDE * (c + 0.5), n * (T + 0.6) + t + 0.5)
        axis.plot(*dot, "o", color="white", markeredgecolor="black", markersize=6)
        axis.set(xlim=(-0.2, WIDE * C + 0.2), ylim=(N * (T + 0.6) - 0.4, -0.2))
        axis.set(aspect="equal", xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        axis.set_title(title, size=9)
        axis.set_xlabel("C: features")
        axis.set_ylabel("N sequences\nof T tokens")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    expected: dict[str, Callable[[int, int, int], bool]] = {  # of cell n, t, c
        "batch": lambda n, t, c: c == MARKED[2],
        "layer": lambda n, t, c: (n, t) == MARKED[:2],
        "rms": lambda n, t, c: (n, t) == MARKED[:2],
        "instance": lambda n, t, c: n == MARKED[0] and c == MARKED[2],
        "group": lambda n, t, c: n == MARKED[0] and c < C // 2,
    }
    for name, rule in expected.items():
        found = results["cells"][name]
        assert found == [
            [[int(rule(n, t, c)) for c in range(C)] for t in range(T)] for n in range(N)
        ], f"{name}: these cells and no others"
        assert results["gap"][name] < 1e-12, f"{name}: their statistics are all"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
