"""Dying ReLU: accuracy and inactive units by learning rate, depth and activation.

Source: Maas et al. 2013 (Leaky ReLU); Clevert et al. 2015 (arXiv:1511.07289) (ELU);
data: Greydanus & Kobak 2024 (arXiv:2011.14439). The networks of one rate are trained at
once: the first dimension of each weight counts them, eight seeds for every remedy.
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from mnist1d.data import get_dataset_args, make_dataset
from torch import Tensor
from torch.nn import functional as F

REMEDIES: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "leaky_1": partial(F.leaky_relu, negative_slope=0.01),
    "leaky_10": partial(F.leaky_relu, negative_slope=0.1),
    "elu": F.elu,
    "warmup": torch.relu,  # the last one: its learning rate rises from zero
}
YLABELS = {"accuracy": "test accuracy", "inactive": "share of inactive units"}
YLIMITS = {"accuracy": 0.62, "inactive": 0.9}
LABELS = ["ReLU", "Leaky ReLU, 0.01", "Leaky ReLU, 0.1", "ELU", "ReLU, warm-up"]
RATES = {"3e-3": 0.003, "1e-2": 0.01, "3e-2": 0.03, "1e-1": 0.1}  # of Adam
HIDDEN = {"3": 3, "9": 9}  # hidden layers
CONTROLS = {"linear": 0, "two layers": 1}
WIDTH, BATCH, STEPS, WARMUP, SEEDS = 64, 64, 300, 100, 8
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = dict.fromkeys(["accuracy", "inactive", "best", "control"])


def load() -> list[tuple[Tensor, Tensor]]:
    """Training, validation and test data: 60, 20 and 20 percent of 5000 samples."""
    options = get_dataset_args()
    options.train_split = 1  # we split it ourselves
    data = make_dataset(options)
    x, y = torch.tensor(data["x"]).float(), torch.tensor(data["y"])
    x = (x - x.mean()) / x.std()  # (sample, 40)
    sizes = [3000, 1000, 1000]
    return list(zip(x.split(sizes), y.split(sizes), strict=True))


def start(sizes: list[int]) -> list[tuple[Tensor, Tensor]]:
    """He's weights, the same for every remedy; in the output layer PyTorch's."""
    torch.manual_seed(0)
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        weight, bound = torch.empty(SEEDS, fan_in, fan_out), 1 / math.sqrt(fan_in)
        if fan_out == WIDTH:
            weight.normal_(std=math.sqrt(2) * bound)
        else:
            weight.uniform_(-bound, bound)
        weight = weight.repeat(len(REMEDIES), 1, 1)
        layers.append((weight, torch.zeros(len(weight), 1, fan_out)))
    return [(w.requires_grad_(), b.requires_grad_()) for w, b in layers]


def run(layers: list[tuple[Tensor, Tensor]], x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Return logits, (network, sample, class), and the outputs of the hidden layers."""
    x, outputs = x.expand(len(layers[0][0]), *x.shape[-2:]), []
    for weight, bias in layers[:-1]:
        parts = torch.baddbmm(bias, x, weight).chunk(len(REMEDIES))
        pairs = zip(REMEDIES.values(), parts, strict=True)
        x = torch.cat([function(part) for function, part in pairs])
        outputs.append(x)
    return torch.baddbmm(layers[-1][1], x, layers[-1][0]), outputs


def train(data: list[tuple[Tensor, Tensor]], hidden: int, rate: float) -> list[Tensor]:
    """Return validation and test accuracy and inactive units, each (remedy, seed)."""
    layers = start([40, *[WIDTH] * hidden, 10])
    parameters = [part for layer in layers for part in layer]
    optimizer = torch.optim.Adam(parameters, lr=rate)
    x, y = data[0]
    for step in range(STEPS):
        batch = torch.randint(len(x), (BATCH,))
        logits, _ = run(layers, x[batch])
        losses = F.cross_entropy(logits.mT, y[batch].expand(len(logits), -1))
        optimizer.zero_grad()
        (losses * len(logits)).backward()  # the sum: networks share no parameter
        before = [part[-SEEDS:].detach().clone() for part in parameters]
        optimizer.step()
        with torch.no_grad():
            for part, old in zip(parameters, before, strict=True):
                part[-SEEDS:] = old.lerp(part[-SEEDS:], min(1, (step + 1) / WARMUP))
    with torch.no_grad():
        results = [
            (run(layers, x)[0].argmax(2) == y).float().mean(1) for x, y in data[1:]
        ]
        outputs = run(layers, x)[1] or [torch.ones_like(logits)]
    # Inactive: not above zero for any training sample.
    off = torch.stack([(output <= 0).all(1).float().mean(1) for output in outputs])
    return [part.view(-1, SEEDS) for part in [*results, off.mean(0)]]


