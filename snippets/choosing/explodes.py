"""Two networks that explode, one by its weights and one by its learning rate.

Source: Pascanu et al. 2013 (arXiv:1211.5063), algorithm 1 (clipping). Weights and
learning rates were chosen after seeing results.
"""

import math
import statistics
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional as F

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
}
NORMS: dict[str, type[nn.Module]] = {
    "none": nn.Identity,
    "batch": nn.BatchNorm1d,
    "layer": nn.LayerNorm,
}
ZERO = {"init": "he", "skip": "zero"}
SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "weights": {
        "none": {"rate": 0.003},
        "rate": {"rate": 0.0003},
        "clip": {"rate": 0.003, "clip": True},
        "adam": {"rate": 0.001, "adam": True},
        "batch_norm": {"rate": 0.003, "norm": "batch"},
        "layer_norm": {"rate": 0.003, "norm": "layer"},
        "zero": {"rate": 0.003, "skip": "zero"},
        "he": {"rate": 0.003, "init": "he"},
    },
    "rate": {
        "none": {"rate": 0.3, **ZERO},
        "batch_norm": {"rate": 0.3, "norm": "batch", **ZERO},
        "clip": {"rate": 0.3, "clip": True, **ZERO},
        "both": {"rate": 0.3, "norm": "batch", "clip": True, **ZERO},
        "rate": {"rate": 0.03, **ZERO},
    },
}
TITLES = {
    "weights": "Weights too large",
    "rate": "Learning rate too large",
}
LABELS = {
    "none": "nothing done",
    "rate": "rate ÷ 10",
    "clip": "clipping",
    "adam": "Adam",
    "batch_norm": "batch norm",
    "layer_norm": "layer norm",
    "zero": "residual from 0",
    "he": "He",
    "both": "both",
}
DEPTH = 30
WIDTH = 64  # as many as the input has pixels
CLASSES = 10
BATCH = 64
LARGE_GAIN = 2.2  # std of the weights is gain / sqrt(fan_in); He has 1.41
EPOCHS = 6
MOMENTUM = 0.9
SEEDS = range(3)
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = {"accuracy": None, "diverged": None}


