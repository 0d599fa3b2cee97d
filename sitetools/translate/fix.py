"""Take code, output and ids from the English page, where a translation differs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from sitetools.content import files, notebooks, pages
from sitetools.content.project import Project
from sitetools.content.sections import HEADING
from sitetools.fault import Fault, relative
from sitetools.translate.staleness import translation


def fix(path: Path) -> tuple[int, Path]:
    """Take code, output and ids from the source where they differ.

    A copy of the page is put into .cache/before-fix first.

    Returns:
        how many places were fixed, and where the copy is.

    Raises:
        Fault: if it is the English page, or if the numbers of fences or headings
            differ: then it is not clear which belongs to which.
    """
    source = translation(path)
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
