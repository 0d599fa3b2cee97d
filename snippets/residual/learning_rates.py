"""Training 56 layers: which skip connections train, at two learning rates.

Source: He et al. 2016 (arXiv:1512.03385), figure 1; Zhang et al. 2019 (Fixup,
arXiv:1901.09321); Bachlechner et al. 2020 (ReZero, arXiv:2003.04887).
Learning rates and the number of epochs were chosen after seeing results.
"""

import math
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

BLOCKS = 28  # of two layers each
WIDTH = 64
CLASSES = 10
BATCH = 64
EPOCHS = 4
RATES = {"3e-2": 0.03, "3e-1": 0.3}
SMALL_RATES = {"1e-3": 1e-3, "1e-2": 1e-2}  # for the one that explodes
SEEDS = range(3)
KINDS = [
    "plain",
    "plain_bn",
    "unscaled",
    "zero",
    "scaled",
    "scaled_zero",
    "rezero",
    "residual_bn",
]
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = {"accuracy": None, "diverged": None}


class Block(nn.Module):
    """Two ReLU layers with He initialization, with or without a skip connection."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        first, last = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        for layer in (first, last):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        if kind.endswith("_zero") or kind == "zero":
            nn.init.zeros_(last.weight)
        norms = [
            nn.BatchNorm1d(WIDTH) if kind.endswith("bn") else nn.Identity()
            for _ in range(2)
        ]
        self.branch = nn.Sequential(
            norms[0], nn.ReLU(), first, norms[1], nn.ReLU(), last
        )
        self.skip = not kind.startswith("plain")
        scale = torch.tensor(BLOCKS**-0.5 if kind.startswith("scaled") else 1.0)
        if kind == "rezero":
            scale = nn.Parameter(torch.tensor(0.0))
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """(batch, width) -> (batch, width)."""
        y: Tensor = self.scale * self.branch(x)
        return x + y if self.skip else y


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


def train(kind: str, rate: float, seed: int) -> float | None:
    """Train with plain SGD; return the test accuracy, or None after a NaN."""
    x_train, x_test, y_train, y_test = load_data()
    torch.manual_seed(seed)
    first = nn.Linear(WIDTH, WIDTH)  # the digits have 64 pixels
    nn.init.kaiming_normal_(first.weight, nonlinearity="relu")
    model = nn.Sequential(
        first,
        *[Block(kind) for _ in range(BLOCKS)],
        nn.ReLU(),
        nn.Linear(WIDTH, CLASSES),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, foreach=True)
    batches = len(x_train) // BATCH
    for _ in range(EPOCHS):
        order = torch.randperm(len(x_train))[: batches * BATCH]
        for batch in order.view(batches, BATCH):
            loss = F.cross_entropy(model(x_train[batch]), y_train[batch])
            if not math.isfinite(loss.item()):
                return None
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        correct: Tensor = model(x_test).argmax(dim=1) == y_test
    return correct.float().mean().item()


def measure() -> dict[str, Any]:
    """By kind and learning rate: test accuracy, and how many runs diverged."""
    results: dict[str, Any] = {"accuracy": {}, "diverged": {}}
    for kind in KINDS:
        accuracy, diverged = {}, {}
        rates = RATES | SMALL_RATES if kind == "unscaled" else RATES
        for name, rate in rates.items():
            runs = [train(kind, rate, seed) for seed in SEEDS]
            diverged[name] = runs.count(None)
            values = [1 / CLASSES if run is None else run for run in runs]
            mean = statistics.mean(values)
            accuracy[name] = {"mean": mean, "min": min(values), "max": max(values)}
        results["accuracy"][kind] = accuracy
        results["diverged"][kind] = diverged
    return results


def draw(results: dict[str, Any]) -> Figure:
    """One row per kind, one marker per learning rate."""
    figure, axis = plt.subplots(figsize=(4.6, 3.8), layout="constrained")
    rows = {
        "plain": "plain",
        "plain_bn": "plain, batch norm",
        "unscaled": "skip, not scaled",
        "zero": "skip, last layer zero",
        "scaled": "skip, branch scaled",
        "scaled_zero": "both",
        "rezero": "ReZero",
        "residual_bn": "skip, batch norm",
    }
    styles = {
        "3e-2": ("C0o", 0.14, "learning rate 0.03"),
        "3e-1": ("C1s", -0.14, "learning rate 0.3"),
    }
    for name, (style, offset, label) in styles.items():
        for row, kind in enumerate(rows):
            accuracy = results["accuracy"][kind][name]
            y = len(rows) - 1 - row + offset
            axis.plot([accuracy["min"], accuracy["max"]], [y, y], style[:2], lw=1.5)
            axis.plot(
                accuracy["mean"],
                y,
                style[:2] + style[2:],
                markersize=6,
                label=label if row == 0 else None,
            )
    axis.set_yticks(range(len(rows)), list(rows.values())[::-1])
    axis.set_xlim(0, 1.03)
    axis.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axis.set_xlabel("test accuracy")
    axis.set_ylabel("network of 56 layers")
    axis.grid(axis="x", alpha=0.3)
    axis.legend(frameon=False, loc="upper right")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    accuracy, diverged = results["accuracy"], results["diverged"]
    for kind in ["plain", "plain_bn"]:
        for rate in RATES:
            assert accuracy[kind][rate]["max"] < 0.3, f"{kind} stays near guessing"
    for rate in RATES | SMALL_RATES:
        assert diverged["unscaled"][rate] == len(SEEDS), "they end in NaN"
    assert accuracy["zero"]["3e-2"]["min"] > 0.8, "zero branches train"
    assert accuracy["zero"]["3e-1"]["mean"] < 0.4, "but not at a large learning rate"
    for kind in ["scaled", "scaled_zero", "rezero", "residual_bn"]:
        for rate in RATES:
            assert accuracy[kind][rate]["min"] > 0.8, f"{kind} trains at both rates"
        assert accuracy[kind]["3e-1"]["min"] > 0.9, f"{kind} is good at the large one"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
