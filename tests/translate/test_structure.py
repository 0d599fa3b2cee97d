"""A translation holds what its source holds, and a difference is named with its line."""

import pytest
from translated_page import (
    KOREAN,
    PAGE,
    add_lab,
    change,
    commit,
    line_of,
    places,
    write,
)

from sitetools.content import notebooks
from sitetools.translate import check, new_page, staleness, structure

LONG = """\
# T {#t}

first 12 words

second `code` and $x$

- 34

| {{ a }} | b |
| [a](b.md) | ![x](figure:a/b) |

/// caption

## Two {#two}

text $x^2$ [a](b.md)
"""


@pytest.fixture
def page(page, source):
    """Return a longer page, with nothing to say of it."""
    korean = LONG.replace("first", "첫째").replace("second", "둘째")
    write(source, PAGE.replace("# T {#t}\n\ntext $x^2$ [a](b.md)\n", LONG))
    write(page, KOREAN.replace("# T {#t}\n\n글 $x^2$ [a](b.md)\n", korean))
    staleness.stamp(page)
    assert list(structure.differences(page)) == []
    return page


BOTH = [  # what is written, at its line
    ("$x$", "$y$", "$y$", "the formula y is not in {#t} of docs/en/page.md:6"),
    ("12", "12 56", "12 56", "the number 56 is not in"),
    ("12", "`a` 12", "`a`", "the code a is not in"),
    ("12", "`` a `b` `` 12", "`` a", "the code a`b` is not in"),
    ("{{ a }}", "1{{ a }}", "1{{", "the value 1{{a}} is not in"),
    ("[a](b.md)", "[a](c.md)", "c.md", "the link c.md is not in"),
    ("figure:a/b", "figure:a/c", "a/c", "the figure figure:a/c is not in"),
    ("/// caption", "/// figure", "/// f", "the caption figure is not in"),
    ("| b |", "| b | c |", "| b | c |", "the table row of 3 cells"),
    ("- 34", "<gradient-explorer a>\n34", "<g", "the explorer a is not in"),
    ("- 34", "!!! note\n    34", "!!! n", "the admonition !!! note is not in"),
    ("- 34", "=== x\n34", "=== x", "the tab === is not in"),
    # What is missing, beside its source.
    ("12", "열둘", "첫째", "the number 12 of docs/en/page.md:8 is missing"),
    ("`code`", "코드", "둘째", "the code code of docs/en/page.md:10 is missing"),
    ("{{ a }}", "1", "| 1 |", "the value {{a}} of docs/en/page.md:14 is missing"),
    ("[a](b.md)", "a", "{{ a }}", "the link b.md of docs/en/page.md:15 is missing"),
]


@pytest.mark.parametrize(("old", "new", "line", "problem"), BOTH)
def test_item_that_differs_is_named_with_its_line(page, old, new, line, problem):
    change(page, old, new)
    found = [fault for fault in structure.differences(page) if problem in fault.problem]
    assert [fault.place.line for fault in found] == [line_of(page, line)]


