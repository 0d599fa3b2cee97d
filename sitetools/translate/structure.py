"""Compare a translated page with its source, and fix what is mechanical.

Code, output, formulas, figures, links and tables are the same in every language; only
the words differ.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from sitetools.content import files, notebooks, pages
from sitetools.content.project import Project
from sitetools.content.sections import HEADING, Section, sections
from sitetools.fault import Fault, relative
from sitetools.translate.staleness import source_of

# What a section must hold in every language. Grammar may change the order of the first
# four; the others follow each other as in the source.
_ANYWHERE = {
    "formula": re.compile(r"(?<![\\$])\$\$?([^$]+?)\$\$?"),
    "value": re.compile(r"[\d.,−-]*\{\{.*?\}\}(?:%|×10[⁻⁰¹²³⁴-⁹]+|[\d.]*\d)?"),
    "code": re.compile(r"`([^`]+)`"),
    # Not the numerals that other languages write as words: 10억분의 1, a billionth.
    "number": re.compile(
        r"\d+(?:[.,]\d+)*(?!\.?\d|[만억조경万億兆京亿]|(?<=0)(?:분의|分の|分之))"
    ),
}
_IN_ORDER = {
    "figure": re.compile(r"!\[[^\]]*\]\((figure:[^)\s]*)"),
    "link": re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]*)"),
    "caption": re.compile(r"(?m)^\s*///(.*)$"),
    "admonition": re.compile(r"(?m)^\s*((?:!!!|\?\?\?\+?) +\w+)"),
    "explorer": re.compile(r"<gradient-explorer\b([^>]*)>"),
    "tab": re.compile(r"(?m)^\s*(===)"),
    "table row": re.compile(r"(?m)^\s*(\|.*\|)\s*$"),
}
_WORDS = {"ten": 10, "eleven": 11, "twelve": 12, "twenty": 20, "thirty": 30}
_WORDS |= {"hundred": 100, "thousand": 1000}
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})(?:th)?(?:s|fold)?\b", re.IGNORECASE)
"""What English writes as a word, and other languages as a number: a thousandth."""
_VALUE = re.compile(r"\*{0,2}\{\{.*?\}\}\*{0,2}")
_NOT_TEXT = re.compile(
    r"\{\{.*?\}\}|`[^`]*`|\$\$?[^$]+\$\$?|\]\([^)\s]*|\{ *#[\w-]+ *\}", re.DOTALL
)


def _anywhere(section: Section, kind: str) -> Counter[str]:
    """Count what a section holds of a kind."""
    text = section.prose
    if kind == "number":
        text = _NOT_TEXT.sub(" ", text)
    found = _ANYWHERE[kind].findall(" ".join(text.split()))
    return Counter("".join(part.split()) for part in found)


def _in_order(section: Section, kind: str) -> list[str]:
    """List what a section holds of a kind; of a table row, its cells and values."""
    found = [part.strip() for part in _IN_ORDER[kind].findall(section.prose)]
    if kind == "table row":
        return [
            f"{_VALUE.sub('', row).count('|') - 1} cells, {_VALUE.findall(row)}"
            for row in found
        ]
    return found


def _first_difference(own: list[str], source: list[str]) -> str:
    """Name the first of two lists' entries that are not the same."""
    for mine, wanted in zip_longest(own, source, fillvalue="nothing"):
        if mine != wanted:
            return f"{mine!r} in place of {wanted!r}"
    return "nothing else"


