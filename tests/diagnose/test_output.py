"""What the report prints, returns and draws."""

import json
import subprocess
import sys

import pytest
from IPython.core.formatters import DisplayFormatter
from project import PROJECT
from the_report import PATH, GradientReport, module, torch, watch
from torch import nn

pytestmark = pytest.mark.torch


def deep(depth=8):
    torch.manual_seed(0)
    layers = [m for _ in range(depth) for m in (nn.Linear(32, 32), nn.Sigmoid())]
    return nn.Sequential(*layers, nn.Linear(32, 4))


def look(model):
    return watch(model, lambda: model(torch.randn(32, 32)).square().mean())


def test_first_line_sums_up_and_links():
    line = str(look(deep())).splitlines()[0]
    assert " of 9 layers: " in line
    assert "vanishing × 0." in line
    assert line.endswith(" → diagnose/#vanishing")
    healthy = str(look(nn.Linear(32, 4))).splitlines()[0]
    assert healthy.startswith("1 layer: nothing found")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_page_has_every_anchor(language):
    page = (PROJECT.docs / language / "diagnose.md").read_text("utf-8")
    for verdict in module.MEANING:
        assert f"{{ #{verdict.replace(' ', '-')} }}" in page


def test_every_meaning_says_what_to_do():
    assert all("; " in text for text in module.MEANING.values())


def test_report_is_plain_data():
    report = look(deep())
    assert json.loads(json.dumps(report.to_dict())) == report.to_dict()
    assert report.to_dict()["layers"]["0"]["verdict"] == "vanishing"


def test_notebook_shows_the_report():
    report = look(nn.Linear(32, 4))
    shown, _ = DisplayFormatter().format(report)
    assert shown == {"text/plain": str(report)}


def test_history_and_plot_need_matplotlib_only_when_called():
    model = deep(2)
    reports = [look(model) for _ in range(3)]
    history = GradientReport.history(reports, "gradient")
    assert {name: len(values) for name, values in history.items()} == dict.fromkeys(
        ("0", "2", "4"), 3
    )
    axes = reports[0].plot(*reports[1:])
    assert len(axes.lines) == 3
    lines = PATH.read_text("utf-8").splitlines()
    assert not any(line.startswith(("import matp", "from matp")) for line in lines)


def test_long_runs_of_any_verdict_are_folded():
    text = str(look(deep(60)))
    assert len(text.splitlines()) < 25
    assert "more layers, all vanishing" in text


def test_header_says_what_a_download_must_say():
    text = PATH.read_text("utf-8")
    for word in ("SPDX-License-Identifier: MIT", "Python 3.10", "torch 2.1", "2.13"):
        assert word in text


def test_no_function_is_too_complex_nor_newer_than_python_3_10():
    lint = [sys.executable, "-m", "ruff", "check", "-q", "--select", "C901", PATH]
    assert not subprocess.run(lint, cwd=PROJECT.root, capture_output=True).stdout
