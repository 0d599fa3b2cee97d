"""Which networks learn: those whose gradient and first step are neither tiny nor huge.

Source: this project; "Diagnose your own model" takes its thresholds from here.
"""

import math
import statistics
from functools import cache
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional as F

WIDTH = 64
CLASSES = 10
BATCH = 64
EPOCHS = 8
DEPTHS = [4, 8, 16]
# Standard deviation of the weights times the root of fan_in.
GAINS: dict[str, list[float]] = {
    "relu": [0.8, 1.0, 1.414, 2.0, 3.0],
    "tanh": [0.7, 1.0, 1.6, 6.0],
    "sigmoid": [1.0, 2.0, 4.0, 8.0],
}
ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
LABELS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
GRADIENT_RATES = [0.1, 0.03]  # of plain SGD; the better one counts
ADAM_RATE = 0.001  # for the networks that SGD does not train
STEP_NETS = [("relu", 1.414), ("tanh", 1.0)]
STEP_DEPTHS = [3, 8]
STEP_RATES = {
    "SGD": [0.01, 0.1, 0.3, 1.0, 3.0],
    "Adam": [0.0001, 0.001, 0.01, 0.03, 0.1],
}
LEARNS, GUESSES = 0.4, 0.2  # test accuracy above, below; pure guessing has 0.1
TOLERANCE = {  # training is chaotic: the claims decide
    "gradient": None,
    "adam": None,
    "step": None,
    "large_steps": 0.2,
    "failed_steps": None,
}


