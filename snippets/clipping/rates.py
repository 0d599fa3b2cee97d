"""Clipping by learning rate: a recurrent network with SGD and with Adam.

Source: the adding problem of Hochreiter and Schmidhuber (1997), the ReLU network of Le
et al. 2015 (arXiv:1504.00941), clipping by norm of Pascanu et al. 2013
(arXiv:1211.5063), algorithm 1. Rates are chosen on validation data. The networks of one
rate are trained at once: the first dimension of each weight counts them.
"""

import math
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn, optim

LENGTH, UNITS, BATCH, SEEDS = 20, 32, 32, 5
LIMIT = 1.0  # a larger loss, or NaN, counts as this
MAX_NORM = {"none": math.inf, "ten": 10, "one": 1, "tenth": 0.1, "value": math.inf}
VALUE = [math.inf, math.inf, math.inf, math.inf, 0.1]  # the largest entry
RATES = [0.0003, 0.001, 0.003, 0.01, 0.03]
OPTIMIZERS: dict[str, Any] = {  # options, number of steps, learning rates
    "sgd": (optim.SGD, {"momentum": 0.9}, 800, [*RATES, 0.1]),
    "adam": (optim.Adam, {}, 400, RATES),
}
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = dict.fromkeys(["test", "best", "control"])


