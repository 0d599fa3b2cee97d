"""Gradient through time: recurrent networks multiply it by a factor at every step.

Source: Pascanu et al. 2013 (arXiv:1211.5063), section 2; Jozefowicz et al. 2015 for the
bias of the forget gate.
"""

import math
import statistics
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

STEPS = 60
HIDDEN = 64
INPUTS = 16
BATCH = 32
SEEDS = range(5)
SIZES = {"08": 0.8, "10": 1.0, "12": 1.2, "15": 1.5}  # |eigenvalue| of the weights
INPUT = {"01": 0.1, "03": 0.3, "1": 1.0, "3": 3.0}  # std of what the input adds to z
SIMPLE = {  # activation, size of the recurrent weights, size of the input
    **{f"linear_{size}": ("linear", size, "1") for size in ["08", "10", "12"]},
    **{f"tanh_{size}_{x}": ("tanh", size, x) for size in ["12", "15"] for x in INPUT},
}
FORGET_BIAS = {"lstm_0": 0.0, "lstm_1": 1.0, "lstm_2": 2.0, "lstm_3": 3.0}
TOLERANCE = {"size": 0, "input": 0, "ratio": 5e-2, "gradient": 5e-2, "factor": 1e-2}


def simple_rnn(name: str, x: Tensor) -> Tensor:
    """Return the last state of a recurrent net with orthogonal weights times a size."""
    activation, size, scale = SIMPLE[name]
    recurrent = torch.empty(HIDDEN, HIDDEN)
    nn.init.orthogonal_(recurrent, gain=SIZES[size])
    inner = INPUT[scale] * torch.randn(HIDDEN, INPUTS) / math.sqrt(INPUTS)
    state = torch.zeros(BATCH, HIDDEN)
    for x_t in x:
        state = state @ recurrent.T + x_t @ inner.T
        if activation == "tanh":
            state = state.tanh()
    return state


def lstm(forget_bias: float) -> nn.LSTM:
    """Return an LSTM with this bias in its forget gates."""
    layer = nn.LSTM(INPUTS, HIDDEN)
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if name.startswith("bias"):  # PyTorch adds bias_ih and bias_hh
                # The gates are input, forget, cell, output.
                parameter[HIDDEN : 2 * HIDDEN] = forget_bias / 2
    return layer


def last_output(name: str, x: Tensor) -> Tensor:
    """Return what a random recurrent net puts out after all steps: (batch, hidden)."""
    if name in SIMPLE:
        return simple_rnn(name, x)
    layers = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
    layer = layers[name](INPUTS, HIDDEN) if name in layers else lstm(FORGET_BIAS[name])
    outputs: Tensor = layer(x)[0]  # (steps, batch, hidden)
    return outputs[-1]


def gradient_norms(name: str) -> list[float]:
    """Norm of the last output's gradient by input, the last step first."""
    x = torch.randn(STEPS, BATCH, INPUTS, requires_grad=True)
    y = last_output(name, x)
    (gradient,) = torch.autograd.grad(y, x, torch.randn_like(y))
    norms = gradient.double().norm(dim=(1, 2)).flip(0).tolist()
    return [norm / norms[0] for norm in norms]


def measure() -> dict[str, Any]:
    """Gradient by steps back relative to the last step; its factor per step."""
    results: dict[str, Any] = {"size": SIZES, "input": INPUT}
    results |= {key: {} for key in ["gradient", "factor", "ratio"]}
    for name in [*SIMPLE, "rnn", "gru", "lstm", *FORGET_BIAS]:
        runs = []
        for seed in SEEDS:
            torch.manual_seed(seed)
            runs.append(gradient_norms(name))
        factors = [run[-1] ** (1 / (STEPS - 1)) for run in runs]
        results["gradient"][name] = [
            statistics.geometric_mean(step) for step in zip(*runs, strict=True)
        ]
        results["factor"][name] = {
            "mean": statistics.mean(factors),
            "sd": statistics.stdev(factors),
        }
        results["ratio"][name] = results["gradient"][name][-1]
    return results


def draw(results: dict[str, Any]) -> Figure:
    """Plain recurrent networks above, gates below."""
    figure, axes = plt.subplots(
        2, 1, figsize=(3.7, 4.8), sharex=True, layout="constrained"
    )
    panels = [
        {
            "linear_12": ("C1s-", "linear 1.2"),
            "linear_10": ("C0o-", "linear 1"),
            "linear_08": ("C2^-", "linear 0.8"),
            "tanh_15_01": ("C3x--", "tanh 1.5, small input"),
            "tanh_15_1": ("C4D--", "tanh 1.5, large input"),
        },
        {
            "lstm_3": ("C1s-", "LSTM, forget bias 3"),
            "lstm_1": ("C0o-", "LSTM, forget bias 1"),
            "lstm": ("C2^-", "LSTM"),
            "rnn": ("C3x-", "RNN"),
        },
    ]
    for axis, lines in zip(axes, panels, strict=True):
        for name, (style, label) in lines.items():
            norms = results["gradient"][name]
            axis.semilogy(range(STEPS), norms, style, lw=1, markersize=4, markevery=6)
            axis.text(STEPS + 0.5, norms[-1], label, color=style[:2], va="center")
        axis.set_ylabel("relative gradient norm")
        axis.set_xlim(0, 112)
        axis.set_xticks([0, 20, 40, 60])
        axis.grid(axis="y", alpha=0.3)
    axes[0].set_yticks([1e-6, 1e-3, 1, 1e3])
    axes[1].set_yticks([1e-15, 1e-10, 1e-5, 1])
    axes[0].set_title("With tanh, the input decides, too")
    axes[1].set_title("LSTM: a large forget bias keeps the gradient")
    axes[1].set_xlabel("steps back in time")
    return figure


def check(results: dict[str, Any]) -> None:
    """Check the claims."""
    factor = {name: row["mean"] for name, row in results["factor"].items()}
    for size in ["08", "10", "12"]:
        assert abs(factor[f"linear_{size}"] - SIZES[size]) < 0.01, "the eigenvalue"
    for size, grows in {"12": ["01"], "15": ["01", "03"]}.items():
        for x in INPUT:
            mean = factor[f"tanh_{size}_{x}"]
            assert (mean > 1.01) if x in grows else (mean < 0.96), f"{size}, {x}"
    ratio = results["ratio"]
    assert ratio["tanh_15_01"] > 100, "one matrix explodes"
    assert ratio["tanh_15_1"] < 1e-3, "and vanishes"
    assert factor["rnn"] < 0.6, "PyTorch's RNN vanishes"
    for name in ["gru", "lstm", "lstm_0"]:
        assert 0.58 < factor[name] < 0.68, f"{name} vanishes hardly more slowly"
    assert 0.8 < factor["lstm_1"] < 0.88, "a forget bias of 1 slows it down"
    assert 0.94 < factor["lstm_2"] < 0.98, "2 more so"
    assert abs(factor["lstm_3"] - 1) < 0.03, "3 keeps the gradient"


if __name__ == "__main__":
    results = measure()
    draw(results)
    plt.show()
