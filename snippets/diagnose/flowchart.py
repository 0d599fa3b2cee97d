"""Questions about a network that does not learn, in order, and where each leads.

Source: this project; one network for each exit walks through it. The checks of the
first loss and of one batch: Karpathy 2019, "A recipe for training neural networks".
"""

import math
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from torch import nn

CLASSES = 10
# From above to below: a question or a finding of the report, and where it leads.
ROWS = [
    ("Is the loss NaN\nor infinite?", "find the first NaN"),
    ("Is the first loss\nfar from log C?", "last layer too large,\nor the wrong loss"),
    ("Can it learn one\nbatch by heart?", "gradients arrive:\nrate, data, model size"),
    ("a note", "a bug: it says which"),
    ("vanishing,\nexploding, …", "weights, activation,\nnormalization"),
    ("step too large", "lower rate, warm-up,\nclipping"),
]
NETWORKS = {  # each has one fault, and leaves at the exit of that number
    "huge weights": 0,
    "large last layer": 1,
    "no fault": 2,
    "not in the optimizer": 3,
    "sigmoid": 4,
    "large rate": 5,
}
TOLERANCE = {"exit": 0}


def build(fault: str) -> nn.Sequential:
    """Return a network of 9 layers."""
    layers: list[nn.Module] = []
    for i in range(8):
        linear = nn.Linear(32, 32)
        if fault != "sigmoid":
            nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        if fault == "huge weights" and i == 0:
            nn.init.constant_(linear.weight, 1e38)
        layers += [linear, nn.Sigmoid() if fault == "sigmoid" else nn.ReLU()]
    last = nn.Linear(32, CLASSES)
    if fault == "large last layer":
        nn.init.normal_(last.weight, std=2)
    return nn.Sequential(*layers, last)


def walk(fault: str) -> int:
    """Return the number of the exit."""
    torch.manual_seed(0)
    model = build(fault)
    weight = next(model.parameters())
    x, y = torch.randn(64, 32), torch.randint(CLASSES, (64,))
    held = nn.Linear(1, 1) if fault == "not in the optimizer" else model
    rate = 1.0 if fault == "large rate" else 0.003
    optimizer = torch.optim.Adam(held.parameters(), lr=rate)
    first = model[0](x)
    scores = model[1:](first)
    loss = nn.functional.cross_entropy(scores, y)
    if not loss.isfinite():
        return 0
    if abs(loss.item() - math.log(CLASSES)) > 1:
        return 1
    gradients = torch.autograd.grad(loss, [first, scores])
    ratio = (gradients[0].norm() / gradients[1].norm()).item()
    before = weight.detach().clone()
    change = 0.0
    for step in range(200):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step == 0:
            moved = weight.detach() - before
            change = (moved.norm() / before.norm()).item()
    if loss.item() < 0.5:
        return 2
    if change == 0:
        return 3
    return 4 if not 1e-3 < ratio < 100 else 5


def measure() -> dict[str, Any]:
    """Return the exit of each network."""
    return {"exit": {fault: walk(fault) for fault in NETWORKS}}


def box(axis: Axes, x: float, y: float, text: str, color: str, width: float) -> None:
    """Draw a box around (x, y) with a text in it."""
    height = 1.15 if "\n" in text else 0.75
    corner = (x - width / 2, y - height / 2)
    style = "round,pad=0,rounding_size=0.15"
    axis.add_patch(
        FancyBboxPatch(corner, width, height, style, fill=False, ec=color, lw=1.4)
    )
    axis.annotate(text, (x, y), ha="center", va="center")


def draw(results: dict[str, Any]) -> Figure:
    """Questions at the left, exits at the right; the report between them."""
    figure, axis = plt.subplots(figsize=(3.9, 5.05), layout="constrained")
    arrow = {"arrowstyle": "-|>", "color": "gray", "lw": 1, "shrinkA": 0, "shrinkB": 0}
    left, right, report = 2, 7.4, 5
    heights = [10, 8.3, 6.6, 3.85, 2.4, 0.85]
    for row, (y, (text, exit_)) in enumerate(zip(heights, ROWS, strict=True)):
        box(axis, left, y, text, "C0" if row < 3 else "C2", 3.7)
        box(axis, right, y, exit_, "C1", 4.6)
        axis.annotate("", (right - 2.35, y), (left + 1.9, y), arrowprops=arrow)
        if row < 3:
            axis.annotate("yes", (left + 2.4, y + 0.1), ha="center", va="bottom")
            bottom = heights[row + 1] + 0.62 if row < 2 else report + 0.45
            axis.annotate("", (left, bottom), (left, y - 0.62), arrowprops=arrow)
            axis.annotate("no", (left + 0.15, (y - 0.62 + bottom) / 2), va="center")
    axis.annotate("Print the report. Does it say …", (0.15, report), va="center")
    axis.annotate("", (left, heights[3] + 0.42), (left, report - 0.4), arrowprops=arrow)
    axis.set(xlim=(0, 9.8), ylim=(0.15, 10.7))
    axis.set_axis_off()
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    assert results["exit"] == NETWORKS, "each network leaves at its own exit"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
