"""Networks with and without batch normalization, by learning rate.

Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), algorithms 1 and 2, section 3.2. The
task is MNIST-1D, Greydanus & Kobak 2024 (arXiv:2011.14439). Rates are chosen on
validation data. The networks of all rates and seeds are trained at once.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from mnist1d.data import get_dataset_args, make_dataset
from torch import Tensor, nn
from torch.nn import functional as F

DEPTH, WIDTH, CLASSES = 8, 48, 10  # hidden layers, units of each
BATCH, EPOCHS, MOMENTUM, SEEDS = 64, 10, 0.9, 5
RATES = [0.003, 0.01, 0.03, 0.1, 0.3]
COPIES = len(RATES) * SEEDS  # side by side: (copy, unit, sample)
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = {"accuracy": None, "mean": None, "best": None}

Samples = tuple[Tensor, Tensor]


class Linear(nn.Module):
    """A linear layer for each copy, with He's or PyTorch's weights."""

    def __init__(self, fan_in: int, fan_out: int, he: bool) -> None:
        """Draw the weights, the same ones for every rate."""
        super().__init__()
        weight, bound = torch.empty(SEEDS, fan_out, fan_in), 1 / math.sqrt(fan_in)
        if he:
            weight.normal_(std=math.sqrt(2) * bound)
        else:
            weight.uniform_(-bound, bound)
        self.weight = nn.Parameter(weight.repeat(len(RATES), 1, 1))
        self.bias = nn.Parameter(torch.zeros(COPIES, fan_out, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map (copy, fan_in, sample) to (copy, fan_out, sample)."""
        return torch.baddbmm(self.bias, self.weight, x)


class BatchNorm(nn.BatchNorm1d):
    """Batch normalization of each copy by itself."""

    def __init__(self) -> None:
        """Take the units of all copies as channels."""
        super().__init__(COPIES * WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape (copy, unit, sample)."""
        return super().forward(x.view(1, -1, x.shape[2])).view_as(x)


NETWORKS: dict[str, tuple[int, list[Callable[[], nn.Module]]]] = {
    "linear": (0, []),  # hidden layers, and the modules after each of them
    "two": (1, [nn.ReLU]),
    "none": (DEPTH, [nn.ReLU]),
    "before": (DEPTH, [BatchNorm, nn.ReLU]),
    "after": (DEPTH, [nn.ReLU, BatchNorm]),
}


def load_data() -> list[Samples]:
    """Return 3200 samples (of 40 values) to train, 800 to validate, 1000 to test."""
    data = make_dataset(get_dataset_args())
    x, y = torch.tensor(data["x"]).float(), torch.tensor(data["y"])
    test = torch.tensor(data["x_test"]).float(), torch.tensor(data["y_test"])
    return [(x[:3200], y[:3200]), (x[3200:], y[3200:]), test]


def build(name: str) -> nn.Sequential:
    """Stack linear layers with He weights and what comes after each of them."""
    depth, after = NETWORKS[name]
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise([40] + [WIDTH] * depth):
        linear = Linear(fan_in, fan_out, he=True)
        layers += [linear, *(module() for module in after)]
    return nn.Sequential(*layers, Linear(WIDTH if depth else 40, CLASSES, he=False))


def train(name: str, data: list[Samples]) -> list[Tensor]:
    """Return validation and test accuracy, (rate, seed), after SGD with momentum."""
    (x, y), *held_out = data
    torch.manual_seed(0)
    model = build(name)
    # The rate multiplies the loss, so that one optimizer serves all copies.
    optimizer = torch.optim.SGD(model.parameters(), lr=1, momentum=MOMENTUM)
    each = torch.tensor(RATES).repeat_interleave(SEEDS)  # (copy)
    for _ in range(EPOCHS):
        order = torch.rand(SEEDS, len(x)).argsort(dim=1).repeat(len(RATES), 1)
        for batch in order.split(BATCH, dim=1):
            loss = F.cross_entropy(model(x[batch].mT), y[batch], reduction="none")
            optimizer.zero_grad()
            (loss.mean(dim=1) * each).sum().backward()
            optimizer.step()
    model.eval()  # the running statistics
    with torch.no_grad():
        right = [model(x.T.expand(COPIES, -1, -1)).argmax(1) == y for x, y in held_out]
    return [network.float().mean(1).view(-1, SEEDS) for network in right]


def measure() -> dict[str, Any]:
    """Test accuracy by network, rate and seed; for each network its best rate."""
    results: dict[str, Any] = {"accuracy": {}, "mean": {}, "best": {}}
    data = load_data()
    for name in NETWORKS:
        validation, test = train(name, data)
        at = int(validation.mean(1).argmax())
        results["accuracy"][name] = test.tolist()
        results["mean"][name] = test.mean(1).tolist()
        results["best"][name] = {
            "rate": RATES[at],
            "mean": test[at].mean().item(),
            "min": test[at].min().item(),
            "max": test[at].max().item(),
        }
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Lines through the means, a point per seed; controls as level lines."""
    figure, axis = plt.subplots(figsize=(3.7, 3.6), layout="constrained")
    styles = {"before": "C0o-", "after": "C2^--", "none": "C3s-"}
    names = ["batch norm → ReLU", "ReLU → batch norm", "no norm"]
    for at, ((name, style), label) in enumerate(
        zip(styles.items(), names, strict=True)
    ):
        axis.plot(RATES, results["mean"][name], style, label=label)
        beside = [rate * 1.1 ** (at - 1) for rate in RATES]
        runs = results["accuracy"][name]
        axis.plot(beside, runs, style[:3], linestyle="", ms=3, alpha=0.5)
    for name, label in {"two": "two layers", "linear": "linear classifier"}.items():
        mean = results["best"][name]["mean"]
        axis.axhline(mean, color="gray", ls=":", lw=1.2)
        axis.annotate(label, (0.0027, mean - 0.03), color="gray")
    axis.set(xscale="log", ylim=(0, 0.62), xlabel="learning rate")
    axis.set_ylabel("test accuracy")
    axis.set_xticks(RATES, [f"{rate:g}" for rate in RATES])
    axis.minorticks_off()
    axis.legend(frameon=False, loc="lower left")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    mean = results["mean"]
    best = {name: value["mean"] for name, value in results["best"].items()}
    assert mean["none"][4] < 0.25, "at 0.3, without normalization, it does not learn"
    assert min(mean["before"][4], mean["after"][4]) > 0.35, "with it, it does"
    assert abs(best["before"] - best["none"]) < 0.1, "at the best rates it gains little"
    assert best["two"] > best["before"] + 0.01, "two layers do better"
    for before, after in zip(mean["before"], mean["after"], strict=True):
        assert abs(before - after) < 0.08, "before or after: little difference"
    assert best["before"] > best["linear"] + 0.08, "more than a linear classifier"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
