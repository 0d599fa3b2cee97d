"""The inputs of one unit while a network trains: plain, normalized, with noise again.

Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), internal covariate shift; Santurkar et
al. 2018 (arXiv:1805.11604), noise after batch normalization and smoothness. A simpler
version: one shift per unit and step, where they draw it per activation and sample.
Learning rates, noise, layer and unit were chosen after seeing results.
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

KINDS = ["plain", "norm", "noisy"]
RATES = {"1e-1": 0.1, "3e-1": 0.3, "1": 1.0}
SMALL = {"3e-3": 0.003, "1e-2": 0.01, "3e-2": 0.03}  # for the gradient's change only
WATCHED = "1e-1"  # the rate at which the preactivations are watched
LAYER, UNIT = 5, 1  # the layer that is watched; the unit in the figure
MEAN, SCALE = 0.5, 0.25  # the noise: largest mean, largest relative change of scale
DEPTH = 8
WIDTH = 64
CLASSES = 10
BATCH = 64
STEPS, EVERY = 210, 5
EARLY = 100  # the first steps, which are averaged
SEEDS = range(3)
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = {"quantiles": None, "watched": None, "accuracy": None, "change": None}


class Noise(nn.Module):
    """Shift and scale each unit by an amount drawn again in every step."""

    def forward(self, x: Tensor) -> Tensor:
        """Add noise while training."""
        if not self.training:
            return x
        mean = MEAN * (2 * torch.rand(WIDTH) - 1)
        scale = 1 + SCALE * (2 * torch.rand(WIDTH) - 1)
        return scale * x + mean


def load_data() -> list[Tensor]:
    """Handwritten digits of 8 x 8 pixels, a quarter of them held out."""
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32)  # (sample, 64)
    x = (x - x.mean()) / x.std()
    y = torch.tensor(digits.target)
    return list(train_test_split(x, y, test_size=0.25, random_state=0, stratify=y))


def build(kind: str) -> nn.Sequential:
    """Stack linear layers and ReLU, with He initialization."""
    layers: list[nn.Module] = []
    for layer in range(DEPTH):
        linear = nn.Linear(WIDTH, CLASSES if layer == DEPTH - 1 else WIDTH)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
        layers.append(linear)
        if layer < DEPTH - 1:
            layers += [nn.BatchNorm1d(WIDTH)] if kind != "plain" else []
            layers += [Noise()] if kind == "noisy" else []
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def flat_gradient(model: nn.Module) -> Tensor:
    """Return the gradients of all parameters in one vector."""
    gradients = (parameter.grad for parameter in model.parameters())
    return torch.cat(
        [gradient.flatten() for gradient in gradients if gradient is not None]
    )


def train(
    kind: str, rate: float, seed: int, watch: bool, steps: int = STEPS
) -> tuple[float, dict[str, float], list[list[float]]]:
    """Train with SGD; return test accuracy, what was watched, and the quantiles."""
    x_train, x_test, y_train, y_test = load_data()
    torch.manual_seed(seed)
    model = build(kind)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    seen: list[Tensor] = []  # what each ReLU gets: (sample, unit)
    for module in model:
        if isinstance(module, nn.ReLU):
            module.register_forward_pre_hook(lambda _, x: seen.append(x[0].detach()))
    order = torch.stack([torch.randperm(len(x_train))[:BATCH] for _ in range(STEPS)])
    losses, changes, sizes, moves, quantiles = [], [], [], [], []
    mean = torch.zeros(WIDTH)

    def backward(batch: Tensor, noise: int) -> float:
        torch.manual_seed(noise)  # the same noise before and after the step
        loss = F.cross_entropy(model(x_train[batch]), y_train[batch])
        optimizer.zero_grad()
        loss.backward()
        return loss.item()

    for step, batch in enumerate(order[:steps]):
        losses.append(backward(batch, noise=step))
        size = nn.utils.parameters_to_vector(model.parameters()).norm()
        optimizer.step()
        if watch:
            gradient = flat_gradient(model)
            sizes.append(1000 * (rate * gradient.norm() / size).item())
            backward(batch, noise=step)
            change = flat_gradient(model) - gradient
            changes.append((change.norm() / gradient.norm()).item())
            seen.clear()
            with torch.no_grad():
                model(x_train[:256])
            y = seen[LAYER - 1]
            move = (y.mean(dim=0) - mean).abs() / y.std(dim=0)
            mean = y.mean(dim=0)
            moves.append(move.median().item())
            if step % EVERY == 0:
                level = torch.tensor([0.05, 0.5, 0.95])
                quantiles.append(y[:, UNIT].quantile(level).tolist())
    watched = {}
    if watch:
        positive = torch.cat([(y > 0).float().mean(dim=0) for y in seen])  # by unit
        watched = {
            "early": statistics.mean(losses[:EARLY]),
            "change": statistics.median(changes[:EARLY]),
            "step": statistics.median(sizes[:EARLY]),  # thousandths of the weights
            "move": statistics.mean(moves[1:][:EARLY]),
            "one_sided": ((positive - 0.5).abs() > 0.45).float().mean().item(),
        }
    model.eval()
    with torch.no_grad():
        correct = model(x_test).argmax(dim=1) == y_test
    return correct.float().mean().item(), watched, quantiles


def spread(values: list[float]) -> dict[str, float]:
    """Mean over the seeds, and the range."""
    mean = statistics.mean(values)
    return {"mean": mean, "min": min(values), "max": max(values)}


def by_key(runs: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Return the spread over the seeds of each thing that was watched."""
    return {key: spread([run[key] for run in runs]) for key in runs[0]}


