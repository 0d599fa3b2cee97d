"""A good start does not stay good: gradient norm by layer before and after training.

Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), section 1, on inputs that move while
training. Depth and learning rates were chosen after seeing results.
"""

import statistics
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

DEPTH = 30
WIDTH = 64
CLASSES = 10
BATCH = 64
EPOCHS = 20
SEEDS = range(3)
OPTIMIZERS = {"sgd": (torch.optim.SGD, 0.01), "adam": (torch.optim.Adam, 0.001)}
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = {"before": 1e-2, "after": None, "ratio": None, "loss": None}


def load_data() -> tuple[Tensor, Tensor]:
    """Handwritten digits of 8 x 8 pixels."""
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32)  # (sample, 64)
    return (x - x.mean()) / x.std(), torch.tensor(digits.target)


def build() -> nn.Sequential:
    """Linear layers with He initialization, ReLU between them."""
    layers: list[nn.Module] = []
    for layer in range(DEPTH):
        linear = nn.Linear(WIDTH, CLASSES if layer == DEPTH - 1 else WIDTH)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def gradient_norms(model: nn.Sequential, x: Tensor, y: Tensor) -> list[float]:
    """Gradient norm of the preactivations by layer, relative to the last layer."""
    preactivations = []
    for module in model:
        x = module(x)
        if isinstance(module, nn.Linear):
            preactivations.append(x)
    gradients = torch.autograd.grad(F.cross_entropy(x, y), preactivations)
    norms = [gradient.double().norm().item() for gradient in gradients]
    return [norm / norms[-1] for norm in norms]


def train(name: str, seed: int) -> dict[str, Any]:
    """Train one network; the gradient on all data before and after."""
    x, y = load_data()
    torch.manual_seed(seed)
    model = build()
    before = gradient_norms(model, x, y)
    make, lr = OPTIMIZERS[name]
    optimizer = make(model.parameters(), lr=lr)
    batches = len(x) // BATCH  # full ones
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x))[: batches * BATCH].view(batches, BATCH):
            loss = F.cross_entropy(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        final = F.cross_entropy(model(x), y).item()
    after = gradient_norms(model, x, y)
    return {"before": before, "after": after, "loss": final}


def measure() -> dict[str, Any]:
    """Geometric means by layer; range over seeds of first against last layer."""
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    for name in OPTIMIZERS:
        runs = [train(name, seed) for seed in SEEDS]
        results["ratio"][name] = {}
        for when in ["before", "after"]:
            by_layer = zip(*(run[when] for run in runs), strict=True)
            results[when][name] = [statistics.geometric_mean(norm) for norm in by_layer]
            ratios = [run[when][0] for run in runs]
            results["ratio"][name][when] = {"min": min(ratios), "max": max(ratios)}
        losses = [run["loss"] for run in runs]
        results["loss"][name] = {"min": min(losses), "max": max(losses)}
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Draw the same networks before and after training."""
    figure, axis = plt.subplots(figsize=(4.6, 2.6), layout="constrained")
    layers = range(1, DEPTH + 1)
    lines = {
        "after training (Adam)": ("C1s-", results["after"]["adam"]),
        "after training (SGD)": ("C2^-", results["after"]["sgd"]),
        "before training": ("C0o-", results["before"]["sgd"]),
    }
    for label, (style, norms) in lines.items():
        axis.semilogy(layers, norms, style, label=label, lw=1, ms=4, markevery=2)
    axis.set_title("He initialization, before and after training")
    axis.set_ylabel("relative gradient norm")
    axis.set_xlabel("layer (the gradient flows from 30 to 1)")
    axis.set_xticks([1, 5, 10, 15, 20, 25, 30])
    axis.grid(axis="y", alpha=0.3)
    axis.legend(frameon=False)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    for name, ratio in results["ratio"].items():
        assert 0.3 < ratio["before"]["min"] < ratio["before"]["max"] < 1.5, "level"
        assert ratio["after"]["min"] > 2 * ratio["before"]["max"], f"{name}: it drifts"
        assert ratio["after"]["max"] < 100, f"{name}: not an explosion"
        assert results["loss"][name]["max"] < 1, f"{name}: it learned"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
