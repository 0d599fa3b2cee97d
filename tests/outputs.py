"""`--update`: rewrite the outputs on the pages from what their blocks print."""

from __future__ import annotations

from pathlib import Path

import blocks

from sitetools.content import files
from sitetools.content.project import Project


def update(project: Project, printed: dict[str, str]) -> list[tuple[Path, int]]:
    """Rewrite the outputs of blocks on every page of every language that has them.

    Args:
        project: the project.
        printed: what blocks print now, by their ident.

    Returns:
        The pages that were written, and how many outputs in each.

    Raises:
        Fault: if a page cannot be read or written.
    """
    found = []
    for language in project.languages():
        for path in sorted((project.docs / language).rglob("*.md")):
            changes = [
                (block, printed[block.ident])
                for block in blocks.blocks(path)
                if block.ident in printed
            ]
            if changes:
                rewrite(path, changes)
                found.append((path, len(changes)))
    return found


def rewrite(path: Path, changes: list[tuple[blocks.Block, str]]) -> None:
    """Write what blocks print into the page's output fences."""
    data = path.read_bytes().decode("utf-8")
    end_of_line = "\r\n" if "\r\n" in data else "\n"
    lines = data.replace("\r\n", "\n").split("\n")
    for block, printed in sorted(changes, key=lambda c: c[0].code.line, reverse=True):
        indent, mark = block.code.indent, block.code.mark
        end = block.output.end if block.output else block.code.end
        new = ["", f"{mark}{blocks.OUTPUT}", *printed.split("\n"), mark]
        lines[block.code.end : end] = [
            (indent + line).rstrip() for line in (new if printed else [])
        ]
    files.write(path, end_of_line.join(lines))
