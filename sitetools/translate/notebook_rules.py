"""What a lab must be, so that it can become a page: the rules of its notebook."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from sitetools.content import files, notebooks, pages
from sitetools.content.notebooks import Cell
from sitetools.content.sections import HEADING
from sitetools.fault import Fault, Place, relative
from sitetools.render import labs
from sitetools.translate import command

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
    code = [cell for cell in cells if cell.code]
    if code and (code[0].ident != "install" or "pip install" not in code[0].source):
        place = notebooks.place_of(path, code[0].ident)
        remedy = "begin with a code cell `install`: `%pip install -q torch`"
        yield Fault(place, "the first code cell does not install anything", remedy)
    for number, line in pages.prose(path):
        heading = HEADING.match(line)
        if heading and not heading["id"]:  # that of a cell's first line is the cell's
            problem = "this heading is within the text of a cell"
            remedy = "begin a new cell with it, with an id"
            yield Fault(Place(path, number), problem, remedy)
    yield from _descriptions(path, cells)


def _descriptions(path: Path, cells: list[Cell]) -> Iterator[Fault]:
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
            place = notebooks.place_of(path, after.ident if text else cell.ident)
            problem = f"no paragraph describes the figure of {cell.ident!r}"
            remedy = "begin the cell after it with what the figure shows"
            yield Fault(place, problem, remedy)
