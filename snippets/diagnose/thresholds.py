"""Which networks learn: by the gradient before training, and by the first step.

Source: this project; "Diagnose your own model" takes its thresholds from here.
"""

import math
import statistics
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from mnist1d.data import get_dataset_args, make_dataset
from torch import Tensor, nn
from torch.nn import functional as F

WIDTH = 32
CLASSES = 10
BATCH = 100
EPOCHS = 10
SEEDS = 3
DEPTHS = [4, 12]
# Standard deviation of the weights times the root of fan_in.
GAINS = {
    "relu": [0.6, 1.414, 3.0],
    "tanh": [0.5, 1.0, 4.0],
    "sigmoid": [1.0, 4.0, 12.0],
}
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
LABELS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
RATES = {"SGD": [0.1, 0.3, 1.0], "Adam": [0.001, 0.003, 0.03]}
HEALTHY = {"relu": 1.414, "tanh": 1.0}  # gains, for the size of later steps
WATCHED = [1, 3, 10, 30, 100, 240]  # steps
CONTROLS = {"linear": 1, "two": 2}  # layers
VANISHING, EXPLODING, LARGE = 1e-3, 1e2, 0.1  # the report's thresholds
STUCK = 0.2  # test accuracy below which a network is near guessing, 0.1
TOLERANCE = {  # training is chaotic: the claims decide
    "gradient": None,
    "step": None,
    "update": None,
    "control": None,
    "range": None,
    "first": None,
    "last": None,
    "set": 0,
    "large": None,
}


