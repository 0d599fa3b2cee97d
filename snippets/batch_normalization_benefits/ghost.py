"""Test error when batch normalization takes its statistics from fewer samples.

Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), abstract: acts as a regularizer. The
optimizer's batch stays the same, only the group that shares a mean and a variance
changes. The size of the training set was chosen after seeing results.
"""

import copy
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional as F

GROUPS = [60, 20, 10, 5, 3]  # samples that share statistics
SAMPLES = 300  # for training; the other 1497 test
BATCH = 60
HIDDEN = 3
WIDTH = 64
CLASSES = 10
STEPS = 400
LEARNING_RATE = 0.1
SEEDS = range(10)  # each splits the data differently
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = {"plain": None, "group": None, "difference": None}


class GroupedBatchNorm(nn.BatchNorm1d):
    """Batch normalization over groups of a batch; evaluation stays the same."""

    def __init__(self, width: int, group: int) -> None:
        super().__init__(width)
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        """Normalize each group by its own mean and variance while training."""
        if not self.training:
            return super().forward(x)
        groups = x.view(-1, self.group, x.shape[1])  # (group, sample, unit)
        mean = groups.mean(dim=1, keepdim=True)
        variance = groups.var(dim=1, keepdim=True)
        for running, new in [(self.running_mean, mean), (self.running_var, variance)]:
            if running is not None:
                running += 0.1 * (new.detach().mean(dim=(0, 1)) - running)
        biased = variance * (1 - 1 / self.group)
        normalized = ((groups - mean) / (biased + self.eps).sqrt()).view_as(x)
        return self.weight * normalized + self.bias


def build(group: int | None) -> nn.Sequential:
    """Stack linear layers with ReLU, and batch normalization unless group is None."""
    layers: list[nn.Module] = []
    for layer in range(HIDDEN + 1):
        linear = nn.Linear(WIDTH, CLASSES if layer == HIDDEN else WIDTH)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
        layers.append(linear)
        if layer < HIDDEN:
            layers += [GroupedBatchNorm(WIDTH, group)] if group else []
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def split(seed: int) -> list[Tensor]:
    """Handwritten digits of 8 x 8 pixels, few of them for training."""
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32)  # (sample, 64)
    x = (x - x.mean()) / x.std()
    y = torch.tensor(digits.target)
    return list(
        train_test_split(x, y, train_size=SAMPLES, random_state=seed, stratify=y)
    )


def errors(group: int | None) -> Tensor:
    """Train one network per seed side by side; return the test errors in percent."""
    models = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        models.append(build(group))
    splits = zip(*map(split, SEEDS), strict=True)
    x_train, x_test, y_train, y_test = map(torch.stack, splits)
    parameters, buffers = stack_module_state(models)
    template = copy.deepcopy(models[0]).to("meta")

    def one(state: tuple[dict[str, Tensor], ...], x: Tensor) -> Any:  # noqa: ANN401
        return functional_call(template, state, (x,))

    run = vmap(one)  # logits: (model, sample, class)
    optimizer = torch.optim.SGD(parameters.values(), lr=LEARNING_RATE)
    torch.manual_seed(0)
    for _ in range(STEPS // (SAMPLES // BATCH)):
        for batch in torch.randperm(SAMPLES).view(-1, BATCH):
            logits = run((parameters, buffers), x_train[:, batch])
            targets = y_train[:, batch].flatten()
            # The models share no parameter: each gets its own gradient.
            loss = F.cross_entropy(logits.flatten(0, 1), targets) * len(models)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    template.eval()
    with torch.no_grad():
        logits = run((parameters, buffers), x_test)
    wrong: Tensor = logits.argmax(dim=2) != y_test
    return 100 * wrong.float().mean(dim=1)


def summary(values: Tensor) -> dict[str, float]:
    """Mean over the seeds, their standard deviation, and the mean's standard error."""
    sd = values.std().item()
    return {"mean": values.mean().item(), "sd": sd, "se": sd / len(values) ** 0.5}


def measure() -> dict[str, Any]:
    """Test error by group size; its difference to no normalization, seed by seed."""
    plain = errors(None)
    results: dict[str, Any] = {"plain": summary(plain), "group": {}, "difference": {}}
    for group in GROUPS:
        error = errors(group)
        results["group"][str(group)] = summary(error)
        results["difference"][str(group)] = summary(error - plain)
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Difference to the plain network by group size, two standard errors each way."""
    figure, axis = plt.subplots(figsize=(4.6, 2.9), layout="constrained")
    rows = results["difference"].values()
    mean = [row["mean"] for row in rows]
    bars = [2 * row["se"] for row in rows]
    axis.axhline(0, color="gray", lw=1)
    axis.text(6, 0.12, "no norm", color="gray")
    axis.errorbar(GROUPS, mean, bars, fmt="C0o-", lw=1.2, markersize=4, capsize=3)
    axis.set_xscale("log")
    axis.set_xticks(GROUPS, [str(group) for group in GROUPS])
    axis.minorticks_off()
    axis.set_xlabel("samples that share a mean and a variance")
    axis.set_ylabel("change of the test error\n(percentage points)")
    axis.set_title("Some noise helps, too much hurts")
    axis.grid(axis="y", alpha=0.3)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    difference = results["difference"]
    best, whole = difference["10"], difference["60"]
    means = {group: row["mean"] for group, row in difference.items()}
    assert min(means.values()) > best["mean"] - 0.3, "10 is the best, or close to it"
    assert best["mean"] + 2 * best["se"] < 0, "groups of 10 beat no normalization"
    assert best["mean"] < whole["mean"] - 0.4, "and the whole batch"
    assert abs(whole["mean"]) < 3 * whole["se"], "the whole batch: no clear change"
    assert difference["3"]["mean"] - 2 * difference["3"]["se"] > 0, "3: too much noise"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
