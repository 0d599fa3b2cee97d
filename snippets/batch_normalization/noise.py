"""The noise that the other samples of a batch add to the output of one sample.

Source: the standard deviation of the mean and of the standard deviation of B normal
values, 1 / sqrt(B) and 1 / sqrt(2 B).
"""

from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch.nn import functional as F

SIZES = [2, 4, 8, 16, 32, 64]
DRAWS = 20_000
TOLERANCE = {"noise": 0.05, "theory": 1e-6}


def noise(size: int) -> float:
    """Return the sd of one sample's output while the others of its batch change.

    The sample lies one standard deviation above the mean, so 1 is its true output.
    """
    torch.manual_seed(0)
    batches = torch.randn(DRAWS, size)
    batches[:, 0] = 1.0
    outputs = F.batch_norm(batches.T, None, None, training=True)  # of each column
    return outputs[0].std().item()


def measure() -> dict[str, Any]:
    """Return the noise by batch size, and sqrt((1 + z^2 / 2) / B) for z = 1."""
    return {
        "noise": {str(size): noise(size) for size in SIZES},
        "theory": {str(size): (1.5 / size) ** 0.5 for size in SIZES},
    }


def draw(results: dict[str, Any]) -> Figure:
    """Noise over the batch size."""
    figure, axis = plt.subplots(figsize=(3.7, 2.5), layout="constrained")
    axis.loglog(SIZES, results["noise"].values(), "C0o-", label="measured")
    axis.loglog(SIZES, results["theory"].values(), "k--", lw=1, label="theory")
    axis.set(ylabel="noise", xlabel="batch size")
    axis.set_yticks([0.1, 0.3, 1], ["0.1", "0.3", "1"])
    axis.set_xticks(SIZES, [str(size) for size in SIZES])
    axis.minorticks_off()
    axis.legend(frameon=False)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    for size in SIZES[2:]:
        ratio = results["noise"][str(size)] / results["theory"][str(size)]
        assert abs(ratio - 1) < 0.06, "from 8 on, noise falls as 1 / sqrt(size)"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
