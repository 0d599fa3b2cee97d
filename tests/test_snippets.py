"""Every snippet, run as its reader would, confirms its frozen results and claims."""

import ast
import json
import shutil

import blocks
import pytest

from sitetools.content import frozen, pages, snippets
from sitetools.measure import remeasure

SNIPPETS = frozen.measuring_snippets()


@pytest.mark.torch
@pytest.mark.parametrize("snippet", SNIPPETS, ids=frozen.name_of)
def test_measuring_again_confirms_the_frozen_results(snippet):
    if message := remeasure.problem(snippet):
        pytest.fail(message, pytrace=False)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=frozen.name_of)
def test_frozen_results_fulfil_the_claims(snippet):
    remeasure.check(snippet, frozen.load(snippet))


@pytest.mark.parametrize("snippet", SNIPPETS, ids=frozen.name_of)
def test_figure_shows_what_it_showed_when_it_was_frozen(snippet):
    assert not remeasure.figure_changed(snippet), (
        f"{pages.relative(snippet)}:1: draw() shows other words or data than before; "
        "look at the figure with `make serve`, then run `make results`"
    )


@pytest.mark.parametrize("path", sorted(frozen.SNIPPETS.rglob("*.json")), ids=str)
def test_frozen_file_belongs_to_a_snippet(path):
    assert path.with_suffix(".py") in SNIPPETS, f"{path} belongs to no snippet"


@pytest.mark.parametrize("snippet", SNIPPETS, ids=frozen.name_of)
def test_snippet_needs_only_what_the_page_names(snippet):
    for name, line in blocks.imported(snippet.read_text("utf-8")).items():
        assert name in ("torch", "matplotlib", "sklearn"), (
            f"{pages.relative(snippet)}:{line}: imports {name}; "
            "a copier has only torch and matplotlib (and scikit-learn for data)"
        )


@pytest.fixture
def snippet(tmp_path, monkeypatch):
    """Return a small snippet of its own, with frozen results."""
    for module in (frozen, pages):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(frozen, "SNIPPETS", tmp_path / "snippets")
    folder = tmp_path / "snippets" / "topic"
    folder.mkdir(parents=True)
    path = folder / "small.py"
    path.write_text(
        "import torch\n"
        "TOLERANCE = {'x': 0.01}\n\n\n"
        "def measure() -> dict:\n"
        "    return {'x': [1.0, 2.0]}\n\n\n"
        "def draw(results: torch.Tensor) -> None:\n"
        "    return results['x'][0]\n\n\n"
        "def check(results):\n"
        "    assert results['x'][1] == 2, 'x ends at two'\n\n\n"
        "if __name__ == '__main__':\n"
        "    results = measure()\n"
    )
    frozen.save(path, {"x": [1.0, 2.0]}, "test")
    return path


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.torch
def test_good_snippet_has_no_problem(snippet):
    assert remeasure.problem(snippet) is None


def test_changed_code_asks_for_new_results(snippet):
    change(snippet, "1.0", "1.1")
    with pytest.raises(frozen.FrozenError, match=r"small\.py.*make results"):
        frozen.load(snippet)


def test_weaker_claim_does_so_too(snippet):
    change(snippet, "== 2", "> 0")
    with pytest.raises(frozen.FrozenError, match=r"small\.py.*make results"):
        frozen.load(snippet)


def test_changed_drawing_does_not(snippet):
    change(snippet, "['x'][0]", "['x'][1]")
    assert frozen.load(snippet) == {"x": [1.0, 2.0]}


def test_draw_runs_without_what_it_does_not_need(snippet):
    change(snippet, "import torch\n", "import torch_is_not_installed as torch\n")
    assert snippets.function(snippet, "draw")({"x": [5]}) == 5


def test_name_that_a_function_assigns_is_its_own():
    source = (
        "import torch\n\ndef noise():\n    return torch.ones(1)\n\n"
        "def check(results):\n    noise = results['x']\n    assert noise\n"
    )
    found = [ast.unparse(node) for node in snippets.needed(source, "check")]
    assert len(found) == 1, "neither noise() nor torch"


def test_results_are_only_measured_when_they_changed(snippet):
    assert remeasure.stale() == []
    copy = snippet.with_name("other.py")
    shutil.copy(snippet, copy)
    assert remeasure.stale() == [copy]
    assert json.loads(snippet.with_suffix(".json").read_text())["made_with"] == "test"