def measure() -> dict[str, Any]:
    """Quantiles of one unit's inputs by step; what else was watched; accuracy."""
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    for kind in KINDS:
        results["accuracy"][kind] = {}
        for name, rate in RATES.items():
            runs = [train(kind, rate, seed, name == WATCHED) for seed in SEEDS]
            accuracy, watched, quantiles = zip(*runs, strict=True)
            results["accuracy"][kind][name] = spread(list(accuracy))
            if name == WATCHED:
                results["quantiles"][kind] = quantiles[0]
                results["watched"][kind] = by_key(watched)
        results["change"][kind] = {
            name: by_key([train(kind, rate, seed, True, EARLY)[1] for seed in SEEDS])
            for name, rate in SMALL.items()
        }
        results["change"][kind][WATCHED] = results["watched"][kind]
    return results


def draw(results: dict[str, Any]) -> Figure:
    """One panel per network: the median, and the range from 5 to 95 %."""
    figure, axes = plt.subplots(
        3, 1, figsize=(4.6, 5.6), sharex=True, sharey=True, layout="constrained"
    )
    titles = ["plain: the inputs drift", "batch normalization: they stay"]
    titles.append("noise after it: they jump, and it trains")
    steps = range(0, STEPS, EVERY)
    colors = ["C1", "C0", "C2"]
    for axis, title, kind, color in zip(axes, titles, KINDS, colors, strict=True):
        low, median, high = zip(*results["quantiles"][kind], strict=True)
        axis.fill_between(steps, low, high, color=color, alpha=0.3, linewidth=0)
        axis.plot(steps, median, color=color)
        axis.axhline(0, color="gray", lw=0.8)
        axis.set_title(title)
        axis.set_ylabel("preactivation")
    axes[2].set_xlabel("training step")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    watched, accuracy = results["watched"], results["accuracy"]
    plain, norm, noisy = (watched[kind] for kind in KINDS)
    assert norm["move"]["max"] < 0.02, "with BN the means stay"
    assert plain["move"]["min"] > 0.1, "without they move"
    assert noisy["move"]["mean"] > plain["move"]["mean"], "with noise at least as much"
    for name in RATES:
        assert accuracy["noisy"][name]["min"] > 0.9, f"the noisy net learns at {name}"
        assert accuracy["norm"][name]["min"] > 0.9, f"with BN it learns at {name}"
    assert accuracy["plain"]["1"]["max"] < 0.2, "the plain network does not at 1"
    assert norm["early"]["mean"] < noisy["early"]["mean"], "the noise costs speed"
    pace = noisy["early"]["mean"] / plain["early"]["mean"]
    assert 0.75 < pace < 1.33, "about as slow as the plain network"
    assert plain["one_sided"]["mean"] > norm["one_sided"]["mean"], "one-sided units"
    slow = results["change"]["plain"]["1e-2"]
    assert slow["move"]["mean"] < 0.5 * plain["move"]["mean"], "less drift at 0.01"
    assert slow["one_sided"]["mean"] > plain["one_sided"]["mean"], "more of them"
    assert accuracy["plain"]["1e-1"]["min"] > 0.9, "the plain network learns at 0.1"
    plain, norm, noisy = (results["change"][kind] for kind in KINDS)
    at = {rate: [net[rate]["change"]["mean"] for net in (plain, norm)] for rate in norm}
    assert at["3e-3"][0] < at["3e-3"][1], "at a small rate plain is steadier"
    assert at["3e-2"][0] > 1.5 * at["3e-2"][1], "at a larger one it is not"
    assert at["1e-1"][0] > 1.2 * at["1e-1"][1], "nor at 0.1"
    steps = plain["3e-2"]["step"]["mean"], norm["1e-1"]["step"]["mean"]
    assert steps[0] < 1.3 * steps[1], "with about the same relative step"
    assert at["3e-2"][0] > 1.2 * at["1e-1"][1], "the plain gradient changes more"
    assert noisy["1e-1"]["change"]["max"] < at["1e-1"][0], "so it is with noise"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
