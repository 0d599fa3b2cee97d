"""Gradient through 56 layers: a skip connection keeps it only if its branch is small.

Source: He et al. 2016 (arXiv:1603.05027): the derivative of a residual block;
Yang et al. 2019 (arXiv:1902.08129) for batch normalization without skips.
"""

import statistics
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

BLOCKS = 28  # of two layers each
WIDTH = 64
BATCH = 128
SEEDS = range(5)
KINDS = ["plain", "plain_bn", "unscaled", "scaled", "zero", "residual_bn"]
TOLERANCE = {
    "gradient": 0.05,
    "ratio": 0.05,
    "factor": 0.01,
    "size": 0.05,
    "directions": 0.2,
}


class Block(nn.Module):
    """Two ReLU layers with He initialization, with or without a skip connection."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        first, last = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        for layer in (first, last):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        if kind == "zero":
            nn.init.zeros_(last.weight)
        norms = [
            nn.BatchNorm1d(WIDTH) if kind.endswith("bn") else nn.Identity()
            for _ in range(2)
        ]
        self.branch = nn.Sequential(
            norms[0], nn.ReLU(), first, norms[1], nn.ReLU(), last
        )
        self.skip = not kind.startswith("plain")
        self.scale = BLOCKS**-0.5 if kind == "scaled" else 1.0

    def forward(self, x: Tensor) -> Tensor:
        """(batch, width) -> (batch, width)."""
        y: Tensor = self.scale * self.branch(x)
        return x + y if self.skip else y


def run(kind: str) -> tuple[list[float], float, int]:
    """Return gradient norms by block, the output's size, and directions that get by."""
    blocks = nn.Sequential(*[Block(kind) for _ in range(BLOCKS)])
    x = torch.randn(BATCH, WIDTH, requires_grad=True)
    inputs = [x]  # of every block, and the output
    for block in blocks:
        inputs.append(block(inputs[-1]))
    y = inputs[-1]
    gradients = torch.autograd.grad(y, inputs, torch.randn_like(y))
    norms = [gradient.norm().item() for gradient in gradients]
    blocks.eval().double()  # one input cannot be normalized by its batch
    one = x[:1].detach().double()
    jacobian = torch.autograd.functional.jacobian(blocks, one)
    values = torch.linalg.svdvals(jacobian.reshape(WIDTH, WIDTH))
    directions = int((values > 0.1).sum())
    return [norm / norms[-1] for norm in norms], y.std().item(), directions


def measure() -> dict[str, Any]:
    """By kind: gradient by block relative to the output, its factor, and sizes."""
    results: dict[str, Any] = {name: {} for name in TOLERANCE}
    for kind in KINDS:
        runs = []
        for seed in SEEDS:
            torch.manual_seed(seed)
            runs.append(run(kind))
        gradients, sizes, directions = zip(*runs, strict=True)
        ratios = [gradient[0] for gradient in gradients]
        mean = statistics.geometric_mean(ratios)
        results["gradient"][kind] = [
            statistics.geometric_mean(block) for block in zip(*gradients, strict=True)
        ]
        results["ratio"][kind] = {"mean": mean, "min": min(ratios), "max": max(ratios)}
        results["factor"][kind] = mean ** (1 / BLOCKS)
        results["size"][kind] = statistics.mean(sizes)
        if not kind.endswith("bn"):
            results["directions"][kind] = statistics.mean(directions)
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Above, what explodes; below, what stays near level."""
    figure, axes = plt.subplots(
        2, 1, figsize=(4.6, 4.8), sharex=True, layout="constrained"
    )
    layers = range(0, 2 * BLOCKS + 1, 2)
    lines: list[dict[str, tuple[str, float, float, str]]] = [
        {  # style, then where its label stands
            "plain_bn": ("C2^-", 26, 3e3, "plain, batch norm"),
            "unscaled": ("C3x-", 1, 30, "skip, not scaled"),
            "residual_bn": ("C0o-", 14, 0.3, "skip, batch norm"),
        },
        {
            "plain": ("gray", 12, 0.38, "plain"),
            "zero": ("C0o-", 32, 0.5, "skip, last layer zero"),
            "scaled": ("C1s-", 16, 2.6, "skip, branch scaled"),
        },
    ]
    for axis, panel in zip(axes, lines, strict=True):
        for kind, (style, x, y, label) in panel.items():
            gradient = results["gradient"][kind]
            (line,) = axis.semilogy(
                layers, gradient, style, lw=1.2, markersize=3.5, markevery=2
            )
            axis.text(x, y, label, color=line.get_color())
        axis.set_ylabel("relative gradient norm")
        axis.grid(axis="y", alpha=0.3)
    axes[0].set_title("The gradient explodes ...")
    axes[0].set_ylim(0.1, 1e5)
    axes[0].set_yticks([1, 1e2, 1e4])
    axes[1].set_title("... or stays near level")
    axes[1].set_yticks([0.1, 1, 10])
    axes[1].set_ylim(0.1, 10)
    axes[1].set_xlabel("layers passed (the gradient flows from 56 to 0)")
    axes[1].set_xticks([0, 14, 28, 42, 56])
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    factor, ratio = results["factor"], results["ratio"]
    assert abs(factor["unscaled"] - 2**0.5) < 0.04, "a block multiplies by sqrt(2)"
    assert abs(factor["plain_bn"] - 1.21**2) < 0.06, "1.21 for each normalized layer"
    for kind in ["plain_bn", "unscaled"]:
        assert ratio[kind]["min"] > 5e3, f"{kind} explodes"
    assert ratio["zero"]["min"] == ratio["zero"]["max"] == 1, "a block is the identity"
    assert 1.4 < ratio["scaled"]["min"] < ratio["scaled"]["max"] < 2, "near sqrt(e)"
    assert 10 < ratio["residual_bn"]["mean"] < 40, "grows, but much less"
    assert 0.1 < ratio["plain"]["min"] < ratio["plain"]["max"] < 3, "plain: level"
    assert results["size"]["unscaled"] > 5e3, "the signal explodes as well"
    assert 4 < results["size"]["residual_bn"] < 7, "sqrt(blocks): 5.3"
    assert results["directions"]["plain"] < 16, "plain: most directions are lost"
    for kind in ["scaled", "zero"]:
        assert results["directions"][kind] == WIDTH, "skips keep them all"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
