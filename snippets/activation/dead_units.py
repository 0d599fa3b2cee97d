"""Dying ReLU: the share of units that no input switches on, by learning rate and depth.

Source: Maas et al. 2013 (Leaky ReLU); Lu et al. 2019 (arXiv:1903.06733) (dying ReLU).
Learning rates and depths were chosen after seeing results.
"""

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional as F

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_1": partial(nn.LeakyReLU, 0.01),
    "leaky_10": partial(nn.LeakyReLU, 0.1),
    "elu": nn.ELU,
}
LABELS = ["ReLU", "Leaky ReLU, 0.01", "Leaky ReLU, 0.1", "ELU"]
HIDDEN = [1, 3, 9]  # hidden layers
RATES = {"1e-3": 0.001, "1e-2": 0.01, "3e-2": 0.03, "1e-1": 0.1}  # of Adam
SLOW = 0.001  # to see who recovers afterwards
WIDTH = 64
CLASSES = 10
BATCH = 64
EPOCHS = 6
SEEDS = range(3)
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = {"trained": None, "revived": None, "gain": None}


class Network(nn.Module):
    """A multilayer perceptron that also returns the outputs of its hidden layers."""

    def __init__(self, activation: str, hidden: int) -> None:
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(hidden))
        self.last = nn.Linear(WIDTH, CLASSES)
        self.activation = ACTIVATIONS[activation]()
        for linear in [*self.hidden, self.last]:
            nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
            nn.init.zeros_(linear.bias)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return logits and the output of every hidden layer."""
        outputs = []
        for linear in self.hidden:
            x = self.activation(linear(x))
            outputs.append(x)
        return self.last(x), outputs


def load_data() -> list[Tensor]:
    """Handwritten digits of 8 x 8 pixels, a quarter of them held out."""
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32)  # (sample, 64)
    x = (x - x.mean()) / x.std()
    y = torch.tensor(digits.target)
    return list(train_test_split(x, y, test_size=0.25, random_state=0, stratify=y))


def spread(values: Tensor) -> dict[str, float]:
    """Mean over the seeds, and the range."""
    return {
        "mean": values.mean().item(),
        "min": values.min().item(),
        "max": values.max().item(),
    }


def run(activation: str, hidden: int, rates: list[float]) -> dict[str, Any]:
    """Train one network per seed side by side, at one rate after the other."""
    x_train, x_test, y_train, y_test = load_data()
    models = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        models.append(Network(activation, hidden))
    parameters, _ = stack_module_state(models)
    template = copy.deepcopy(models[0]).to("meta")

    def one(parameters: dict[str, Tensor], x: Tensor) -> Any:  # noqa: ANN401
        return functional_call(template, parameters, (x,))

    forward = vmap(one, in_dims=(0, None))  # logits: (model, sample, class)
    batches = len(x_train) // BATCH
    for rate in rates:
        optimizer = torch.optim.Adam(parameters.values(), lr=rate, foreach=True)
        for _ in range(EPOCHS):
            order = torch.randperm(len(x_train))[: batches * BATCH]
            for batch in order.view(batches, BATCH):
                logits, _ = forward(parameters, x_train[batch])
                targets = y_train[batch].repeat(len(models))
                # The models share no parameter: each gets its own gradient.
                loss = F.cross_entropy(logits.flatten(0, 1), targets) * len(models)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    with torch.no_grad():
        _, outputs = forward(parameters, x_train)
        logits, _ = forward(parameters, x_test)
    # Inactive: not above zero for any training image.
    inactive = [(output <= 0).all(dim=1).float().mean(dim=1) for output in outputs]
    correct = logits.argmax(dim=2) == y_test
    return {
        "inactive": spread(torch.stack(inactive).mean(dim=0)),
        "accuracy": spread(correct.float().mean(dim=1)),
    }


def measure() -> dict[str, Any]:
    """Inactive units and test accuracy; then again after training on at a slow rate."""
    results: dict[str, Any] = {"trained": {}, "revived": {}}
    for activation in ACTIVATIONS:
        results["trained"][activation] = {
            str(hidden): {
                name: run(activation, hidden, [rate]) for name, rate in RATES.items()
            }
            for hidden in (HIDDEN if activation == "relu" else HIDDEN[1:])
        }
        results["revived"][activation] = run(activation, 3, [RATES["1e-1"], SLOW])
    gains = {  # percentage points
        activation: 100
        * (after["accuracy"]["mean"] - before["3"]["1e-1"]["accuracy"]["mean"])
        for (activation, after), before in zip(
            results["revived"].items(), results["trained"].values(), strict=True
        )
    }
    relu = gains.pop("relu")
    least, most = min(gains.values()), max(gains.values())
    results["gain"] = {"relu": relu, "least": least, "most": most}
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Inactive units above, accuracy below; 3 and 9 hidden layers."""
    figure, axes = plt.subplots(
        2, 2, figsize=(4.6, 4.6), sharex=True, sharey=True, layout="constrained"
    )
    rates = list(RATES.values())
    styles = ["C1s-", "C0o-", "C2^-", "C3D-"]
    for column, hidden in zip(axes.T, ["3", "9"], strict=True):
        by_activation = results["trained"].values()
        for style, name, by_depth in zip(styles, LABELS, by_activation, strict=True):
            for axis, key in zip(column, ["inactive", "accuracy"], strict=True):
                runs = [row[key] for row in by_depth[hidden].values()]
                mean = [row["mean"] for row in runs]
                low, high = [r["min"] for r in runs], [r["max"] for r in runs]
                axis.plot(rates, mean, style, lw=1.2, markersize=4, label=name)
                axis.fill_between(rates, low, high, color=style[:2], alpha=0.15, lw=0)
    axes[0, 0].set_title("3 hidden layers")
    axes[0, 1].set_title("9 hidden layers")
    for axis in axes[0]:
        axis.set_ylabel("share of inactive units")
    for axis in axes[1]:
        axis.set_ylabel("test accuracy")
    for axis in axes[:, 1]:
        axis.yaxis.label.set_visible(False)
    for axis in axes.flat:
        axis.set_xscale("log")
        axis.grid(axis="y", alpha=0.3)
    for axis in axes[1]:
        axis.set_xlabel("learning rate")
        axis.set_xticks([0.001, 0.01, 0.1], ["0.001", "0.01", "0.1"])
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    trained, revived = results["trained"], results["revived"]
    relu, leaky = trained["relu"], trained["leaky_1"]
    steep, elu = trained["leaky_10"], trained["elu"]
    for hidden in ["1", "3", "9"]:
        assert relu[hidden]["1e-3"]["inactive"]["mean"] < 0.2, "few at a usual rate"
        assert relu[hidden]["1e-1"]["inactive"]["min"] > 0.5, "most at a huge one"
        assert relu[hidden]["1e-3"]["accuracy"]["min"] > 0.85, "a usual rate learns"
    for rate in ["1e-2", "3e-2"]:
        shares = [relu[hidden][rate]["inactive"]["mean"] for hidden in ["3", "9"]]
        assert shares == sorted(shares), "deeper nets lose more units"
    assert relu["1"]["1e-1"]["accuracy"]["min"] > 0.85, "one layer survives half dead"
    assert (
        relu["1"]["1e-1"]["accuracy"]["mean"] < relu["1"]["1e-2"]["accuracy"]["mean"]
    ), "but that costs something"
    assert relu["9"]["1e-1"]["accuracy"]["mean"] < 0.4, "nine layers: near chance"
    assert leaky["3"]["1e-1"]["inactive"]["mean"] > 0.4, "Leaky has inactive units too"
    assert leaky["9"]["1e-1"]["accuracy"]["mean"] < 0.5, (
        "Leaky does not save nine layers"
    )
    assert steep["3"]["1e-1"]["inactive"]["mean"] < 0.35, "a steeper slope has fewer"
    assert elu["3"]["1e-1"]["accuracy"]["mean"] > 0.6, "ELU learns with inactive units"
    assert revived["relu"]["inactive"]["mean"] > 0.6, "dead units stay dead"
    for name in ["leaky_1", "leaky_10", "elu"]:
        before = trained[name]["3"]["1e-1"]["inactive"]["mean"]
        after = revived[name]["inactive"]["mean"]
        assert abs(after - before) < 0.15, f"{name}: hardly any unit switches on again"
    assert results["gain"]["relu"] < 5, "ReLU gains next to nothing"
    assert results["gain"]["least"] > results["gain"]["relu"], "a slope gains more"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