@cache
def load_data() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Handwritten digits of 8 x 8 pixels: x and y to train, x and y to test."""
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32)  # (sample, 64)
    x = (x - x.mean()) / x.std()
    y = torch.tensor(digits.target)
    x, x_test, y, y_test = train_test_split(x, y, random_state=0, stratify=y)
    return x, y, x_test, y_test


def build(activation: str, depth: int, gain: float) -> nn.Sequential:
    """Stack `depth` linear layers with weights from N(0, gain^2 / fan_in)."""
    layers: list[nn.Module] = []
    for layer in range(depth):
        linear = nn.Linear(WIDTH, CLASSES if layer == depth - 1 else WIDTH)
        nn.init.normal_(linear.weight, std=gain / math.sqrt(WIDTH))
        nn.init.zeros_(linear.bias)
        layers += [linear, ACTIVATIONS[activation]()]
    return nn.Sequential(*layers[:-1])


def relative_gradient(model: nn.Sequential, x: Tensor, y: Tensor) -> float:
    """Gradient norm of the first layer's output over that of the last one's."""
    first = model[0](x)
    last = model[1:](first)
    gradients = torch.autograd.grad(F.cross_entropy(last, y), [first, last])
    norms = [float(gradient.double().norm()) for gradient in gradients]
    return norms[0] / norms[1]


def train(
    model: nn.Sequential, optimizer: torch.optim.Optimizer
) -> tuple[float, float]:
    """Return the largest relative change of weights in step 1, and test accuracy."""
    x, y, x_test, y_test = load_data()
    weights = [layer.weight for layer in model if isinstance(layer, nn.Linear)]
    before = [weight.detach().clone() for weight in weights]
    step = 0.0
    for _ in range(EPOCHS):
        order = torch.randperm(len(x))
        for batch in order[: len(x) // BATCH * BATCH].split(BATCH):
            optimizer.zero_grad()
            F.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
            if not step:
                changes = [
                    ((weight.detach() - old).norm() / old.norm()).item()
                    for weight, old in zip(weights, before, strict=True)
                ]
                step = max(changes)
    with torch.no_grad():
        accuracy = (model(x_test).argmax(dim=1) == y_test).float().mean().item()
    return step, accuracy


def measure() -> dict[str, Any]:
    """For each network: a number seen before or in step 1, and accuracy in the end."""
    gradient: dict[str, list[list[float]]] = {}
    adam: list[float] = []
    x, y, _, _ = load_data()
    for activation, gains in GAINS.items():
        gradient[activation] = []
        for depth in DEPTHS:
            for gain in gains:
                accuracies = []
                for rate in GRADIENT_RATES:
                    torch.manual_seed(0)
                    model = build(activation, depth, gain)
                    seen = relative_gradient(model, x[:256], y[:256])
                    sgd = torch.optim.SGD(model.parameters(), lr=rate)
                    accuracies.append(train(model, sgd)[1])
                gradient[activation].append([seen, max(accuracies)])
                if seen < 1e-3:
                    torch.manual_seed(0)
                    model = build(activation, depth, gain)
                    optimizer = torch.optim.Adam(model.parameters(), lr=ADAM_RATE)
                    adam.append(train(model, optimizer)[1])
    step: dict[str, list[list[float]]] = {}
    for name, rates in STEP_RATES.items():
        step[name] = []
        for activation, gain in STEP_NETS:
            for depth in STEP_DEPTHS:
                for rate in rates:
                    torch.manual_seed(0)
                    model = build(activation, depth, gain)
                    optimizer = getattr(torch.optim, name)(model.parameters(), lr=rate)
                    step[name].append(list(train(model, optimizer)))
    large = [
        accuracy for row in step.values() for first, accuracy in row if first > 0.1
    ]
    return {
        "gradient": gradient,
        "adam": {"min": min(adam), "max": max(adam)},
        "step": step,
        "large_steps": len(large),
        "failed_steps": sum(accuracy < GUESSES for accuracy in large),
    }


def draw(results: dict[str, Any]) -> Figure:
    """One point per network; the shaded part is what the report warns of."""
    figure, axes = plt.subplots(2, 1, figsize=(4.6, 5.2), layout="constrained")
    styles = {"relu": "C1s", "tanh": "C0o", "sigmoid": "C2^"}
    for activation, label in LABELS.items():
        x, y = zip(*results["gradient"][activation], strict=True)
        axes[0].semilogx(x, y, styles[activation], markersize=4.5, label=label)
    axes[0].axvspan(1e-11, 1e-3, color="gray", alpha=0.2, lw=0)
    axes[0].axvspan(1e2, 1e4, color="gray", alpha=0.2, lw=0)
    axes[0].set_xlim(1e-11, 1e4)
    axes[0].set_xticks([1e-9, 1e-6, 1e-3, 1, 1e2])
    axes[0].set_xlabel("gradient of the first layer / last layer, at the start")
    axes[0].set_title("Far from 1, learning stalls")
    for name, style in [("SGD", "C3D"), ("Adam", "C4v")]:
        x, y = zip(*results["step"][name], strict=True)
        axes[1].semilogx(x, y, style, markersize=4.5, label=name)
    axes[1].axvspan(0.1, 10, color="gray", alpha=0.2, lw=0)
    axes[1].set_xlim(3e-4, 10)
    axes[1].set_xlabel("relative change of the weights in the first step")
    axes[1].set_title("A large first step is a gamble")
    for axis in axes:
        axis.set_ylim(0, 1.03)
        axis.set_ylabel("test accuracy")
        axis.legend(frameon=False, loc="lower left", bbox_to_anchor=(0.02, 0.18))
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    points = [point for row in results["gradient"].values() for point in row]
    for gradient, accuracy in points:
        if not 1e-3 < gradient < 1e2:
            assert accuracy < LEARNS, "beyond 1/1000 and 100 nothing learns"
    healthy = [accuracy for gradient, accuracy in points if 0.1 < gradient < 10]
    assert min(healthy) > LEARNS, "near 1 every network learns"
    assert statistics.median(healthy) > 0.9, "and most learn well"
    points = [point for row in results["step"].values() for point in row]
    for step, accuracy in points:
        if 1e-3 < step < 0.1:
            assert accuracy > LEARNS, "with steps between 0.1 % and 10 % all learn"
    assert results["failed_steps"] > results["large_steps"] / 4, (
        "many with larger steps do not"
    )


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
