"""What to start with: five questions, from above to below.

Source: what this site measures, and the papers that its pages cite.
"""

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

TREE = [  # question, and what to do if the answer is yes
    ("Does a network\nfail already?", "find the fault first:\nsymptoms, diagnosis"),
    ("Do two layers\nreach your goal?", "keep them:\nReLU, He weights"),
    ("Images, audio,\nother signals?", "residual CNN\nwith batch norm"),
    ("Sequences,\nwhole at once?", "Transformer, norm\nbefore each branch"),
    ("Sequences,\nstep by step?", "LSTM, large forget\nbias, clipping"),
]
LAST = "residual MLP, branches\nfrom zero, times 1/√L"
QUESTION, ANSWER, WHOLE = (0.0, 4.0), (5.2, 4.8), (0.0, 6.0)  # left edge, width
MIDDLE, HEIGHT = 2.0, 1.5  # of the questions; of a row
TOLERANCE: dict[str, Any] = {"ends": 0}


def measure() -> dict[str, Any]:
    """Return at how many ends the tree arrives."""
    return {"ends": len([answer for _, answer in TREE] + [LAST])}


def box(axis: Axes, left: float, width: float, y: float, text: str, end: bool) -> None:
    """Write two lines into a frame: rounded at an end of the tree."""
    style, color = ("round,rounding_size=0.2", "C2") if end else ("square", "C0")
    corner = (left, y - 0.48)
    axis.add_patch(
        FancyBboxPatch(
            corner, width, 0.96, boxstyle=f"{style},pad=0", fill=False, ec=color, lw=1.4
        )
    )
    middle = (left + width / 2, y)
    axis.annotate(text, middle, ha="center", va="center", color=color)


def draw(results: dict[str, Any]) -> Figure:
    """Questions at the left; “yes” leads to the right, “no” on to the next one."""
    figure, axis = plt.subplots(figsize=(3.7, 4.2), layout="constrained")
    arrow = {"arrowstyle": "-|>", "color": "gray", "lw": 1, "shrinkA": 0, "shrinkB": 0}
    for row, (question, answer) in enumerate(TREE):
        y = -row * HEIGHT
        box(axis, *QUESTION, y, question, end=False)
        box(axis, *ANSWER, y, answer, end=True)
        axis.annotate("", (ANSWER[0], y), (sum(QUESTION), y), arrowprops=arrow)
        axis.annotate("yes", (4.6, y + 0.25), ha="center", va="center", color="gray")
        below = (MIDDLE, y - HEIGHT + 0.48)
        axis.annotate("", below, (MIDDLE, y - 0.48), arrowprops=arrow)
        middle = (MIDDLE + 0.2, y - HEIGHT / 2)
        axis.annotate("no", middle, va="center", color="gray")
    y = -results["ends"] * HEIGHT + HEIGHT
    box(axis, *WHOLE, y, LAST, end=True)
    axis.set(xlim=(-0.1, 10.1), ylim=(y - 0.6, 0.6))
    axis.set_axis_off()
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    assert results["ends"] == 6, "five questions, six ends"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