def load() -> tuple[Tensor, ...]:
    """Return x and y to train, for validation, and to test; x has variance 1."""
    options = get_dataset_args()
    options.train_split = 1  # we split it ourselves
    data = make_dataset(options)
    x, y = torch.tensor(data["x"]).float(), torch.tensor(data["y"])
    x = (x - x.mean()) / x.std()
    torch.manual_seed(0)
    parts = torch.randperm(len(x)).tensor_split([3 * len(x) // 5, 4 * len(x) // 5])
    return tuple(part for index in parts for part in (x[index], y[index]))


class Stack(nn.Module):
    """Networks of one depth side by side: a copy for each gain and seed."""

    def __init__(self, activation: str, depth: int, gains: list[float]) -> None:
        """Draw weights from N(0, gain^2 / fan_in)."""
        super().__init__()
        self.activation = ACTIVATIONS[activation]
        gain = torch.tensor(gains).repeat_interleave(SEEDS)[:, None, None]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for fan_in, fan_out in pairwise([40, *[WIDTH] * (depth - 1), CLASSES]):
            weight = torch.randn(len(gain), fan_in, fan_out) / math.sqrt(fan_in)
            self.weights.append(gain * weight)
            self.biases.append(torch.zeros(len(gain), 1, fan_out))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return each layer's output before the activation, (copy, batch, feature)."""
        outputs: list[Tensor] = []
        for weight, bias in zip(self.weights, self.biases, strict=True):
            if outputs:
                x = self.activation(outputs[-1])
            outputs.append(torch.baddbmm(bias, x, weight))
        return outputs


def losses(scores: Tensor, y: Tensor) -> Tensor:
    """Return the cross-entropy of each copy."""
    scores = scores.movedim(2, 1)  # (copy, class, batch)
    return F.cross_entropy(scores, y, reduction="none").mean(dim=1)


def relative_gradient(model: Stack, x: Tensor, y: Tensor) -> Tensor:
    """Gradient norm of the first layer's output over that of the last one's."""
    x = x.expand(len(model.biases[0]), *x.shape)
    outputs = model(x)
    loss = losses(outputs[-1], y.expand(x.shape[:2])).sum()
    first, last = torch.autograd.grad(loss, [outputs[0], outputs[-1]])
    first, last = (t.double().norm(dim=(1, 2)) for t in (first, last))
    ratio: Tensor = first / last
    return ratio


def accuracy(model: Stack, x: Tensor, y: Tensor) -> Tensor:
    """Share of samples that each copy gets right."""
    with torch.no_grad():
        scores = model(x.expand(len(model.biases[0]), *x.shape))[-1]
    right: Tensor = scores.argmax(dim=2) == y
    return right.float().mean(dim=1)


def train(
    model: Stack, optimizer: torch.optim.Optimizer, data: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor]:
    """Return relative changes of the weights in each of WATCHED, and accuracy.

    The first is (step, layer, copy), the second (validation or test, copy).
    """
    x, y, *rest = data
    changes, step = [], 0
    for _ in range(EPOCHS):
        orders = torch.rand(len(model.biases[0]), len(x)).argsort(dim=1)
        for batch in orders.split(BATCH, dim=1):
            step += 1
            optimizer.zero_grad()
            losses(model(x[batch])[-1], y[batch]).sum().backward()
            before = [w.detach().clone() for w in model.weights if step in WATCHED]
            optimizer.step()
            if before:
                pairs = zip(model.weights, before, strict=True)
                norms = [((w - old).norm(dim=(1, 2)), old) for w, old in pairs]
                change = [n.detach() / old.norm(dim=(1, 2)) for n, old in norms]
                changes.append(torch.stack(change))
    both = [accuracy(model, *rest[:2]), accuracy(model, *rest[2:])]
    return torch.stack(changes), torch.stack(both)


def measure_one(
    data: tuple[Tensor, ...], name: str, activation: str, depth: int
) -> tuple[list[list[float]], list[list[float]], list[float]]:
    """Train the networks of one depth and activation with each rate of an optimizer.

    Returns, for each network, (gradient ratio, test accuracy at the best rate); for
    each network whose ratio is between 1/10 and 10, and each rate, (largest change of a
    layer in step 1, test accuracy); and the median change of a layer in each of WATCHED
    at the best rate, with the weights in HEALTHY.
    """
    gains = GAINS[activation]
    ratios, runs = torch.zeros(0), []
    for rate in RATES[name]:
        torch.manual_seed(0)
        model = Stack(activation, depth, gains)
        ratios = relative_gradient(model, data[0][:256], data[1][:256])
        optimizer = getattr(torch.optim, name)(model.parameters(), lr=rate)
        runs.append(train(model, optimizer, data))
    gradient, steps, updates = [], [], []
    for i, gain in enumerate(gains):
        mine = slice(i * SEEDS, (i + 1) * SEEDS)
        best = max(runs, key=lambda run: run[1][0, mine].mean())
        pairs = zip(ratios[mine].tolist(), best[1][1, mine].tolist(), strict=True)
        gradient += [list(pair) for pair in pairs]
        if gain == HEALTHY.get(activation):
            updates = best[0][..., mine].flatten(1).median(dim=1).values.tolist()
    for change, found in runs:
        largest = change[0].amax(dim=0)
        fine = (ratios > 0.1) & (ratios < 10)
        steps += torch.stack([largest, found[1]], dim=1)[fine].tolist()
    return gradient, steps, updates


def measure() -> dict[str, Any]:
    """Points of the figures, and the ranges that the page quotes."""
    data = load()
    gradient: dict[str, dict[str, list[list[float]]]] = {}
    step: dict[str, list[list[float]]] = {}
    update: dict[str, dict[str, list[float]]] = {}
    for name in RATES:
        gradient[name], step[name], update[name] = {}, [], {}
        for activation in GAINS:
            gradient[name][activation] = []
            for depth in DEPTHS:
                points, steps, updates = measure_one(data, name, activation, depth)
                gradient[name][activation] += points
                step[name] += steps if activation in HEALTHY else []
                if updates:
                    update[name][f"{activation}, {depth}"] = updates
    control = {}
    for network, depth in CONTROLS.items():
        found = []
        for rate in RATES["SGD"]:
            torch.manual_seed(0)
            model = Stack("relu", depth, [1.0])
            sgd = torch.optim.SGD(model.parameters(), lr=rate)
            found.append(train(model, sgd, data)[1].mean(dim=1).tolist())
        control[network] = max(found)[1]
    ranges: dict[str, dict[str, list[float]]] = {}
    limits = {
        "vanishing": (0, VANISHING),
        "near": (0.1, 10),
        "exploding": (EXPLODING, math.inf),
    }
    for name, points_of in gradient.items():
        every = [point for row in points_of.values() for point in row]
        ranges[name] = {}
        for label, (low, high) in limits.items():
            some = [right for ratio, right in every if low <= ratio < high]
            ranges[name][label] = [min(some), max(some)]
    large = [right for row in step.values() for first, right in row if first > LARGE]
    moves = [row for rows in update.values() for row in rows.values()]
    first, last = [row[0] for row in moves], [row[-1] for row in moves]
    return {
        "set": {"seeds": SEEDS, "epochs": EPOCHS, "steps": WATCHED[-1]},
        "first": {"min": min(first), "max": max(first)},
        "last": {"min": min(last), "max": max(last)},
        "gradient": gradient,
        "step": step,
        "update": update,
        "control": control,
        "range": ranges,
        "large": {"all": len(large), "stuck": sum(right < STUCK for right in large)},
    }


def draw(results: dict[str, Any]) -> Figure:
    """Accuracy by gradient, for each optimizer, and by first step; one point a run."""
    figure, axes = plt.subplots(3, 1, figsize=(4.6, 6.6), layout="constrained")
    styles = {"relu": "C1s", "tanh": "C0o", "sigmoid": "C2^"}
    for axis, (name, rows) in zip(axes, results["gradient"].items(), strict=False):
        for activation, label in LABELS.items():
            x, y = zip(*rows[activation], strict=True)
            axis.semilogx(x, y, styles[activation], markersize=4.5, label=label)
        axis.axvspan(1e-8, VANISHING, color="gray", alpha=0.2, lw=0)
        axis.axvspan(EXPLODING, 1e5, color="gray", alpha=0.2, lw=0)
        axis.set_xlim(1e-8, 1e5)
        axis.set_xticks([1e-6, 1e-3, 1, 1e2])
        axis.set_title(name)
        axis.set_xlabel("gradient of the first layer / last layer, at the start")
    for name, style in [("SGD", "C3D"), ("Adam", "C4v")]:
        x, y = zip(*results["step"][name], strict=True)
        axes[2].semilogx(x, y, style, markersize=4.5, label=name)
    axes[2].axvspan(LARGE, 10, color="gray", alpha=0.2, lw=0)
    axes[2].set_xlim(1e-3, 10)
    axes[2].set_xlabel("relative change of the weights in the first step")
    axes[2].set_title("A large first step is a gamble")
    for axis in axes:
        for network, style in [("two", "-"), ("linear", "--")]:
            axis.axhline(results["control"][network], color="gray", ls=style, lw=1)
        axis.set_ylim(0, 0.65)
        axis.set_ylabel("test accuracy")
    axes[0].text(2e-8, results["control"]["two"] + 0.02, "two layers", color="gray")
    axes[0].text(2e-8, results["control"]["linear"] + 0.02, "linear", color="gray")
    figure.legend(
        *axes[0].get_legend_handles_labels(),
        loc="outside upper center",
        ncols=3,
        frameon=False,
    )
    axes[2].legend(frameon=False, loc=(0.76, 0.48))
    return figure


def draw_update(results: dict[str, Any]) -> Figure:
    """How far a step moves the weights, from the first one to the last."""
    figure, axis = plt.subplots(figsize=(4.6, 2.8), layout="constrained")
    for name, color in [("SGD", "C3"), ("Adam", "C4")]:
        for i, row in enumerate(results["update"][name].values()):
            label = name if i == 0 else None
            axis.loglog(WATCHED, row, color=color, marker="o", ms=3, label=label)
    axis.axhspan(LARGE, 1, color="gray", alpha=0.2, lw=0)
    axis.set_ylim(1e-4, 0.5)
    axis.set_xlabel("step")
    axis.set_ylabel("relative change of the weights")
    axis.set_title("At the best learning rate")
    axis.legend(frameon=False, loc="lower left")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    control, ranges = results["control"], results["range"]
    assert control["linear"] + 0.1 < control["two"], "the task is not linear"
    linear = control["linear"]
    assert ranges["SGD"]["vanishing"][1] < linear - 0.02, "SGD: below 1/1000, nothing"
    assert ranges["Adam"]["vanishing"][1] > 0.35, "Adam: some networks do"
    assert ranges["Adam"]["vanishing"][0] < 0.25, "and some do not"
    for name, row in ranges.items():
        assert row["exploding"][1] < linear - 0.02, f"{name}: above 100, nothing"
        assert row["near"][0] < 0.25, f"{name}: near 1 is not enough"
        assert row["near"][1] > linear + 0.05, f"{name}: but it can learn"
    for name, row in results["step"].items():
        small = [right for first, right in row if 1e-3 < first < LARGE]
        assert statistics.median(small) > 0.25, f"{name}: small steps train"
    huge = [right for row in results["step"].values() for x, right in row if x > 1]
    assert max(huge) < STUCK, "a first step above 1 ruins the network"
    assert results["large"]["stuck"] > results["large"]["all"] / 8, "a gamble"
    last = [row[-1] for rows in results["update"].values() for row in rows.values()]
    assert max(last) < LARGE, "no healthy network moves by a tenth after the start"
    for row in results["update"]["Adam"].values():
        assert row[-1] < row[0] / 2, "Adam's steps become smaller by themselves"


if __name__ == "__main__":
    results = measure()
    draw(results)
    draw_update(results)
    plt.show()
