"""A batch of three samples: batch norm takes a column, layer and RMS norm a row.

Source: Ba et al. 2016 (arXiv:1607.06450), section 3; Zhang & Sennrich 2019
(arXiv:1910.07467), eq. 4.
"""

from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from torch import nn
from torch.nn import functional as F

BATCH = [[4.0, -2.0, 0.0], [-5.0, 1.0, 7.0], [1.0, 10.0, 2.0]]
MARKED = (1, 1)  # the value to normalize
TITLES = {"batch": "batch norm", "layer": "layer norm"}
TOLERANCE = {"cells": 0, "row": 1e-5}


def cells(norm: nn.Module) -> list[list[int]]:
    """Return 1 for each value that the marked output depends on, else 0."""
    x = torch.tensor(BATCH, requires_grad=True)  # (sample, feature)
    (gradient,) = torch.autograd.grad(norm(x)[MARKED], x)
    return [[int(abs(cell) > 1e-6) for cell in row] for row in gradient.tolist()]


def measure() -> dict[str, Any]:
    """Find the cells; normalize the second sample."""
    row = torch.tensor(BATCH[1])
    return {
        "cells": {"batch": cells(nn.BatchNorm1d(3)), "layer": cells(nn.LayerNorm(3))},
        "row": {
            "layer": F.layer_norm(row, [3]).tolist(),
            "rms": F.rms_norm(row, [3]).tolist(),
        },
    }


def draw(results: dict[str, Any]) -> Figure:
    """Draw the batch twice: samples as rows, features as columns."""
    figure, axes = plt.subplots(1, 2, figsize=(4.6, 2.4), layout="constrained")
    for axis, (name, title) in zip(axes, TITLES.items(), strict=True):
        for n, sample in enumerate(BATCH):
            for c, value in enumerate(sample):
                if results["cells"][name][n][c]:
                    axis.add_patch(Rectangle((c, n), 1, 1, fc="C0", alpha=0.35, lw=0))
                axis.add_patch(Rectangle((c, n), 1, 1, fill=False, ec="gray", lw=0.7))
                text = f"{value:.0f}".replace("-", "\N{MINUS SIGN}")
                axis.text(
                    c + 0.5, n + 0.5, text, ha="center", va="center_baseline", size=11
                )
        place = (MARKED[1] + 0.5, MARKED[0] + 0.5)
        axis.add_patch(Circle(place, 0.36, fill=False, ec="black", lw=1))
        axis.set(xlim=(-0.05, 3.05), ylim=(3.05, -0.05), aspect="equal")
        axis.set(xticks=[], yticks=[], xlabel="features", ylabel="samples")
        axis.spines[:].set_visible(False)
        axis.set_title(title)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    assert results["cells"]["batch"] == [[0, 1, 0]] * 3, "batch norm: the column"
    expected = [[0, 0, 0], [1, 1, 1], [0, 0, 0]]
    assert results["cells"]["layer"] == expected, "layer norm: the row"
    rms = [round(value, 3) for value in results["row"]["rms"]]
    assert rms == [-1, 0.2, 1.4], "the root mean square is 5"
    layer = results["row"]["layer"]
    assert abs(layer[1]) < 1e-5, "the mean is 1"
    assert round(layer[2], 2) == -round(layer[0], 2) == 1.22, "6 / root of 24"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
