"""The gradient report, loaded from the snippets, and a step under it."""

import importlib.util
import sys
from typing import Any

import pytest
from project import PROJECT

torch = pytest.importorskip("torch")

PATH = PROJECT.snippets / "diagnose" / "gradient_report.py"
if "gradient_report" not in sys.modules:
    spec = importlib.util.spec_from_file_location("gradient_report", PATH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # the compiler looks for it there
    spec.loader.exec_module(module)
module = sys.modules["gradient_report"]
GradientReport: Any = module.GradientReport


def watch(model: Any, loss: Any, optimizer: Any = None, steps: int = 1) -> Any:
    """Return the report of the last of some steps; `loss` is called for each."""
    for _ in range(steps):
        with GradientReport(model) as report:
            if optimizer:
                optimizer.zero_grad()
            loss().backward()
            if optimizer:
                optimizer.step()
    return report


def verdicts(report: Any) -> dict[str, str]:
    """Return each layer's verdict."""
    return {layer.name: layer.verdict for layer in report.layers}


def notes(report: Any) -> str:
    """Return all notes as one text."""
    return "\n".join(report.notes)
