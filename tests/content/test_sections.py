"""Sections have ids, and their text and prose."""

import dataclasses

import pytest
import small_site

from sitetools.content import sections
from sitetools.fault import Fault

PAGE = small_site.PAGE


@pytest.fixture
def page(root):
    """Return a function that adds text to the English page."""

    def add(text):
        small_site.add(text)(root)
        return root / "docs" / "en" / "index.md"

    return add


def test_sections_begin_at_headings(page):
    path = page("## A b {#a}\n\nx\n\n```python\n# c\n```\n\n### B { #b }\n\ny")
    top, title, a, b = sections.sections(path)
    assert [each.ident for each in (top, title, a, b)] == ["top", "t", "a", "b"]
    assert [each.level for each in (top, title, a, b)] == [0, 1, 2, 3]
    assert [each.line for each in (title, a, b)] == [6, 10, 18]
    assert (a.title, b.title) == ("A b", "B")
    assert top.text.startswith("T\nD")
    assert "# c" in a.text
    assert "# c" not in a.prose
    assert "x" in a.prose
    assert "y" in b.text


def test_sections_of_an_older_page_need_no_file_that_it_included(page):
    path = page('```python\n--8<-- "snippets/gone.py"\n```\n\n## A {#a}')
    assert [each.ident for each in sections.sections(path)] == ["top", "t", "a"]


@pytest.mark.parametrize(
    ("text", "problem"), [("x\n\n## A", "no id"), ("x\n\n## T {#t}", "already")]
)
def test_heading_without_an_id_of_its_own_is_a_fault(page, text, problem):
    path = page(text)
    with pytest.raises(Fault, match=problem) as fault:
        sections.sections(path)
    assert (fault.value.place.path, fault.value.place.line) == (path, 12)


def test_sections_of_a_notebook_have_the_ids_of_cells(root):
    top, title = sections.sections(root / small_site.LAB)
    assert (top.ident, title.ident, title.title) == ("top", "title", "L")


def test_each_caller_has_its_own_sections(page):
    path = page("x")
    sections.sections(path).clear()
    first = sections.sections(path)[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.text = "changed"
