"""Figures that nobody drew yet are drawn on all cores before the pages ask for them.

    python -m sitetools.render.draw_ahead topic/name …    draw these, in every language

A first build draws every figure, which takes most of its time. What fails is left to
the page that shows the figure: it says in which line.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from contextlib import suppress

from mkdocs.config.defaults import MkDocsConfig

from sitetools.content import frozen, labels, pages
from sitetools.languages import language_of
from sitetools.render import figures

ENOUGH = 4
"""Fewer figures are drawn sooner than other processes start."""


def missing() -> list[str]:
    """Return the names of the snippets whose figure is not drawn in some language."""
    names = []
    for snippet in frozen.measuring_snippets():
        with suppress(frozen.FrozenError, labels.LabelError):
            if "\ndef draw(" in snippet.read_text("utf-8"):
                names += [] if figures.is_drawn(snippet) else [frozen.name_of(snippet)]
    return names


def draw(names: list[str]) -> None:
    """Draw figures into the cache, in every language."""
    gc.disable()  # a fifth of the time, and little to collect in a few seconds
    for name in names:
        for language in pages.LANGUAGES:
            with suppress(figures.FigureError, frozen.FrozenError, labels.LabelError):
                figures.svg(frozen.find(name), language)


def on_pre_build(config: MkDocsConfig) -> None:
    """Before the first language is built, draw what is missing."""
    names = missing() if language_of(config) is None else []
    cores = min(os.cpu_count() or 1, len(names) // ENOUGH)
    command = [sys.executable, "-m", "sitetools.render.draw_ahead"]
    running = [
        subprocess.Popen([*command, *names[core::cores]], cwd=pages.ROOT)
        for core in range(cores)
    ]
    for process in running:
        process.wait()


if __name__ == "__main__":
    draw(sys.argv[1:])
