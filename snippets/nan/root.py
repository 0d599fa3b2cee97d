"""The slope of a root near 0: a small number helps inside the root, not outside.

Source: the derivative of the square root, 1 / (2 √x).
"""

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

EPS = 0.01  # large, to be seen; in code it is more like 1e-8
POINTS = [0.1 * (i / 40) ** 2 for i in range(41)]  # 0 to 0.1, dense near 0
ROOTS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "outside": lambda x: x.sqrt() + EPS,
    "inside": lambda x: (x + EPS).sqrt(),
}
TOLERANCE = {"slope": 1e-4, "at_zero": 1e-4}


def measure() -> dict[str, Any]:
    """Return the slopes by autograd; the one at 0 apart, since it may be infinite."""
    results: dict[str, Any] = {"slope": {}, "at_zero": {}}
    for name, root in ROOTS.items():
        x = torch.tensor(POINTS, requires_grad=True)
        (slope,) = torch.autograd.grad(root(x).sum(), x)
        results["slope"][name] = slope[1:].tolist()
        first = slope[0].item()
        results["at_zero"][name] = None if first == torch.inf else first
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Draw both slopes from 0 to 0.1."""
    figure, axis = plt.subplots(figsize=(3.7, 2.3), layout="constrained")
    slopes = results["slope"]
    axis.plot(POINTS[1:], slopes["outside"], "C3")
    axis.plot(POINTS, [results["at_zero"]["inside"], *slopes["inside"]], "C0")
    axis.text(0.008, 9, "√x + ε: infinite at 0", color="C3")
    axis.text(0.002, 1.2, "√(x + ε): 5 at 0", color="C0")
    axis.set(xlabel="x", ylabel="slope", xlim=(0, 0.1), ylim=(0, 12))
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    assert results["at_zero"]["outside"] is None, "infinite"
    assert round(results["at_zero"]["inside"], 3) == 5, "1 / (2 √ε)"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