class Layer(nn.Module):
    """One layer, with a normalization and a residual connection if asked for."""

    def __init__(self, activation: str, norm: str, skip: str) -> None:
        """Leave the weights as PyTorch draws them."""
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH)
        self.norm = NORMS[norm](WIDTH)
        self.activation = ACTIVATIONS[activation]()
        self.skip = skip
        self.scale = nn.Parameter(torch.zeros(()))  # for the skip "zero" alone

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, width) to (batch, width)."""
        y: Tensor = self.activation(self.norm(self.linear(x)))
        if self.skip == "plain":
            return x + y
        if self.skip == "zero":
            return x + self.scale * y
        return y


def init_weights(module: nn.Module, init: str) -> None:
    """Draw the weights of one linear layer; biases start at zero."""
    if isinstance(module, nn.Linear) and init != "default":
        nn.init.zeros_(module.bias)
        if init == "he":
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif init == "large":
            nn.init.normal_(module.weight, std=LARGE_GAIN / math.sqrt(WIDTH))


def build(
    activation: str = "relu",
    init: str = "large",
    norm: str = "none",
    skip: str = "none",
) -> nn.Sequential:
    """Stack DEPTH layers; the last one is linear."""
    layers = [Layer(activation, norm, skip) for _ in range(DEPTH - 1)]
    model = nn.Sequential(*layers, nn.Linear(WIDTH, CLASSES))
    return model.apply(lambda module: init_weights(module, init))


def load_data() -> list[Tensor]:
    """Handwritten digits of 8 x 8 pixels, a quarter of them held out."""
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32)  # (sample, 64)
    x = (x - x.mean()) / x.std()
    y = torch.tensor(digits.target)
    return list(train_test_split(x, y, test_size=0.25, random_state=0, stratify=y))


def train(
    data: list[Tensor],
    rate: float,
    seed: int,
    clip: bool = False,
    adam: bool = False,
    **model_options: str,
) -> float | None:
    """Return the test accuracy, or None when the loss is no longer finite."""
    x_train, x_test, y_train, y_test = data
    torch.manual_seed(seed)
    model = build(**model_options)
    optimizer: torch.optim.Optimizer = torch.optim.SGD(
        model.parameters(), lr=rate, momentum=MOMENTUM, fused=True
    )
    if adam:
        optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    for _ in range(EPOCHS):
        batches = len(x_train) // BATCH
        order = torch.randperm(len(x_train))[: batches * BATCH]
        for batch in order.view(batches, BATCH):
            loss = F.cross_entropy(model(x_train[batch]), y_train[batch])
            if not loss.isfinite():
                return None
            optimizer.zero_grad()
            loss.backward()
            if clip:
                nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
    model.eval()
    with torch.no_grad():
        correct = model(x_test).argmax(dim=1) == y_test  # (sample,)
    accuracy: float = correct.float().mean().item()
    return accuracy


def spread(runs: list[float | None]) -> dict[str, float]:
    """Mean and range over the seeds; a run that diverged counts as guessing."""
    values = [1 / CLASSES if run is None else run for run in runs]
    mean = statistics.mean(values)
    return {"mean": mean, "min": min(values), "max": max(values)}


def measure() -> dict[str, Any]:
    """Test accuracy by setting, and how many runs diverged."""
    data = load_data()
    results: dict[str, Any] = {"accuracy": {}, "diverged": {}}
    for cause, settings in SETTINGS.items():
        results["accuracy"][cause], results["diverged"][cause] = {}, {}
        for name, setting in settings.items():
            runs = [train(data, seed=seed, **setting) for seed in SEEDS]
            results["accuracy"][cause][name] = spread(runs)
            results["diverged"][cause][name] = runs.count(None)
    return results


def draw(results: dict[str, Any]) -> Figure:
    """One panel per cause, one row per remedy, its range over seeds as a line."""
    heights = [len(rows) + 0.5 for rows in results["accuracy"].values()]
    figure, axes = plt.subplots(
        2,
        1,
        figsize=(4.6, 5.2),
        sharex=True,
        height_ratios=heights,
        layout="constrained",
    )
    for axis, (cause, title) in zip(axes, TITLES.items(), strict=True):
        rows = results["accuracy"][cause]
        for row, (name, run) in enumerate(rows.items()):
            if results["diverged"][cause][name] == len(SEEDS):
                axis.text(0.01, row, "NaN", color="C1", va="center")
                continue
            axis.plot([run["min"], run["max"]], [row, row], color="C0", lw=2)
            axis.plot([run["mean"]], [row], "C0o", markersize=6)
        axis.axvline(1 / CLASSES, color="gray", ls=":", lw=1)
        axis.text(1 / CLASSES + 0.02, -0.55, "guessing", color="gray", va="center")
        axis.set_yticks(range(len(rows)), [LABELS[name] for name in rows])
        axis.set_ylim(len(rows) - 0.5, -1)
        axis.set_xlim(0, 1.02)
        axis.set_title(title)
        axis.set_ylabel("remedy")
        axis.grid(axis="y", alpha=0.3)
    axes[1].set_xlabel("test accuracy after 6 epochs")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    accuracy, diverged = results["accuracy"], results["diverged"]
    weights, rate = accuracy["weights"], accuracy["rate"]
    for name in ["none", "rate"]:
        assert diverged["weights"][name] == len(SEEDS), f"weights, {name}: NaN"
    assert diverged["weights"]["clip"] == 0, "clipping prevents NaN"
    for name in ["clip", "adam"]:
        assert weights[name]["mean"] < 0.3, f"weights, {name}: hardly learns"
    assert weights["layer_norm"]["mean"] > weights["clip"]["mean"] + 0.2, (
        "layer normalization does more than clipping"
    )
    for name in ["zero", "he"]:
        assert weights[name]["mean"] > 0.4, f"weights, {name}: learns"
    for name in ["none", "batch_norm"]:
        assert diverged["rate"][name] == len(SEEDS), f"rate, {name}: NaN"
    for name in ["clip", "both", "rate"]:
        assert rate[name]["min"] > 0.85, f"rate, {name}: learns"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
