"""Search the prose of a page as one text, and know the line of what is found."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sitetools.content import pages

Lines = list[tuple[int, str]]
"""Lines of a file, each with its number."""

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
CODE = re.compile(r"(?<!`)(`+)(?!`)(?:(?!\n\s*\n).)*?(?<!`)\1(?!`)", re.DOTALL)
# As pymdownx.arithmatex reads it.
FORMULA = re.compile(
    r"(?<!\\)\$\$(?:\\.|[^$\\])+?\$\$"
    r"|(?<![\\$])\$(?!\s)(?:\\.|(?!\n\s*\n)[^\\$])+?(?<!\s)\$",
    re.DOTALL,
)


@dataclass
class Numbered:
    """Lines of a file as one text."""

    lines: Lines
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = "\n".join(line for _, line in self.lines)

    def line(self, offset: int) -> int:
        """Return the line of the file that holds a place of the text."""
        before = self.text.count("\n", 0, offset)
        return self.lines[before][0] if self.lines else 1


def blank(text: str, *patterns: re.Pattern[str]) -> str:
    """Return the text with spaces for what the patterns find; no line moves."""
    for pattern in patterns:
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return text


def prose(path: Path) -> Lines:
    """Return the lines of a page's own prose: without front matter, code, includes.

    Raises:
        Fault: as pages.prose().
    """
    numbers = {number for number, _ in pages.prose(path)}
    lines = enumerate(pages.read(path).split("\n"), 1)
    return [(number, line) for number, line in lines if number in numbers]


def words_only(text: str) -> str:
    """Return the text with spaces for code, formulas and comments."""
    return blank(text, _COMMENT, CODE, FORMULA)


def paragraphs(lines: Iterable[tuple[int, str]]) -> list[Lines]:
    """Return the lines as blocks between blank lines and fences."""
    found: list[Lines] = []
    last = -1
    for number, line in lines:
        if not line.strip():
            last = -1
            continue
        if number != last + 1:
            found.append([])
        found[-1].append((number, line))
        last = number
    return found
