"""A translation holds what its source holds, and a difference is named with its line."""

import pytest
from translated_page import KOREAN, PAGE, add_lab, change, commit, places, write

from sitetools.content import notebooks
from sitetools.fault import Fault
from sitetools.translate import staleness, structure
from sitetools.translate.parts import parts

LONG = """\
# T {#t}

첫째 문단에는 12가 있습니다.

둘째 문단에는 `code`와 $x$가 있습니다.

- 34

| {{ a }} | b |
| [a](b.md) | ![x](figure:a/b) |

/// caption
"""
ENGLISH = LONG.replace("첫째 문단에는", "first").replace("둘째 문단에는", "second")


@pytest.fixture
def pair(page, source):
    """Return a longer page and its source, with nothing to say of them."""
    write(source, PAGE.replace("# T {#t}\n\ntext $x^2$ [a](b.md)\n", ENGLISH))
    write(page, KOREAN.replace("# T {#t}\n\n글 $x^2$ [a](b.md)\n", LONG))
    staleness.stamp(page)
    assert list(structure.differences(page)) == []
    return page, source


def line_of(path, text):
    lines = f"{path.read_text('utf-8')}\n".split("\n")
    if text.startswith("\n"):  # the whole line
        return lines.index(text[1:]) + 1
    return next(n for n, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("$x$", "$y$", "the formula y is not in"),
        ("12가", "12와 56이", "the number 56 is not in"),
        ("12가", "`a` 12가", "the code a is not in"),
        ("{{ a }}", "1{{ a }}", "the value 1{{a}} is not in"),
        ("[a](b.md)", "[a](c.md)", "the link is c.md, at docs/en/page.md:{line} b.md"),
        ("figure:a/b", "figure:a/c", "the figure is figure:a/c, at docs/en/page.md:{line}"),
        ("/// caption", "/// figure-caption", "the caption is figure-caption"),
        ("| b |", "| b | c |", "the table row is of 3 cells, "),
        ("- 34", "<gradient-explorer a>\n34", "the explorer a is not in"),
        ("- 34", "!!! note\n    34", "the admonition !!! note is not in"),
        ("- 34", "=== x\n34", "the tab === is not in"),
    ],
)  # fmt: skip
def test_difference_is_named_with_its_own_line(pair, old, new, kind):
    page, source = pair
    there = line_of(source, old)
    change(page, old, new)
    faults = list(structure.differences(page))
    own = line_of(page, new.split("\n")[0])
    assert f"docs/ko/page.md:{own}" in places(faults)
    said = "\n".join(map(str, faults))
    assert kind.replace("{line}", str(there)) in said, said


