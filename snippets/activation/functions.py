"""Nine activation functions and their derivatives: what each lets back.

Source: He et al. 2015 (arXiv:1502.01852) (PReLU); Clevert et al. 2015
(arXiv:1511.07289) (ELU); Klambauer et al. 2017 (arXiv:1706.02515) (SELU);
Hendrycks & Gimpel 2016 (arXiv:1606.08415) (GELU, SiLU).
"""

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "ReLU": torch.relu,
    "Leaky ReLU": lambda y: F.leaky_relu(y, negative_slope=0.1),
    "PReLU": lambda y: F.prelu(y, torch.tensor(0.25, dtype=y.dtype)),
    "ELU": F.elu,
    "SELU": F.selu,
    "GELU": F.gelu,
    "SiLU": F.silu,
}
LIMIT = 4.0
DRAWN = 60  # points from -LIMIT to LIMIT; an even number leaves out the kink at zero
FINE = 8000  # points at which extremes are looked up
TOLERANCE = {"y": 1e-6, "value": 1e-6, "slope": 1e-6, "most": 1e-6, "least": 1e-6}


def slope(function: Callable[[Tensor], Tensor], y: Tensor) -> Tensor:
    """Return the derivative at each point, as backpropagation uses it."""
    y = y.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(function(y).sum(), y)
    return gradient


def measure() -> dict[str, Any]:
    """Values and slopes by preactivation; largest and smallest slope."""
    y = torch.linspace(-LIMIT, LIMIT, DRAWN, dtype=torch.float64)
    fine = torch.linspace(-LIMIT, LIMIT, FINE, dtype=torch.float64)
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    results["y"] = y.tolist()
    for name, function in ACTIVATIONS.items():
        slopes = slope(function, fine)
        results["value"][name] = function(y).tolist()
        results["slope"][name] = slope(function, y).tolist()
        results["most"][name] = slopes.max().item()
        results["least"][name] = slopes.min().item()
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Two functions, solid, and their derivatives, dashed."""
    figure, axes = plt.subplots(
        1, 2, figsize=(4.6, 2.6), sharey=True, layout="constrained"
    )
    for axis, name in zip(axes, ["sigmoid", "ReLU"], strict=True):
        axis.axhline(0, color="gray", lw=0.6)
        axis.plot(results["y"], results["value"][name], "C0-", label="function")
        axis.plot(results["y"], results["slope"][name], "C1--", label="derivative")
        axis.set_title(name)
        axis.set(xlabel="preactivation", ylabel="value", xticks=[-3, 0, 3])
        axis.grid(axis="y", alpha=0.3)
    axes[0].set_ylim(-0.2, 2)
    axes[0].set_yticks([0, 0.25, 1], ["0", "¼", "1"])
    axes[1].yaxis.label.set_visible(False)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)
    return figure


def draw_all(results: dict[str, Any]) -> Figure:
    """One panel per function: value solid, derivative dashed."""
    figure, axes = plt.subplots(
        3, 3, figsize=(4.6, 4.9), sharex=True, sharey=True, layout="constrained"
    )
    for axis, name in zip(axes.flat, results["value"], strict=True):
        axis.axhline(0, color="gray", lw=0.6)
        axis.axvline(0, color="gray", lw=0.6)
        axis.plot(results["y"], results["value"][name], "C0-", label="function")
        axis.plot(results["y"], results["slope"][name], "C1--", label="derivative")
        axis.set_title(name)
    axes[0, 0].set_ylim(-2, 3)
    axes[0, 0].set_xticks([-3, 0, 3])
    axes[0, 0].set_yticks([-1, 0, 1, 2])
    for axis in axes.flat:
        axis.set(xlabel="preactivation", ylabel="value")
    for axis in axes[:2].flat:
        axis.xaxis.label.set_visible(False)
    for axis in axes[:, 1:].flat:
        axis.yaxis.label.set_visible(False)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    most, least = results["most"], results["least"]
    assert abs(most["sigmoid"] - 0.25) < 1e-6, "sigmoid's slope is a quarter at most"
    assert abs(most["tanh"] - 1) < 1e-6, "tanh reaches one, at zero only"
    for name in ["ReLU", "Leaky ReLU", "PReLU", "ELU"]:
        assert abs(most[name] - 1) < 1e-6, f"{name}: slope one above zero"
    assert least["ReLU"] == 0, "ReLU has slope zero below zero"
    assert least["Leaky ReLU"] == 0.1, "Leaky ReLU never has slope zero"
    assert least["PReLU"] == 0.25, "PReLU starts at a quarter"
    for name in ["GELU", "SiLU"]:
        assert least[name] < 0, f"{name}: the slope dips below zero"
        assert most[name] > 1, f"{name}: the slope exceeds one"


if __name__ == "__main__":
    results = measure()
    draw(results)
    draw_all(results)
    plt.show()
