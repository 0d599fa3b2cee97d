"""Eight Llama-style blocks with RMS, layer or no normalization, at two rates.

Source: Zhang & Sennrich 2019 (arXiv:1910.07467) for RMSNorm; Shazeer 2020
(arXiv:2002.05202) for SwiGLU. The task is "pairs of signs".
"""

import statistics
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WIDTH, DEPTH, CLASSES = 64, 8, 4
STEPS, BATCH = 100, 100
SEEDS = range(3)
RATES = {"small": 0.001, "large": 0.01}
NORMS: dict[str, Callable[[], nn.Module]] = {
    "rms": lambda: nn.RMSNorm(WIDTH, eps=1e-6),
    "layer": lambda: nn.LayerNorm(WIDTH),
    "none": nn.Identity,
}
# Training is chaotic: the claims decide.
TOLERANCE = {"small": None, "large": None}


class Block(nn.Module):
    """x + SwiGLU(norm(x)): the feed-forward half of a Llama layer."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        hidden = 8 * WIDTH // 3
        self.norm = norm
        self.gate = nn.Linear(WIDTH, hidden, bias=False)
        self.up = nn.Linear(WIDTH, hidden, bias=False)
        self.down = nn.Linear(hidden, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Add the branch to x, of shape (..., feature)."""
        y = self.norm(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))  # type: ignore[no-any-return]


def pairs_of_signs() -> tuple[Tensor, Tensor]:
    """Return 4000 samples: two products of hidden numbers are positive or not."""
    torch.manual_seed(0)
    z = torch.randn(4000, 6)
    x = z @ torch.randn(6, WIDTH) / 6**0.5
    return x, (z[:, 0] * z[:, 1] > 0) + 2 * (z[:, 2] * z[:, 3] > 0)


def accuracy(norm: str, rate: float, seed: int) -> float:
    """Train on 3000 samples; return the accuracy on the others."""
    x, y = pairs_of_signs()
    torch.manual_seed(seed)
    make = NORMS[norm]
    blocks = [Block(make()) for _ in range(DEPTH)]
    model = nn.Sequential(*blocks, make(), nn.Linear(WIDTH, CLASSES))
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    for _ in range(STEPS):
        batch = torch.randint(3000, (BATCH,))
        loss = F.cross_entropy(model(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        logits = model(x[3000:])
    if not logits.isfinite().all():
        return 1 / CLASSES  # NaN counts as guessing
    share: float = (logits.argmax(dim=1) == y[3000:]).float().mean().item()
    return share


def measure() -> dict[str, Any]:
    """Test accuracy by rate and normalization, mean and range over seeds."""
    results: dict[str, Any] = {}
    for name, rate in RATES.items():
        results[name] = {}
        for norm in NORMS:
            values = [accuracy(norm, rate, seed) for seed in SEEDS]
            results[name][norm] = {
                "mean": statistics.mean(values),
                "min": min(values),
                "max": max(values),
            }
    return results


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    small, large = results["small"], results["large"]
    for norm in ["rms", "layer"]:
        assert small[norm]["min"] > 0.7, f"{norm}: learns at the small rate"
        assert large[norm]["min"] > 0.7, f"{norm}: learns at the large rate"
    assert small["none"]["min"] > 0.65, "without a norm, too, at the small rate"
    assert large["none"]["max"] < 0.3, "at the large rate it does not"


if __name__ == "__main__":
    results = measure()
    print(results)
