"""Gradient and signal of 3456 random networks: the numbers behind the explorer.

Source: the factor per layer as in Glorot & Bengio 2010, eq. 6; He et al. 2015
(arXiv:1502.01852), eq. 14; Yang et al. 2019 (arXiv:1902.08129) for normalization.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn import functional as F

WIDTH = 256  # fan_in = fan_out in every layer
BATCH = 32
SEED = 0  # one network per combination; its first layers are the shallower networks
DEPTHS = [2, 3, 4, 6, 8, 10, 15, 20, 30, 40, 60, 100]
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,  # slope 0.01 below zero
    "gelu": F.gelu,
    "silu": F.silu,
}
INITS: dict[str, Callable[[Tensor], Tensor]] = {
    "normal": lambda w: nn.init.normal_(w, std=1.0),
    "small": lambda w: nn.init.normal_(w, std=0.01),
    "default": lambda w: nn.init.kaiming_uniform_(w, a=math.sqrt(5)),  # nn.Linear's
    "xavier": nn.init.xavier_normal_,
    "he": lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
    "orthogonal": nn.init.orthogonal_,
}
NORMS: dict[str, Callable[[Tensor], Tensor]] = {
    "none": lambda z: z,
    "batch": lambda z: F.batch_norm(z, None, None, training=True),
    "layer": lambda z: F.layer_norm(z, [WIDTH]),
    "rms": lambda z: F.rms_norm(z, [WIDTH], eps=1e-5),
}
RANGES = {"float16": (2.0**-24, 65504.0), "float32": (2.0**-149, 3.4e38)}
VANISHES, EXPLODES = 1e-3, 1e2  # layer 1 relative to the last; between them: stable
# The curves are rounded; factor stands for them between two runs, and check() for both.
TOLERANCE = {
    "factor": 0.02,
    "verdict": None,
    "leaves": None,
    "gradient": None,
    "signal": None,
}


def network(init: str) -> list[Tensor]:
    """Return all layers' weights, (fan_out, fan_in), in float64: nothing overflows."""
    torch.manual_seed(SEED)
    return [
        INITS[init](torch.empty(WIDTH, WIDTH, dtype=torch.float64))
        for _ in range(DEPTHS[-1])
    ]


def curves(
    weights: list[Tensor], activation: str, norm: str, residual: bool
) -> tuple[list[float], list[list[float]]]:
    """Return sd by layer and, for each depth, the relative gradient norm by layer."""
    torch.manual_seed(SEED + 1)
    h = torch.randn(BATCH, WIDTH, dtype=torch.float64, requires_grad=True)
    top = torch.randn(BATCH, WIDTH, dtype=torch.float64)  # any gradient will do
    preactivations, outputs = [], []
    for weight in weights:
        z = NORMS[norm](h @ weight.T)  # (batch, width): what the activation gets
        y = ACTIVATIONS[activation](z)
        h = h + y if residual else y
        preactivations.append(z)
        outputs.append(h)
    gradients = []
    for depth in DEPTHS:
        deltas = torch.autograd.grad(
            outputs[depth - 1], preactivations[:depth], top, retain_graph=True
        )
        norms = [delta.norm().item() for delta in deltas]
        gradients.append([norm / norms[-1] for norm in norms])
    return [h.std().item() for h in outputs], gradients


def encode(values: list[float]) -> str:
    """Round to hundredths of a power of ten; then the first, and the differences."""
    steps = [round(100 * math.log10(value)) for value in values]
    return " ".join(str(b - a) for a, b in itertools.pairwise([0, *steps]))


def decode(text: str) -> list[float]:
    """Return the powers of ten that encode() wrote."""
    return [step / 100 for step in itertools.accumulate(map(int, text.split()))]


def verdict(ratio: float) -> str:
    """Say what becomes of the gradient from the last layer to layer 1."""
    if ratio < VANISHES:
        return "vanishes"
    return "explodes" if ratio > EXPLODES else "stable"


def leaves(values: list[float], precision: str) -> int:
    """After how many layers numbers near 1 are too large (-: too small); 0: never."""
    smallest, largest = RANGES[precision]
    for layers, value in enumerate(values, 1):
        if not smallest <= value <= largest:
            return layers if value > largest else -layers
    return 0


