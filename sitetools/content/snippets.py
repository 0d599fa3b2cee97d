"""The snippets: where they are, what they are called, what they import."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from sitetools.content import files
from sitetools.content.project import Project


def measuring(project: Project) -> list[Path]:
    """Return every snippet that defines measure(), sorted."""
    return [
        path
        for path in sorted(project.snippets.rglob("*.py"))
        if "\ndef measure(" in files.read(path)
    ]


def find(project: Project, name: str) -> Path:
    """Return the snippet called `topic/name`.

    Raises:
        LookupError: if there is none; it names those that there are.
    """
    path = project.snippets / f"{name}.py"
    if not path.is_file():
        known = ", ".join(map(name_of, measuring(project)))
        raise LookupError(f"there is no snippet {name!r}; there are {known}")
    return path


def name_of(snippet: Path) -> str:
    """Return `topic/name` of a snippet's path."""
    folder = Project.of(snippet).snippets
    return snippet.relative_to(folder).with_suffix("").as_posix()


def is_drawing(name: str) -> bool:
    """Return whether a function of this name draws a figure: draw, draw_part."""
    return name == "draw" or name.startswith("draw_")


def imported(source: str) -> dict[str, int]:
    """Return the packages that code imports, with the line, except Python's own.

    Raises:
        SyntaxError: if it is not Python.
    """
    found: dict[str, int] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        for name in names:
            found.setdefault(name.partition(".")[0], node.lineno)
    return {k: v for k, v in found.items() if k not in sys.stdlib_module_names}
