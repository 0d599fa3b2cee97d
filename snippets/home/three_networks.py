"""Three networks that differ in the size of their first weights, trained alike.

Source: He et al. 2015 (arXiv:1502.01852), eq. 10 and 14, for the one that stays level.
"""

import math
import statistics
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

DEPTH = 20
WIDTH = 64
CLASSES = 10
BATCH = 64
STEPS = 300
EVERY = 20  # steps from one point of the curve to the next
RATES = {"sgd": 0.03, "adam": 0.001}
SEEDS = range(3)
# Standard deviation of the weights times the root of fan_in; He's is the root of 2.
GAINS = {"vanishes": 0.8, "level": math.sqrt(2), "explodes": 2.2}
TOLERANCE = {"gradient": 1e-3, "sgd": None, "adam": None, "linear": None}


def build(gain: float) -> nn.Sequential:
    """Stack DEPTH linear layers with ReLU, with weights from N(0, gain^2 / fan_in)."""
    layers: list[nn.Module] = []
    for _ in range(DEPTH):
        linear = nn.Linear(WIDTH, WIDTH)
        nn.init.normal_(linear.weight, std=gain / math.sqrt(WIDTH))
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.ReLU()]
    output = nn.Linear(WIDTH, CLASSES)
    nn.init.normal_(output.weight, std=0.01)  # the first loss is log 10, if x is small
    nn.init.zeros_(output.bias)
    return nn.Sequential(*layers, output)


def gradient_norms(model: nn.Sequential, x: Tensor, y: Tensor) -> list[float]:
    """Gradient norm of each ReLU layer's output, relative to the last one's."""
    outputs = []
    for module in model:
        x = module(x)
        if isinstance(module, nn.ReLU):
            outputs.append(x)
    gradients = torch.autograd.grad(F.cross_entropy(x, y), outputs)
    norms = [gradient.double().norm().item() for gradient in gradients]
    return [norm / norms[-1] for norm in norms]


def train(model: nn.Module, name: str, x: Tensor, y: Tensor) -> dict[str, Any]:
    """Return the loss on all samples now and then, and the step at which it was NaN."""
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[name]
    optimizer = kind(model.parameters(), lr=RATES[name])
    losses: list[float] = []
    for step in range(STEPS + 1):
        if step % EVERY == 0:
            with torch.no_grad():
                losses.append(F.cross_entropy(model(x), y).item())
        batch = torch.randint(len(x), (BATCH,))
        loss = F.cross_entropy(model(x[batch]), y[batch])
        if not loss.isfinite():
            return {"loss": losses, "nan": step}
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {"loss": losses, "nan": None}


def measure() -> dict[str, Any]:
    """Gradient by layer before training; the loss while training, for each seed."""
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32)  # (sample, 64)
    x, y = (x - x.mean()) / x.std(), torch.tensor(digits.target)
    results: dict[str, Any] = {"gradient": {}, "sgd": {}, "adam": {}}
    for name, gain in GAINS.items():
        gradients = []
        for optimizer in RATES:
            runs = []
            for seed in SEEDS:
                torch.manual_seed(seed)
                model = build(gain)
                gradients.append(gradient_norms(model, x[:256], y[:256]))
                runs.append(train(model, optimizer, x, y))
            last = [run["loss"][-1] for run in runs]
            results[optimizer][name] = {
                "loss": [run["loss"] for run in runs],
                "nan": [run["nan"] for run in runs],
                "last": {"min": min(last), "max": max(last)},
            }
        by_layer = zip(*gradients, strict=True)
        results["gradient"][name] = [*map(statistics.geometric_mean, by_layer)]
    torch.manual_seed(0)
    results["linear"] = train(nn.Linear(WIDTH, CLASSES), "sgd", x, y)["loss"]
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Above, the gradient on its way back; below, training with SGD."""
    figure, axes = plt.subplots(2, 1, figsize=(4.6, 4.4), layout="constrained")
    gradient, sgd = results["gradient"], results["sgd"]
    for name, style in {
        "explodes": "C1^-",
        "level": "C2o-",
        "vanishes": "C0v-",
    }.items():
        axes[0].semilogy(range(1, DEPTH + 1), gradient[name], style, markersize=4, lw=1)
    for name, style in {"level": "C2-", "vanishes": "C0--"}.items():
        for loss in sgd[name]["loss"]:
            axes[1].plot(range(0, STEPS + 1, EVERY), loss, style, lw=1.5)
    axes[1].plot(range(0, STEPS + 1, EVERY), results["linear"], ":", color="gray")
    axes[0].text(4.5, 3e3, "explodes", color="C1")
    axes[0].text(4.5, 3, "stays level", color="C2")
    axes[0].text(4.5, 2e-5, "vanishes", color="C0")
    axes[0].set_title("The gradient on its way from layer 20 to layer 1")
    axes[0].set(xlabel="layer", ylabel="relative gradient norm")
    axes[0].set_xticks([1, 5, 10, 15, 20])
    axes[0].set_yticks([1e-4, 1e-2, 1, 1e2, 1e4])
    axes[1].plot([max(sgd["explodes"]["nan"])], [2.85], "C1X", markersize=7)
    axes[1].text(10, 2.75, "explodes: NaN after a few steps", color="C1")
    axes[1].text(120, 2.38, "vanishes: stays at guessing", color="C0")
    axes[1].text(160, 1.7, "stays level: learns", color="C2")
    axes[1].text(20, 0.25, "linear classifier", color="gray")
    axes[1].set_title("Training with SGD, learning rate 0.03")
    axes[1].set(xlabel="step", ylabel="training loss", ylim=(0, 3.1))
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    gradient, sgd, adam = results["gradient"], results["sgd"], results["adam"]
    assert gradient["vanishes"][0] < 1e-3, "it loses the gradient"
    assert 0.3 < gradient["level"][0] < 3, "He initialization keeps it"
    assert gradient["explodes"][0] > 1e3, "it blows the gradient up"
    assert min(map(min, sgd["vanishes"]["loss"])) > 2.2, "its loss stays near log 10"
    assert all(min(loss) < 1.5 for loss in sgd["level"]["loss"]), "it learns"
    assert results["linear"][-1] < 1, "a linear classifier learns digits, too"
    assert all(0 < step < 20 for step in sgd["explodes"]["nan"]), "NaN in a few steps"
    assert sgd["level"]["nan"] == sgd["vanishes"]["nan"] == [None] * 3, "others do not"
    for name, run in adam.items():
        assert run["nan"] == [None] * 3, f"Adam: {name} stays finite"
        assert all(min(loss) < 2 for loss in run["loss"]), f"Adam: {name} learns"
        ahead = 2 * adam["level"]["last"]["max"] < run["last"]["min"]
        assert name == "level" or ahead, "Adam: the level one is far ahead"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