def measure() -> dict[str, Any]:
    """Each result by normalization, residual, initialization and activation."""
    results: dict[str, Any] = {name: {} for name in TOLERANCE}
    for init in INITS:
        weights = network(init)
        for norm, skip, activation in itertools.product(
            NORMS, ["off", "on"], ACTIVATIONS
        ):
            signal, gradients = curves(weights, activation, norm, skip == "on")
            ratios = [gradient[0] for gradient in gradients]
            back = gradients[-1][-2::-1]  # of the deepest: on its way from the top
            found = {
                "factor": {
                    str(depth): float(f"{ratio ** (1 / (depth - 1)):.4g}")
                    for depth, ratio in zip(DEPTHS, ratios, strict=True)
                },
                "verdict": " ".join(map(verdict, ratios)),
                "leaves": [
                    leaves(values, precision)
                    for values in (back, signal)
                    for precision in RANGES
                ],
                "gradient": [encode(gradient) for gradient in gradients],
                "signal": encode(signal),
            }
            for name, value in found.items():
                by_norm = results[name].setdefault(norm, {})
                by_init = by_norm.setdefault(skip, {}).setdefault(init, {})
                by_init[activation] = value
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Draw 36 of the networks: what the explorer shows without JavaScript."""
    figure, axes = plt.subplots(
        3, 2, figsize=(4.6, 6.8), sharex=True, sharey="row", layout="constrained"
    )
    panels = {
        "Xavier": ("none", "off", "xavier"),
        "He": ("none", "off", "he"),
        "He, batch norm": ("batch", "off", "he"),
        "He, layer norm": ("layer", "off", "he"),
        "He, residual": ("none", "on", "he"),
        "He, LN, residual": ("layer", "on", "he"),
    }
    styles = {  # hollow and large where another one lies on top
        "sigmoid": {"color": "C2", "marker": "^", "label": "sigmoid"},
        "tanh": {"color": "C0", "marker": "o", "label": "tanh"},
        "leaky_relu": {"color": "C4", "marker": "D", "label": "Leaky ReLU"},
        "relu": {"color": "C1", "marker": "s", "label": "ReLU"},
        "gelu": {"color": "C3", "marker": "x", "label": "GELU"},
        "silu": {"color": "C5", "marker": "+", "label": "SiLU"},
    }
    depth = 30
    layers = [1, *range(3, depth + 1, 3)]  # the curves are smooth
    for axis, (title, (norm, skip, init)) in zip(
        axes.flat, panels.items(), strict=True
    ):
        axis.axhspan(2**-24, 65504, color="gray", alpha=0.2, lw=0)
        for activation, style in styles.items():
            hollow = (
                {"mfc": "none", "ms": 7} if activation == "leaky_relu" else {"ms": 4}
            )
            encoded = results["gradient"][norm][skip][init][activation]
            steps = decode(encoded[DEPTHS.index(depth)])
            gradient = [10 ** steps[layer - 1] for layer in layers]
            axis.semilogy(layers, gradient, lw=1, markevery=2, **style, **hollow)
        axis.set_title(title)
        axis.set_ylabel("relative gradient norm")
        axis.set_xticks([1, 10, 20, 30])
    axes[0, 0].text(2, 1e2, "float16's range", va="center")
    axes[0, 0].set_yticks([1e-18, 1e-12, 1e-6, 1])
    axes[0, 0].set_ylim(1e-20, 1e5)
    axes[1, 0].set_yticks([1e-12, 1e-8, 1e-4, 1])
    axes[2, 0].set_yticks([1, 1e2, 1e4, 1e6])
    axes[2, 0].set_ylim(0.1, 1e7)
    for axis in axes[2]:
        axis.set_xlabel("layer (gradient: 30 → 1)")
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=3, frameon=False)
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims, and that the rounded curves say what the factors say."""
    factor, signs, limits = (results[name] for name in ("factor", "verdict", "leaves"))
    plain = factor["none"]["off"]
    for init, rows in plain.items():
        for activation, row in rows.items():
            if init == "normal":
                assert row["30"] > 1.2, f"N(0, 1): {activation} explodes"
            if init == "small":
                assert row["30"] < 0.2, f"N(0, 0.01^2): {activation} vanishes"
    assert abs(plain["xavier"]["sigmoid"]["30"] - 0.235) < 0.005, "under a quarter"
    assert abs(plain["xavier"]["tanh"]["30"] - 0.94) < 0.01, "Xavier nearly keeps it"
    assert abs(plain["xavier"]["relu"]["30"] - math.sqrt(1 / 2)) < 0.02, "a half"
    assert abs(plain["default"]["relu"]["30"] - math.sqrt(1 / 6)) < 0.02, "a sixth"
    assert abs(plain["normal"]["relu"]["30"] / math.sqrt(WIDTH / 2) - 1) < 0.02, "11.3"
    for activation in ["relu", "leaky_relu"]:
        assert abs(plain["he"][activation]["100"] - 1) < 0.01, "He keeps ReLU's"
    assert plain["he"]["silu"]["100"] < plain["he"]["gelu"]["100"] < 0.8, "too small"
    for init in plain:
        relu = {norm: rows["off"][init]["relu"]["30"] for norm, rows in factor.items()}
        assert 1.19 < relu["batch"] < 1.25, "batch norm alone explodes, whatever init"
        for norm in ["layer", "rms"]:
            assert abs(relu[norm] - 1) < 0.02, f"{norm} norm: ReLU is level"
            sigmoid = factor[norm]["off"][init]["sigmoid"]
            assert sigmoid["30"] < 0.42, f"{norm} norm: sigmoid still vanishes"
            for row in factor[norm]["on"][init].values():
                assert 1 < row["100"] < 1.03, f"{norm} norm and residual: level"
        for row in factor["batch"]["on"][init].values():
            assert 1 < row["100"] < 1.05, "batch norm with residual grows slowly"
        if init not in ("small", "default"):
            grown = factor["none"]["on"][init]["relu"]["30"]
            assert grown > 1.3, "residual without normalization explodes"
    assert limits["none"]["off"]["normal"]["relu"] == [5, 37, 5, 37], "both overflow"
    assert limits["none"]["off"]["xavier"]["sigmoid"][:2] == [-12, -72], "underflows"
    assert limits["none"]["off"]["he"]["relu"] == [0, 0, 0, 0], "He stays in range"
    assert signs["none"]["off"]["xavier"]["sigmoid"].split()[5] == "vanishes"
    for norm, skip, init, activation in itertools.product(
        factor, ["off", "on"], plain, plain["he"]
    ):
        texts, signal, row, words = (
            results[name][norm][skip][init][activation]
            for name in ("gradient", "signal", "factor", "verdict")
        )
        assert len(decode(signal)) == DEPTHS[-1]
        for depth, text, word in zip(DEPTHS, texts, words.split(), strict=True):
            gradient = decode(text)
            assert len(gradient) == depth
            assert gradient[-1] == 0, "relative to the last layer"
            whole = (depth - 1) * math.log10(row[str(depth)])
            assert abs(whole - gradient[0]) < 0.03, "the curve leads to the factor"
            if min(abs(whole - math.log10(x)) for x in (VANISHES, EXPLODES)) > 0.01:
                assert word == verdict(10**whole), "the verdict is the factor's"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
