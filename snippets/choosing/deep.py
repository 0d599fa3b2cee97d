"""Thirty layers with one technique and with several, beside two layers.

Source: He et al. 2015 (arXiv:1502.01852); Ioffe & Szegedy 2015 (arXiv:1502.03167); Ba
et al. 2016 (arXiv:1607.06450); He et al. 2016 (arXiv:1512.03385). The task mnist1d:
Greydanus & Kobak 2024 (arXiv:2011.14439). Rates are chosen on validation data; all
rates and seeds of a network are trained side by side.
"""

import math
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from mnist1d.data import get_dataset_args, make_dataset
from torch import Tensor, nn
from torch.nn import functional as F

DEPTH, WIDTH, BLOCKS = 30, 32, 14  # a stem, 14 blocks of two layers, a head
BATCH, EPOCHS, MOMENTUM, SEEDS = 50, 5, 0.9, 5
RATES = [[0.003, 0.01, 0.03], [0.01, 0.03, 0.1], [0.03, 0.1, 0.3], [0.1, 0.3, 1]]
COPIES = SEEDS * 3
GUESSING = {"mnist1d": 0.1, "pairs": 0.25}  # accuracy
HE = math.sqrt(2)  # the gain of ReLU
Module = Callable[[], nn.Module]
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = {"seeds": None, "mean": None, "rate": None}


class Linear(nn.Module):
    """A linear layer for each copy; std is gain / sqrt(fan_in), or PyTorch's."""

    def __init__(self, fan_in: int, fan_out: int, gain: float | None = None) -> None:
        """Draw the weights; biases are zero unless all is PyTorch's default."""
        super().__init__()
        weight, bound = torch.randn(COPIES, fan_in, fan_out), fan_in**-0.5
        bias = torch.zeros(COPIES, 1, fan_out)
        if gain is None:
            weight.uniform_(-bound, bound)
            bias.uniform_(-bound, bound)
        else:
            weight *= gain * bound
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map (copy, batch, fan_in) to (copy, batch, fan_out)."""
        return torch.baddbmm(self.bias, x, self.weight)


class BatchNorm(nn.BatchNorm1d):
    """Batch normalization of each copy on its own."""

    def __init__(self) -> None:
        """Treat the units of all copies as one layer."""
        super().__init__(COPIES * WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape (copy, batch, unit)."""
        x = x.movedim(1, 0)
        return super().forward(x.flatten(1)).view(x.shape).movedim(1, 0)


