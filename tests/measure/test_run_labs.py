"""Labs run top to bottom and print and draw what their pages show."""

import json
import re
from functools import partial

import pytest
import small_site
from project import PROJECT

from sitetools.content import notebooks
from sitetools.content.project import Project
from sitetools.fault import Fault
from sitetools.measure import run_labs
from sitetools.render import labs

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("path", labs.labs(PROJECT), ids=lambda path: path.stem)
def test_lab_prints_and_draws_what_its_page_shows(path, remembered):
    code = [
        (cell.ident, cell.source, cell.metadata)
        for cell in labs.cells(path)
        if cell.code
    ]
    inputs = [path.name, json.dumps(code), path.with_suffix(".json")]
    try:
        remembered("labs", inputs, partial(run_labs.confirm, path))
    except Fault as fault:
        pytest.fail(str(fault), pytrace=False)


@pytest.fixture
def lab(root):
    """Return a function that makes a lab of one code cell and the given code."""

    def make(code, metadata=None):
        path = root / small_site.LAB
        cells = [notebooks.Cell("one", True, code, metadata or {})]
        path.write_text(notebooks.dump(cells), "utf-8")
        return path

    return make


def test_magics_are_left_out_and_figures_are_themed(lab):
    path = lab(
        "%pip install -q nothing-at-all\nimport matplotlib.pyplot as plt\n"
        "print('a')\nplt.plot([1, 2])\nplt.xlabel('loss')\nplt.show()\nprint('b')"
    )
    text, figure = run_labs.run(path)["one"]
    assert text == {"text": "a\nb"}
    assert "var(--fig-0)" in figure["svg"]
    assert ">loss</text>" in figure["svg"]


CELLS = {
    "fails": ("x = 1\n1 / 0", "fails", "ZeroDivisionError: division by zero"),
    "warns": ("import warnings\nwarnings.warn('no')", "warns", "no"),
    "never ends": ("while True: pass", "longer than 5 s", ""),
    "ends the kernel": ("import os; os._exit(0)", "ends the kernel", ""),
    "exits": ("exit()", "fails", "not callable"),
    "prints a megabyte": ("print('x' * 10**6)", "more than 100,000", ""),
    "fails with a megabyte": ("raise ValueError('x' * 10**6)", "fails", "xxx"),
    "shows an object": ("3", "shows text/plain", ""),
    "a color": (
        "import matplotlib.pyplot as plt\nplt.plot([1, 2], color='red')\nplt.show()",
        "#ff0000",
        "",
    ),
    "network and disk": (
        "import os, urllib.request as u\n"
        "try:\n    os.remove({mine!r})\nexcept PermissionError as error:\n"
        "    u.urlopen('http://example.org/')",
        "fails",
        "no network here to reach 'example.org'",
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_cell_out_of_hand_is_a_fault(root, lab, monkeypatch, name):
    code, problem, detail = CELLS[name]
    if "longer" in problem:
        monkeypatch.setattr(run_labs, "LIMIT", 5)
    path = lab(code.replace("{mine!r}", repr(str(root / "mkdocs.yml"))))
    before = small_site.files(root)
    with pytest.raises(Fault) as fault:
        run_labs.run(path)
    assert fault.value.place == notebooks.place_of(path, "one")
    assert "cell 'one'" in fault.value.problem
    assert problem in fault.value.problem
    assert detail in fault.value.detail
    assert not re.search(r"\x1b", fault.value.detail)
    assert len(str(fault.value)) < 5000
    assert small_site.files(root) == before


@pytest.mark.parametrize("before", ["loss 0.40", None, "twice"])
def test_outputs_that_differ_are_a_fault(lab, monkeypatch, before):
    path = lab("print('loss 0.51')")
    now = [{"text": "loss 0.51"}]
    monkeypatch.setattr(run_labs, "run", lambda path: {"one": now})
    labs.save(path, {"one": [{"text": "loss 0.50"}]}, "test")
    run_labs.confirm(path)
    frozen = {None: [], "twice": now * 2}.get(before, [{"text": before}])
    labs.save(path, {"one": frozen}, "test")
    with pytest.raises(Fault, match="something else") as fault:
        run_labs.confirm(path)
    assert fault.value.place == notebooks.place_of(path, "one")


def test_lab_is_stale_if_its_outputs_are_not_of_its_code(root, lab):
    project = Project(root)
    assert run_labs.stale(project) == []
    path = lab("print(2)")
    assert run_labs.stale(project) == [path]
    path.write_text("{")
    assert run_labs.stale(project) == [path]
