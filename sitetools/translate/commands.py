"""How messages name a command, so that it can be run as it is printed."""

from __future__ import annotations

import sys


def command(*words: str) -> str:
    """Return the line to type for a command of `python -m sitetools`."""
    python = r".venv\Scripts\python" if sys.platform == "win32" else ".venv/bin/python"
    return " ".join((python, "-m sitetools", *words))