@pytest.mark.parametrize(
    ("old", "new", "kind", "beside"),
    [
        ("12가", "열둘이", "the number 12 of docs/en/page.md:8 is missing", "열둘이"),
        ("`code`와", "코드와", "the code code of docs/en/page.md:10 is", "둘째 문단"),
        ("$x$가", "엑스가", "the formula x of docs/en/page.md:10 is", "둘째 문단"),
        ("{{ a }}", "1", "the value {{a}} of docs/en/page.md:14 is", "| 1 |"),
        ("[a](b.md)", "a", "the link b.md of docs/en/page.md:15 is", "{{ a }}"),
        ("/// caption", "x", "the caption caption of docs/en/page.md:17 is", "\nx"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_beside_its_source(pair, old, new, kind, beside):
    page, _ = pair
    change(page, old, new)
    faults = list(structure.differences(page))
    assert kind in "\n".join(map(str, faults))
    assert f"docs/ko/page.md:{line_of(page, beside)}" in places(faults)


@pytest.mark.parametrize(
    ("old", "new", "line", "kind"),
    [
        ("a.py", "b.py", 17, "this fence is not the one at docs/en/page.md:12"),
        ("  1\n", "  2\n", 23, "this fence is not the one at docs/en/page.md:18"),
        ("```output", "```text", 22, "this fence is not the one at docs/en/page.md"),
        ("\n  ```output\n  1\n  ```\n", "", 18, "docs/en/page.md:18 is missing"),
        ("- 항목", "```text\n```\n\n- 항목", 20, "has no such fence"),
    ],
)
def test_other_code_is_named_with_its_line(page, old, new, line, kind):
    write(page.parents[2] / "snippets" / "b.py", "print(2)\n")
    change(page, old, new)
    (fault,) = structure.differences(page)
    assert fault.place.line == line
    assert kind in str(fault)


def test_code_is_compared_line_by_line(page, source):
    for path in (page, source):
        change(path, '--8<-- "snippets/a.py"', "a = 1\nb = 2")
    change(page, "b = 2", "b = 3")
    (fault,) = structure.differences(page)
    assert fault.place.line == line_of(page, "b = 3")


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("{#one}", "{#eins}", "the id is 'eins', docs/en/page.md:10 has 'one'"),
        ("## One", "### One", "this heading has 3 #"),
        ("## One {#one}", "## New {#new}\n\n## One {#one}", "no section {#new} here"),
        ("title: T", "title: T\ntags: x", "the English front matter has no 'tags'"),
    ],
)
def test_other_headings_are_named(page, old, new, kind):
    change(page, old, new)
    (fault,) = structure.differences(page)
    assert kind in fault.problem
    assert fault.place.line == line_of(page, new.split("\n")[0].split(": ")[-1]) + (
        "tags" in new
    )


def test_deleted_heading_is_the_only_thing_that_is_said(page):
    change(page, "## One {#one}\n", "")
    (fault,) = structure.differences(page)
    assert fault.problem == "the section {#one} is missing above this line"
    assert "'## One {#one}' of docs/en/page.md:10" in fault.remedy


def test_deleted_heading_before_another(page, source):
    for path in (page, source):
        change(path, "## One", "## Zero {#zero}\n\n`x` 1\n\n## One")
    staleness.stamp(page)
    change(page, "## Zero {#zero}\n", "")
    (fault,) = structure.differences(page)
    assert fault.place.line == line_of(page, "## One")


def test_moved_section_is_named_once(page, source):
    for path in (page, source):
        change(path, "## One", "## Zero {#zero}\n\n`x`\n\n## One")
    staleness.stamp(page)
    change(page, "## Zero {#zero}\n\n`x`\n\n", "")
    write(page, page.read_text("utf-8") + "\n## Zero {#zero}\n\n`x`\n")
    (fault,) = structure.differences(page)
    assert "{#zero} here" in fault.problem
    assert "move it: see docs/en/page.md:10" in fault.remedy


def test_setting_that_only_the_source_has_is_named(page, source):
    change(source, "title: T", "title: T\nsearch: x")
    (fault,) = structure.differences(page)
    assert fault.problem == "the front matter has no 'search'; docs/en/page.md:3 has"
    change(page, "title: T", "title: T\nsearch: y")
    (fault,) = structure.differences(page)
    assert fault.problem == "'search' is not what it is at docs/en/page.md:3"
    assert fault.place.line == 3


@pytest.mark.parametrize(
    ("old", "new", "line", "kind"),
    [
        ("- 34", "다른 글.\n\n- 34", "다른 글.", "{#t} has 6 paragraphs"),
        ("- 34\n\n", "", "{{ a }}", "the paragraph of docs/en/page.md:12 is missing"),
    ],
)
def test_stray_and_missing_paragraphs_are_the_only_thing_said(
    pair, old, new, line, kind
):
    page, _ = pair
    change(page, old, new)
    (fault,) = structure.differences(page)
    assert kind in fault.problem
    assert fault.place.line == line_of(page, line)


@pytest.mark.parametrize("lost", ['a.py"\n```\n', "```python\n"])
def test_fence_that_swallows_the_next_is_named(page, lost):
    """Its end was deleted, or its beginning: then its end begins one."""
    change(page, "  ```output\n  1\n  ```\n", "```output\n1\n```\n")
    change(page, lost, lost.replace("```\n", "").replace("```python\n", ""))
    with pytest.raises(Fault, match="this fence is not closed before") as error:
        parts(page)
    assert error.value.place.line == line_of(page, "```")


@pytest.mark.parametrize(
    ("word", "number", "found"),
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
    ],
)
def test_number_that_english_writes_as_a_word(page, source, word, number, found):
    change(source, "text", word)
    change(page, "글", number)
    assert len(list(structure.differences(page))) == found


