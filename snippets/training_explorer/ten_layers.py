"""Ten ReLU layers learn where ten sigmoid layers guess: two changes at once.

Source: the gradient of each layer as in Glorot & Bengio 2010, section 4; weights for
ReLU as in He et al. 2015, arXiv:1502.01852.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

DEPTH, WIDTH, BATCH, STEPS, RATE = 10, 8, 32, 150, 0.01
SEEDS = 5  # trained side by side, as one stack
NETWORKS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "sigmoid": (torch.sigmoid, 1.0),  # and weights of variance 1 / fan_in
    "relu": (torch.relu, 2.0),
}
TOLERANCE = {"gradient": 0.05, "loss": None, "last": None}  # chaotic: see check()


def rings() -> tuple[Tensor, Tensor]:
    """Return 200 points on two circles, (seed, point, 2), and on which each is."""
    angle = torch.linspace(0, 2 * math.pi, 200)
    outer = torch.arange(200) % 2.0
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)
    x = (0.7 + 0.9 * outer)[:, None] * circle + 0.15 * torch.randn(SEEDS, 200, 2)
    return x, outer.expand(SEEDS, 200)


def weights(gain: float) -> list[Tensor]:
    """Return the stacks of all layers' weights, (seed, fan_in, fan_out)."""
    sizes = [2, *[WIDTH] * DEPTH, 1]
    layers = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        gain = gain if fan_out > 1 else 1 / 3  # the last layer: as PyTorch's default
        w = math.sqrt(gain / fan_in) * torch.randn(SEEDS, fan_in, fan_out)
        layers.append(w.requires_grad_())
    return layers


def forward(
    x: Tensor, layers: list[Tensor], biases: list[Tensor], name: str
) -> tuple[Tensor, list[Tensor]]:
    """Return scores, (seed, batch), and what each activation gets."""
    inputs = []
    for w, b in zip(layers[:-1], biases[:-1], strict=True):
        inputs.append(torch.baddbmm(b, x, w))
        x = NETWORKS[name][0](inputs[-1])
    return (x @ layers[-1] + biases[-1]).squeeze(2), inputs


def train(name: str) -> dict[str, Any]:
    """Return the loss by step and seed, and the gradient by layer at step 1."""
    torch.manual_seed(0)
    x, y = rings()
    layers = weights(NETWORKS[name][1])
    biases = [torch.zeros(SEEDS, 1, w.shape[2], requires_grad=True) for w in layers]
    optimizer = torch.optim.Adam([*layers, *biases], lr=RATE)
    losses, gradient = [], []
    for step in range(STEPS):
        picked = torch.randint(200, (BATCH,))
        scores, inputs = forward(x[:, picked], layers, biases, name)
        all_losses = F.binary_cross_entropy_with_logits(
            scores, y[:, picked], reduction="none"
        ).mean(1)  # one for each seed: their gradients do not mix
        if step == 0:
            by_layer = torch.autograd.grad(all_losses.sum(), inputs, retain_graph=True)
            norms = torch.stack([g.norm(dim=(1, 2)) for g in by_layer])
            gradient = (norms / norms[-1]).log().mean(1).exp().tolist()
        optimizer.zero_grad()
        all_losses.sum().backward()
        optimizer.step()
        losses.append(all_losses.tolist())
    smooth = torch.tensor(losses).view(-1, 10, SEEDS).mean(1)
    last = {"min": smooth[-1].min().item(), "max": smooth[-1].max().item()}
    return {"loss": smooth.tolist(), "gradient": gradient, "last": last}


def measure() -> dict[str, Any]:
    """Loss of ten steps each, by seed, and the gradient by layer, for each network."""
    runs = {name: train(name) for name in NETWORKS}
    return {key: {name: run[key] for name, run in runs.items()} for key in TOLERANCE}


def draw(results: dict[str, Any]) -> Figure:
    """Draw the loss of every seed, and below it the gradient by layer."""
    figure, (top, bottom) = plt.subplots(2, figsize=(3.7, 4.6), layout="constrained")
    styles = {
        "sigmoid": ("C0", "sigmoid"),
        "relu": ("C1", "ReLU"),
    }
    steps = range(5, STEPS, 10)
    for name, (color, label) in styles.items():
        losses = list(zip(*results["loss"][name], strict=True))
        for i, line in enumerate(losses):
            top.plot(steps, line, color=color, lw=1, label=label if not i else None)
        layers, gradient = range(1, DEPTH + 1), results["gradient"][name]
        bottom.semilogy(layers, gradient, "o-", color=color, lw=1, markersize=3)
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    top.set_ylabel("training loss")
    top.set_xlabel("step")
    top.set_ylim(0, 1)
    bottom.set_ylabel("relative gradient norm")
    bottom.set_xlabel("layer")
    bottom.set_xticks([1, 4, 7, 10])
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    assert results["last"]["sigmoid"]["min"] > 0.6, "the sigmoid networks only guess"
    assert results["last"]["relu"]["max"] < 0.4, "the ReLU networks learn"
    assert results["gradient"]["sigmoid"][0] < 1e-4, "its gradient vanishes"
    assert results["gradient"]["relu"][0] > 1e-2, "that of ReLU does not"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