def sample(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Sequences of random numbers, two of them marked; the answer is their sum."""
    number = torch.rand(count, LENGTH, generator=generator)
    mark = torch.zeros(count, LENGTH)
    for begin in (0, LENGTH // 2):
        place = torch.randint(LENGTH // 2, (count, 1), generator=generator)
        mark.scatter_(1, begin + place, 1.0)
    return torch.stack([number, mark], dim=2), (number * mark).sum(1)


DATA = {  # the training data of each seed has generators of its own
    name: sample(2000, torch.Generator().manual_seed(seed))
    for name, seed in {"validation": 1000, "test": 1001}.items()
}


def start() -> list[Tensor]:
    """Stack the first weights; at first each state is a copy of the one before."""
    networks = []
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        into, out = nn.Linear(2, UNITS), nn.Linear(UNITS, 1)
        across, bias = torch.eye(UNITS), torch.zeros(1, UNITS)
        networks.append([into.weight.T, across, bias, out.weight.T, out.bias[None]])
    stacked = [torch.stack(same).detach() for same in zip(*networks, strict=True)]
    return [w.repeat_interleave(len(MAX_NORM), 0).requires_grad_() for w in stacked]


def answer(weights: list[Tensor], x: Tensor) -> Tensor:
    """Answers of all networks, (network, batch), from x: (network, batch, time, 2)."""
    into, across, bias, out, offset = weights
    inputs = torch.einsum("nbti,niu->tnbu", x, into) + bias
    state = torch.zeros_like(inputs[0])
    for step in inputs:
        state = torch.relu(torch.baddbmm(step, state, across))
    return torch.baddbmm(offset, state, out).squeeze(2)


def clip_(weights: list[Tensor]) -> Tensor:
    """Clip the gradient of each network; return its norm before."""
    gradients = [w.grad for w in weights if w.grad is not None]
    norms = torch.stack([g.flatten(1).norm(dim=1) for g in gradients])
    norm: Tensor = norms.norm(dim=0)
    max_norm = torch.tensor(list(MAX_NORM.values()) * SEEDS)
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)[:, None, None]
    value = torch.tensor(VALUE * SEEDS)[:, None, None]
    for g in gradients:
        g.mul_(factor).clamp_(-value, value)
    return norm


def train(name: str, rate: float) -> dict[str, Tensor]:
    """Return losses, (seed, kind), and norms, (step, seed, kind)."""
    kind, options, count, _ = OPTIMIZERS[name]
    weights = start()
    optimizer = kind(weights, lr=rate, **options)
    generators = [torch.Generator().manual_seed(seed) for seed in range(SEEDS)]
    norms = []
    for _ in range(count):
        pairs = [sample(BATCH, generator) for generator in generators]
        x, y = (torch.stack(part) for part in zip(*pairs, strict=True))
        x, y = (part.repeat_interleave(len(MAX_NORM), 0) for part in (x, y))
        optimizer.zero_grad()
        (answer(weights, x) - y).square().mean(1).sum().backward()
        norms.append(clip_(weights))
        optimizer.step()
    results = {"norm": torch.stack(norms).view(count, SEEDS, -1)}
    for part, (x, y) in DATA.items():
        with torch.no_grad():
            error = answer(weights, x.expand(len(weights[0]), -1, -1, -1)) - y
        loss = error.square().mean(1).nan_to_num(LIMIT).clamp(max=LIMIT)
        results[part] = loss.view(SEEDS, -1)
    return results


def two_layers(rate: float, seed: int) -> list[float]:
    """Train a network that sees the sequence at once; return both losses."""
    torch.manual_seed(seed)
    layers = [nn.Linear(2 * LENGTH, 2 * UNITS), nn.ReLU(), nn.Linear(2 * UNITS, 1)]
    model = nn.Sequential(nn.Flatten(), *layers, nn.Flatten(0))
    optimizer = optim.Adam(model.parameters(), lr=rate)
    for _ in range(OPTIMIZERS["adam"][2]):
        x, y = sample(BATCH, torch.default_generator)
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    return [nn.functional.mse_loss(model(x), y).item() for x, y in DATA.values()]


def controls() -> dict[str, Any]:
    """Test losses of two layers, at their best rate, of a linear function, of 1."""
    runs = [[two_layers(r, s) for s in range(SEEDS)] for r in RATES]
    best = min(runs, key=lambda run: sum(validation for validation, _ in run))
    x, y = sample(BATCH * 400, torch.Generator().manual_seed(0))
    weights = torch.linalg.lstsq(x.flatten(1), y[:, None]).solution
    x, y = DATA["test"]
    linear = ((x.flatten(1) @ weights)[:, 0] - y).square().mean().item()
    guess = (1 - y).square().mean().item()
    return {"two layers": [test for _, test in best], "linear": linear, "guess": guess}


def summary(
    kind: str, norms: Tensor, losses: list[float], rate: float
) -> dict[str, Any]:
    """Return what the page says about one kind of clipping at its best rate."""
    quantiles = norms.quantile(torch.tensor([0.5, 0.9, 0.99])).tolist()
    return {
        "rate": rate,
        "loss": dict(zip(["min", "median", "max"], losses[::2], strict=True)),
        "norm": dict(zip(["median", "p90", "p99"], quantiles, strict=True)),
        "share": (norms > MAX_NORM[kind]).float().mean().item(),
    }


def measure() -> dict[str, Any]:
    """Test losses by rate; at the best rate also norms and the share clipped."""
    results: dict[str, Any] = {"test": {}, "best": {}, "control": controls()}
    for name, (*_, rates) in OPTIMIZERS.items():
        runs = [train(name, rate) for rate in rates]
        results["test"][name], results["best"][name] = {}, {}
        for i, kind in enumerate(MAX_NORM):
            losses = [run["test"][:, i].sort().values.tolist() for run in runs]
            validation = [run["validation"][:, i].median().item() for run in runs]
            at = validation.index(min(validation))
            norms = runs[at]["norm"][:, :, i].flatten()
            results["test"][name][kind] = losses
            results["best"][name][kind] = summary(kind, norms, losses[at], rates[at])
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Draw a panel per optimizer: lines through the medians, a point per seed."""
    figure, axes = plt.subplots(2, 1, figsize=(4.6, 6.0), layout="constrained")
    styles = {"none": "C3o-", "ten": "C1^--", "one": "C0s-", "tenth": "C2D:"}
    two, *single = results["control"].values()
    for axis, (name, (*_, rates)) in zip(axes, OPTIMIZERS.items(), strict=True):
        axis.axhspan(
            min(two + single), max(two + single), color="gray", alpha=0.3, lw=0
        )
        for at, (kind, style) in enumerate(styles.items()):
            runs = results["test"][name][kind]
            label = "no clipping" if kind == "none" else f"max_norm {MAX_NORM[kind]}"
            axis.plot(rates, [run[SEEDS // 2] for run in runs], style, label=label)
            beside = [rate * 1.07 ** (at - 1.5) for rate in rates]
            axis.plot(beside, runs, style[:3], linestyle="", ms=3, alpha=0.5)
        axis.set(xscale="log", yscale="log", ylim=(0.0006, 1.4))
        axis.set(xlabel="learning rate", ylabel="test loss")
        axis.set_xticks(rates, [f"{rate:g}" for rate in rates])
        axis.set_yticks([0.001, 0.01, 0.1, 1], ["0.001", "0.01", "0.1", "1"])
        axis.set_title({"sgd": "SGD, momentum 0.9", "adam": "Adam"}[name], loc="left")
        axis.minorticks_off()
    axes[1].legend(
        frameon=False, loc="upper left", bbox_to_anchor=(-0.05, -0.22), ncols=2
    )
    axes[1].annotate("controls", (0.0022, 0.19), color="gray")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    best, control = results["best"], results["control"]
    for name, bound in {"sgd": 0.75, "adam": 0.5}.items():
        kinds = [results["test"][name][kind] for kind in ("none", "ten", "one")]
        none, ten, one = ([run[SEEDS // 2] for run in runs] for runs in kinds)
        assert none[4] > 0.14, "at 0.03 without clipping it is no better than guessing"
        assert one[4] < 0.1, "with max_norm 1 it learns there"
        assert none[4] / one[4] > 2 * none[0] / one[0], "the gain grows with the rate"
        assert max(min(ten), min(one)) < bound * min(none), "clipped, it learns more"
        assert best[name]["ten"]["share"] < 0.1, "10 clips rarely"
        assert best[name]["one"]["share"] > 0.2, "1 clips often"
    assert best["adam"]["value"]["loss"]["median"] > 2 * min(one), "by value: less"
    assert min([*control["two layers"], control["linear"]]) > 0.12, "controls fail"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
