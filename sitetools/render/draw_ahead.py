"""Figures that are not drawn yet are drawn on all cores, while the pages are made.

A first build draws every figure, in the order of the pages; a page waits for its own.
What fails is left to the page that shows the figure: it says in which line.
"""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sitetools.content import files, snippets
from sitetools.content.project import Project
from sitetools.fault import Fault
from sitetools.render import drawing, figures

ENOUGH = 4
"""Fewer figures are drawn sooner than other processes start."""
_NAME = re.compile(r"\bfigure:([\w/-]+)(?:#(\w+))?")

Figure = tuple[Path, str]
"""A snippet, and which of its figures."""


def named(text: str, project: Project) -> Iterator[Figure]:
    """Yield the figures that a page or its HTML names; wrong names are not ours."""
    for name, part in _NAME.findall(text):
        with suppress(LookupError, Fault):
            snippet = snippets.find(project, name)
            if part in drawing.parts(snippet):
                yield snippet, part


def missing(project: Project) -> list[Figure]:
    """Return the figures of all pages that are not drawn yet."""
    others = figures.in_other_languages(project)
    found: dict[Figure, None] = {}
    for path in project.pages():
        with suppress(Fault):
            found |= dict.fromkeys(named(files.read(path), project))
    return [each for each in found if not figures.is_drawn(*each, others)]


def draw(project: Project, names: Sequence[str]) -> None:
    """Draw figures into the cache, given as topic/name#part."""
    gc.disable()  # a fifth of the time, and little to collect in a few seconds
    others = figures.in_other_languages(project)
    for name in names:
        topic, _, part = name.partition("#")
        with suppress(Fault):
            figures.drawn(snippets.find(project, topic), part, others)


@dataclass
class Ahead:
    """Processes that draw what the pages will show."""

    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def wait(self, page: str, project: Project) -> None:
        """Wait for the figures that a page's HTML names."""
        if not self.running:
            return
        others = figures.in_other_languages(project)
        for figure in named(page, project):
            while self.running and not figures.is_drawn(*figure, others):
                time.sleep(0.01)
                self.running = [each for each in self.running if each.poll() is None]


def start(project: Project, missing: Sequence[Figure]) -> Ahead:
    """Begin to draw figures in other processes, unless they are few."""
    names = [f"{snippets.name_of(path)}#{part}" for path, part in missing]
    cores = min(os.cpu_count() or 1, len(names) // ENOUGH)
    here = str(Path(__file__).resolve().parents[2])
    code = (
        f"import sys; sys.path.insert(0, {here!r})\n"
        "from pathlib import Path\n"
        "from sitetools.content.project import Project\n"
        "from sitetools.render import draw_ahead\n"
        "draw_ahead.draw(Project(Path(sys.argv[1])), sys.argv[2:])"
    )
    command = [sys.executable, "-c", code, str(project.root)]
    running = [
        subprocess.Popen([*command, *names[core::cores]]) for core in range(cores)
    ]
    return Ahead(running)
