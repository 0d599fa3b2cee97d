"""Training 10 and 30 ReLU layers: within 40 epochs the deeper one learns only with He.

Source: He et al. 2015 (arXiv:1502.01852), figures 2 and 3 (there 22 and 30 layers).
Plain SGD, its learning rate and the depth of 10 were chosen after seeing results.
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

DEPTHS = [10, 30]
INITS = ["he", "xavier", "default"]
WIDTH = 64
CLASSES = 10
BATCH = 64
EPOCHS = 40
LEARNING_RATE = 0.01
SEEDS = range(3)
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = {"loss": None, "final_loss": None, "accuracy": None}


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
        elif init == "xavier":
            nn.init.xavier_normal_(linear.weight)  # gain 1
        if init != "default":
            nn.init.zeros_(linear.bias)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def train(depth: int, init: str, seed: int) -> tuple[list[float], float]:
    """Train with plain SGD; return the loss by epoch and the test accuracy."""
    x_train, x_test, y_train, y_test = load_data()
    torch.manual_seed(seed)
    model = build(depth, init)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    batches = len(x_train) // BATCH  # full ones: a batch of 3 makes the loss jump
    losses = []
    for _ in range(EPOCHS):
        total = 0.0
        order = torch.randperm(len(x_train))[: batches * BATCH]
        for batch in order.view(batches, BATCH):
            loss = F.cross_entropy(model(x_train[batch]), y_train[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / batches)
    with torch.no_grad():
        correct = model(x_test).argmax(dim=1) == y_test
    return losses, correct.float().mean().item()


def measure() -> dict[str, Any]:
    """Training loss by epoch for each seed; final loss and test accuracy."""
    results: dict[str, Any] = {"loss": {}, "final_loss": {}, "accuracy": {}}
    for depth in map(str, DEPTHS):
        for table in results.values():
            table[depth] = {}
        for init in INITS:
            runs = [train(int(depth), init, seed) for seed in SEEDS]
            losses, accuracies = zip(*runs, strict=True)
            results["loss"][depth][init] = list(losses)
            results["final_loss"][depth][init] = spread([run[-1] for run in losses])
            results["accuracy"][depth][init] = spread(accuracies)
    return results


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean over the seeds, and the range."""
    mean = statistics.mean(values)
    return {"mean": mean, "min": min(values), "max": max(values)}


def draw(results: dict[str, Any]) -> Figure:
    """Mean over seeds as lines, their range as bands."""
    figure, axes = plt.subplots(
        2, 1, figsize=(4.6, 4.4), sharex=True, sharey=True, layout="constrained"
    )
    epochs = range(2, EPOCHS + 1, 2)  # every second one
    styles = {
        "he": ("C0", "-", "He"),
        "xavier": ("C1", "--", "Xavier"),
        "default": ("C2", ":", "PyTorch's default"),
    }
    for axis, depth in zip(axes, DEPTHS, strict=True):
        for init, (color, line, label) in styles.items():
            runs = results["loss"][str(depth)][init]
            by_epoch = list(zip(*runs, strict=True))[1::2]
            mean = [statistics.mean(values) for values in by_epoch]
            low = [min(values) for values in by_epoch]
            high = [max(values) for values in by_epoch]
            axis.plot(epochs, mean, color=color, linestyle=line, label=label)
            axis.fill_between(epochs, low, high, color=color, alpha=0.2, linewidth=0)
        axis.set_ylabel("training loss")
        axis.grid(axis="y", alpha=0.3)
    axes[1].legend(frameon=False, loc="center right", bbox_to_anchor=(1, 0.65))
    axes[0].set_title("10 layers: He learns first")
    axes[1].set_title("30 layers: only He learns in this time")
    axes[1].set_xlabel("epoch")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    loss, accuracy = results["loss"], results["accuracy"]
    assert all(run[-1] < 1 for run in loss["10"]["xavier"]), "10 layers: Xavier learns"
    for he, xavier in zip(loss["10"]["he"], loss["10"]["xavier"], strict=True):
        assert he[9] + 1 < xavier[9], "10 layers: He is far ahead after 10 epochs"
    assert all(min(run) < 0.5 for run in loss["30"]["he"]), "30 layers: He learns"
    assert all(run[-1] > 2 for run in loss["30"]["xavier"]), "30 layers: Xavier stalls"
    for depth in ["10", "30"]:
        for run in loss[depth]["default"]:
            assert run[-1] > 2.2, f"{depth} layers: PyTorch's default stalls"
    assert accuracy["30"]["he"]["mean"] > 0.8, "30 layers: He generalizes"
    assert accuracy["30"]["xavier"]["max"] < 0.4, "30 layers: Xavier is near chance"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