def differences(path: Path) -> Iterator[str]:
    """Yield what a translated page has other than its source, with both places."""
    source = source_of(path)
    here, there = relative(path), relative(source)
    ours, theirs = list(pages.fences(path)), list(pages.fences(source))
    for own, original in zip(ours, theirs, strict=False):
        if (own.info, own.text) != (original.info, original.text):
            pairs = zip_longest(own.text.split("\n"), original.text.split("\n"))
            same = next((i for i, (a, b) in enumerate(pairs) if a != b), -1)
            line = own.lines[same] if 0 <= same < len(own.lines) else own.line
            yield (
                f"{here}:{line}: this fence is not the one at {original.place}; code "
                "and output are the same in every language, so copy it from there."
            )
    if len(ours) != len(theirs):
        yield f"{here}:1: has {len(ours)} fences, {there} has {len(theirs)}."
    own_meta, source_meta = pages.front_matter(path), pages.front_matter(source)
    for key in (own_meta.keys() ^ source_meta.keys()) - {"source", "allow_terms"}:
        yield f"{here}:2: the front matter must have {key!r} just where {there} has it."
    own_sections, source_sections = sections(path), sections(source)
    for section, other in zip(own_sections, source_sections, strict=False):
        if (section.ident, section.level) != (other.ident, other.level):
            yield (
                f"{here}:{section.line}: the heading is {'#' * section.level} "
                f"{{#{section.ident}}}, but at {there}:{other.line} it is "
                f"{'#' * other.level} {{#{other.ident}}}."
            )
            return
        line = other.line
        where = f"{here}:{section.line}: section {{#{section.ident}}}"
        for kind in _ANYWHERE:
            mine, wanted = _anywhere(section, kind), _anywhere(other, kind)
            if kind == "number":  # which one language may write as a word
                words = {str(_WORDS[w.lower()]) for w in _WORD.findall(other.prose)}
                mine = Counter(
                    {
                        n: min(c, wanted[n]) if len(n) == 1 or n in words else c
                        for n, c in mine.items()
                    }
                )
            for sign, odd in (("lacks", wanted - mine), ("alone has", mine - wanted)):
                for part in odd:
                    yield f"{where} {sign} the {kind} {part!r}; see {there}:{line}."
        for kind in _IN_ORDER:
            own_list, source_list = _in_order(section, kind), _in_order(other, kind)
            if own_list != source_list:
                odd_one = _first_difference(own_list, source_list)
                yield f"{where} has {odd_one} as {kind}; see {there}:{line}."
    if len(own_sections) != len(source_sections):
        yield (
            f"{here}:1: has {len(own_sections) - 1} headings, {there} has "
            f"{len(source_sections) - 1}."
        )


def fix(path: Path) -> tuple[int, Path]:
    """Take code, output and ids from the source where they differ.

    A copy of the page is put into .cache/before-fix first.

    Returns:
        how many places were fixed, and where the copy is.

    Raises:
        Fault: if the page and its source have not the same number of fences or
            headings: then nobody can tell which belongs to which.
    """
    source = source_of(path)
    fixer = _fixed_notebook if path.suffix == ".ipynb" else _fixed_page
    text, fixed = fixer(path, source)
    copy = Project.of(path).cache / "before-fix" / relative(path)
    if fixed:
        copy.parent.mkdir(parents=True, exist_ok=True)
        while copy.exists():
            copy = copy.with_name(f"{copy.name}~")
        shutil.copy(path, copy)
        files.write(path, text)
    return fixed, copy


def _fixed_page(path: Path, source: Path) -> tuple[str, int]:
    """Return the page's text with the source's fences and ids, and how many."""
    ours, theirs = (list(pages.fences(each, False)) for each in (path, source))
    _same_number(path, source, "fences", len(ours), len(theirs))
    lines, wanted = pages.read(path).split("\n"), pages.read(source).split("\n")
    headings = _headings(lines, ours), _headings(wanted, theirs)
    _same_number(path, source, "headings", *map(len, headings))
    fixed = 0
    for (number, own), (_, right) in zip(*headings, strict=True):
        if own["id"] != right["id"]:
            lines[number] = f"{own['text']} {{#{right['id']}}}"
            fixed += 1
    for fence, original in zip(reversed(ours), reversed(theirs), strict=True):
        code = wanted[original.line - 1 : original.end]
        fixed += lines[fence.line - 1 : fence.end] != code
        lines[fence.line - 1 : fence.end] = code
    return "\n".join(lines), fixed


def _headings(
    lines: list[str], fences: list[pages.Fence]
) -> list[tuple[int, re.Match[str]]]:
    """Return (index of the line, match) for each heading outside the fences."""
    fenced = {n for fence in fences for n in range(fence.line - 1, fence.end)}
    return [
        (number, match)
        for number, line in enumerate(lines)
        if number not in fenced and (match := HEADING.match(line))
    ]


def _fixed_notebook(path: Path, source: Path) -> tuple[str, int]:
    """Return the notebook's text with the source's code cells and ids."""
    ours, metadata = notebooks.load(files.read(path), path)
    theirs, _ = notebooks.load(files.read(source), source)
    _same_number(path, source, "cells", len(ours), len(theirs))
    fixed = 0
    for own, original in zip(ours, theirs, strict=True):
        if own.code != original.code:
            problem = (
                f"the cell {own.ident!r} is not of the same kind as {original.ident!r} "
                f"in {relative(source)}"
            )
            raise Fault(path, problem, "change its type")
        right = original.source if own.code else own.source
        wanted = (original.ident, right, original.metadata)
        fixed += (own.ident, own.source, own.metadata) != wanted
        own.ident, own.source, own.metadata = wanted
    return notebooks.dump(ours, metadata.get("source")), fixed


def _same_number(path: Path, source: Path, what: str, own: int, wanted: int) -> None:
    """Refuse to fix what cannot be matched."""
    if own != wanted:
        problem = f"has {own} {what}, {relative(source)} has {wanted}"
        remedy = "add or remove what is missing or too many, then fix again"
        raise Fault(path, problem, remedy)
