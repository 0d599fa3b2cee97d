"""The inputs of one unit while a network trains: plain, normalized, with noise again.

Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), internal covariate shift; Santurkar et
al. 2018 (arXiv:1805.11604), noise after batch normalization and smoothness. Task:
mnist1d (Greydanus & Kobak, arXiv:2011.14439). Depth, training and rates are those of
ranges.py; the amount of noise, layer and unit were chosen after seeing results.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from mnist1d.data import get_dataset_args, make_dataset
from torch import Tensor, nn
from torch.nn import functional as F

KINDS = ["plain", "norm", "noisy"]
RATES = {"3e-2": 0.03, "1e-1": 0.1, "3e-1": 0.3, "1": 1.0}  # of SGD
LEARNED = list(RATES)[:3]  # at these, the plain network learns, too
STEPS = {"3e-3": 0.003, "1e-2": 0.01, "3e-2": 0.03}  # relative to the weights
DRAWN, LAYER, UNIT, WATCHED = "1e-1", 5, 1, 256  # what is drawn; samples
SHIFT, SCALE, JITTER = 0.5, 0.25, 0.1  # the noise: of a unit, and of each sample
HIDDEN, WIDTH, CLASSES = 7, 64, 10
BATCH, EPOCHS, SEEDS = 100, 8, 5
EVERY, RARELY, EARLY = 5, 20, 100  # training steps
COPIES = len(RATES) * SEEDS
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = dict.fromkeys(
    ["quantiles", "accuracy", "move", "early", "one_sided", "change"]
)


def load() -> tuple[Tensor, Tensor, list[Tensor]]:
    """Return inputs (feature, sample), labels, and which train, validate and test."""
    options = get_dataset_args()
    options.train_split = 1  # we split it ourselves
    data = make_dataset(options)
    x, y = torch.tensor(data["x"]).float(), torch.tensor(data["y"])
    torch.manual_seed(0)
    parts = torch.randperm(len(x)).split([3000, 1000, 1000])
    return ((x - x.mean()) / x.std()).T, y, list(parts)


class Stack(nn.Module):
    """The networks of all rates and seeds side by side: (copy, unit, sample)."""

    def __init__(self, norm: bool) -> None:
        """Draw He's weights; the output layer starts as PyTorch's."""
        super().__init__()
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        sizes = [40, *[WIDTH] * HIDDEN, CLASSES]
        for layer, (fan_in, fan_out) in enumerate(pairwise(sizes)):
            weight, bound = torch.empty(COPIES, fan_out, fan_in), 1 / math.sqrt(fan_in)
            if layer < HIDDEN:
                weight.normal_(std=math.sqrt(2) * bound)
            else:
                weight.uniform_(-bound, bound)
            self.weights.append(weight)
            self.biases.append(torch.zeros(COPIES, fan_out, 1))
        norms = [nn.BatchNorm1d(COPIES * WIDTH, momentum=1) for _ in range(HIDDEN)]
        self.norms = nn.ModuleList(norms if norm else [nn.Identity()] * HIDDEN)

    def forward(self, x: Tensor, noise: Tensor | None) -> list[Tensor]:
        """Return what each ReLU gets, and the scores: (copy, class, sample)."""
        outputs: list[Tensor] = []
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(bias, weight, outputs[-1].relu() if outputs else x)
            if i < HIDDEN:
                # Units of all copies are the channels; samples are the positions.
                x = self.norms[i](x.view(1, -1, x.shape[2])).view_as(x)
            if i < HIDDEN and noise is not None:
                rows = x.view(len(RATES), SEEDS, WIDTH, -1)
                x = torch.addcmul(noise[0, i], 1 + noise[1, i], rows).view_as(x)
            outputs.append(x)
        return outputs


def draw_units() -> Tensor:
    """Draw a shift and a scale for each layer, seed and unit, again in every step."""
    largest = torch.tensor([SHIFT, SCALE]).view(2, 1, 1, 1, 1)
    return largest * (2 * torch.rand(2, HIDDEN, SEEDS, WIDTH, 1) - 1)


def draw_samples(units: Tensor, samples: int) -> Tensor:
    """Let the noise of the units differ a little from sample to sample."""
    return units + JITTER * (2 * torch.rand(2, HIDDEN, SEEDS, WIDTH, samples) - 1)


def gradients(model: Stack, x: Tensor, y: Tensor, noise: Tensor | None) -> list[Tensor]:
    """Return the gradients of all weight matrices; copies share no parameter."""
    scores = model(x, noise)[-1]
    loss = F.cross_entropy(scores, y, reduction="none").mean(dim=1).sum()
    return list(torch.autograd.grad(loss, list(model.weights)))


def size(matrices: list[Tensor]) -> Tensor:
    """Return the norm of all matrices of a copy together: (copy, 1, 1)."""
    squares = [matrix.square().sum(dim=(1, 2), keepdim=True) for matrix in matrices]
    return torch.stack(squares).sum(dim=0).sqrt()


def changes(model: Stack, x: Tensor, y: Tensor, noise: Tensor | None) -> Tensor:
    """Return by step and copy how much a step of that length changes the gradient.

    The step goes against the gradient. All networks take one of the same length,
    relative to their weight matrices, and it is taken back.
    """
    before = gradients(model, x, y, noise)
    old = [weight.detach().clone() for weight in model.weights]
    unit = size(old) / size(before)
    found = []
    for step in STEPS.values():
        for weight, start, gradient in zip(model.weights, old, before, strict=True):
            weight.data = start - step * unit * gradient
        after = gradients(model, x, y, noise)
        difference = [a - b for a, b in zip(after, before, strict=True)]
        found.append((size(difference) / size(before)).flatten())
    for weight, start in zip(model.weights, old, strict=True):
        weight.data = start
    return torch.stack(found)


def batches(training: Tensor) -> Iterator[Tensor]:
    """Yield the batches (copy, sample) of all epochs."""
    for _ in range(EPOCHS):
        orders = torch.rand(COPIES, len(training)).argsort(dim=1)
        yield from training[orders].split(BATCH, dim=1)


def train(kind: str) -> dict[str, Tensor]:
    """Train with SGD; return by copy what was seen, and the quantiles of one unit."""
    x, y, (training, _, test) = load()
    torch.manual_seed(0)
    model = Stack(kind != "plain")
    # The rate multiplies the loss, so that one optimizer serves all copies.
    optimizer = torch.optim.SGD(model.parameters(), lr=1)
    each = torch.tensor(list(RATES.values())).repeat_interleave(SEEDS)  # (copy)
    everything = x.expand(COPIES, *x.shape)
    watched = everything[:, :, training[:WATCHED]]
    seen: dict[str, list[Tensor]] = {name: [] for name in ["loss", "move", "change"]}
    quantiles = []

    def noise(units: Tensor, samples: int) -> Tensor | None:
        return draw_samples(units, samples) if kind == "noisy" else None

    @torch.no_grad()
    def look(units: Tensor) -> Tensor:
        y: Tensor = model(watched, noise(units, WATCHED))[LAYER - 1]
        return y

    for step, batch in enumerate(batches(training)):
        units, data = draw_units(), (x[:, batch].transpose(0, 1), y[batch])
        of_samples, probe = noise(units, BATCH), step % EVERY == 0
        if probe:
            before = look(units)
        if step % RARELY == 0:
            seen["change"].append(changes(model, *data, of_samples))
        scores = model(data[0], of_samples)[-1]
        losses = F.cross_entropy(scores, data[1], reduction="none").mean(dim=1)
        seen["loss"].append(losses.detach())
        optimizer.zero_grad()
        (losses * each).sum().backward()
        optimizer.step()
        if probe:
            after = look(draw_units())
            move = (after.mean(dim=2) - before.mean(dim=2)).abs() / before.std(dim=2)
            seen["move"].append(move.median(dim=1).values)
            one = before[list(RATES).index(DRAWN) * SEEDS, UNIT]
            quantiles.append(one.quantile(torch.tensor([0.05, 0.5, 0.95])))
    with torch.no_grad():
        hidden = model(everything[:, :, training], None)[:-1]  # stores the statistics
        model.eval()
        right = model(everything[:, :, test], None)[-1].argmax(dim=1) == y[test]
    positive = torch.stack([(one > 0).float().mean(dim=2) for one in hidden])
    return {
        "accuracy": right.float().mean(dim=1),
        "move": torch.stack(seen["move"]).mean(dim=0),
        "early": torch.stack(seen["loss"][:EARLY]).mean(dim=0),
        "one_sided": ((positive - 0.5).abs() > 0.45).float().mean(dim=(0, 2)),
        "change": torch.stack(seen["change"]).median(dim=0).values,  # (step, copy)
        "quantiles": torch.stack(quantiles),
    }


def spreads(values: Tensor, rates: list[str]) -> dict[str, dict[str, float]]:
    """Return mean and range over the seeds, at the first rates."""
    rows = values.view(len(RATES), SEEDS)[: len(rates)]
    return {
        name: {
            "mean": row.mean().item(),
            "min": row.min().item(),
            "max": row.max().item(),
        }
        for name, row in zip(rates, rows, strict=True)
    }


def measure() -> dict[str, Any]:
    """Quantiles of one unit's inputs by step; the rest by network and rate."""
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    for kind in KINDS:
        seen = train(kind)
        results["quantiles"][kind] = seen.pop("quantiles").tolist()
        change = zip(STEPS, seen.pop("change"), strict=True)
        results["change"][kind] = {
            step: spreads(values, LEARNED) for step, values in change
        }
        results["accuracy"][kind] = spreads(seen.pop("accuracy"), list(RATES))
        for name, values in seen.items():
            results[name][kind] = spreads(values, LEARNED)
    return results


