"""What git knows, where there is git: a download without it works, too."""

from __future__ import annotations

import subprocess
from pathlib import Path


def run(root: Path, *arguments: str) -> str | None:
    """Return what git prints, or None where there is no git or no such history."""
    try:
        result = subprocess.run(
            ["git", "-c", "core.quotePath=false", *arguments],
            cwd=root,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError:
        return None
    return result.stdout if result.returncode == 0 else None


def is_whole(root: Path) -> bool:
    """Return whether git knows all versions of the files: not in a shallow clone."""
    return (run(root, "rev-parse", "--is-shallow-repository") or "").strip() == "false"
