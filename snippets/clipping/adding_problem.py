"""Training a recurrent network: without clipping, by value and by norm.

Source: Pascanu et al. 2013 (arXiv:1211.5063), section 4.1; the adding problem is
Hochreiter and Schmidhuber's (1997), the ReLU network that of Le et al. 2015
(arXiv:1504.00941). Length and learning rate were chosen after seeing results.
"""

import math
import statistics
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn import functional as F

LENGTH = 20
UNITS = 32
BATCH = 32
STEPS = 1200
WINDOW = 100  # losses are averaged over so many steps
LEARNING_RATE = 0.05
SEEDS = range(5)
GUESS = 1 / 6  # the loss of always answering 1: the variance of the sum
SETTINGS = {  # kind of clipping, threshold
    "none": ("norm", math.inf),
    "norm": ("norm", 1.0),
    "value_low": ("value", 0.1),
    "value_high": ("value", 0.3),
}
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = dict.fromkeys(["loss", "first", "final", "diverged", "cosine"])


def sample() -> tuple[Tensor, Tensor]:
    """Sequences of random numbers, two of them marked; the answer is their sum."""
    number = torch.rand(LENGTH, BATCH)
    mark = torch.zeros(LENGTH, BATCH)
    half = LENGTH // 2
    mark[torch.randint(half, (BATCH,)), torch.arange(BATCH)] = 1
    mark[torch.randint(half, LENGTH, (BATCH,)), torch.arange(BATCH)] = 1
    x = torch.stack([number, mark], dim=2)  # (time, batch, 2)
    return x, (number * mark).sum(0)


class Adder(nn.Module):
    """A ReLU network that starts by copying its state at every step."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(2, UNITS, nonlinearity="relu")
        self.head = nn.Linear(UNITS, 1)
        nn.init.eye_(self.rnn.get_parameter("weight_hh_l0"))
        nn.init.zeros_(self.rnn.get_parameter("bias_ih_l0"))
        nn.init.zeros_(self.rnn.get_parameter("bias_hh_l0"))

    def forward(self, x: Tensor) -> Tensor:
        """Read the answer from the last state."""
        states, _ = self.rnn(x)
        answer: Tensor = self.head(states[-1]).squeeze(1)
        return answer


def train(kind: str, threshold: float, seed: int) -> tuple[list[float], list[float]]:
    """Return loss and cosine (gradient before and after clipping) of every step."""
    torch.manual_seed(seed)
    model = Adder()
    parameters = list(model.parameters())
    optimizer = torch.optim.SGD(parameters, lr=LEARNING_RATE)
    losses, cosines = [], []
    for _ in range(STEPS):
        x, y = sample()
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        before = torch.cat([p.grad.flatten() for p in parameters if p.grad is not None])
        if kind == "value":
            nn.utils.clip_grad_value_(parameters, threshold)
        else:
            nn.utils.clip_grad_norm_(parameters, threshold)
        after = torch.cat([p.grad.flatten() for p in parameters if p.grad is not None])
        losses.append(loss.item())
        if not loss < 1e6:
            break  # it has diverged
        cosines.append(F.cosine_similarity(before, after, dim=0).item())
        optimizer.step()
    return losses, cosines


def measure() -> dict[str, Any]:
    """Loss by step, first and last losses, diverged runs, and the mean cosine."""
    results: dict[str, Any] = {name: {} for name in TOLERANCE}
    for name, (kind, threshold) in SETTINGS.items():
        runs = [train(kind, threshold, seed) for seed in SEEDS]
        whole = [losses for losses, _ in runs if len(losses) == STEPS]
        results["first"][name] = [losses[:2] for losses, _ in runs]
        results["diverged"][name] = len(runs) - len(whole)
        results["loss"][name] = [averaged(losses) for losses in whole]
        results["cosine"][name] = statistics.mean(
            statistics.mean(cosines) for _, cosines in runs
        )
        if whole:
            last = [losses[-1] for losses in results["loss"][name]]
            peak = max(max(losses) for losses in results["loss"][name])
            results["final"][name] = {"mean": statistics.mean(last), "peak": peak}
            results["final"][name] |= {"min": min(last), "max": max(last)}
    return results


def averaged(losses: list[float]) -> list[float]:
    """Average the losses over each window."""
    starts = range(0, STEPS, WINDOW)
    return [statistics.mean(losses[start : start + WINDOW]) for start in starts]


def draw(results: dict[str, Any]) -> Figure:
    """One line per run; those without clipping leave the picture."""
    figure, axes = plt.subplots(
        2, 1, figsize=(4.6, 4.6), sharex=True, sharey=True, layout="constrained"
    )
    labels = {
        "norm": (0, "C0-", "by norm, at 1"),
        "value_low": (1, "C2--", "by value, at 0.1"),
        "value_high": (1, "C1-", "by value, at 0.3"),
    }
    middles = range(WINDOW // 2, STEPS, WINDOW)
    for name, (panel, style, label) in labels.items():
        for run, losses in enumerate(results["loss"][name]):
            shown = label if run == 0 else None
            axes[panel].plot(middles, losses, style, lw=1.2, label=shown)
    axes[0].axvline(2, color="C3", linestyle=":", label="no clipping: gone at step 2")
    axes[0].plot([], [], color="gray", lw=0.8, label="guessing")
    for axis in axes:
        axis.axhline(GUESS, color="gray", lw=0.8)
        axis.set_ylabel("training loss")
    axes[0].set_ylim(0, 0.6)
    axes[0].set_yticks([0, 0.2, 0.4, 0.6])
    axes[0].legend(frameon=False, loc="upper right")
    axes[1].legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 0.97), ncols=2)
    axes[1].set_xlabel("training step")
    axes[1].set_xticks([0, 400, 800, 1200])
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    final, cosine = results["final"], results["cosine"]
    assert results["diverged"]["none"] == len(SEEDS), "without clipping all diverge"
    assert all(after > 1e6 for _, after in results["first"]["none"]), "in two steps"
    assert results["diverged"]["norm"] == 0, "by norm none does"
    assert final["norm"]["max"] < GUESS - 0.03, "by norm all runs learn"
    assert final["norm"]["peak"] < 1, "without a setback"
    assert final["norm"]["mean"] < final["value_low"]["mean"], "by value it is slower"
    high = final.get("value_high", {"peak": 1e6})
    assert high["peak"] > 0.4, "a higher value threshold lets the loss jump"
    assert cosine["norm"] > 0.999, "by norm keeps the direction"
    assert cosine["value_low"] < 0.9, "by value does not"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
