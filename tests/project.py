"""Build the project, or a copy of it in which a test breaks something."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from sitetools.content.project import Project

ROOT = Path(__file__).resolve().parents[1]
PROJECT = Project(ROOT)
SITE_URL = "https://someone.example/some/path/"


def absent(reason: str) -> NoReturn:
    """Skip a test whose program is not installed, but fail in CI."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def build(
    folder: Path, project: Path = ROOT, tool: str = "mkdocs", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Build a project's site strictly into the folder, as `make build` does.

    A preview has no torch, so here it cannot be imported either.
    """
    without = str(Path(__file__).parent / "data" / "without_torch")
    environment["PYTHONPATH"] = without
    return subprocess.run(
        [sys.executable, "-m", tool, "build", "--strict", "--site-dir", str(folder)],
        cwd=project,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def copy_project(folder: Path, languages: Sequence[str] = ()) -> Path:
    """Return a copy of what the site is made from, to break something in it.

    With `languages`, only these are built: what is broken in one is in all.
    """
    project = folder / "project"
    for name in ("docs", "snippets", "sitetools", "theme", ".cache"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, project / name)
    for name in ("LICENSE", "CITATION.cff", "mkdocs_hooks.py"):
        shutil.copy(ROOT / name, project)
    for path in ROOT.glob("mkdocs*.yml"):
        if not languages or path.suffixes[0][1:] in (*languages, "yml"):
            shutil.copy(path, project)
    return project
