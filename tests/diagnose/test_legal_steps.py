"""Legal steps of training, off the beaten track, get no verdict and no note."""

import copy
import io

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
    """Read the tanh of the output by the loss, and by another network."""
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


def quantized_weights():
    """Frozen bytes below matrices that learn."""
    model = nn.Sequential(nn.Linear(16, 4), nn.Module())
    byte = torch.randint(255, (4, 16), dtype=torch.uint8)
    model[1].weight = nn.Parameter(byte, requires_grad=False)
    loss = lambda: F.cross_entropy(  # noqa: E731
        model[0](X) + F.linear(X, model[1].weight.float() / 400), Y
    )
    return watch(model, loss, adam(model))


def copy_within_the_block():
    """Which leaves no hook in it, and can be saved like the model."""
    model = net()
    copies = []

    def loss():
        copies.append(copy.deepcopy(model))
        torch.save(model, io.BytesIO())
        return F.mse_loss(model(X), copies[0](X).detach() + 1)

    report = watch(model, loss, adam(model))
    assert not copies[0]._forward_pre_hooks
    torch.save(copies[0], io.BytesIO())
    return report


def counts_from_a_relu():
    model = net(nn.ReLU(), out=1)
    nn.init.constant_(model[2].bias, 3.0)
    return watch(model, lambda: F.mse_loss(model(X), X[:, :1].abs() + 3), adam(model))


def target_for_all():
    model = net(out=1)
    return watch(model, lambda: F.mse_loss(model(X), torch.tensor(1.0)), adam(model))


def leaf_by_keyword():
    """Give it an input that learns, as in an attack on the model."""
    model, x = net(), X.clone().requires_grad_()
    return watch(model, lambda: F.cross_entropy(model(input=x), Y), adam(model))


def depthwise_filters_alike():
    """All the same at first, but each sees another channel."""
    model = nn.Sequential(nn.Conv1d(4, 4, 3, groups=4), nn.Linear(2, 4))
    nn.init.constant_(model[0].weight, 1 / 3)
    x = X[:, :16].reshape(64, 4, 4)
    return watch(model, lambda: F.cross_entropy(model(x).mean(1), Y), adam(model))


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
    quantized_weights,
    copy_within_the_block,
    counts_from_a_relu,
    target_for_all,
    leaf_by_keyword,
    depthwise_filters_alike,
]


@pytest.mark.filterwarnings("ignore:Using a target size")
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
