"""Every snippet, run as its reader would, confirms its frozen results and claims."""

import re
import shutil
from functools import partial

import pytest
import small_site
from project import PROJECT
from translated_page import change

from sitetools.content import frozen, snippets
from sitetools.content.project import Project
from sitetools.fault import Fault, relative
from sitetools.measure import remeasure
from sitetools.render import drawing

SNIPPETS = snippets.measuring(PROJECT)
each_snippet = pytest.mark.parametrize("snippet", SNIPPETS, ids=snippets.name_of)
torch = pytest.mark.torch


@torch
@each_snippet
def test_measuring_again_confirms_the_frozen_results(snippet, remembered):
    inputs = [snippet, snippet.with_suffix(".json")]
    try:
        remembered("snippets", inputs, partial(remeasure.confirm, snippet))
    except Fault as fault:
        pytest.fail(str(fault), pytrace=False)


@each_snippet
def test_frozen_results_fulfill_the_claims(snippet):
    remeasure.check(snippet, frozen.load(snippet))


@each_snippet
def test_figure_shows_what_it_showed_when_it_was_frozen(snippet):
    assert not remeasure.figure_changed(snippet), (
        f"{relative(snippet)}:1: draw() shows other words or data than before; "
        "look at the figure with `make serve`, then run `make results`"
    )


@pytest.mark.parametrize("path", sorted(PROJECT.snippets.rglob("*.json")), ids=relative)
def test_frozen_file_belongs_to_a_snippet(path):
    assert path.with_suffix(".py") in SNIPPETS, f"{path} belongs to no snippet"


@each_snippet
def test_snippet_needs_only_what_the_page_names(snippet):
    for name, line in snippets.imported(snippet.read_text("utf-8")).items():
        assert name in ("torch", "matplotlib", "sklearn", "mnist1d"), (
            f"{relative(snippet)}:{line}: imports {name}; "
            "a copier has only torch and matplotlib (and scikit-learn for data)"
        )


# A snippet of its own, in which a test breaks something.


@pytest.fixture
def small(root):
    """Return the small snippet, the only one of its project."""
    shutil.rmtree(root / "snippets" / "explorer")
    snippet = root / "snippets" / "a" / "small.py"
    frozen.save(snippet, {"x": [1.0, 2.0]}, "test", drawing.shown(snippet))
    return snippet


@pytest.fixture
def results(root, capsys):
    """Return a function that runs `make results`: its exit code and what it says."""

    def run(force=False):
        code = remeasure.freeze(Project(root), force)
        out, err = capsys.readouterr()
        err = re.sub(r".*\d+/\d+ \|.*", "", err.replace("\r", "\n"))  # the bar
        return code, (out + err).strip()

    return run


MEASURE = '    return {"x": [1.0, 2.0]}'
PLOT = '    axes.plot(results["x"])\n'
ODD = {
    "measure() raises": (MEASURE, "    return 1 / 0", 11, "ZeroDivisionError"),
    "measure() exits": (MEASURE, "    raise SystemExit(0)", 11, "SystemExit: 0"),
    "measure() crashes": (
        MEASURE,
        "    __import__('os')._exit(0)",
        1,
        "did not finish",
    ),
    "measure() never ends": (MEASURE, "    while True: pass", 1, "longer than 2 s"),
    "measure() warns": (
        MEASURE,
        f"    import warnings; warnings.warn('old')\n{MEASURE}",
        1,
        "warns",
    ),
    "measure() returns a list": (MEASURE, "    return [1]", 1, "does not set"),
    "no results": ("results = measure", "found = measure", 1, "does not set"),
    "no tolerance": ("TOLERANCE", "TOLERANT", 1, "does not set"),
    "tolerance of another result": ('{"x": 0.01}', '{"y": 0.01}', 1, "have x, y"),
    "tolerance not a number": ('{"x": 0.01}', '{"x": "little"}', 1, "is 'little'"),
    "a tensor": ("[1.0, 2.0]", "torch.ones(2)", 1, "results.x is a Tensor"),
    "NaN": ("[1.0, 2.0]", "[1.0, 2.0, float('nan')]", 1, "x.2 is nan"),
    "broken claim": ("[1.0, 2.0]", "[1.0, 3.0]", 22, "x ends at two"),
    "broken claim without words": (
        '== 2, "x ends at two"',
        "== 3",
        22,
        'assert results["x"][1] == 3',
    ),
    "check() fails": ('["x"][1] ==', '["x"][7] ==', 22, "IndexError"),
    "check() has no such key": ('results["x"][1]', 'results["y"][1]', 22, "KeyError"),
    "check() uses torch": ('results["x"][1] ==', "torch.e ==", 22, "ImportError"),
    "no check()": ("def check", "def czech", 1, "no check(results)"),
    "not Python": (MEASURE, "    return {", 11, "SyntaxError"),
    "draw() raises": (PLOT, "    1 / 0\n", 16, "ZeroDivisionError"),
}


