"""The cliff: one gradient step from it leads far away, a clipped one to its foot.

Source: Pascanu et al. 2013 (arXiv:1211.5063), section 2.3 and figure 6: one recurrent
unit, error after 50 steps. We hold its weight and train the bias. Weight, start and
learning rate were chosen so that a step lands on the cliff.
"""

from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor

TIME_STEPS = 50
WEIGHT = 4.5
START = -2.5
TARGET = 0.7
LEARNING_RATE = 0.05
MAX_NORM = 0.5
STEPS = 200
TOLERANCE = {"curve": 1e-3, "path": 0.02, "jump": 0.02, "end": None}


def error(bias: Tensor) -> Tensor:
    """(sigmoid(x) - 0.7)^2 after 50 steps of x = weight * sigmoid(x) + bias."""
    x = torch.full_like(bias, 0.5)
    for _ in range(TIME_STEPS):
        x = WEIGHT * torch.sigmoid(x) + bias
    return (torch.sigmoid(x) - TARGET).square()


def descend(max_norm: float) -> list[list[float]]:
    """Return bias, error and gradient of every step of gradient descent."""
    bias = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([bias], lr=LEARNING_RATE, foreach=False)
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = error(bias)
        loss.backward()
        assert bias.grad is not None
        path.append([bias.item(), loss.item(), bias.grad.item()])
        torch.nn.utils.clip_grad_norm_(bias, max_norm)
        optimizer.step()
    return path


def measure() -> dict[str, Any]:
    """Compute the error by bias, and the paths with and without clipping."""
    far = torch.linspace(-3.2, 3.4, 67, dtype=torch.float64)
    near = torch.linspace(-2.32, -2.27, 51, dtype=torch.float64)
    bias = torch.cat([far, near]).sort().values
    free, clipped = descend(float("inf")), descend(MAX_NORM)
    cliff = max(range(STEPS), key=lambda step: abs(free[step][2]))
    return {
        "curve": {"bias": bias.tolist(), "error": error(bias).tolist()},
        "path": {"before": free[: cliff + 1], "after": free[cliff + 1]},
        "jump": {
            "step": cliff,
            "gradient": abs(free[cliff][2]),
            "typical": abs(free[cliff // 2][2]),
            "free": free[cliff + 1][0] - free[cliff][0],
            "clipped": clipped[cliff + 1][0] - clipped[cliff][0],
        },
        "end": {"free": free[-1], "clipped": clipped[-1]},
    }


def draw(results: dict[str, Any]) -> Figure:
    """Draw the error along the bias, with both steps from the cliff."""
    figure, axis = plt.subplots(figsize=(4.6, 3.2), layout="constrained")
    curve, path, end = results["curve"], results["path"], results["end"]
    axis.plot(curve["bias"], curve["error"], color="gray", lw=1.5)
    for bias, loss, _ in path["before"]:
        axis.plot(bias, loss, "o", color="black", markersize=4)
    start, after = path["before"][-1][:2], path["after"][:2]
    arrow = {"arrowstyle": "-|>", "color": "C1", "lw": 2}
    axis.annotate("", after, start, arrowprops=arrow)
    axis.plot(*after, "s", color="C1", markersize=6)
    axis.plot(*end["clipped"][:2], "D", color="C0", markersize=7)
    axis.annotate("steps that reach the cliff", (-2.15, 0.29), color="black")
    axis.annotate("one step without clipping", (-0.2, 0.125), color="C1")
    axis.annotate("with clipping:\nends at its foot", (-1.95, -0.022), color="C0")
    axis.set_ylim(-0.03, 0.44)
    axis.set_yticks([0, 0.1, 0.2, 0.3, 0.4])
    axis.set_xlabel("bias of the recurrent unit")
    axis.set_ylabel("error")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    jump, end = results["jump"], results["end"]
    assert jump["gradient"] > 100 * jump["typical"], "the gradient explodes at the edge"
    assert jump["free"] > 4, "the step without clipping leaves the valley"
    assert abs(jump["clipped"] - LEARNING_RATE * MAX_NORM) < 1e-6, "clipped: 0.025"
    assert end["clipped"][1] < 0.005, "with clipping it ends in the valley"
    assert end["free"][1] > 0.08, "without it stays on the far plateau"
    assert abs(end["free"][0] - results["path"]["after"][0]) < 0.1, "and hardly moves"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
