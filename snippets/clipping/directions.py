"""Gradient clipping in two dimensions: which kinds keep the gradient's direction.

Source: Pascanu et al. 2013 (arXiv:1211.5063), section 3.2, algorithm 1: by norm; value
clipping is described at the end of section 3.1.
"""

from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from torch import Tensor, nn
from torch.nn import functional as F

THRESHOLD = 1.0
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


def draw(results: dict[str, Any]) -> Figure:
    """Arrows from the origin; the threshold as a circle or a box."""
    figure, axes = plt.subplots(2, 1, figsize=(4.6, 4.9), layout="constrained")
    labels = {
        "global": "by norm: cosine 1",
        "value": "by value: cosine 0.86",
        "tensor": "per tensor: cosine 0.91",
    }
    for axis, (name, clipped) in zip(axes, results["clipped"].items(), strict=True):
        arrows = [(results["gradient"][name], "gray", "before clipping")]
        for kind, vector in clipped.items():
            arrows.append((vector, "C0" if kind == "global" else "C1", labels[kind]))
        for vector, color, label in arrows:
            axis.plot([0, vector[0]], [0, vector[1]], color=color, label=label)
            style = {"arrowstyle": "-|>", "color": color, "lw": 2, "shrinkB": 0}
            axis.annotate("", vector, (0, 0), arrowprops={**style, "shrinkA": 0})
        circle = Circle((0, 0), THRESHOLD, fill=False, ec="C0", ls=":", lw=1.2)
        corner, side = (-THRESHOLD, -THRESHOLD), 2 * THRESHOLD
        box = Rectangle(corner, side, side, fill=False, ec="C1", ls=":", lw=1.2)
        axis.add_patch(circle)
        axis.add_patch(box)
        axis.set_xlim(-0.1, 4.3)
        axis.set_ylim(-0.1, 1.2)
        axis.set_aspect("equal")
        axis.set_xticks([0, 1, 2, 3, 4])
        axis.set_yticks([0, 1])
        axis.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.03, 0.9))
    axes[0].set_title("One tensor with two entries", loc="left")
    axes[1].set_title("Two tensors", loc="left")
    axes[0].set_xlabel("first entry")
    axes[0].set_ylabel("second entry")
    axes[1].set_xlabel("norm of the first tensor")
    axes[1].set_ylabel("second tensor")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    cosine, clipped = results["cosine"], results["clipped"]
    for name in ["one_tensor", "two_tensors"]:
        assert abs(cosine[name]["global"] - 1) < 1e-5, "the global norm keeps direction"
    assert round(cosine["one_tensor"]["value"], 2) == 0.86, "value clipping turns it"
    assert clipped["one_tensor"]["value"] == [1, 1], "and ends in the box's corner"
    assert round(cosine["two_tensors"]["tensor"], 2) == 0.91, "so does per tensor"
    second = results["gradient"]["two_tensors"][1]
    assert abs(clipped["two_tensors"]["tensor"][1] - second) < 1e-5, (
        "per tensor, a small tensor stays as it is"
    )


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