ONE = [  # the only thing that is said
    # Code.
    ("a.py", "b.py", '"snippets/b', "this fence is not the one at docs/en/page.md:25"),
    ("  1\n", "  2\n", "  2", "this fence is not the one at docs/en/page.md:31"),
    ("```output", "```text", "```text", "this fence is not the one at docs/en/"),
    ("\n  ```output\n  1\n  ```\n", "", 32, "docs/en/page.md:31 is missing"),
    ("- 항목", "```text\n```\n\n- 항목", "```text", "has no such fence at docs/en/"),
    # Headings: a deleted one, before others and at the end, is not many differences.
    ("## Two {#two}\n", "", "## One", "the section {#two} is missing above"),
    ("## One {#one}\n", "", 37, "the section {#one} is missing above"),
    ("{#one}", "{#eins}", "#eins", "the id is 'eins', docs/en/page.md:23 has 'one'"),
    ("## One", "### One", "### One", "this heading has 3 #"),
    ("## One", "## New {#new}\n\n`x`\n\n## One", "#new", "has no section {#new}"),
    # Paragraphs.
    ("- 34", "다른 글.\n\n- 34", "다른 글.", "{#t} has 6 paragraphs, at docs/en/page.md"),
    ("- 34\n\n", "", "{{ a }}", "the paragraph of docs/en/page.md:12 is missing"),
    ("12", "12\n\n`x`", "`x`", "{#t} has 6 paragraphs, at docs/en/page.md"),
    # Order.
    ("| {{ a }} | b |\n| [a](b.md) | ![x](figure:a/b) |",
     "| [a](b.md) | ![x](figure:a/b) |\n| {{ a }} | b |", "| [a]", "comes where"),
    # Settings.
    ("title: T", "title: T\ntags: x", "tags", "'tags' is x, at docs/en/page.md:1 it is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "problem"), ONE)
def test_cause_is_named_alone(page, old, new, line, problem):
    write(page.parents[2] / "snippets" / "b.py", "print(2)\n")
    change(page, old, new)
    (fault,) = structure.differences(page)
    assert problem in fault.problem
    wanted = line if isinstance(line, int) else line_of(page, line)
    assert fault.place.line == wanted


def test_section_in_another_place_is_named_once(page):
    two = "## Two {#two}\n\ntext $x^2$ [a](b.md)\n\n"
    change(page, two, "")
    write(page, f"{page.read_text('utf-8')}\n{two}")
    (fault,) = structure.differences(page)
    assert fault.place.line == line_of(page, "{#one}")
    assert fault.problem.startswith("{#two} comes before this section, at docs/en/")


def test_setting_of_the_source_is_missed(page, source):
    change(source, "title: T", "title: T\nsearch: x")
    (fault,) = structure.differences(page)
    assert fault.problem == "'search' is missing, at docs/en/page.md:3 it is x"


@pytest.mark.parametrize("lost", ['a.py"\n```\n', "```python\n"])
def test_fence_that_swallows_the_next_is_named(page, lost):
    """Its end was deleted, or its beginning: then its end begins one."""
    change(page, "  ```output\n  1\n  ```\n", "```output\n1\n```\n")
    change(page, lost, lost.replace("```\n", "").replace("```python\n", ""))
    (fault,) = check.check(page, named=False)
    assert "this fence is not closed before" in fault.problem
    assert fault.place.line == line_of(page, "```")


@pytest.mark.parametrize(
    ("english", "number", "found"),
    [
        ("Twelve layers", "12層", 0),
        ("a tenth", "10", 0),
        ("two hundredths", "100", 0),
        ("Often", "10", 1),
        ("Twelve layers", "13", 1),
        ("a billionth", "10億分の1", 0),
        ("a billionth", "10亿分之1", 0),
        ("a billionth", "1000分の1", 0),
        ("a billionth", "10억분의 1", 0),
        ("is 0.5 here", "0,5", 0),
        ("is 1,000.5 here", "1.000,5", 0),
        ("is 0.5 here", "0.5", 0),
        ("is 0.5 here", "0,6", 2),
    ],
)
def test_number_may_be_written_as_the_language_does(
    page, source, english, number, found
):
    change(source, "first", english)
    change(page, "첫째", number)
    assert len(list(structure.differences(page))) == found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("print(1)", "print(2)", "this fence is not the one"),
        ('"id": "plot"', '"id": "draw"', "the cell 'draw' is 'plot' in docs/en/labs/"),
        ('"tolerance": 0.1', '"tolerance": 1', "'plot' has other settings"),
    ],
)
def test_lab_is_compared_by_cells(translated, old, new, said):
    own = add_lab(translated.root)
    change(own, old, new)
    (fault,) = structure.differences(own)
    assert said in fault.problem
    named = {'"tolerance": 0.1': '"id": "plot"'}.get(old, new)
    assert fault.place.line == line_of(own, named)


def test_lab_of_fewer_cells_is_named(translated):
    own = add_lab(translated.root)
    cells, metadata = notebooks.load(own.read_text("utf-8"), own)
    write(own, notebooks.dump(cells[:-1], metadata["source"]))
    (fault,) = structure.differences(own)
    assert fault.problem == "has 3 cells, docs/en/labs/lab.ipynb has 4"


# A language that may lag.


@pytest.fixture
def lagging(translated, page, source):
    """Return a Japanese page whose section `one` follows an older English text."""
    own = translated.docs / "ja" / "page.md"
    write(own, page.read_text("utf-8"))
    commit(translated.root)
    change(source, "# T {#t}", "\n\n# T {#t}")
    change(source, "- item", "- item and `code`\n\n  ```text\n  x\n  ```")
    commit(translated.root)
    assert staleness.stale(own) == ["one"]
    assert list(structure.differences(own, named=False)) == []
    return own


def test_stale_section_is_compared_with_the_text_that_it_follows(lagging, page):
    change(lagging, "  1\n", "  2\n")
    (fault,) = structure.differences(lagging, named=False)
    assert fault.place.line == line_of(lagging, "  2")
    assert "docs/en/page.md:33" in fault.problem, "as the English page is numbered now"
    assert len(places(structure.differences(page))) == 2, "Korean may not lag"


def test_new_section_of_the_source_is_only_stale(lagging, source):
    change(source, "## One", "## Zero {#zero}\n\nx\n\n## One")
    assert list(structure.differences(lagging, named=False)) == []


def test_false_stamp_does_not_hide_code(lagging, monkeypatch):
    stamped, _ = staleness.stamp_of(lagging, "one")
    lines = lagging.read_text("utf-8").split("\n")
    lines[stamped.line - 1] = '  one: "00000000"'
    write(lagging, "\n".join(lines))
    assert list(structure.differences(lagging, named=False))
    monkeypatch.setenv("PATH", "")
    assert list(structure.differences(lagging, named=False)) == [], "git cannot know"


def test_of_a_page_that_no_one_stamped_only_code_is_compared(translated, page):
    own = translated.docs / "ja" / "page.md"
    new_page.start(own)
    change(own, "(b.md)", "(c.md)")
    assert list(structure.differences(own, named=False)) == []
    assert list(structure.differences(own))
    change(own, "  1\n", "  2\n")
    assert len(list(structure.differences(own, named=False))) == 1
