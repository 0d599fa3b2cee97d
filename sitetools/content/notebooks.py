"""Read a lab's notebook as a page: prose as Markdown, each code cell as a fence.

Line numbers are those of the .ipynb file as Jupyter writes it, so that an error names
the line to edit. What a lab printed and drew is not in it: see render/labs.py.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sitetools.content import files
from sitetools.fault import Fault, Place

KEPT = ("tags", "jupyter", "tolerance")
"""Metadata of a cell that mean something here."""
HIDDEN = "remove-input"
"""The tag (nbconvert's name) of a cell that the site does not show."""
METADATA: dict[str, Any] = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
_IDENT = re.compile(r"[a-z][a-z0-9-]*")
_RANDOM = re.compile(r"(?=.*\d)[0-9a-f]{8}(-[0-9a-f-]{27})?")
"""An id that Jupyter made up. Ours are the ids of headings and figures, too."""
_CELL = re.compile(r'(?<!\\)"cell_type"\s*:')


@dataclass
class Cell:
    """A cell of a lab."""

    ident: str
    code: bool
    source: str
    metadata: dict[str, Any]

    @property
    def hidden(self) -> bool:
        """Whether the site leaves the cell out."""
        return HIDDEN in (self.metadata.get("tags") or [])


def load(text: str, path: Path) -> tuple[list[Cell], dict[str, Any]]:
    """Return a notebook's cells and its metadata.

    Args:
        text: the notebook.
        path: its file, for messages.

    Raises:
        Fault: if it is not a notebook, or a cell has no id of its own.
    """
    try:
        content = json.loads(text)
        cells, metadata = content["cells"], dict(content.get("metadata") or {})
        found: list[Cell] = []
        for number, cell in enumerate(cells, 1):
            own = dict(cell.get("metadata") or {})
            ident = str(cell.get("id") or own.get("id") or "")  # the latter is Colab's
            if not _IDENT.fullmatch(ident) or _RANDOM.fullmatch(ident):
                problem = f"cell {number} has the id {ident!r}"
                remedy = (
                    "copy the id of the English notebook's cell, or write lowercase "
                    "words with hyphens"
                )
                raise Fault(_place(text, path, number, ident), problem, remedy)
            if any(ident == other.ident for other in found):
                place = _place(text, path, number, ident)
                raise Fault(place, f"two cells have the id {ident!r}", "rename one")
            source = cell["source"]
            source = source if isinstance(source, str) else "".join(source)
            kind = cell["cell_type"] == "code"
            own = {key: own[key] for key in KEPT if key in own}
            found.append(Cell(ident, kind, source.rstrip("\n"), own))
    except json.JSONDecodeError as error:
        remedy = "fix this line, or take the file's last version"
        place = Place(path, error.lineno)
        raise Fault(place, f"not JSON ({error.msg})", remedy) from None
    except (KeyError, TypeError, ValueError, AttributeError):
        remedy = "save it again from Jupyter"
        raise Fault(path, "not a notebook of nbformat 4", remedy) from None
    return found, metadata


def _place(text: str, path: Path, number: int, ident: str) -> Place:
    """Return the line of a cell's id, or where it has none of the cell."""
    starts = [match.start() for match in _CELL.finditer(text)]
    start = starts[number - 1] if number <= len(starts) else 0
    found = re.compile(rf'"id"\s*:\s*"{re.escape(ident)}"').search(text, start)
    at = found.start() if found and ident else start
    return Place(path, text.count("\n", 0, at) + 1)


def place_of(path: Path, ident: str) -> Place:
    """Return the line of the cell with an id, or of the first cell."""
    text = files.read(path)
    cells, _ = load(text, path)
    numbers = (n for n, cell in enumerate(cells, 1) if cell.ident == ident)
    return _place(text, path, next(numbers, 1), ident)


def dump(cells: list[Cell], source: dict[str, str] | None = None) -> str:
    """Return the notebook's file, as Jupyter would write it."""
    content = []
    for cell in cells:
        entry: dict[str, Any] = {"cell_type": "code" if cell.code else "markdown"}
        if cell.code:
            entry |= {"execution_count": None, "outputs": []}
        entry |= {"id": cell.ident, "metadata": cell.metadata}
        entry["source"] = cell.source.splitlines(keepends=True)
        content.append(entry)
    metadata = METADATA | ({"source": source} if source else {})
    notebook: dict[str, Any] = {"cells": content, "metadata": metadata}
    notebook |= {"nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def clean(text: str, path: Path) -> str:
    """Return the notebook without what an editor left in it.

    Raises:
        Fault: as load().
    """
    cells, metadata = load(text, path)
    return dump(cells, metadata.get("source"))


def front_matter(text: str, path: Path) -> dict[str, Any]:
    """Return title and description: the first heading and paragraph; and the stamp.

    Raises:
        Fault: as load(), or if the first cell is not a heading and a paragraph.
    """
    cells, metadata = load(text, path)
    first = cells[0].source if cells else ""
    heading, _, rest = first.partition("\n")
    found: dict[str, Any] = {
        "title": heading.lstrip("# "),
        "description": " ".join(rest.strip().split("\n\n")[0].split()),
    }
    if not heading.startswith("# ") or not all(found.values()):
        problem = "the first cell is not a title and a description"
        raise Fault(path, problem, "begin it with `# Title` and a paragraph")
    return found | {key: metadata[key] for key in ("source",) if key in metadata}


def fence(cell: Cell) -> str:
    """Return the mark that opens and closes the cell as a fence."""
    return "`" * (4 if "```" in cell.source else 3)


def markdown(text: str, path: Path) -> str:
    """Return the notebook as Markdown, each line at its line of the file.

    A heading gets its cell's id.

    Raises:
        Fault: as load().
    """
    cells, metadata = load(text, path)
    lines = [""] * dump(cells, metadata.get("source")).count("\n")
    position = 2  # after `{` and ` "cells": [`
    for cell in cells:
        # Before the source: {, cell_type, (execution_count,) id, metadata, (outputs,)
        extra = json.dumps(cell.metadata, indent=1).count("\n") if cell.metadata else 0
        position += (6 if cell.code else 4) + extra
        source = cell.source.split("\n") if cell.source else []
        if cell.code:
            mark = fence(cell)
            lines[position] = f"{mark}python"
            lines[position + len(source) + 1] = mark
        elif source and source[0].startswith("#"):
            source[0] += f" {{#{cell.ident}}}"
        lines[position + 1 : position + 1 + len(source)] = source
        # After it: ], }; an empty list is on one line.
        position += len(source) + (3 if source else 2)
    return "\n".join(lines) + "\n"
