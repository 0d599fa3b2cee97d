"""A page as it is searched and compared: prose and fences, with their lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from sitetools.content import pages
from sitetools.content.pages import Fence
from sitetools.content.sections import Section, sections
from sitetools.fault import Fault, Place

Lines = list[tuple[int, str]]
"""Lines of a file, each with its number."""

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CODE = re.compile(r"(?<!`)(`+)(?!`)(?:(?!\n\s*\n).)*?(?<!`)\1(?!`)", re.DOTALL)
# As pymdownx.arithmatex reads it.
_FORMULA = re.compile(
    r"(?<!\\)\$\$(?:\\.|[^$\\])+?\$\$"
    r"|(?<![\\$])\$(?!\s)(?:\\.|(?!\n\s*\n)[^\\$])+?(?<!\s)\$",
    re.DOTALL,
)
_NESTED = re.compile(r"^[ \t>]*(?P<mark>`{3,}|~{3,}) *[\w{]")


class Numbered:
    """Lines of a file as one text."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.text = "\n".join(line for _, line in lines)

    def line(self, offset: int) -> int:
        """Return the line of the file that holds a place of the text."""
        return self.lines[self.text.count("\n", 0, offset)][0]


def blank(text: str, *patterns: re.Pattern[str]) -> str:
    """Return the text with spaces for what the patterns find; no line moves."""
    for pattern in patterns:
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return text


def words_only(text: str) -> str:
    """Return the text with spaces for code, formulas and comments."""
    return blank(text, _COMMENT, _CODE, _FORMULA)


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


@dataclass
class Part:
    """A section: its prose and its fences, with their lines."""

    path: Path
    section: Section
    prose: Lines
    fences: list[Fence]

    @property
    def ident(self) -> str:
        """The id of its heading."""
        return self.section.ident

    @property
    def place(self) -> Place:
        """The line of its heading."""
        return Place(self.path, self.section.line)

    @property
    def blocks(self) -> list[Lines]:
        """Its paragraphs, lists and tables: what is between blank lines."""
        return paragraphs(line for line in self.prose if line[0] != self.section.line)

    def moved(self, path: Path, by: int) -> Part:
        """Return the section as if it were in another file, so many lines below."""
        section = replace(self.section, line=self.section.line + by)
        prose = [(number + by, line) for number, line in self.prose]
        fences = [replace(f, line=f.line + by, end=f.end + by) for f in self.fences]
        return Part(path, section, prose, [replace(f, path=path) for f in fences])


def parts(path: Path) -> list[Part]:
    """Return the sections of a page; of an include, they hold the line that names it.

    Raises:
        Fault: for a fence that is not closed where it should be, a heading without an
            id, and as pages.front_matter().
    """
    fences = list(pages.fences(path, includes=False))
    for fence in fences:
        for number, line in zip(fence.lines, fence.text.split("\n"), strict=False):
            inner = _NESTED.match(line)
            if inner and inner["mark"].startswith(fence.mark):
                problem = f"this fence is not closed before the one on line {number}"
                remedy = f"add {fence.mark} on a line of its own where its code ends"
                raise Fault(fence.place, problem, remedy)
    found, lines = sections(path), pages.prose(path, includes=False)
    ends = [section.line for section in found[1:]] + [10**9]
    return [
        Part(
            path,
            section,
            [(n, line) for n, line in lines if section.line <= n < end],
            [fence for fence in fences if section.line <= fence.line < end],
        )
        for section, end in zip(found, ends, strict=True)
    ]
