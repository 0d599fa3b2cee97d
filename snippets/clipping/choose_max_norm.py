"""Choosing max_norm: the gradient norms of a run, and what each max_norm leads to.

Source: Pascanu et al. 2013 (arXiv:1211.5063), section 3.2: half to ten times the
average norm. Task and network are those of adding_problem.py.
"""

import itertools
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
WINDOW = 100  # the last losses, averaged
LEARNING_RATE = 0.05
SEEDS = range(3)
MAX_NORMS = [0.3, 1.0, 3.0, 10.0]
OBSERVED = 1.0  # the max_norm of the run whose norms we look at
BINS = [10 ** (power / 5) for power in range(-6, 11)]  # 0.06 to 100
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = dict.fromkeys(["norms", "median", "share", "final"])


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


def train(max_norm: float, seed: int) -> tuple[list[float], list[float]]:
    """Return loss and gradient norm of every step."""
    torch.manual_seed(seed)
    model = Adder()
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    losses, norms = [], []
    for _ in range(STEPS):
        x, y = sample()
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        losses.append(loss.item())
        norms.append(norm.item())
        if not loss < 1e6:
            break  # it has diverged
    return losses, norms


def measure() -> dict[str, Any]:
    """Norms at OBSERVED; by max_norm: median norm, share clipped, last loss."""
    results: dict[str, Any] = {"norms": {}, "median": [], "share": [], "final": []}
    for max_norm in MAX_NORMS:
        runs = [train(max_norm, seed) for seed in SEEDS]
        norms = [norm for _, run in runs for norm in run]
        whole = [losses for losses, _ in runs if len(losses) == STEPS]
        results["median"].append(statistics.median(norms))
        results["share"].append(sum(norm > max_norm for norm in norms) / len(norms))
        results["final"].append([statistics.mean(run[-WINDOW:]) for run in whole])
        if max_norm == OBSERVED:
            results["norms"] = {
                "count": [
                    sum(low <= norm < high for norm in norms)
                    for low, high in itertools.pairwise(BINS)
                ],
                "mean": statistics.mean(norms),
                "median": statistics.median(norms),
                "p90": statistics.quantiles(norms, n=10)[8],
                "max": max(norms),
            }
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Above, how often each norm came; below, the last loss by max_norm."""
    figure, axes = plt.subplots(
        2, 1, figsize=(4.6, 4.8), sharex=True, layout="constrained"
    )
    norms = results["norms"]
    share = [count / sum(norms["count"]) for count in norms["count"]]
    axes[0].stairs(share, BINS, fill=True, color="gray", alpha=0.4)
    axes[0].axvline(norms["median"], color="C0", label="median")
    axes[0].axvline(norms["mean"], color="C1", linestyle="--", label="mean")
    axes[0].axvline(norms["p90"], color="C2", linestyle=":", label="90th percentile")
    axes[0].set_ylabel("share of the steps")
    axes[0].set_xlabel("gradient norm before clipping")
    axes[0].xaxis.set_tick_params(labelbottom=True)
    axes[0].set_ylim(0, 0.25)
    axes[0].set_yticks([0, 0.1, 0.2])
    axes[0].legend(frameon=False, loc="upper right", bbox_to_anchor=(1.03, 1.05))
    for max_norm, final in zip(MAX_NORMS, results["final"], strict=True):
        axes[1].plot([max_norm] * len(final), final, "ko", markersize=4)
    axes[1].axvspan(norms["mean"] / 2, norms["mean"] * 10, color="C1", alpha=0.15, lw=0)
    axes[1].axhline(1 / 6, color="gray", linestyle=":", lw=1.2, label="guessing")
    axes[1].plot([], [], "s", color="C1", alpha=0.3, label="half to ten times the mean")
    axes[1].set_xscale("log")
    axes[1].set_xlim(BINS[0], BINS[-1])
    axes[1].set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    axes[1].minorticks_off()
    axes[1].set_ylim(0.06, 0.19)
    axes[1].set_yticks([0.1, 0.15])
    axes[1].set_xlabel("max_norm")
    axes[1].set_ylabel("loss at the end")
    axes[1].legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 0.95), ncols=2)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    norms, median = results["norms"], results["median"]
    assert norms["max"] > 10 * norms["median"], "a few norms are far larger"
    assert norms["mean"] > norms["median"], "and pull the mean up"
    small, one, more, high = results["final"]
    for runs in [small, one, more]:
        assert len(runs) == len(SEEDS), "no run diverges up to 3"
        assert max(runs) < 1 / 6, "and all learn something"
    final = [statistics.mean(runs) for runs in [small, one, more, high]]
    assert min(final) == final[1], "1 is the best of these"
    assert final[3] > final[1] + 0.02, "at 10 there is little progress"
    assert results["share"][1] > 0.5, "the best one clips most steps"
    assert median[0] > median[1] > median[3], "the norms depend on max_norm"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
