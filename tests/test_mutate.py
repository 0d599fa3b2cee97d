"""Mutation testing works: what must be noticed is, and what must live lives."""

import json

import mutate
import pytest
import small_site
from project import PROJECT

from sitetools.content import files, frozen


@pytest.fixture
def page(root):
    small_site.add("```python\nprint(f'{2:.2f}')\n```\n\n```output\n2.00 -1\n```")(root)
    return root / "docs" / "en" / "index.md"


def test_every_digit_and_sign_of_an_output_is_noticed(page):
    found = list(mutate.of_outputs([page]))
    assert [mutant.noticed() for mutant in found] == [True] * 5
    assert {mutant.line for mutant in found} == {15}


def test_file_reads_differently_and_is_not_written(page):
    before = page.read_text("utf-8")
    one, two = (
        mutate.edits(
            page,
            "D|T",
            mutate.last,
            lambda: files.read(page) == before,
            "(?m)^title.*",
        ),
        mutate.edits(page, "title", mutate.last, lambda: files.read(page) != before),
    )
    assert [mutant.noticed() for mutant in one] == [False]
    (mutant,) = two
    assert mutant.noticed()
    assert (mutant.line, mutant.change) == (2, "title → titlx at 4")
    assert page.read_text("utf-8") == before


@pytest.mark.parametrize("problems", [[1], iter([1]), ValueError, KeyError])
def test_check_fails_if_it_raises_or_returns_something(problems):
    def check():
        if isinstance(problems, type):
            raise problems
        return problems

    assert mutate.fails(check)
    assert not mutate.fails(lambda: iter([]))


def test_frozen_number_changed_by_hand_is_noticed():
    snippet = frozen.measuring_snippets(PROJECT)[0]
    path = snippet.with_suffix(".json")
    content = json.loads(path.read_text("utf-8"))
    same, other = json.dumps(content), json.dumps(content).replace("0.", "1.", 1)
    for text, noticed in ((same, False), (other, True)):
        with mutate.instead({path: text}):
            assert mutate.fails(lambda: frozen.load(snippet) and None) is noticed
