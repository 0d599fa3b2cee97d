"""Pages that teach: a picture first, ten minutes to read, no wall of code.

A page follows the order of the house once it has a section `go-deeper`: what comes
before it is for everyone, so it is limited. What is folded, tables and outputs are not
counted; of tabs, the first one is.
"""

import re

import pytest
from project import PROJECT

from sitetools.content import pages
from sitetools.content.sections import HEADING

WORDS = 1600
CODE = 120
_FOLDED = re.compile(r"^( *)\?\?\?\+? ")
_TAB = re.compile(r"^( *)===\+?!? ")
_NOT_PROSE = re.compile(
    r"\$\$?[^$]+\$\$?|`[^`]*`|\{[:#][^}]*\}|(?<=\])\([^)]*\)|<[^>]*>|^\s*[|/].*"
)


def visible(path):
    """Return (number, line) of what a reader of the page sees without a click.

    Raises:
        ValueError: for a page that does not follow the order yet.
    """
    lines, hidden, seen_tab = [], None, None
    for number, line in enumerate(pages.read(path).split("\n"), 1):
        indent = len(line) - len(line.lstrip())
        if hidden is not None and line.strip() and indent <= hidden:
            hidden = None
        if hidden is not None:
            continue
        if seen_tab is not None and line.strip() and indent < seen_tab:
            seen_tab = None
        heading = HEADING.match(line)
        if heading and heading["id"] == "go-deeper":
            return lines
        if folded := _FOLDED.match(line):
            hidden = len(folded[1])
        elif tab := _TAB.match(line):
            if seen_tab == len(tab[1]):
                hidden = len(tab[1])
            seen_tab = len(tab[1])
        lines.append((number, line))
    raise ValueError(path)


def taught(language):
    """Return the pages that follow the order."""
    return [
        path
        for path in PROJECT.pages(language)
        if "{#go-deeper}" in path.read_text("utf-8")
    ]


each_page = pytest.mark.parametrize("path", taught("en"), ids=lambda path: path.stem)


@each_page
def test_what_everyone_reads_takes_ten_minutes(path):
    seen = dict(visible(path))
    words = [
        word
        for number, line in pages.prose(path)
        if number in seen
        for word in _NOT_PROSE.sub(" ", line).split()
        if re.search(r"[A-Za-z]", word)
    ]
    assert len(words) <= WORDS, f"{path.name}: {len(words)} words before go-deeper"


@each_page
def test_code_that_everyone_sees_is_short(path):
    seen = dict(visible(path))
    code = sum(
        fence.text.count("\n")
        for fence in pages.fences(path)
        if fence.language == "python" and fence.line in seen
    )
    assert code <= CODE, f"{path.name}: {code} lines of code before go-deeper"


@pytest.mark.parametrize(
    "path",
    taught("en") + taught("ko"),
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_a_picture_comes_before_the_first_section(path):
    lead = pages.read(path).split("\n## ", 1)[0]
    assert "](figure:" in lead, f"{path.name}: no figure below the title"


PAGE = """---
title: T
description: D
---

# Title {#t}

![x](figure:a/b "c")

## Idea {#idea}

one two $x + y$ `code` [three](four.md)

| a table |

??? note "folded"

    five six

=== "PyTorch"

    ```python
    a = 1
    ```

=== "Keras"

    ```python
    b = 1
    c = 1
    ```

seven

## Deeper {#go-deeper}

eight
"""


def test_only_what_is_seen_is_counted(tmp_path):
    (tmp_path / "mkdocs.yml").touch()
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    text = "\n".join(line for _, line in visible(path))
    assert "a = 1" in text
    assert "seven" in text
    for hidden in ("five", "b = 1", "eight"):
        assert hidden not in text
    path.write_text(PAGE.replace("{#go-deeper}", "{#end}"))
    with pytest.raises(ValueError, match="page"):
        visible(path)