@pytest.mark.parametrize(
    ("code", "number", "found"),
    [("es", "0,5", 0), ("es", "0.5", 0), ("es", "0,6", 2), ("de", "1.000", 2),
     ("ko", "0,5", 2)],
)  # fmt: skip
def test_decimal_comma_is_read_where_the_language_has_one(
    translated, source, code, number, found
):
    change(source, "text", "The value is 0.5 here")
    own = translated.docs / code / "page.md"
    write(own, KOREAN.replace("글", f"x {number}"))
    assert len(list(structure.differences(own))) == found


def test_lab_is_compared_too(translated):
    own = add_lab(translated.root)
    change(own, "print(1)", "print(2)")
    (fault,) = structure.differences(own)
    assert fault.place.line == line_of(own, "print(2)")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"id": "plot"', '"id": "draw"', "the cell 'draw' is 'plot' in docs/en/labs/"),
        ('"tolerance": 0.1', '"tolerance": 1', "'plot' has other settings"),
        ('"cell_type": "markdown",\n   "id": "plot-seen"',
         '"cell_type": "raw",\n   "id": "seen"', "the cell 'seen' is 'plot-seen'"),
    ],
)  # fmt: skip
def test_cell_of_another_name_is_the_only_thing_said(translated, old, new, said):
    own = add_lab(translated.root)
    change(own, old, new)
    (fault,) = structure.differences(own)
    assert said in fault.problem
    ident = said.partition("'")[2].partition("'")[0]
    assert fault.place.line == line_of(own, f'"id": "{ident}"')


def test_lab_of_other_cells_is_named(translated):
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
    change(source, "- item", "- item and `code`\n\n  ```text\n  x\n  ```")
    commit(translated.root)
    assert staleness.stale(own) == ["one"]
    return own


def test_stale_section_is_compared_with_the_text_that_it_follows(lagging, source):
    assert list(structure.differences(lagging, named=False)) == []
    change(lagging, "  1\n", "  2\n")
    (fault,) = structure.differences(lagging, named=False)
    assert fault.place.line == line_of(lagging, "  2")
    change(lagging, "{#one}", "{#eins}")
    (fault,) = structure.differences(lagging, named=False)
    assert "the id is 'eins'" in fault.problem


def test_complete_language_is_always_compared_with_the_current_text(lagging, page):
    assert [f.place.path for f in structure.differences(page)] == [page] * 2


def test_false_stamp_does_not_hide_code(lagging, source, monkeypatch):
    line = staleness.stamp_line(lagging, "one")
    lines = lagging.read_text("utf-8").split("\n")
    lines[line - 1] = '  one: "00000000"'
    write(lagging, "\n".join(lines))
    found = [str(f.place) for f in structure.differences(lagging, named=False)]
    assert found == ["docs/ja/page.md:18", "docs/ja/page.md:20"]
    monkeypatch.setenv("PATH", "")
    assert list(structure.differences(lagging, named=False)) == [], "git cannot know"


def test_new_section_of_the_source_is_only_stale(lagging, source):
    change(source, "## One", "## Zero {#zero}\n\nx\n\n## One")
    assert list(structure.differences(lagging, named=False)) == []


def test_page_that_no_one_stamped_is_compared_when_it_is_named(translated, source):
    own = translated.docs / "ja" / "page.md"
    staleness.start(own)
    change(own, "(b.md)", "(c.md)")
    assert list(structure.differences(own, named=False)) == []
    assert len(list(structure.differences(own))) == 1
    change(own, "  1\n", "  2\n")
    assert len(list(structure.differences(own, named=False))) == 1
