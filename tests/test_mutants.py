"""Mutation testing works: what must be noticed is, and what must live lives."""

import json

import blocks
import mutants
import mutants_of_code
import pytest

from sitetools.content import frozen, pages


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Make a page of one block the only one."""
    path = tmp_path / "page.md"
    code = "torch.manual_seed(0)  # kept\nspare = 1\nprint(f'{2 + 2:.2f}')\n"
    path.write_text(
        f"```python\nimport torch\n{code}```\n\n```output\n4.00\n```\n", "utf-8"
    )
    found = list(blocks.blocks(path))
    monkeypatch.setattr(mutants_of_code, "_blocks", lambda: found)
    return path


@pytest.mark.torch
def test_change_of_code_lives_where_the_output_is_the_same(page):
    found = {m.change: m.noticed() for m in mutants_of_code.of_blocks()}
    assert found == {
        "import torch → pass": True,
        "spare = 1 → pass": False,
        "1 → 2": False,
        "print(f'{2 + 2:.2f}') → pass": True,
        "2 + 2 → 2 - 2": True,
        "2 → 3": True,
    }


@pytest.mark.torch
def test_every_digit_of_an_output_is_noticed(page):
    found = [mutant.noticed() for mutant in mutants_of_code.of_outputs()]
    assert found == [True, True, True]


def test_file_reads_otherwise_and_is_not_written(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("a 1\n", "utf-8")
    ((line, change, text),) = mutants.edits(path, r"\d", mutants.digit)
    with mutants.instead({path: text()}):
        assert pages.read_file(path) == path.read_text("utf-8") == "a 3\n"
    assert path.read_text("utf-8") == "a 1\n"
    assert (line, change) == (1, "1 → 3")


def test_frozen_number_changed_by_hand_is_noticed():
    snippet = frozen.measuring_snippets()[0]
    path = snippet.with_suffix(".json")
    content = json.loads(path.read_text("utf-8"))
    same, other = json.dumps(content), json.dumps(content).replace("0.", "1.", 1)
    for text, noticed in ((same, False), (other, True)):
        with mutants.instead({path: text}):
            assert mutants.fails(lambda: frozen.load(snippet) and None) is noticed
