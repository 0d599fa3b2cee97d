"""Gradient clipping in two dimensions: which kinds keep the gradient's direction.

Source: Pascanu et al. 2013 (arXiv:1211.5063), section 3.2, algorithm 1: by norm; value
clipping is described at the end of section 3.1.
"""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from torch import Tensor, nn
from torch.nn import functional as F

THRESHOLD = 1.0
SIMPLE = [3.0, 4.0]  # its norm is 5
ONE_TENSOR = [4.0, 1.0]  # two entries of one gradient
TWO_TENSORS = [4.0, 0.7]  # each tensor has one entry, so its norm is its size
TOLERANCE = {"gradient": 1e-6, "clipped": 1e-5, "cosine": 1e-5}


def clip(gradients: list[Tensor], kind: str) -> Tensor:
    """Clip copies of the gradients at THRESHOLD and return all of their entries."""
    parameters = [nn.Parameter(torch.zeros_like(gradient)) for gradient in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.clone()
    if kind == "value":
        nn.utils.clip_grad_value_(parameters, THRESHOLD)
    elif kind == "global":
        nn.utils.clip_grad_norm_(parameters, THRESHOLD)
    else:
        for parameter in parameters:
            nn.utils.clip_grad_norm_(parameter, THRESHOLD)
    return torch.cat([p.grad for p in parameters if p.grad is not None])


def measure() -> dict[str, Any]:
    """Clip; return the gradients before and after, and the cosines between them."""
    examples = {
        "simple": ([torch.tensor(SIMPLE)], ["global"]),
        "one_tensor": ([torch.tensor(ONE_TENSOR)], ["global", "value"]),
        "two_tensors": (list(torch.tensor(TWO_TENSORS).split(1)), ["global", "tensor"]),
    }
    results: dict[str, Any] = {"gradient": {}, "clipped": {}, "cosine": {}}
    for name, (gradients, kinds) in examples.items():
        whole = torch.cat(gradients)
        clipped = {kind: clip(gradients, kind) for kind in kinds}
        results["gradient"][name] = whole.tolist()
        results["clipped"][name] = {k: v.tolist() for k, v in clipped.items()}
        results["cosine"][name] = {
            kind: F.cosine_similarity(vector, whole, dim=0).item()
            for kind, vector in clipped.items()
        }
    return results


def arrow(
    axis: Axes, end: Sequence[float], color: str, label: str | None = None
) -> None:
    """Draw a vector from the origin."""
    axis.plot([0, end[0]], [0, end[1]], color=color, label=label)
    style = {"arrowstyle": "-|>", "color": color, "lw": 2, "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", (end[0], end[1]), (0, 0), arrowprops=style)


def draw(results: dict[str, Any]) -> Figure:
    """One long gradient and what clipping by norm leaves of it."""
    figure, axis = plt.subplots(figsize=(4.6, 3.3), layout="constrained")
    before = results["gradient"]["simple"]
    after = results["clipped"]["simple"]["global"]
    arrow(axis, before, "gray")
    arrow(axis, after, "C0")
    axis.add_patch(Circle((0, 0), THRESHOLD, fill=False, ec="C0", ls=":", lw=1.2))
    axis.annotate("gradient: (3, 4)\nlength 5", (2.35, 2.3), color="gray")
    axis.annotate("clipped: (0.6, 0.8)\nlength 1", (1.05, 0.55), color="C0")
    axis.annotate("max_norm = 1", (-1.15, -1.55), color="C0")
    axis.set_xlim(-2.6, 5)
    axis.set_ylim(-1.8, 4.3)
    axis.set_aspect("equal")
    axis.set_axis_off()
    return figure


def draw_kinds(results: dict[str, Any]) -> Figure:
    """Arrows from the origin; the threshold as a circle or a box."""
    figure, axes = plt.subplots(2, 1, figsize=(4.6, 4.9), layout="constrained")
    labels = {
        "global": "by norm: cosine 1",
        "value": "by value: cosine 0.86",
        "tensor": "per tensor: cosine 0.91",
    }
    panels = {
        "one_tensor": ("One tensor with two entries", "first entry", "second entry"),
        "two_tensors": ("Two tensors", "norm of the first tensor", "second tensor"),
    }
    for axis, (name, (title, *axis_labels)) in zip(axes, panels.items(), strict=True):
        arrow(axis, results["gradient"][name], "gray", "before clipping")
        for kind, vector in results["clipped"][name].items():
            arrow(axis, vector, "C0" if kind == "global" else "C1", labels[kind])
        axis.add_patch(Circle((0, 0), THRESHOLD, fill=False, ec="C0", ls=":", lw=1.2))
        axis.add_patch(Rectangle((-1, -1), 2, 2, fill=False, ec="C1", ls=":", lw=1.2))
        axis.set(xlim=(-0.1, 4.3), ylim=(-0.1, 1.2), aspect="equal")
        axis.set(xticks=[0, 1, 2, 3, 4], yticks=[0, 1])
        axis.set(xlabel=axis_labels[0], ylabel=axis_labels[1])
        axis.set_title(title, loc="left")
        axis.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.03, 1.15))
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    cosine, clipped = results["cosine"], results["clipped"]
    for kinds in cosine.values():
        assert abs(kinds["global"] - 1) < 1e-5, "the global norm keeps direction"
    assert [round(x, 3) for x in clipped["simple"]["global"]] == [0.6, 0.8], "by hand"
    assert round(cosine["one_tensor"]["value"], 2) == 0.86, "value clipping turns it"
    assert clipped["one_tensor"]["value"] == [1, 1], "and ends in the box's corner"
    assert round(cosine["two_tensors"]["tensor"], 2) == 0.91, "so does per tensor"
    second = results["gradient"]["two_tensors"][1]
    assert abs(clipped["two_tensors"]["tensor"][1] - second) < 1e-5, "stays as it is"


if __name__ == "__main__":
    results = measure()
    draw(results)
    draw_kinds(results)
    plt.show()
