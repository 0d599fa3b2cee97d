"""One unit of batch normalization in training and in evaluation, by hand.

Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), algorithms 1 and 2.
"""

from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import nn

BATCH = [3.0, 9.0, 11.0, 17.0]  # one unit, four samples: mean 10, std 5
ALONE = 17.0  # one of them, in evaluation
MEAN, STD = 8.0, 6.0  # stored: averages over earlier batches
GAMMA, BETA = 2.0, 1.0  # learned
LEFT, RIGHT = [0.9, 2.3, 3.7, 5.1], 8.25  # where the columns are
STEPS = {  # row: text at the left, text at the right
    5.9: ("batch: mean 10, std 5", "stored: 8 and 6"),
    5.2: ("− 10, ÷ 5", "− 8, ÷ 6"),
    2.25: ("× γ + β: × 2 + 1", "× γ + β: × 2 + 1"),
}
TOLERANCE = {"training": 1e-4, "evaluation": 1e-4, "stored": 1e-5}


def measure() -> dict[str, Any]:
    """Return values and outputs in both modes, and the stored mean after the batch."""
    norm = nn.BatchNorm1d(1)
    norm.running_mean = torch.tensor([MEAN])
    norm.running_var = torch.tensor([STD**2])
    nn.init.constant_(norm.weight, GAMMA)
    nn.init.constant_(norm.bias, BETA)
    norm.eval()  # the stored statistics
    alone = norm(torch.tensor([[ALONE]])).item()
    norm.train()  # those of the batch, which also move the stored ones
    outputs = norm(torch.tensor(BATCH)[:, None]).flatten()
    return {
        "training": [((outputs - BETA) / GAMMA).tolist(), outputs.tolist()],
        "evaluation": [(alone - BETA) / GAMMA, alone],
        "stored": norm.running_mean.item(),
    }


def column(axis: Axes, x: float, values: list[float], color: str) -> None:
    """Draw what happens to one value, from above to below."""
    axis.plot([x, x], [0.6, 7.6], ls="")
    for row, value in zip([7.55, 3.85, 0.55], values, strict=True):
        text = f"{value:.1f}".removesuffix(".0").replace("-", "−")
        axis.annotate(text, (x, row), ha="center", va="center", color=color)
    arrow = {"arrowstyle": "-|>", "color": color, "lw": 1, "shrinkA": 0, "shrinkB": 0}
    for start, end in [(7.2, 6.45), (4.8, 4.2), (3.5, 2.75), (1.75, 0.95)]:
        axis.annotate("", (x, end), (x, start), arrowprops=arrow)


def draw(results: dict[str, Any]) -> Figure:
    """Values above, outputs below: a batch at the left, one sample at the right."""
    figure, axis = plt.subplots(figsize=(3.7, 3.4), layout="constrained")
    for x, *values in zip(LEFT, BATCH, *results["training"], strict=True):
        column(axis, x, values, "C0")
    column(axis, RIGHT, [ALONE, *results["evaluation"]], "C1")
    sides = {"training: a batch": (3.0, 5.6, "C0"), "evaluation": (RIGHT, 3.5, "C1")}
    for side, (title, (x, width, color)) in enumerate(sides.items()):
        axis.annotate(title, (x, 8.4), ha="center", va="center", color=color, size=10)
        for row, texts in STEPS.items():
            axis.annotate(texts[side], (x, row), ha="center", va="center")
        for low, high in [(4.8, 6.4), (1.75, 2.7)]:
            corner = (x - width / 2, low)
            axis.add_patch(
                Rectangle(corner, width, high - low, fill=False, ec=color, lw=1.4)
            )
    arrow = {"arrowstyle": "-|>", "color": "C0", "ls": ":", "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", (6.5, 5.6), (5.8, 5.6), arrowprops=arrow)
    axis.set(xlim=(0.1, 10.1), ylim=(0.2, 8.7))
    axis.set_axis_off()
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    by_hand = [-1.4, -0.2, 0.2, 1.4], [-1.8, 0.6, 1.4, 3.8]
    for values, expected in zip(results["training"], by_hand, strict=True):
        assert [round(value, 3) for value in values] == list(expected), "by hand"
    assert [round(value, 3) for value in results["evaluation"]] == [1.5, 4], "by hand"
    assert round(results["stored"], 3) == 8.2, "a tenth of the way from 8 to 10"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
