"""What the first steps of training do to gradients that batch normalization explodes.

Source: Yang et al. 2019 (arXiv:1902.08129), whose abstract says that gradients differ
far less after a single step. The task is MNIST-1D, Greydanus & Kobak 2024
(arXiv:2011.14439).
"""

import statistics
from typing import Any

import torch
from mnist1d.data import get_dataset_args, make_dataset
from torch import Tensor, nn
from torch.nn import functional as F

DEPTH, WIDTH, CLASSES, BATCH = 30, 64, 10, 128
RATES = [0.003, 0.03, 0.3]  # plain SGD
STEPS = [0, 1, 10, 100]
SEEDS = range(3)
# Training is chaotic: on another processor only the claims hold.
TOLERANCE = {"ratio": None}


def build() -> nn.ModuleList:
    """Stack hidden layers with He weights and batch norm, and an output layer."""
    layers = nn.ModuleList()
    for fan_in in [40, *[WIDTH] * (DEPTH - 1)]:
        linear = nn.Linear(fan_in, WIDTH, bias=False)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        layers.append(nn.Sequential(linear, nn.BatchNorm1d(WIDTH), nn.ReLU()))
    return layers.append(nn.Linear(WIDTH, CLASSES))


def train(x: Tensor, y: Tensor, rate: float, seed: int) -> list[float]:
    """Return the gradient at layer 1 over that at layer DEPTH, by step."""
    torch.manual_seed(seed)
    layers = build()
    optimizer = torch.optim.SGD(layers.parameters(), lr=rate)
    ratios = []
    for step in range(max(STEPS) + 1):
        batch = torch.randint(len(x), (BATCH,))
        outputs = [x[batch]]
        for layer in layers:
            outputs.append(layer(outputs[-1]))
        for output in outputs[1:]:
            output.retain_grad()
        loss = F.cross_entropy(outputs[-1], y[batch])
        optimizer.zero_grad()
        loss.backward()
        if step in STEPS:
            first, last = (o.grad for o in (outputs[1], outputs[DEPTH]))
            assert first is not None
            assert last is not None
            ratios.append((first.norm() / last.norm()).item())
        optimizer.step()
    return ratios


def measure() -> dict[str, Any]:
    """Return the ratio by learning rate and step: mean and range over the seeds."""
    data = make_dataset(get_dataset_args())
    x, y = torch.tensor(data["x"]).float(), torch.tensor(data["y"])
    ratio: dict[str, Any] = {}
    for i, rate in enumerate(RATES):
        runs = [train(x, y, rate, seed) for seed in SEEDS]
        ratio[str(i)] = {
            str(step): {"mean": statistics.mean(r), "min": min(r), "max": max(r)}
            for step, r in zip(STEPS, zip(*runs, strict=True), strict=True)
        }
    return {"ratio": ratio}


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    small, middle, large = (
        {int(step): value["mean"] for step, value in by_step.items()}
        for by_step in results["ratio"].values()
    )
    assert small[0] > 150, "before training, two orders of magnitude"
    assert small[1] > 0.75 * small[0], "a small step changes little"
    assert large[1] < 0.65 * large[0], "a large one much"
    assert small[100] > 0.3 * small[0], "with small steps it takes long"
    assert middle[100] < 0.4 * middle[0], "with larger ones it goes faster"
    assert large[10] < 0.15 * large[0], "after ten large steps little is left"


if __name__ == "__main__":
    results = measure()
    print(results["ratio"])
