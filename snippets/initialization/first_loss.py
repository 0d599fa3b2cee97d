"""The loss before training: He initialization in every layer, or a small last layer.

Source: Karpathy 2019, "A recipe for training neural networks": "verify loss @ init".
"""

import math
import statistics
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

DEPTH = 3
CLASSES = [10, 100, 1000]
WIDTH = 256
BATCH = 256
SEEDS = range(5)
TOLERANCE = {"log_c": 1e-9, "he": 1e-2, "small": 1e-3}


def build(classes: int) -> nn.Sequential:
    """Stack linear layers with He initialization and ReLU."""
    layers: list[nn.Module] = []
    for layer in range(DEPTH):
        linear = nn.Linear(WIDTH, classes if layer == DEPTH - 1 else WIDTH)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@torch.no_grad()
def first_losses(classes: int, seed: int) -> dict[str, float]:
    """Return the loss with He in every layer, then with a small last layer."""
    torch.manual_seed(seed)
    x, y = torch.randn(BATCH, WIDTH), torch.randint(classes, (BATCH,))
    model = build(classes)
    he = F.cross_entropy(model(x), y).item()
    weight, _ = model[-1].parameters()
    nn.init.normal_(weight, std=0.1 / math.sqrt(WIDTH))
    return {"he": he, "small": F.cross_entropy(model(x), y).item()}


def measure() -> dict[str, Any]:
    """Mean and range over seeds, by number of classes."""
    results: dict[str, Any] = {"log_c": {}, "he": {}, "small": {}}
    for classes in CLASSES:
        runs = [first_losses(classes, seed) for seed in SEEDS]
        results["log_c"][str(classes)] = math.log(classes)
        for key in ("he", "small"):
            losses = [run[key] for run in runs]
            results[key][str(classes)] = {
                "mean": statistics.mean(losses),
                "min": min(losses),
                "max": max(losses),
            }
    return results


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    for classes, log_c in results["log_c"].items():
        assert abs(results["small"][classes]["mean"] - log_c) < 0.05, "small: log C"
        assert results["he"][classes]["min"] > log_c + 0.4, "He: well above it"


if __name__ == "__main__":
    results = measure()
    print(results)
