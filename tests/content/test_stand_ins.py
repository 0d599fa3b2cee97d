"""draw() and check() run without torch, and cannot use it."""

import sys

import pytest

from sitetools.content import stand_ins

SOURCE = """\
import no_such_package as torch
import numpy
from no_such_package import nn
from no_such_package.nn import functional as F
from no_such_package.optim import SGD

WIDTH = 2 * torch.pi / 3 + -torch.e
ACTIVATIONS = {"relu": nn.ReLU(), "none": None}


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()


@torch.no_grad()
def measure(x: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
    return {"x": F.relu(torch.ones(3))}


def draw(results):
    return numpy.array(results["x"]).sum()


def wrong(results):
    return torch.ones(3)
"""


@pytest.fixture
def snippet(tmp_path):
    path = tmp_path / "small.py"
    path.write_text(SOURCE, "utf-8")
    return path


def test_function_runs_without_what_it_does_not_need(snippet):
    assert stand_ins.function(snippet, "draw")({"x": [5, 1]}) == 6


def test_function_that_needs_it_fails_at_its_line(snippet):
    wrong = stand_ins.function(snippet, "wrong")
    with pytest.raises(ImportError, match="no_such_package") as error:
        wrong({})
    line = SOURCE.split("\n").index("    return torch.ones(3)") + 1
    assert stand_ins.line_in(error.value, snippet) == line


def test_missing_function_is_a_key_error(snippet):
    with pytest.raises(KeyError, match="check"):
        stand_ins.function(snippet, "check")


@pytest.mark.parametrize("fails", [False, True])
def test_imports_are_as_before(snippet, monkeypatch, fails):
    module = type(sys)("no_such_package")
    monkeypatch.setitem(sys.modules, "no_such_package", module)
    if fails:
        snippet.write_text(SOURCE + "1 / 0\n", "utf-8")
    before, finders = dict(sys.modules), list(sys.meta_path)
    if fails:
        with pytest.raises(ZeroDivisionError):
            stand_ins.function(snippet, "draw")
    else:
        stand_ins.function(snippet, "draw")
    assert sys.modules["no_such_package"] is module
    assert "no_such_package.nn" not in sys.modules
    assert before.items() <= sys.modules.items()
    assert sys.meta_path == finders


def test_error_elsewhere_is_at_the_first_line(tmp_path):
    assert stand_ins.line_in(ValueError(), tmp_path / "x.py") == 1
