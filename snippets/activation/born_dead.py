"""Born dead: how often a deep and narrow ReLU network is constant before any training.

Source: Lu et al. 2019 (arXiv:1903.06733): the probability is at most
1 - product over the hidden layers of (1 - 2^-width).
"""

import math
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

WIDTHS = [2, 3, 4, 6, 10]
DEPTHS = [1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50]  # hidden layers
NETWORKS = 4000
TOLERANCE = {"dead": 0.02, "bound": 1e-6}


def init_weights(fan_out: int, fan_in: int) -> Tensor:
    """Return one layer of every network, by He initialization; no biases."""
    weight = torch.empty(NETWORKS, fan_out, fan_in)
    gain = nn.init.calculate_gain("relu")
    return nn.init.normal_(weight, std=gain / math.sqrt(fan_in))


def share_dead(width: int) -> dict[str, float]:
    """Share of the networks with a layer that is inactive for every input, by depth.

    Input is a single number. Without biases a ReLU network scales with it, so 1 and -1
    stand for all positive and all negative inputs.
    """
    x = torch.tensor([[1.0], [-1.0]]).expand(NETWORKS, 2, 1)  # (network, input, unit)
    dead = torch.zeros(NETWORKS, dtype=torch.bool)
    result = {}
    for depth in range(1, max(DEPTHS) + 1):
        x = torch.relu(x @ init_weights(width, x.shape[2]).mT)
        dead |= (x == 0).flatten(1).all(dim=1)
        if depth in DEPTHS:
            result[str(depth)] = dead.float().mean().item()
    return result


def measure() -> dict[str, Any]:
    """Share of dead networks and the bound, by width and number of hidden layers."""
    results: dict[str, Any] = {"dead": {}, "bound": {}}
    for width in WIDTHS:
        torch.manual_seed(0)
        results["dead"][str(width)] = share_dead(width)
        results["bound"][str(width)] = {
            str(depth): 1 - (1 - 2.0**-width) ** depth for depth in DEPTHS
        }
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Measured shares as markers, the bound as dashed lines."""
    figure, axis = plt.subplots(figsize=(4.6, 3.4), layout="constrained")
    styles = ["C0o-", "C1s-", "C2^-", "C3D-", "C4v-"]
    for style, (width, dead) in zip(styles, results["dead"].items(), strict=True):
        bound = list(results["bound"][width].values())
        axis.plot(DEPTHS, list(dead.values()), style, lw=1, markersize=4, label=width)
        label = "bound" if width == "10" else "_"
        axis.plot(DEPTHS, bound, "--", color="black", lw=0.8, label=label)
    figure.legend(title="width", loc="outside right center", frameon=False)
    axis.set_xlabel("hidden layers")
    axis.set_ylabel("share of dead networks")
    axis.set_ylim(-0.02, 1.03)
    axis.grid(axis="y", alpha=0.3)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    dead, bound = results["dead"], results["bound"]
    for width, shares in dead.items():
        for depth, share in shares.items():
            # Three standard errors of a share.
            error = 3 * math.sqrt(bound[width][depth] / NETWORKS)
            assert share <= bound[width][depth] + error, "the bound holds"
        assert list(shares.values()) == sorted(shares.values()), "depth kills"
    for depth in ["10", "30", "50"]:
        column = [dead[str(width)][depth] for width in WIDTHS]
        assert column == sorted(column, reverse=True), "width protects"
    assert dead["2"]["10"] > 0.85, "width 2: ten layers are nearly always dead"
    assert dead["10"]["50"] < 0.06, "width 10: fifty layers are rarely dead"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
