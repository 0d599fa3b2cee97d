"""Legal steps of training, off the beaten track, get no verdict and no note."""

import pytest
from the_report import torch, watch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

pytestmark = pytest.mark.torch

X = torch.randn(64, 16, generator=torch.Generator().manual_seed(0))
Y = torch.arange(64) % 4
FINE = {"ok", "frozen"}


def adam(model, lr=1e-3):
    return torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr)


def net(*end, out=4):
    return nn.Sequential(nn.Linear(16, 64), nn.Tanh(), nn.Linear(64, out), *end)


def summed():
    model = nn.Linear(16, 4)
    loss = lambda: F.cross_entropy(model(X), Y, reduction="sum")  # noqa: E731
    return watch(model, loss, adam(model))


def times_the_size_of_the_batch():
    model = nn.Linear(16, 4)
    return watch(model, lambda: len(X) * 4 * F.cross_entropy(model(X), Y), adam(model))


def actor_and_critic():
    """Two networks and two losses, one of which is far larger."""
    actor, critic = net(), net(out=1)
    model, returns = nn.ModuleList([actor, critic]), 500 + 200 * X[:, :1]
    loss = lambda: (  # noqa: E731
        F.cross_entropy(actor(X), Y) + (returns - critic(X)).square().mean()
    )
    return watch(model, loss, adam(model))


def hinge_before_a_head():
    body, head = nn.Linear(16, 16), nn.Linear(16, 4)
    model = nn.ModuleList([body, head])

    def loss():
        y = body(X)
        pairs = F.normalize(y, dim=1) @ F.normalize(y, dim=1).T
        hinge = F.relu(pairs - pairs.diag()[:, None] - 0.1).mean()
        return F.cross_entropy(head(y), Y) + hinge

    return watch(model, loss, adam(model))


def frozen_in_phase_two():
    model = net()
    watch(model, lambda: F.cross_entropy(model(X), Y), adam(model))
    model[0].requires_grad_(False)
    report = watch(model, lambda: F.cross_entropy(model(X), Y), adam(model))
    assert report.layers[0].gradient is None
    return report


def last_weights_without_gradient():
    """Since their inputs are 0; only the bias learns."""
    model = nn.Linear(16, 4)
    both = nn.ModuleList([model, nn.Linear(16, 4)])
    return watch(
        both, lambda: F.cross_entropy(model(0 * X) + both[1](X), Y), adam(both)
    )


def black_and_white_images():
    """The loss reads the tanh of the output, and so does another network."""
    layers = [nn.Linear(16, 64), nn.Linear(64, 16), nn.Linear(16, 16)]
    nn.init.normal_(layers[1].weight, std=4.0)
    layers[2].requires_grad_(False)
    model = nn.ModuleList(layers)

    def loss():
        y = layers[1](layers[0](X).relu()).tanh()
        return F.mse_loss(y, X.sign()) + F.mse_loss(layers[2](y), layers[2](X.sign()))

    return watch(model, loss, adam(model, 1e-4))


def sampling_by_many_calls():
    """Each call's gradient is larger than the next one's."""
    model = net(out=1)

    def loss():
        steps = [model(X * 3.0**-step).sum() * 3.0**-step for step in range(12)]
        return sum(steps) / 64

    return watch(model, loss, adam(model, 1e-4))


def padded_text():
    """Each step has its own loss, and the last ones have few."""
    cell, head = nn.LSTMCell(16, 32), nn.Linear(32, 4)
    model, parts = nn.ModuleList([cell, head]), X.split(4)

    def loss():
        h, losses = None, []
        for n, part in enumerate(parts):
            h = cell(part, h)
            weight = 0.05 * (1 - n / 16) if n else 1.0
            losses.append(weight * F.cross_entropy(head(h[0]), Y[:4]))
        return sum(losses)

    return watch(model, loss, adam(model, 1e-4))


LEGAL = [
    summed,
    times_the_size_of_the_batch,
    actor_and_critic,
    hinge_before_a_head,
    frozen_in_phase_two,
    last_weights_without_gradient,
    black_and_white_images,
    sampling_by_many_calls,
    padded_text,
]


@pytest.mark.parametrize("run", LEGAL, ids=lambda run: run.__name__)
def test_legal_step_has_no_verdict_and_no_note(run):
    torch.manual_seed(0)
    report = run()
    assert {layer.verdict for layer in report.layers} <= FINE, str(report)
    assert not report.notes, str(report)


@pytest.mark.parametrize("kind", [nn.GRU, nn.RNN, nn.LSTM])
def test_recurrent_layer_in_a_checkpoint_runs_as_before(kind):
    torch.manual_seed(0)
    layer, head = kind(8, 16, batch_first=True), nn.Linear(16, 4)
    model, x = nn.ModuleList([layer, head]), torch.randn(8, 9, 8)
    loss = lambda: head(  # noqa: E731
        checkpoint(layer, x, use_reentrant=False)[0][:, -1]
    ).square()
    loss().mean().backward()
    expected = layer.weight_ih_l0.grad.clone()
    model.zero_grad()
    report = watch(model, lambda: loss().mean())
    assert torch.equal(layer.weight_ih_l0.grad, expected)
    assert {x.verdict for x in report.layers} == {"ok"}
