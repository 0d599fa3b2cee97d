"""Figures that are not drawn yet are drawn on all cores before the pages ask for them.

A first build draws every figure, which takes most of its time. What fails is left to
the page that shows the figure: it says in which line.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sitetools.content import frozen
from sitetools.content.project import Project
from sitetools.fault import Fault
from sitetools.render import drawing, figures

ENOUGH = 4
"""Fewer figures are drawn sooner than other processes start."""


def missing(project: Project) -> list[str]:
    """Return the names of the figures that are not drawn yet."""
    names = []
    for snippet in frozen.measuring_snippets(project):
        with suppress(Fault, OSError):
            for part in drawing.parts(snippet):
                if not figures.is_drawn(snippet, part):
                    names.append(f"{frozen.name_of(snippet)}#{part}")
    return names


def draw(project: Project, names: Sequence[str]) -> None:
    """Draw figures into the cache."""
    gc.disable()  # a fifth of the time, and little to collect in a few seconds
    for name in names:
        topic, _, part = name.partition("#")
        with suppress(Fault):
            figures.drawn(frozen.find(project, topic), part)


def run(project: Project, names: Sequence[str]) -> None:
    """Draw figures in other processes, unless they are few."""
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
    for process in running:
        process.wait()
