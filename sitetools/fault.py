"""One exception for everything that an author has to fix: where, what, and how."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


def root_of(folder: Path) -> Path | None:
    """Return the project that a folder belongs to: the nearest one with mkdocs.yml."""
    for parent in (folder, *folder.parents):
        if os.path.isfile(f"{parent}/mkdocs.yml"):  # quicker than Path: often asked
            return parent
    return None


def relative(path: Path) -> str:
    """Return a path as seen from its project's root, with forward slashes."""
    root = root_of(path.parent)
    return path.relative_to(root).as_posix() if root else str(path)


@dataclass(frozen=True)
class Place:
    """A line of a file, counted from 1; it prints as `docs/en/index.md:12`."""

    path: Path
    line: int = 1

    def __str__(self) -> str:
        return f"{relative(self.path)}:{self.line}"


class Fault(Exception):
    """A problem in one place, and its remedy; prints as one sentence.

    Args:
        place: the line to edit.
        problem: what is wrong there.
        remedy: what to do about it.
        detail: more lines, such as a traceback.
    """

    def __init__(
        self, place: Place | Path, problem: str, remedy: str, detail: str = ""
    ) -> None:
        self.place = place if isinstance(place, Place) else Place(place)
        self.problem = problem
        self.remedy = remedy
        self.detail = detail
        super().__init__(place, problem, remedy, detail)

    def __str__(self) -> str:
        sentence = f"{self.place}: {self.problem}; {self.remedy}."
        return f"{sentence}\n{self.detail}" if self.detail else sentence

    def at(self, place: Place) -> Fault:
        """Return this fault as seen from another place, such as the page that asks."""
        if place.path == self.place.path:
            return self
        problem = f"{self.place}: {self.problem}"
        return Fault(place, problem, self.remedy, self.detail)
