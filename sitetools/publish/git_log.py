"""Who changed which page, and when: one `git log` tells it of all pages.

Where the history is not whole (a download without git, a clone with a depth), nothing
is known, since the day of the download is not the day of a change.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_COMMIT, _FIELD = "\x1e", "\x1f"
_FORMAT = _FIELD.join(
    ("--format=%x1e%as", "%aN <%aE>", "%(trailers:key=Co-authored-by,valueonly)", "")
)
_BOT = re.compile(r"\[bot\]|<actions@github\.com|<noreply@(?:anthropic|openai)\.com")


@dataclass
class History:
    """What git knows of one file."""

    updated: str
    """The day of its last change, as in 2026-11-23."""
    contributors: list[str] = field(default_factory=list)
    """The names of all who changed it, the first author first."""


@cache
def histories(root: Path) -> dict[str, History]:
    """Return the history of each file below root/docs, by its path from root.

    Merges and what bots did do not count; a file that was renamed keeps its history.
    """
    if _git(root, "rev-parse", "--is-shallow-repository").strip() != "false":
        return {}
    log = _git(
        root,
        "log",
        "--no-merges",
        "--no-show-signature",
        "--find-renames",
        "--name-status",
        "--relative",
        _FORMAT,
        "--",
        "docs",
    )
    found: dict[str, History] = {}
    today: dict[str, str] = {}  # a name that a file once had -> the name it has now
    for commit in log.split(_COMMIT)[1:]:
        day, author, others, changes = commit.split(_FIELD)
        people = [author, *filter(None, others.split("\n"))]
        names = [
            person.partition(" <")[0] for person in people if not _BOT.search(person)
        ]
        for change in changes.strip().split("\n"):
            status, *paths = change.split("\t")
            if not paths:
                continue
            path = today.get(paths[-1], paths[-1])
            if status.startswith("R"):
                today[paths[0]] = path
            if names:
                history = found.setdefault(path, History(day))
                history.updated = max(history.updated, day)
                history.contributors[:0] = names
    for history in found.values():
        history.contributors = list(dict.fromkeys(history.contributors))
    return found


def _git(root: Path, *arguments: str) -> str:
    """Return what git says, or nothing where there is no git or no repository."""
    try:
        return subprocess.run(
            ["git", "-c", "core.quotePath=false", *arguments],
            cwd=root,
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
