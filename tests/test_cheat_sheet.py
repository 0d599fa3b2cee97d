"""The cheat sheet's calls run, and those that normalize agree between the libraries."""

import re

import pytest
from project import PROJECT

from sitetools.content import pages
from sitetools.measure import sandbox

PAGE = PROJECT.docs / "en" / "cheat-sheet.md"
BEFORE = """
import os

os.environ["KERAS_BACKEND"] = "torch"
import keras
import torch
from keras import initializers, layers, optimizers
from keras.initializers import *
from keras.optimizers import schedules
from torch import nn
from torch.optim import lr_scheduler

n, m, N = 64, 6, 12
w = torch.empty(m, n)
model = nn.Sequential(nn.Linear(n, m), nn.ReLU(), nn.Linear(m, n))
lstm = nn.LSTM(n, m)
x, branch = torch.randn(4, n), nn.Linear(n, n)
optimizer = torch.optim.SGD(model.parameters())
scheduler = lr_scheduler.LinearLR(optimizer)
scaler = torch.amp.GradScaler("cpu")
loss = model(torch.randn(4, n)).mean()
loss.backward(retain_graph=True)
"""


def rows():
    """Return the cells of each row of the page's tables, with its line."""
    for number, line in enumerate(pages.read(PAGE).split("\n"), 1):
        if line.startswith("| ") and "`" in line:
            yield number, line.strip("| ").split(" | ")


@pytest.mark.torch
def test_every_call_runs():
    calls = [
        (number, call)
        for number, cells in rows()
        for cell in cells[1:]
        for call in re.findall(r"`(.+?)`", cell)
        if not call.startswith("optimizer.step")
    ]
    assert len(calls) > 40
    source, lines = BEFORE, [0] * BEFORE.count("\n")
    for number, call in calls:
        source += f"{call}\n"
        lines.append(number)
    outcome = sandbox.run(source, PAGE.name, lines)
    assert outcome.error is None, outcome.trace


@pytest.mark.torch
def test_libraries_normalize_alike():
    pairs = [
        (cells[0], *(cell.strip("`") for cell in cells[2:]))
        for _, cells in rows()
        if "Normalization(" in cells[-1]
    ]
    assert len(pairs) == 5
    for name, in_torch, in_keras in pairs:
        shape = "4, 5, 64" if "RMS" in name else "4, 64, 8, 8"
        compare = f"""
x = 3 * torch.randn({shape}) + 1
same = {in_torch}, {in_keras}
torch.testing.assert_close(same[0](x), same[1](x, training=True), atol=0.02, rtol=0.02)
"""
        outcome = sandbox.run(BEFORE + compare)
        assert outcome.error is None, f"{name}: {outcome.trace}"
