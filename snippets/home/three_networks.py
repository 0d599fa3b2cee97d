"""Three networks that differ in the size of their first weights: one of them learns.

Source: He et al. 2015 (arXiv:1502.01852), eq. 10 and 14, for the one that learns.
"""

import math
import statistics
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

DEPTH = 20
WIDTH = 64
CLASSES = 10
BATCH = 64
STEPS = 300
EVERY = 10  # steps from one point of the curve to the next
LEARNING_RATE = 0.03
SEEDS = range(3)
# Standard deviation of the weights times the root of fan_in; He's is the root of 2.
GAINS = {"vanishes": 0.8, "level": math.sqrt(2), "explodes": 2.2}
TOLERANCE = {"gradient": 1e-3, "loss": None, "steps_to_nan": None}


def build(gain: float) -> nn.Sequential:
    """Stack linear layers and ReLU, with weights from N(0, gain^2 / fan_in)."""
    layers: list[nn.Module] = []
    for layer in range(DEPTH):
        linear = nn.Linear(WIDTH, CLASSES if layer == DEPTH - 1 else WIDTH)
        nn.init.normal_(linear.weight, std=gain / math.sqrt(WIDTH))
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def gradient_norms(model: nn.Sequential, x: Tensor, y: Tensor) -> list[float]:
    """Gradient norm of each layer's output, relative to the last one's."""
    outputs = []
    for module in model:
        x = module(x)
        if isinstance(module, nn.Linear):
            outputs.append(x)
    gradients = torch.autograd.grad(F.cross_entropy(x, y), outputs)
    norms = [gradient.double().norm().item() for gradient in gradients]
    return [norm / norms[-1] for norm in norms]


def train(model: nn.Sequential, x: Tensor, y: Tensor) -> list[float]:
    """Return the loss of every step, up to the first that is not finite."""
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    losses: list[float] = []
    for _ in range(STEPS):
        batch = torch.randint(len(x), (BATCH,))
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
        if not loss.isfinite():
            break
        losses.append(loss.item())
    return losses


def measure() -> dict[str, Any]:
    """Gradient by layer before training; the loss while training."""
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32)  # (sample, 64)
    x, y = (x - x.mean()) / x.std(), torch.tensor(digits.target)
    results: dict[str, Any] = {"gradient": {}, "loss": {}, "steps_to_nan": {}}
    for name, gain in GAINS.items():
        gradients, losses = [], []
        for seed in SEEDS:
            torch.manual_seed(seed)
            model = build(gain)
            gradients.append(gradient_norms(model, x[:256], y[:256]))
            losses.append(train(model, x, y))
        results["gradient"][name] = [
            statistics.geometric_mean(layer) for layer in zip(*gradients, strict=True)
        ]
        shortest = min(map(len, losses))
        results["steps_to_nan"][name] = shortest if shortest < STEPS else None
        results["loss"][name] = [
            statistics.mean(loss[step] for loss in losses)
            for step in range(0, shortest, EVERY if shortest == STEPS else 1)
        ]
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Above, the gradient on its way back; below, what becomes of training."""
    figure, axes = plt.subplots(2, 1, figsize=(4.6, 4.4), layout="constrained")
    layers = range(1, DEPTH + 1)
    steps = range(0, STEPS, EVERY)
    gradient, loss = results["gradient"], results["loss"]
    axes[0].semilogy(layers, gradient["explodes"], "C1^-", markersize=4, lw=1)
    axes[0].semilogy(layers, gradient["level"], "C2o-", markersize=4, lw=1)
    axes[0].semilogy(layers, gradient["vanishes"], "C0v-", markersize=4, lw=1)
    axes[0].text(4.5, 3e3, "explodes", color="C1")
    axes[0].text(4.5, 3, "stays level", color="C2")
    axes[0].text(4.5, 2e-5, "vanishes", color="C0")
    axes[0].set_title("The gradient on its way from layer 20 to layer 1")
    axes[0].set_xlabel("layer")
    axes[0].set_ylabel("relative gradient norm")
    axes[0].set_xticks([1, 5, 10, 15, 20])
    axes[0].set_yticks([1e-4, 1e-2, 1, 1e2, 1e4])
    axes[1].semilogy(
        range(len(loss["explodes"])), loss["explodes"], "C1X", markersize=7
    )
    axes[1].semilogy(steps, loss["level"], "C2-", lw=1.5)
    axes[1].semilogy(steps, loss["vanishes"], "C0--", lw=1.5)
    axes[1].text(10, 8e3, "explodes: NaN after a few steps", color="C1")
    axes[1].text(150, 4, "vanishes: learns nothing", color="C0")
    axes[1].text(60, 0.22, "stays level: learns", color="C2")
    axes[1].set_title("What becomes of the training")
    axes[1].set_xlabel("step")
    axes[1].set_ylabel("training loss")
    axes[1].set_ylim(0.1, 1e5)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    gradient, loss = results["gradient"], results["loss"]
    assert gradient["vanishes"][0] < 1e-4, "it loses the gradient"
    assert 0.5 < gradient["level"][0] < 2, "He keeps it"
    assert gradient["explodes"][0] > 1e3, "it blows the gradient up"
    assert min(loss["vanishes"]) > 2.2, "its loss stays that of guessing, log 10"
    assert statistics.mean(loss["level"][-5:]) < 1, "it learns"
    assert results["steps_to_nan"]["explodes"] <= 5, "its loss is NaN in a few steps"
    assert results["steps_to_nan"]["level"] is None, "the others stay finite"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
