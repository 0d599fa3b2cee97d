"""Read a lab's notebook as a page: prose as Markdown, each code cell as a fence.

Line numbers are those of the .ipynb file as Jupyter writes it, so that an error names
the line to edit. What a lab printed and drew is not in the notebook (see labs.py).

    python -m sitetools.content.notebooks docs/ko/labs/name.ipynb …

brings notebooks back into that form after Jupyter, VS Code or Colab saved them: no
outputs, no execution counts, nothing about the editor.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sitetools.content import atomic

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
_IDENT = re.compile(r"[a-z0-9][a-z0-9-]*")


class NotebookError(Exception):
    """A notebook that cannot be read; the message says what is wrong with it."""

    line = 1
    """Line of the file."""


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
        return HIDDEN in self.metadata.get("tags", [])


def load(text: str) -> tuple[list[Cell], dict[str, Any]]:
    """Return a notebook's cells and its metadata.

    Raises:
        NotebookError: if it is no notebook, or a cell has no id of its own.
    """
    try:
        content = json.loads(text)
        cells, metadata = content["cells"], content.get("metadata", {})
        found: list[Cell] = []
        for number, cell in enumerate(cells, 1):
            own = dict(cell.get("metadata", {}))
            ident = str(cell.get("id") or own.get("id") or "")  # the latter is Colab's
            if not _IDENT.fullmatch(ident):
                raise NotebookError(
                    f"cell {number} has the id {ident!r}; copy the id that the English "
                    "notebook's cell has (lowercase words with hyphens)."
                )
            if any(ident == other.ident for other in found):
                raise NotebookError(f"two cells have the id {ident!r}; rename one.")
            source = cell["source"]
            source = source if isinstance(source, str) else "".join(source)
            kind = cell["cell_type"] == "code"
            own = {key: own[key] for key in KEPT if key in own}
            found.append(Cell(ident, kind, source.rstrip("\n"), own))
    except json.JSONDecodeError as error:
        wrong = NotebookError(
            f"not JSON ({error.msg}); mend this line, or take the file's last version."
        )
        wrong.line = error.lineno
        raise wrong from None
    except (KeyError, TypeError, AttributeError):
        raise NotebookError(
            "not a notebook of nbformat 4; save it by Jupyter."
        ) from None
    return found, metadata


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


def clean(text: str) -> str:
    """Return the notebook without what an editor left in it.

    Raises:
        NotebookError: as load().
    """
    cells, metadata = load(text)
    return dump(cells, metadata.get("source"))


def front_matter(text: str) -> dict[str, Any]:
    """Return title and description: the first heading and paragraph; and the stamp."""
    cells, metadata = load(text)
    first = cells[0].source if cells else ""
    heading, _, rest = first.partition("\n")
    found: dict[str, Any] = {
        "title": heading.lstrip("# "),
        "description": " ".join(rest.strip().split("\n\n")[0].split()),
    }
    return found | {key: metadata[key] for key in ("source",) if key in metadata}


def fence(cell: Cell) -> str:
    """Return the mark that opens and closes the cell as a fence."""
    return "`" * (4 if "```" in cell.source else 3)


def markdown(text: str) -> str:
    """Return the notebook as Markdown, each line where it stands in the file.

    A heading gets its cell's id. Raises NotebookError as load() does.
    """
    cells, metadata = load(text)
    lines = [""] * dump(cells, metadata.get("source")).count("\n")
    position = 2  # behind `{` and ` "cells": [`
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
        # Behind it: ], }; an empty list stands on one line.
        position += len(source) + (3 if source else 2)
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Clean the notebooks that the arguments name."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    for name in arguments:
        path = Path(name)
        try:
            atomic.write(path, clean(path.read_text("utf-8-sig")))
        except atomic.WriteError as error:
            print(error, file=sys.stderr)
            return 1
        except UnicodeDecodeError:
            print(f"{name}:1: not UTF-8; save it again as UTF-8.", file=sys.stderr)
            return 1
        except NotebookError as error:
            print(f"{name}:{error.line}: {error}", file=sys.stderr)
            return 1
        except OSError as error:
            print(f"{name}:1: {error.strerror}; name a notebook.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
