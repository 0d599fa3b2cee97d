"""What reaches the ends before training: the gradient layer 1, the input layer 29.

Source: Glorot & Bengio 2010; Ioffe & Szegedy 2015 (arXiv:1502.03167); Ba et al. 2016
(arXiv:1607.06450); Bachlechner et al. 2020 (arXiv:2003.04887).
"""

import statistics
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "sigmoid": nn.Sigmoid,
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
}
NORMS: dict[str, type[nn.Module]] = {
    "none": nn.Identity,
    "batch": nn.BatchNorm1d,
    "layer": nn.LayerNorm,
}
SETTINGS: dict[str, dict[str, str]] = {
    "none": {},
    "xavier": {"init": "xavier"},
    "he": {"init": "he"},
    "relu": {"activation": "relu"},
    "layer_norm": {"norm": "layer"},
    "batch_norm": {"norm": "batch"},
    "residual": {"skip": "plain"},
    "zero": {"skip": "zero"},
    "relu_he": {"activation": "relu", "init": "he"},
    "relu_he_batch_norm": {"activation": "relu", "init": "he", "norm": "batch"},
    "relu_he_residual": {"activation": "relu", "init": "he", "skip": "plain"},
    "relu_he_zero": {"activation": "relu", "init": "he", "skip": "zero"},
    "tanh_layer_norm": {"activation": "tanh", "norm": "layer"},
}
STYLES = {
    "none": "C0-",
    "relu": "C1--",
    "layer_norm": "C2-",
    "batch_norm": "C3-",
    "zero": "k--",
}
TEXTS = [  # panel, layer, value, label, color
    (0, 17, 1e-17, "none of them", "C0"),
    (0, 2, 1e-6, "ReLU", "C1"),
    (0, 3.5, 1e-14, "layer norm", "C2"),
    (0, 2, 1e3, "batch norm", "C3"),
    (0, 12, 1e3, "residual from 0", "black"),
    (1, 1.5, 1e-10, "none of them", "C0"),
    (1, 18, 1e-5, "ReLU", "C1"),
    (1, 15, 1e-10, "layer norm", "C2"),
    (1, 12, 2e-2, "batch norm", "C3"),
    (1, 20, 2e-2, "residual from 0", "black"),
]
DEPTH = 30
WIDTH = 64  # as many as the input has pixels
CLASSES = 10
BATCH = 256
FLOOR = 1e-12  # below, float64 rounds the differences away
SEEDS = range(3)
TOLERANCE = {"gradient": 1e-2, "spread": 1e-2}


class Layer(nn.Module):
    """One layer, with a normalization and a residual connection if asked for."""

    def __init__(self, activation: str, norm: str, skip: str) -> None:
        """Leave the weights as PyTorch draws them."""
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH)
        self.norm = NORMS[norm](WIDTH)
        self.activation = ACTIVATIONS[activation]()
        self.skip = skip
        self.scale = nn.Parameter(torch.zeros(()))  # for the skip "zero" alone

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, width) to (batch, width)."""
        y: Tensor = self.activation(self.norm(self.linear(x)))
        if self.skip == "plain":
            return x + y
        if self.skip == "zero":
            return x + self.scale * y
        return y


def init_weights(module: nn.Module, init: str) -> None:
    """Draw the weights of one linear layer; biases start at zero."""
    if isinstance(module, nn.Linear) and init != "default":
        nn.init.zeros_(module.bias)
        if init == "he":
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif init == "xavier":
            nn.init.xavier_normal_(module.weight)


def build(
    activation: str = "sigmoid",
    init: str = "default",
    norm: str = "none",
    skip: str = "none",
) -> nn.Sequential:
    """Stack DEPTH layers; the last one is linear."""
    layers = [Layer(activation, norm, skip) for _ in range(DEPTH - 1)]
    model = nn.Sequential(*layers, nn.Linear(WIDTH, CLASSES))
    return model.apply(lambda module: init_weights(module, init))


def run(x: Tensor, y: Tensor, **model_options: str) -> tuple[list[float], list[float]]:
    """Gradient norm of each layer's output and its relative spread across inputs."""
    outputs = []
    *layers, head = build(**model_options).double()  # float32 would round them away
    for layer in layers:
        x = layer(x)
        outputs.append(x)
    gradients = torch.autograd.grad(F.cross_entropy(head(x), y), outputs)
    norms = [gradient.norm().item() for gradient in gradients]
    spread = []
    for output in outputs:  # (batch, unit)
        variance = output.var(dim=0).mean() / output.square().mean()
        spread.append(max(variance.sqrt().item(), FLOOR))
    return [norm / norms[-1] for norm in norms], spread


def measure() -> dict[str, Any]:
    """Both by layer, geometric means over the seeds."""
    digits = load_digits()
    x = torch.tensor(digits.data[:BATCH], dtype=torch.float64)  # (batch, 64)
    x, y = (x - x.mean()) / x.std(), torch.tensor(digits.target[:BATCH])
    results: dict[str, Any] = {"gradient": {}, "spread": {}}
    for name, setting in SETTINGS.items():
        runs = []
        for seed in SEEDS:
            torch.manual_seed(seed)
            runs.append(run(x, y, **setting))
        for key, layers in zip(results, zip(*runs, strict=True), strict=True):
            results[key][name] = [
                statistics.geometric_mean(layer) for layer in zip(*layers, strict=True)
            ]
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Above, the gradient on its way back; below, the signal on its way forward."""
    figure, axes = plt.subplots(
        2, 1, figsize=(4.6, 5), sharex=True, layout="constrained"
    )
    layers = range(1, DEPTH)
    for name, style in STYLES.items():
        axes[0].semilogy(layers, results["gradient"][name], style, lw=1.5)
        axes[1].semilogy(layers, results["spread"][name], style, lw=1.5)
    for panel, layer, value, label, color in TEXTS:
        axes[panel].text(layer, value, label, color=color, va="center")
    axes[0].set_ylim(1e-26, 1e6)
    axes[0].set_yticks([1, 1e-8, 1e-16, 1e-24])
    axes[1].set_yticks([1, 1e-4, 1e-8, 1e-12])
    axes[0].set_title("Gradient: from layer 29 back to layer 1")
    axes[1].set_title("Signal: from layer 1 on to layer 29")
    axes[0].set_ylabel("relative gradient norm")
    axes[1].set_ylabel("difference between inputs")
    axes[1].set_xlabel("layer")
    axes[1].set_xticks([1, 5, 10, 15, 20, 25, 29])
    for axis in axes:
        axis.grid(axis="y", alpha=0.3)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    gradient, spread = results["gradient"], results["spread"]
    for name in ["xavier", "he"]:
        assert gradient[name][0] < 1e-12, f"{name}: below a trillionth"
    for name in ["none", "xavier", "he", "relu", "layer_norm"]:
        assert gradient[name][0] < 1e-10, f"{name} alone: no gradient arrives"
        assert spread[name][-1] < 1e-9, f"{name} alone: all inputs look alike"
    for name in ["batch_norm", "residual", "zero", "relu_he", "tanh_layer_norm"]:
        assert 0.1 < gradient[name][0] < 10, f"{name}: the gradient arrives"
        assert spread[name][-1] > 0.03, f"{name}: the signal arrives"
    assert gradient["relu_he_residual"][0] > 1e5, "unscaled branches explode"
    assert 50 < gradient["relu_he_batch_norm"][0] < 1000, "so does deep BN"
    assert abs(gradient["relu_he_zero"][0] - 1) < 1e-6, "branches from 0: level"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
