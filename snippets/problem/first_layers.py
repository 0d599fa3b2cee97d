"""Which layers move: ten sigmoid layers, and networks that the gradient gets through.

Source: Glorot & Bengio 2010, sections 3 and 4; data of Greydanus & Kobak 2024
(arXiv:2011.14439). Rates are chosen on validation data. The networks of all seeds are
trained at once: the first dimension of each weight counts them.
"""

import math
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from mnist1d.data import get_dataset_args, make_dataset
from torch import Tensor, optim
from torch.nn import functional as F

INPUTS, WIDTH, CLASSES, BATCH, SEEDS = 40, 64, 10, 100, 5
EPOCHS, LONG = 12, 48
SGD: Any = (optim.SGD, {"momentum": 0.9})
RUNS: dict[str, tuple[int, str, Any, list[float], int]] = {
    # layers, activation function, optimizer, learning rates, epochs
    "linear": (1, "relu", SGD, [0.01, 0.03, 0.1], EPOCHS),
    "two": (2, "relu", SGD, [0.03, 0.1, 0.3], EPOCHS),
    "relu": (10, "relu", SGD, [0.01, 0.03, 0.1], EPOCHS),
    "sigmoid": (10, "sigmoid", SGD, [0.01, 0.03, 0.1, 0.3, 1.0], EPOCHS),
    "adam": (10, "sigmoid", (optim.Adam, {}), [0.001, 0.003, 0.01], EPOCHS),
    "long": (10, "sigmoid", (optim.Adam, {}), [0.003], LONG),
}
NAMES = {
    "linear": "linear",
    "two": "2 layers, ReLU",
    "relu": "10 layers, ReLU",
    "sigmoid": "10 layers, sigmoid, SGD",
    "adam": "10 layers, sigmoid, Adam",
}
SAME = 0.03  # the rate at which changes are compared
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = dict.fromkeys(["change", "test", "rate", "largest", "first", "set"])
Split = list[tuple[Tensor, Tensor]]


def load() -> Split:
    """MNIST-1D: 3000 samples to train, 1000 to validate, 1000 to test."""
    options = get_dataset_args()
    options.train_split = 1  # we split it ourselves
    data = make_dataset(options)
    x, y = torch.tensor(data["x"]).float(), torch.tensor(data["y"])
    sizes = [3000, 1000, 1000]
    x = (x - x.mean()) / x.std()
    return list(zip(x.split(sizes), y.split(sizes), strict=True))


def start(layers: int, activation: str) -> tuple[list[Tensor], list[Tensor]]:
    """Weights, (seed, fan_in, fan_out): He's for ReLU, else Xavier's; biases of 0.

    The output layer starts as PyTorch's.
    """
    torch.manual_seed(0)
    weights, biases = [], []
    for fan_in, fan_out in pairwise([INPUTS, *[WIDTH] * (layers - 1), CLASSES]):
        variance = 2 / fan_in if activation == "relu" else 2 / (fan_in + fan_out)
        if fan_out == CLASSES:
            variance = 1 / (3 * fan_in)
        weight = torch.randn(SEEDS, fan_in, fan_out) * math.sqrt(variance)
        weights.append(weight.requires_grad_())
        biases.append(torch.zeros(SEEDS, 1, fan_out, requires_grad=True))
    return weights, biases


def answer(
    weights: list[Tensor], biases: list[Tensor], activation: str, x: Tensor
) -> Tensor:
    """Map (batch, feature) to (seed, batch, class)."""
    y = x.expand(SEEDS, *x.shape)
    for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        if layer > 0:
            y = y.relu() if activation == "relu" else y.sigmoid()
        y = torch.baddbmm(bias, y, weight)
    return y


def train(run: str, rate: float, data: Split) -> dict[str, Any]:
    """Return the relative change of each layer's weights, and two accuracies."""
    layers, activation, (make, options), _, epochs = RUNS[run]
    weights, biases = start(layers, activation)
    old = [weight.detach().clone() for weight in weights]
    optimizer = make([*weights, *biases], lr=rate, **options)
    (x, y), *held_out = data
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(BATCH):
            logits = answer(weights, biases, activation, x[batch]).flatten(0, 1)
            loss = SEEDS * F.cross_entropy(logits, y[batch].repeat(SEEDS))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        change = [
            ((w - v).norm(dim=(1, 2)) / v.norm(dim=(1, 2))).log().mean().exp().item()
            for w, v in zip(weights, old, strict=True)
        ]
        validation, test = (
            (answer(weights, biases, activation, x).argmax(2) == y).float().mean(1)
            for x, y in held_out
        )
    return {"change": change, "validation": validation.mean(), "test": test.tolist()}


def measure() -> dict[str, Any]:
    """Test accuracy by seed at the best rate, change by layer at one rate for all."""
    data = load()
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    results["set"] = {"epochs": EPOCHS, "long": LONG, "same": SAME}
    for run, (*_, rates, _) in RUNS.items():
        trained = {rate: train(run, rate, data) for rate in rates}
        best = max(trained, key=lambda rate: trained[rate]["validation"])
        test = trained[best]["test"]
        results["test"][run] = {"seeds": test, "min": min(test), "max": max(test)}
        results["rate"][run] = best
        results["change"][run] = trained.get(SAME, trained[best])["change"]
        results["largest"][run] = max(max(one["test"]) for one in trained.values())
        results["first"][run] = max(one["change"][0] for one in trained.values())
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Draw how far each layer moved above, the test accuracy below."""
    figure, axes = plt.subplots(2, 1, figsize=(3.7, 5.2), layout="constrained")
    styles = {"relu": ("C0o-", "ReLU"), "sigmoid": ("C1s-", "sigmoid")}
    for run, (style, label) in styles.items():
        change = results["change"][run]
        axes[0].semilogy(range(1, 11), change, style, label=label, lw=1, ms=4)
    axes[0].set_title("SGD: the first layers barely move")
    axes[0].set(xlabel="layer", ylabel="relative weight change", xticks=range(1, 11))
    axes[0].set_ylim(1e-5, 1.5)
    axes[0].legend(frameon=False, loc="lower right")
    for row, (run, name) in enumerate(NAMES.items()):
        color = "C1" if RUNS[run][1] == "sigmoid" else "C0"
        axes[1].plot(results["test"][run]["seeds"], [-row] * SEEDS, "o", c=color, ms=5)
        axes[1].text(0.005, 0.38 - row, name, color=color, va="center")
    axes[1].set(xlabel="test accuracy", ylabel="network", yticks=[], xlim=(0, 0.65))
    axes[1].set(title="What each network learns", ylim=(-4.4, 0.8))
    for axis, which in zip(axes, "yx", strict=True):
        axis.grid(axis=which, alpha=0.3)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    change, test = results["change"], results["test"]
    assert min(change["relu"]) > 0.1, "ReLU: every layer moves"
    assert results["first"]["sigmoid"] < 1e-3, "sigmoid: the first never does"
    assert change["sigmoid"][0] < 2e-3 * change["sigmoid"][-1], "the last one does"
    assert results["largest"]["sigmoid"] < 0.15, "guessing at every learning rate"
    assert change["adam"][0] > 0.3, "Adam: the first layer moves"
    assert test["adam"]["max"] < test["relu"]["min"], "yet it learns less in this time"
    assert test["long"]["min"] > test["adam"]["max"], "longer, it learns more"
    assert test["linear"]["min"] > 0.25, "even a linear classifier learns something"
    assert test["relu"]["min"] > test["linear"]["max"], "ten layers can do better"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
