"""What it costs to watch a training step with the gradient report."""

import statistics
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[2] / "snippets" / "diagnose"))
from gradient_report import GradientReport  # type: ignore[import-not-found]

ROUNDS = 15


class Lstm(nn.Module):
    """Two LSTM layers that read 32 steps."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(64, 128, num_layers=2, batch_first=True)
        self.head = nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return scores from the last step."""
        outputs, _ = self.lstm(x)
        return self.head(outputs[:, -1])  # type: ignore[no-any-return]


def convolutions() -> nn.Module:
    """Return six convolutions with batch normalization."""
    layers: list[nn.Module] = []
    for channels_in, channels in [(3, 32), *[(32, 32)] * 5]:
        layers += [nn.Conv2d(channels_in, channels, 3, padding=1)]
        layers += [nn.BatchNorm2d(channels), nn.ReLU()]
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)
    )


def perceptron() -> nn.Module:
    """Return ten layers of 512 units."""
    layers = [module for _ in range(10) for module in (nn.Linear(512, 512), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(512, 10))


def transformer() -> nn.Module:
    """Return four encoder layers of width 128."""
    layer = nn.TransformerEncoderLayer(128, 4, 256, batch_first=True)
    return nn.Sequential(nn.TransformerEncoder(layer, 4), nn.Linear(128, 10))


MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "10 linear layers, batch 128": (perceptron, (128, 512)),
    "6 convolutions, batch 16": (convolutions, (16, 3, 32, 32)),
    "2 LSTM layers, 32 steps, batch 32": (Lstm, (32, 32, 64)),
    "4 transformer layers, batch 16": (transformer, (16, 32, 128)),
}


def step_time(model: nn.Module, x: Tensor, watch: bool) -> float:
    """Return the median time of a training step, in seconds."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        with GradientReport(model) if watch else nullcontext():
            optimizer.zero_grad()
            model(x).square().mean().backward()
            optimizer.step()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print a table."""
    print(f"{'a training step':34} {'plain':>9} {'watched':>9} {'times':>6}  1 in 100")
    for name, (build, shape) in MODELS.items():
        torch.manual_seed(0)
        model, x = build(), torch.randn(shape)
        plain, watched = (step_time(model, x, watch) for watch in (False, True))
        ratio = watched / plain
        print(
            f"{name:34} {plain * 1000:6.1f} ms {watched * 1000:6.1f} ms {ratio:6.1f}"
            f"  {(ratio - 1) / 100:+8.1%}"
        )


if __name__ == "__main__":
    main()