def draw(results: dict[str, Any]) -> Figure:
    """One panel per network: the median, and the range from 5 to 95 %."""
    figure, axes = plt.subplots(
        3, 1, figsize=(4.6, 5.6), sharex=True, sharey=True, layout="constrained"
    )
    titles = ["plain: one side of zero", "batch normalization: both sides"]
    titles.append("noise after it: they jump, and it trains")
    colors = ["C1", "C0", "C2"]
    for axis, title, kind, color in zip(axes, titles, KINDS, colors, strict=True):
        low, median, high = zip(*results["quantiles"][kind], strict=True)
        steps = range(0, EVERY * len(low), EVERY)
        axis.fill_between(steps, low, high, color=color, alpha=0.3, linewidth=0)
        axis.plot(steps, median, color=color)
        axis.axhline(0, color="gray", lw=0.8)
        axis.set_title(title)
        axis.set_ylabel("preactivation")
    axes[2].set_xlabel("training step")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    accuracy, early = results["accuracy"], results["early"]
    move, one_sided, change = (results[k] for k in ["move", "one_sided", "change"])
    for rate in LEARNED:
        moves = [move[kind][rate]["mean"] for kind in KINDS]
        assert moves[1] < 0.02 < moves[0], f"{rate}: with BN the means stay"
        assert moves[2] > moves[0] + 0.05, f"{rate}: with noise they move even more"
        assert early["noisy"][rate]["mean"] > early["norm"][rate]["mean"] + 0.02, (
            f"{rate}: the noise costs speed"
        )
        for kind in ["norm", "noisy"]:
            assert one_sided[kind][rate]["mean"] < 0.01, "hardly any unit is one-sided"
        assert one_sided["plain"][rate]["mean"] > 0.015, "in plain networks some are"
        for step in STEPS:
            row = [change[kind][step][rate]["mean"] for kind in KINDS]
            assert max(row[1:]) < 0.93 * row[0], f"{step}, {rate}: BN is steadier"
    for rate in list(RATES)[1:]:
        noisy = accuracy["noisy"][rate]["mean"]
        assert noisy > accuracy["plain"][rate]["mean"] + 0.03, f"{rate}: noisy is ahead"
        assert noisy > accuracy["norm"][rate]["mean"] - 0.05, f"{rate}: close to BN"
    assert accuracy["plain"]["1"]["mean"] < 0.3, "the plain network fails at 1"
    slow, fast = (one_sided["plain"][rate]["mean"] for rate in ["3e-2", "3e-1"])
    assert slow > 1.5 * fast, "less drift, and more one-sided units"
    assert early["plain"]["3e-2"]["mean"] < early["noisy"]["3e-2"]["mean"], "slower"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
