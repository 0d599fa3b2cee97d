"""What is stale or missing in each language, and whether a page keeps the rules."""

from __future__ import annotations

import sys


def command(*words: str) -> str:
    """Return a command of `python -m sitetools`, to be run as it is printed."""
    python = r".venv\Scripts\python" if sys.platform == "win32" else ".venv/bin/python"
    return " ".join((python, "-m sitetools", *words))
