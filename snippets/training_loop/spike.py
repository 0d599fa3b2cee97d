"""The gradient norm of a small training run, and what one broken sample does to it.

Source: Pascanu et al. 2013 (arXiv:1211.5063), algorithm 1 (clipping); Greydanus & Kobak
2024 (arXiv:2011.14439) for the task.
"""

import math
import statistics
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from mnist1d.data import get_dataset_args, make_dataset
from torch import Tensor
from torch.nn import functional as F

SIZES = [40, 64, 64, 10]
RATES = [0.1, 0.3, 1.0]  # plain SGD; the best on the validation split is drawn
SEEDS, STEPS, BATCH = 5, 600, 100
BROKEN = 400  # the step whose batch has one sample with values 100 times too large
CLIPS = {"free": math.inf, "clipped": 2.0}
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = {"rate": None, "norms": None, "losses": None, "normal": None}
TOLERANCE |= {"high": None, "calm": None, "at": None, "before": None, "after": None}


def train(
    x: Tensor, y: Tensor, rates: Tensor, clip: float, broken: int
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Train copies side by side; return (step, copy) norms and losses, and weights."""
    torch.manual_seed(0)
    weights = []
    for fan_in, fan_out in pairwise(SIZES):
        gain = 2 if fan_out != SIZES[-1] else 1
        weights.append(torch.randn(len(rates), fan_in, fan_out))
        weights[-1] *= math.sqrt(gain / fan_in)
        weights.append(torch.zeros(len(rates), 1, fan_out))
    norms, losses = [], []
    for step in range(STEPS):
        batch = torch.randint(len(x), (len(rates), BATCH))
        inputs = x[batch]  # (copy, sample, feature)
        if step == broken:
            inputs[:, 0] *= 100
        for weight in weights:
            weight.requires_grad_()
        loss = losses_of(weights, inputs, y[batch])
        gradients = torch.autograd.grad(loss.sum(), weights)
        norm = torch.stack([g.flatten(1).norm(dim=1) for g in gradients]).norm(dim=0)
        scale = rates * (clip / norm).clamp(max=1)
        with torch.no_grad():
            weights = [
                w - scale[:, None, None] * g
                for w, g in zip(weights, gradients, strict=True)
            ]
        norms.append(norm)
        losses.append(loss.detach())
    return torch.stack(norms), torch.stack(losses), weights


def losses_of(weights: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
    """Return the mean loss of each copy on its batch."""
    for i in range(0, len(weights), 2):
        x = torch.baddbmm(weights[i + 1], x, weights[i])
        x = x.relu() if i < len(weights) - 2 else x
    return F.cross_entropy(x.movedim(2, 1), y, reduction="none").mean(dim=1)


def measure() -> dict[str, Any]:
    """Pick the rate without the broken sample; train with it, clipped and not."""
    options = get_dataset_args()
    options.train_split = 1  # we split it ourselves
    data = make_dataset(options)
    x, y = torch.tensor(data["x"]).float(), torch.tensor(data["y"])
    x = (x - x.mean()) / x.std()
    each = torch.tensor(RATES).repeat_interleave(SEEDS)
    _, _, weights = train(x[:4000], y[:4000], each, math.inf, broken=-1)
    held = x[4000:].expand(len(each), 1000, 40), y[4000:].expand(len(each), 1000)
    best = losses_of(weights, *held).view(-1, SEEDS).mean(dim=1).argmin()
    results: dict[str, Any] = {"rate": RATES[int(best)], "losses": {}, "after": {}}
    for name, clip in CLIPS.items():
        rates = torch.full((SEEDS,), results["rate"])
        norms, losses, _ = train(x[:4000], y[:4000], rates, clip, BROKEN)
        after = losses[BROKEN + 1 : BROKEN + 6].mean(dim=0)
        results["after"][name] = after.tolist()
        results["losses"][name] = losses[:, 0].tolist()
        if name == "free":
            shares = torch.tensor([0.01, 0.5, 0.99])
            low, middle, high = norms[100:BROKEN, 0].quantile(shares).tolist()
            results["norms"] = norms[:, 0].tolist()
            results["normal"] = {"low": low, "middle": middle, "high": high}
            results["high"] = norms[BROKEN].tolist()
            results["calm"] = int((norms[BROKEN] < 2 * middle).sum())
            results["at"] = losses[BROKEN].tolist()
            results["before"] = losses[BROKEN - 50 : BROKEN].mean(dim=0).tolist()
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Above the norm, with what is normal and the limit; below the loss."""
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(4.6, 4.2), sharex=True, layout="constrained"
    )
    normal = results["normal"]
    above.axhspan(normal["low"], normal["high"], color="C0", alpha=0.2, linewidth=0)
    above.plot(results["norms"], "C0", linewidth=1)
    above.axhline(CLIPS["clipped"], color="gray", linestyle="--")
    above.plot([BROKEN], [results["norms"][BROKEN]], "C1o")
    above.set_yscale("log")
    above.set_ylabel("gradient norm")
    above.set_ylim(0.5, 70)
    above.text(
        600, 1.1 * CLIPS["clipped"], "limit for clipping", ha="right", color="gray"
    )
    above.annotate(
        "broken sample",
        (BROKEN - 10, results["norms"][BROKEN]),
        ha="right",
        va="center",
        color="C1",
    )
    for name, label, color in [
        ("free", "without clipping", "C1"),
        ("clipped", "with clipping", "C2"),
    ]:
        below.plot(results["losses"][name], color, linewidth=1, label=label)
    below.set_ylim(0, 6)
    below.set_ylabel("loss")
    below.set_xlabel("step")
    below.legend(loc="upper left")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    normal, norms = results["normal"], results["norms"]
    assert normal["high"] < 3 * normal["middle"], "ordinary norms are close together"
    assert norms[BROKEN] > 5 * normal["high"], "the broken sample is far outside"
    early, late = norms[100:200], norms[300:400]
    level = statistics.median(late) / statistics.median(early)
    assert 0.6 < level < 1.7, "the norm stays level"
    losses = results["losses"]
    fell = statistics.mean(losses["free"][300:400]) / statistics.mean(
        losses["free"][100:200]
    )
    assert fell < 0.9, "while the loss falls"
    assert losses["free"][BROKEN + 1] > 5 * results["before"][0], "one step ruins it"
    assert results["after"]["clipped"][0] < 1.5 * results["before"][0], "clipped, not"
    for high, at, usual in zip(
        *(results[k] for k in ("high", "at", "before")), strict=True
    ):
        assert high > 2 or at < 1.5 * usual, "calm where the sample costs nothing"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
