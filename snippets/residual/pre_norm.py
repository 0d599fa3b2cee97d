"""Gradient of the last layer by depth: LayerNorm inside the branch makes it shrink.

Source: Xiong et al. 2020 (arXiv:2002.04745), Theorem 1. Close to its setting: one head,
Xavier weights, biases of zero, at initialization; the loss of one position.
"""

import math
import statistics
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

DEPTHS = [8, 16, 32, 64]
WIDTH = 128
POSITIONS = 8
SAMPLES = 8  # random inputs for each network
SEEDS = range(3)
TOLERANCE = {"last": 0.02, "first": 0.05, "slope": 0.5}


def build(depth: int, norm_first: bool) -> tuple[nn.Sequential, list[Tensor]]:
    """Stack encoder layers; return first and last feed-forward weights, too."""
    layers = [
        nn.TransformerEncoderLayer(
            WIDTH, 1, WIDTH, dropout=0.0, norm_first=norm_first, batch_first=True
        )
        for _ in range(depth)
    ]
    last = nn.LayerNorm(WIDTH) if norm_first else nn.Identity()
    model = nn.Sequential(*layers, last)
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            nn.init.xavier_normal_(parameter)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
    return model, [layer.linear2.weight for layer in (layers[0], layers[-1])]


def gradient_norms(depth: int, norm_first: bool) -> tuple[float, float]:
    """Mean norm of the gradient of the first and last feed-forward weights."""
    model, weights = build(depth, norm_first)
    first, last = [], []
    for _ in range(SAMPLES):
        y = model(torch.randn(1, POSITIONS, WIDTH))[0, 0]  # (width,)
        gradients = torch.autograd.grad(y, weights, torch.randn_like(y))
        first.append(gradients[0].norm().item())
        last.append(gradients[1].norm().item())
    return statistics.mean(first), statistics.mean(last)


def measure() -> dict[str, Any]:
    """By depth, the norms; over the depths, the slope of the last layer's."""
    results: dict[str, Any] = {"last": {}, "first": {}, "slope": {}}
    for name, norm_first in {"post": False, "pre": True}.items():
        runs = []  # one list over the depths for each seed
        for seed in SEEDS:
            torch.manual_seed(seed)
            runs.append([gradient_norms(depth, norm_first) for depth in DEPTHS])
        for place, key in enumerate(["first", "last"]):
            results[key][name] = [
                statistics.mean(norms[place] for norms in by_depth)
                for by_depth in zip(*runs, strict=True)
            ]
        log_depths = [math.log(depth) for depth in DEPTHS]
        slopes = [
            statistics.linear_regression(
                log_depths, [math.log(last) for _, last in run]
            ).slope
            for run in runs
        ]
        results["slope"][name] = {
            "mean": statistics.mean(slopes),
            "sd": statistics.stdev(slopes),
        }
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Both on logarithmic scales, with a slope of -1/2 beside Pre-LN."""
    figure, axis = plt.subplots(figsize=(4.6, 3), layout="constrained")
    theory = [
        results["last"]["pre"][0] * (DEPTHS[0] / depth) ** 0.5 for depth in DEPTHS
    ]
    axis.loglog(DEPTHS, results["last"]["post"], "C1s-")
    axis.loglog(DEPTHS, results["last"]["pre"], "C0o")
    axis.loglog(DEPTHS, theory, "C0--", lw=1)
    axis.text(15, 84, "Post-LN", color="C1")
    axis.text(8.3, 20, "Pre-LN", color="C0")
    axis.text(30, 21, "slope -1/2", color="C0")
    axis.set_ylim(8, 120)
    axis.set_xticks(DEPTHS, [str(depth) for depth in DEPTHS])
    axis.set_yticks([10, 20, 50, 100], ["10", "20", "50", "100"])
    axis.minorticks_off()
    axis.set_xlabel("encoder layers")
    axis.set_ylabel("gradient norm, last layer")
    axis.grid(alpha=0.3)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    slope = {name: row["mean"] for name, row in results["slope"].items()}
    assert abs(slope["pre"] + 0.5) < 0.06, "Pre-LN: one over the root of the depth"
    assert abs(slope["post"]) < 0.08, "Post-LN: independent of the depth"
    first, last = results["first"], results["last"]
    for i, depth in enumerate(DEPTHS):
        assert first["post"][i] > 0.5 * last["post"][i], f"Post-LN, {depth} layers"
        assert first["pre"][i] > 2 * last["pre"][i], f"Pre-LN, {depth} layers"
    assert first["pre"][-1] > 4 * last["pre"][-1], "and at 64 layers, clearly"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
