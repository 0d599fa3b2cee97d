"""Take code, output and ids from the English page, where a translation differs."""

from __future__ import annotations

import re
from pathlib import Path

from sitetools.content import files, notebooks, pages
from sitetools.content.sections import HEADING
from sitetools.fault import Fault, relative
from sitetools.translate.staleness import translation


def fix(path: Path) -> int:
    """Take code, output and ids from the source where they differ.

    Returns:
        how many places were fixed.

    Raises:
        Fault: if it is the English page, or if the numbers of fences or headings
            differ: then it is not clear which belongs to which.
    """
    source = translation(path)
    fixer = _fixed_notebook if path.suffix == ".ipynb" else _fixed_page
    text, fixed = fixer(path, source)
    if fixed:
        files.write(path, text)
    return fixed


def _fixed_page(path: Path, source: Path) -> tuple[str, int]:
    """Return the page's text with the source's fences and ids, and how many."""
    lines, wanted = pages.read(path).split("\n"), pages.read(source).split("\n")
    ours, theirs = (list(pages.fences(p, includes=False)) for p in (path, source))
    _same_number(path, source, "fences", len(ours), len(theirs))
    headings = _headings(lines, ours), _headings(wanted, theirs)
    _same_number(path, source, "headings", *map(len, headings))
    fixed = 0
    for (index, own), (_, right) in zip(*headings, strict=True):
        if own["id"] != right["id"]:
            lines[index] = f"{own['text']} {{#{right['id']}}}"
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
    matches = ((index, HEADING.match(line)) for index, line in enumerate(lines))
    return [(index, match) for index, match in matches if match and index not in fenced]


def _fixed_notebook(path: Path, source: Path) -> tuple[str, int]:
    """Return the notebook's text with the source's code cells and ids."""
    ours, metadata = notebooks.load(files.read(path), path)
    theirs, _ = notebooks.load(files.read(source), source)
    _same_number(path, source, "cells", len(ours), len(theirs))
    fixed = 0
    for own, original in zip(ours, theirs, strict=True):
        if own.code != original.code:
            problem = f"{own.ident!r} is not a cell of the same kind as in English"
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