class LayerNorm(nn.Module):
    """Layer normalization of each copy on its own."""

    def __init__(self) -> None:
        """Start as the pure normalization."""
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(COPIES, 1, WIDTH))
        self.beta = nn.Parameter(torch.zeros(COPIES, 1, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape (copy, batch, unit)."""
        return torch.addcmul(self.beta, F.layer_norm(x, [WIDTH]), self.gamma)


class Block(nn.Module):
    """Two layers in a branch, added to their input."""

    def __init__(
        self, act: Module, gain: float | None, norm: Module, small: bool
    ) -> None:
        """Build the branch; a small one starts at zero and is scaled."""
        super().__init__()
        layers = [norm(), act(), Linear(WIDTH, WIDTH, gain)]
        layers += [norm(), act(), Linear(WIDTH, WIDTH, 0 if small else gain)]
        self.branch = nn.Sequential(*layers)
        self.scale = BLOCKS**-0.5 if small else 1

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape (copy, batch, unit)."""
        return torch.add(x, self.branch(x), alpha=self.scale)


def plain(
    act: Module, gain: float | None = None, norm: Module = nn.Identity
) -> list[nn.Module]:
    """Stack the 28 layers in the middle; normalization comes before activation."""
    layers: list[nn.Module] = []
    for _ in range(2 * BLOCKS):
        layers += [norm(), act(), Linear(WIDTH, WIDTH, gain)]
    return [*layers, norm(), act()]


def residual(
    act: Module,
    gain: float | None = None,
    norm: Module = nn.Identity,
    small: bool = True,
) -> list[nn.Module]:
    """Stack the 14 blocks in the middle."""
    blocks = [Block(act, gain, norm, small) for _ in range(BLOCKS)]
    return [*blocks, norm(), act()]


R, S = nn.ReLU, nn.Sigmoid
NETWORKS: dict[str, tuple[list[float], Any]] = {  # rates; what is in the middle
    "linear": (RATES[1], None),
    "two": (RATES[2], lambda: [R()]),
    "sigmoid_two": (RATES[3], lambda: [S()]),
    "sigmoid": (RATES[2], lambda: plain(S)),
    "sigmoid_bn": (RATES[0], lambda: plain(S, None, BatchNorm)),
    "sigmoid_residual": (RATES[3], lambda: residual(S)),
    "relu": (RATES[1], lambda: plain(R)),
    "he": (RATES[0], lambda: plain(R, HE)),
    "he_ln": (RATES[0], lambda: plain(R, HE, LayerNorm)),
    "he_bn": (RATES[2], lambda: plain(R, HE, BatchNorm)),
    "full": (RATES[0], lambda: residual(R, HE, small=False)),
    "small": (RATES[2], lambda: residual(R, HE)),
    "small_ln": (RATES[2], lambda: residual(R, HE, LayerNorm)),
}
SIGMOID = ["sigmoid_two", "sigmoid", "sigmoid_bn", "sigmoid_residual"]
DEFAULT = [*SIGMOID, "relu"]  # PyTorch's weights
ONLY_MNIST1D = ["relu", "he_ln", "full", "small_ln"]
CONTROLS = {"linear": (":", "linear"), "two": ("--", "two layers")}


def load(task: str) -> list[tuple[Tensor, Tensor]]:
    """Return 3000 samples to train, 1000 to validate and 1000 to test."""
    torch.manual_seed(0)
    if task == "pairs":
        z = torch.randn(5000, 6)  # the last two say nothing about the label
        x, y = z @ torch.randn(6, 64), (z[:, 0] * z[:, 1] > 0).long()
        y += 2 * (z[:, 2] * z[:, 3] > 0)
    else:
        options = get_dataset_args()
        options.train_split = 1  # we split it ourselves
        data = make_dataset(options)
        x, y = torch.tensor(data["x"]).float(), torch.tensor(data["y"])
    x = (x - x.mean()) / x.std()
    return [(x[at], y[at]) for at in torch.randperm(5000).split([3000, 1000, 1000])]


def train(model: nn.Module, rates: list[float], x: Tensor, y: Tensor) -> None:
    """SGD with momentum; each copy has its own batches and its own rate."""
    # The rate multiplies the loss, so that one optimizer serves all copies.
    optimizer = torch.optim.SGD(model.parameters(), lr=1, momentum=MOMENTUM)
    each = torch.tensor(rates).repeat_interleave(SEEDS)  # (copy)
    for _ in range(EPOCHS):
        orders = torch.rand(COPIES, len(x)).argsort(dim=1)  # (copy, sample)
        for batch in orders.split(BATCH, dim=1):
            scores = model(x[batch]).movedim(2, 1)  # (copy, class, batch)
            loss = F.cross_entropy(scores, y[batch], reduction="none").mean(dim=1)
            optimizer.zero_grad()
            (loss * each).sum().backward()
            optimizer.step()


def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Share of samples that each copy gets right, as (rate, seed)."""
    model.eval()
    with torch.no_grad():
        right: Tensor = model(x.expand(COPIES, *x.shape)).argmax(dim=2) == y
    return right.float().mean(dim=1).view(-1, SEEDS)


def measure() -> dict[str, Any]:
    """Test accuracy of each seed at the rate that is best on the validation split."""
    results: dict[str, Any] = {"seeds": {}, "mean": {}, "rate": {}}
    for task in GUESSING:
        training, validation, test = load(task)
        inputs, classes = training[0].shape[1], len(training[1].unique())
        for table in results.values():
            table[task] = {}
        for name, (rates, middle) in NETWORKS.items():
            if task == "pairs" and name in ONLY_MNIST1D:
                continue
            torch.manual_seed(0)
            model: nn.Module = Linear(inputs, classes)
            if middle:
                stem = Linear(inputs, WIDTH, None if name in DEFAULT else HE)
                model = nn.Sequential(stem, *middle(), Linear(WIDTH, classes))
            train(model, rates, *training)
            best = int(accuracy(model, *validation).mean(dim=1).argmax())
            found = accuracy(model, *test)[best]
            results["seeds"][task][name] = found.tolist()
            results["mean"][task][name] = found.mean().item()
            results["rate"][task][name] = rates[best]
    return results


def draw(results: dict[str, Any]) -> Figure:
    """One row for each network, one point for each seed; controls as lines."""
    labels = {
        "sigmoid_two": "two sigmoid layers",
        "sigmoid": "sigmoid",
        "sigmoid_bn": "sigmoid + BN",
        "sigmoid_residual": "sigmoid + small",
        "relu": "ReLU",
        "he": "ReLU + He",
        "he_ln": "He + LN",
        "he_bn": "He + BN",
        "full": "He + full",
        "small": "He + small",
        "small_ln": "small + LN",
    }
    titles = {"mnist1d": "30 layers on mnist1d", "pairs": "30 layers on pairs of signs"}
    means = results["mean"]
    rows = {task: [name for name in labels if name in means[task]] for task in titles}
    figure, axes = plt.subplots(
        2,
        1,
        figsize=(3.7, 5.6),
        sharex=True,
        height_ratios=[len(names) + 1 for names in rows.values()],
        layout="constrained",
    )
    for axis, (task, names) in zip(axes, rows.items(), strict=True):
        for row, name in enumerate(names):
            seeds, mean = (results[key][task][name] for key in ["seeds", "mean"])
            color = "gray" if name == "sigmoid_two" else "C0"  # a control as well
            axis.plot(seeds, [row] * SEEDS, "o", color=color, markersize=5, alpha=0.5)
            axis.plot([mean], [row], "C1|", markersize=13, markeredgewidth=2)
        for name, (style, label) in CONTROLS.items():
            mean = results["mean"][task][name]
            axis.axvline(mean, color="gray", ls=style, lw=1.2)
            right = name == "linear" or mean > 0.6  # of the text, at the line
            at, side = (mean - 0.02, "right") if right else (mean + 0.02, "left")
            axis.annotate(label, (at, -1), color="gray", ha=side, va="center")
        axis.set_yticks(range(len(names)), [labels[name] for name in names])
        axis.set_ylim(len(names) - 0.4, -1.6)
        axis.set_title(titles[task])
        axis.set_ylabel("network")
    axes[1].set_xlim(0, 1.02)
    axes[1].set_xlabel("test accuracy")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    for task, mean in results["mean"].items():
        for name in set(mean) - {"linear", "two", "sigmoid_two"}:
            assert mean[name] < mean["two"] + 0.03, (
                f"{task}, {name}: depth gains nothing"
            )
        for name in ["he", "he_bn", "sigmoid_bn"]:
            assert mean[name] < mean["small"] - 0.1, f"{task}, {name}: plain is worse"
        assert mean["small"] > mean["linear"] + 0.1, f"{task}: small branches learn"
        assert mean["sigmoid_bn"] < mean["sigmoid_residual"] - 0.05, f"{task}: sigmoid"
        assert mean["sigmoid_residual"] < mean["two"] - 0.03, f"{task}: ReLU is better"
        assert mean["sigmoid_two"] < mean["two"] - 0.03, f"{task}: in two layers too"
        gain = mean["sigmoid_residual"] - mean["sigmoid_two"]
        assert abs(gain) < 0.1, f"{task}: 28 more sigmoid layers change little"
    mean, pairs = results["mean"]["mnist1d"], results["mean"]["pairs"]
    for name in ["sigmoid", "sigmoid_bn", "relu", "he", "he_ln", "he_bn", "full"]:
        assert mean[name] < mean["linear"] + 0.08, f"{name}: no better than linear"
    assert mean["full"] < mean["small"] - 0.1, "branches of full size are worse"
    assert mean["small_ln"] < mean["small"] + 0.04, "normalization gains nothing"
    assert pairs["he"] > pairs["linear"] + 0.05, "pairs, He: more than guessing"
    for name in ["linear", "sigmoid", "sigmoid_bn", "he_bn"]:
        assert pairs[name] < 0.36, f"pairs, {name}: near guessing"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