@torch
@pytest.mark.parametrize("name", ODD)
def test_odd_snippet_is_named_with_its_line_and_changes_nothing(
    root, small, results, monkeypatch, name
):
    old, new, line, problem = ODD[name]
    if "longer" in problem:
        monkeypatch.setattr(remeasure, "LIMIT", 2)
    change(small, old, new)
    before = small_site.files(root)
    code, said = results()
    assert code == 1
    assert said.startswith(f"snippets/a/small.py:{line}: ")
    assert problem in said.split("\n")[0]
    assert len(re.findall(r"small\.py:\d+: (?!\w+Warning)", said)) == 1
    assert "sitetools" not in said
    assert small_site.files(root) == before


@torch
def test_only_what_changed_is_measured(root, small, results):
    current = (0, "All results are current. FORCE=1 measures everything again.")
    assert remeasure.stale(Project(root)) == []
    assert results() == current
    copy = small.with_name("other.py")
    copy.write_text(small.read_text("utf-8").replace("[1.0, 2", "[5.0, 2"), "utf-8")
    assert remeasure.stale(Project(root)) == [copy]
    assert results() == (0, "")
    assert frozen.load(copy) == {"x": [5.0, 2.0]}
    assert frozen.about(small)[0] == "test"
    assert frozen.about(copy)[0].startswith("Python")
    assert results() == current


@torch
def test_changed_figure_is_drawn_but_not_measured(small, results):
    change(small, '"variance"', '"spread"')
    assert remeasure.figure_changed(small)
    assert results() == (0, "")
    assert not remeasure.figure_changed(small)
    assert frozen.about(small)[0] == "test"


@torch
def test_damaged_file_is_measured_again(root, small, results):
    small_site.cut("snippets/a/small.json")(root)
    assert results() == (0, "")
    assert frozen.load(small) == {"x": [1.0, 2.0]}


@torch
def test_one_fault_does_not_keep_the_others_from_being_saved(root, small, results):
    for name, value in (("bad", "1 / 0"), ("other", '{"x": [5.0, 2.0]}')):
        text = small.read_text("utf-8").replace('{"x": [1.0, 2.0]}', value)
        small.with_name(f"{name}.py").write_text(text, "utf-8")
    change(small, PLOT, "    1 / 0\n")
    small_site.write(small_site.LAB, "{")(root)
    code, said = results()
    assert code == 1
    places = re.findall(r"(?m)^(\S+:\d+): ", said)
    assert places == [
        "snippets/a/bad.py:11",
        "snippets/a/small.py:16",
        "docs/en/labs/lab.ipynb:1",
    ]
    assert frozen.load(small.with_name("other.py")) == {"x": [5.0, 2.0]}


@torch
def test_full_disk_keeps_the_results(root, small, results, full):
    change(small, "2.0]", "2.00]")
    before = small_site.files(root)
    full()
    code, said = results()
    assert code == 1
    assert said.startswith("snippets/a/small.json:1: cannot be written (No space left")
    assert small_site.files(root) == before


@torch
def test_force_runs_labs_and_snippets(root, small, results):
    assert results(force=True) == (0, "")
    assert frozen.about(small)[0].startswith("Python")
    lab = (root / small_site.LAB).with_suffix(".json").read_text("utf-8")
    assert '"made_with": "Python ' in lab


NOT_CONFIRMED = {
    "another number": ([1.1, 2.0], "small.json", 1, "x.0: frozen 1.1, now 1.0"),
    "more numbers": ([1.0, 2.0, 3.0], "small.json", 1, "x.2: only in one"),
    "a broken claim": ([1.0, 2.1], "small.py", 22, ""),
}


@torch
@pytest.mark.parametrize("name", NOT_CONFIRMED)
def test_results_that_are_not_measured_again_are_a_fault(small, name):
    value, file, line, detail = NOT_CONFIRMED[name]
    frozen.save(small, {"x": value}, "test")
    with pytest.raises(Fault) as fault:
        remeasure.confirm(small)
    assert fault.value.place.path == small.with_name(file)
    assert fault.value.place.line == line
    assert detail in fault.value.detail


@torch
def test_results_within_their_tolerance_are_confirmed(small):
    frozen.save(small, {"x": [1.005, 2.0]}, "test")
    remeasure.confirm(small)


@pytest.mark.parametrize(
    ("old", "new", "tolerance", "number"),
    [
        ([1.0], [1.009], 0.01, 0),
        ([1.0], [1.02], 0.01, 1),
        ([1.0], [99.0], None, 0),
        ([0.0], [1e-30], 0.01, 1),
        (["a"], ["b"], 0.01, 1),
        ([1.0], ["a"], 0.01, 1),
        ([1.0], [1.0, 2.0], None, 1),
    ],
)
def test_differences_are_counted(old, new, tolerance, number):
    found = remeasure.differences({"x": old}, {"x": new}, {"x": tolerance})
    assert len(found) == number
