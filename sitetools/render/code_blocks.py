"""Blocks of code in color: those of all languages are the same, and done once.

Coloring is half of a first build, and pymdownx lets an extension bring its own way to
do it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from markdown import Markdown
from pymdownx.highlight import Highlight, HighlightExtension

NAME = "pymdownx.highlight"
"""The extension whose place this one takes."""


class HighlightOnce(HighlightExtension):  # type: ignore[misc]
    """The same extension, with the same options."""

    def get_pymdownx_highlighter(self) -> type:
        """Return what superfences asks to color a block."""
        return _Highlighter


class _Highlighter:
    """What pymdownx makes for each block."""

    def __init__(self, md: Markdown, **settings: object) -> None:
        self._settings = settings

    def highlight(
        self,
        src: str,
        language: str,
        css_class: str,
        code_block_count: int = 0,  # for the ids of lines, which have none here
        **options: object,
    ) -> str:
        """Return a block in color."""
        options |= {"src": src, "language": language, "css_class": css_class}
        return _highlighted(json.dumps(self._settings), json.dumps(options))


@lru_cache(maxsize=1000)
def _highlighted(settings: str, options: str) -> str:
    """Return a block in color; what it depends on is JSON, so as to be compared."""
    highlighter: Any = Highlight(None, **json.loads(settings))
    html: str = highlighter.highlight(**json.loads(options))
    return html
