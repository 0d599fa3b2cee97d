"""Which layers move: ten layers with a vanishing gradient against ten without.

Source: Glorot & Bengio 2010, sections 3 and 4. Depth, learning rates and epochs were
chosen after seeing results.
"""

import statistics
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional as F

DEPTH = 10
WIDTH = 64
CLASSES = 10
BATCH = 64
EPOCHS = 20
SEEDS = range(5)
RUNS = {  # activation, optimizer, learning rate
    "healthy": ("relu", "sgd", 0.1),
    "sick": ("sigmoid", "sgd", 0.1),
    "sick_1": ("sigmoid", "sgd", 1.0),
    "sick_10": ("sigmoid", "sgd", 10.0),
    "sick_adam": ("sigmoid", "adam", 0.001),
}
DRAWN = ["healthy", "sick"]
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = {"epochs": 0, "change": None, "loss": None, "accuracy": None}


def load_data() -> Sequence[Tensor]:
    """Handwritten digits of 8 x 8 pixels, a quarter of them held out."""
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32)  # (sample, 64)
    x = (x - x.mean()) / x.std()
    y = torch.tensor(digits.target)
    split: Sequence[Tensor] = train_test_split(
        x, y, test_size=0.25, random_state=0, stratify=y
    )
    return split  # x_train, x_test, y_train, y_test


def build(activation: str) -> nn.Sequential:
    """He initialization for ReLU, Xavier for sigmoid."""
    layers: list[nn.Module] = []
    for layer in range(DEPTH):
        linear = nn.Linear(WIDTH, CLASSES if layer == DEPTH - 1 else WIDTH)
        nn.init.zeros_(linear.bias)
        if activation == "relu":
            nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
            layers += [linear, nn.ReLU()]
        else:
            nn.init.xavier_normal_(linear.weight)
            layers += [linear, nn.Sigmoid()]
    return nn.Sequential(*layers[:-1])


def train(run: str, seed: int) -> dict[str, Any]:
    """Relative change of each layer's weights, loss by epoch, test accuracy."""
    x_train, x_test, y_train, y_test = load_data()
    activation, optimizer_name, lr = RUNS[run]
    torch.manual_seed(seed)
    model = build(activation)
    weights = [layer.weight for layer in model if isinstance(layer, nn.Linear)]
    start = [weight.detach().clone() for weight in weights]
    make = torch.optim.Adam if optimizer_name == "adam" else torch.optim.SGD
    optimizer = make(model.parameters(), lr=lr)
    batches = len(x_train) // BATCH
    losses = []
    for _ in range(EPOCHS):
        total = 0.0
        for batch in torch.randperm(len(x_train))[: batches * BATCH].view(-1, BATCH):
            loss = F.cross_entropy(model(x_train[batch]), y_train[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / batches)
    with torch.no_grad():
        correct = model(x_test).argmax(dim=1) == y_test
        change = [
            ((weight - old).norm() / old.norm()).item()
            for weight, old in zip(weights, start, strict=True)
        ]
    return {
        "change": change,
        "loss": losses,
        "accuracy": correct.float().mean().item(),
    }


def measure() -> dict[str, Any]:
    """Geometric mean of the change over seeds; loss and accuracy, mean and range."""
    results: dict[str, Any] = {
        "epochs": EPOCHS,
        "change": {},
        "loss": {},
        "accuracy": {},
    }
    for run in RUNS:
        runs = [train(run, seed) for seed in SEEDS]
        by_layer = zip(*(one["change"] for one in runs), strict=True)
        results["change"][run] = [
            statistics.geometric_mean(layer) for layer in by_layer
        ]
        by_epoch = zip(*(one["loss"] for one in runs), strict=True)
        results["loss"][run] = [spread(epoch) for epoch in by_epoch]
        results["accuracy"][run] = spread([one["accuracy"] for one in runs])
    return results


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean over the seeds, and the range."""
    return {"mean": statistics.mean(values), "min": min(values), "max": max(values)}


def draw(results: dict[str, Any]) -> Figure:
    """Draw how far each layer moved above, the loss below."""
    figure, axes = plt.subplots(2, 1, figsize=(4.6, 4.6), layout="constrained")
    styles = {
        "healthy": ("C0o-", "ReLU, He"),
        "sick": ("C1s-", "sigmoid, Xavier"),
    }
    epochs = range(1, EPOCHS + 1)
    for run, (style, label) in styles.items():
        layers = range(1, DEPTH + 1)
        axes[0].semilogy(layers, results["change"][run], style, label=label, lw=1, ms=4)
        loss = [epoch["mean"] for epoch in results["loss"][run]]
        axes[1].plot(epochs, loss, style, label=label, lw=1, ms=4)
    axes[0].set_title("The first layers barely move …")
    axes[0].set_ylabel("relative weight change")
    axes[0].set_ylim(3e-6, 1)
    axes[0].set_yticks([1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1])
    axes[0].set_xlabel("layer")
    axes[0].set_xticks(range(1, DEPTH + 1))
    axes[1].legend(frameon=False, loc="center right")
    axes[1].set_title("… and the network learns nothing")
    axes[1].set_ylabel("training loss")
    axes[1].set_xlabel("epoch")
    axes[1].set_ylim(0, 2.6)
    axes[1].set_xticks([1, 5, 10, 15, 20])
    for axis in axes:
        axis.grid(axis="y", alpha=0.3)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    change, accuracy, loss = results["change"], results["accuracy"], results["loss"]
    assert min(change["healthy"]) > 0.03, "healthy: every layer moves"
    assert max(change["sick"][:4]) < 1e-3, "sigmoid: the first four barely move"
    assert change["sick"][0] < 1e-3 * change["sick"][-1], "sigmoid: the last one does"
    assert accuracy["healthy"]["min"] > 0.9, "healthy: it learns"
    for run in ["sick", "sick_1", "sick_10"]:
        assert accuracy[run]["max"] < 0.2, "sigmoid: guessing at every learning rate"
        assert loss[run][-1]["min"] > 2.2, "and the loss stays there"
        assert change[run][0] < 1e-3, "and the first layer barely moves"
    assert change["sick_adam"][0] > 0.3, "Adam: the first layer moves"
    assert accuracy["sick_adam"]["max"] < 0.6, "yet no good model is found in this time"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