def spread(values: Tensor) -> dict[str, float]:
    """Mean over the seeds, and the range."""
    numbers = {"mean": values.mean(), "min": values.min(), "max": values.max()}
    return {name: round(number.item(), 4) for name, number in numbers.items()}


def measure() -> dict[str, Any]:
    """Accuracy and inactive units by hidden layers, remedy and rate; the best rates."""
    torch.set_flush_denormal(True)  # dying networks are slow without it
    data = load()
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    for name, hidden in (HIDDEN | CONTROLS).items():
        runs = {key: train(data, hidden, rate) for key, rate in RATES.items()}
        for i, remedy in enumerate(REMEDIES):
            rate = max(runs, key=lambda rate: runs[rate][0][i].mean().item())
            best = {"rate": RATES[rate]} | spread(runs[rate][1][i])
            if name in CONTROLS:
                results["control"][name] = best
                break
            results["best"].setdefault(name, {})[remedy] = best
            for key, part in {"accuracy": 1, "inactive": 2}.items():
                results[key].setdefault(name, {})[remedy] = {
                    rate: spread(run[part][i]) for rate, run in runs.items()
                }
    return results


def chart(results: dict[str, Any], key: str) -> Figure:
    """One panel per depth: a line through the means, bars for the range of seeds."""
    figure, axes = plt.subplots(2, 1, figsize=(4.6, 5.6), layout="constrained")
    styles = ["C0s-", "C1o--", "C2^-", "C3D:", "C4v--"]
    for axis, (name, hidden) in zip(axes, HIDDEN.items(), strict=True):
        for at, remedy in enumerate(REMEDIES):
            rows = results[key][name][remedy].values()
            x = [rate * 1.06 ** (at - 2) for rate in RATES.values()]
            y = [row["mean"] for row in rows]
            axis.plot(x, y, styles[at], lw=1.2, markersize=4, label=LABELS[at])
            low, high = [r["min"] for r in rows], [r["max"] for r in rows]
            axis.vlines(x, low, high, color=styles[at][:2], lw=1, alpha=0.6)
        for label, best in results["control"].items() if key == "accuracy" else ():
            axis.axhline(best["mean"], color="gray", ls=":", lw=1)
            axis.text(0.0026, best["mean"] + 0.01, label, color="gray")
        axis.set_title(f"{hidden} hidden layers")
        axis.set(xscale="log", ylabel=YLABELS[key], ylim=(0, YLIMITS[key]))
        axis.set_xticks(list(RATES.values()), [f"{r:g}" for r in RATES.values()])
        axis.minorticks_off()
        axis.set_xlabel("learning rate of Adam")
    axes[0].xaxis.label.set_visible(False)
    axes[1].legend(
        frameon=False, loc="upper left", bbox_to_anchor=(-0.1, -0.25), ncols=2
    )
    return figure


def draw(results: dict[str, Any]) -> Figure:
    """Draw test accuracy by rate."""
    return chart(results, "accuracy")


def draw_inactive(results: dict[str, Any]) -> Figure:
    """Draw the share of inactive units in the same way."""
    return chart(results, "inactive")


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    best, two = results["best"], results["control"]["two layers"]["mean"]
    for name in HIDDEN:
        accuracy, off = results["accuracy"][name], results["inactive"][name]
        means = [row["mean"] for row in best[name].values()]
        assert max(means) - min(means) < 0.1, "at best rates, the choice matters little"
        assert max(row["1e-1"]["mean"] for row in accuracy.values()) < min(means), (
            "no remedy makes a rate of 0.1 as good as the best"
        )
        assert best[name]["relu"]["mean"] > max(
            row["3e-2"]["mean"] for row in accuracy.values()
        ), "ReLU at a lower rate beats every remedy at 0.03"
        assert off["relu"]["3e-3"]["mean"] < 0.15 < 0.5 < off["relu"]["1e-1"]["mean"]
        assert off["warmup"]["3e-2"]["mean"] < 0.85 * off["relu"]["3e-2"]["mean"]
        assert off["leaky_10"]["3e-2"]["mean"] < 0.8 * off["relu"]["3e-2"]["mean"]
    assert accuracy["leaky_10"]["3e-2"]["mean"] < accuracy["relu"]["3e-2"]["mean"] - 0.1
    assert max(means) < two, "nine hidden layers do not beat one"


if __name__ == "__main__":
    results = measure()
    draw(results)
    draw_inactive(results)
    plt.show()
