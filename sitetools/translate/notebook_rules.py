"""What a lab must be, so that it can become a page: the rules of its notebook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from sitetools.content import files, notebooks
from sitetools.content.notebooks import Cell
from sitetools.fault import Fault, Place, relative
from sitetools.render import labs
from sitetools.translate.commands import command

_HEADING = re.compile(r"#{1,6} ")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
DESCRIBES = 40
"""Letters that a figure's description has at least."""


def problems(path: Path) -> Iterator[Fault]:
    """Yield what a notebook may not hold, each with its line.

    Raises:
        Fault: if it cannot be read, or is not as `clean` leaves it.
    """
    text = files.read(path)
    cells, _ = notebooks.load(text, path)
    if notebooks.clean(text, path) != text:
        remedy = f"run `{command('clean', relative(path))}`"
        # No line would be right.
        raise Fault(path, "holds outputs or settings that an editor left", remedy)
    lines = _lines(text, cells)
    code = [cell for cell in cells if cell.code]
    if code and (code[0].ident != "install" or "pip install" not in code[0].source):
        place = Place(path, lines[code[0].ident])
        remedy = "begin with a code cell `install`: `%pip install -q torch`"
        yield Fault(place, "the first code cell does not install anything", remedy)
    for cell in cells:
        if not cell.code:
            yield from _headings(path, cell, lines[cell.ident])
    yield from _descriptions(path, cells, lines)


def _lines(text: str, cells: list[Cell]) -> dict[str, int]:
    """Return the line of each cell's id."""
    found = {}
    for cell in cells:
        found[cell.ident] = text.count("\n", 0, text.index(f'"id": "{cell.ident}"')) + 1
    return found


def _headings(path: Path, cell: Cell, line: int) -> Iterator[Fault]:
    """Yield the headings of a cell that are not its first line: they have no id."""
    fence = ""
    for number, text in enumerate(cell.source.split("\n")):
        mark = _FENCE.match(text)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif number and not fence and _HEADING.match(text):
            # Between the id and the text are its metadata and `"source": [`.
            metadata = json.dumps(cell.metadata, indent=1) if cell.metadata else ""
            place = Place(path, line + 3 + metadata.count("\n") + number)
            problem = f"the cell {cell.ident!r} has a heading within its text"
            yield Fault(place, problem, "begin a new cell with it, with an id")


def _descriptions(
    path: Path, cells: list[Cell], lines: dict[str, int]
) -> Iterator[Fault]:
    """Yield the figures that no paragraph describes."""
    try:
        outputs = labs.load(path, warn=lambda _: None)
    except Fault:
        return  # `make results` says so
    for cell, after in zip_longest(cells, cells[1:]):
        if not any("svg" in output for output in outputs.get(cell.ident, [])):
            continue
        text = "" if after is None or after.code else after.source.partition("\n\n")[0]
        if len(text) < DESCRIBES or text.startswith(("#", "|", "-")):
            place = Place(path, lines[after.ident if text else cell.ident])
            problem = f"no paragraph describes the figure of {cell.ident!r}"
            remedy = "begin the cell after it with what the figure shows"
            yield Fault(place, problem, remedy)
