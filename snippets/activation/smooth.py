"""GELU and SiLU: what one layer does to a signal's size depends on that size.

Source: Poole et al. 2016 (arXiv:1606.05340) for the map of the mean square from layer
to layer; He et al. 2015 (arXiv:1502.01852) for ReLU, where the factor is a constant.
"""

import math
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "gelu": F.gelu,
    "silu": F.silu,
}
HE = 2.0  # fan_in times the variance of the weights
SIZES = {"10": 10.0, "1": 1.0, "tenth": 0.1}  # root mean squares for the text
CURVE = [10 ** (tenth / 10) for tenth in range(-15, 16)]  # and for the figure
TOLERANCE = {"keeps": 1e-4, "factor": 1e-4, "gradient": 1e-4, "curve": 1e-4}


def mean_squares(function: Callable[[Tensor], Tensor], size: float) -> list[float]:
    """E[f(y)^2] and E[f'(y)^2] for normal y with this root mean square."""
    z = torch.linspace(-12, 12, 24001, dtype=torch.float64)
    density = torch.exp(-z.square() / 2)
    y = (size * z).requires_grad_()
    values = function(y)
    (slopes,) = torch.autograd.grad(values.sum(), y)
    squares = [part.square() for part in (values, slopes)]
    return [((density * s).sum() / density.sum()).item() for s in squares]


def factor(name: str, variance: float, size: float) -> float:
    """Return what a layer multiplies the size of the preactivations by."""
    value, _ = mean_squares(FUNCTIONS[name], size)
    return math.sqrt(variance * value) / size


def measure() -> dict[str, Any]:
    """Variances that keep size 1, and factors by size: exact but for the integral."""
    results: dict[str, Any] = {key: {} for key in TOLERANCE}
    for name, function in FUNCTIONS.items():
        results["keeps"][name] = 1 / mean_squares(function, 1)[0]
        results["factor"][name] = {k: factor(name, HE, s) for k, s in SIZES.items()}
        results["gradient"][name] = {
            key: math.sqrt(HE * mean_squares(function, size)[1])
            for key, size in SIZES.items()
        }
        for kind, variance in {"he": HE, "own": results["keeps"][name]}.items():
            curve = [factor(name, variance, size) for size in CURVE]
            results["curve"][f"{name}_{kind}"] = curve
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Factor by size; what is below 1 shrinks and moves to the left."""
    figure, axis = plt.subplots(figsize=(4.6, 3.4), layout="constrained")
    styles = {
        "gelu_own": ("C1:", "GELU, variance 2.35/n"),
        "relu_he": ("C0-", "ReLU, He: 2/n"),
        "gelu_he": ("C1-", "GELU, He: 2/n"),
        "silu_he": ("C2--", "SiLU, He: 2/n"),
    }
    for name, (style, label) in styles.items():
        axis.plot(CURVE, results["curve"][name], style, label=label)
    axis.set(xscale="log", xlabel="size of the signal (root mean square)")
    axis.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
    axis.minorticks_off()
    axis.set_ylabel("factor per layer")
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.45, 1), ncols=2)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    curve, keeps = results["curve"], results["keeps"]
    assert max(abs(f - 1) for f in curve["relu_he"]) < 1e-3, "ReLU: 1 at any size"
    for name in ["gelu", "silu"]:
        he, own = curve[f"{name}_he"], curve[f"{name}_own"]
        assert max(he) < 1, f"{name} with He: the signal shrinks at any size"
        assert he == sorted(he), "the smaller, the faster"
        assert abs(he[0] - math.sqrt(0.5)) < 0.02, "toward the root of a half"
        assert own[0] < 0.9, f"{name}, own variance: a small signal dies"
        assert own[-1] > 1.05, f"{name}, own variance: a large one explodes"
    assert round(keeps["gelu"], 2) == 2.35
    assert round(keeps["silu"], 2) == 2.81


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
