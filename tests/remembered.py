"""Remember what passed, so that only what can have changed runs again.

A pytest plugin (pyproject.toml loads it). A block, snippet or lab that passed is not
run again while its code, its expected results, the versions of what it runs on and our
code that judges it are the same; nor is a page visited in the browser while its HTML
and the assets of its language are. Only passes are remembered, in .cache/tests.
`--fresh` runs everything once, and so does CI=true: a block of two languages too.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from sitetools.content import files
from sitetools.content.project import Project

NAME = "remembered"
DAYS = 90
"""After so long without use an entry is deleted."""
PACKAGES = (
    *("torch", "numpy", "scipy", "matplotlib", "scikit-learn", "keras", "mnist1d"),
    *("nbclient", "ipykernel", "matplotlib-inline"),
    *("playwright", "axe-playwright-python"),
)
SITETOOLS = Path(__file__).resolve().parents[1] / "sitetools"
_ALL = ("measure/sandbox*.py", "measure/compare.py")
JUDGES = {
    "blocks": (*_ALL, "../tests/blocks.py"),
    "snippets": (
        *_ALL,
        "measure/remeasure.py",
        "content/snippets.py",
        "content/stand_ins.py",
    ),
    "labs": (*_ALL, "measure/run_labs.py", "render/*.py"),
    "pages": (
        *("../tests/browser/test_every_page.py", "../tests/browser/axe.py"),
        *("../tests/browser/conftest.py", "../tests/conftest.py"),
    ),
}
"""The code that runs and compares each kind."""


@cache
def versions() -> str:
    """Return what the code runs on: another version may compute something else."""
    found = [platform.python_version(), platform.system(), platform.machine()]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"no {package}")
    return ", ".join(found)


def key(kind: str, inputs: Iterable[str | Path]) -> str:
    """Return a hash of all that decides whether something passes.

    Args:
        kind: blocks, snippets, labs or pages.
        inputs: code and expected results; of a file, its name and content.
    """
    parts = [kind, versions()]
    for name in JUDGES[kind]:
        found = sorted(SITETOOLS.glob(name))
        assert found, name
        parts += [path.read_text("utf-8") for path in found]
    for part in inputs:
        if isinstance(part, Path):
            content = part.read_bytes().hex() if part.is_file() else "no file"
            parts += [part.name, content]
        else:
            parts.append(part)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def folder(config: pytest.Config) -> Path:
    """Return where passes are remembered."""
    return Project(config.rootpath).cache / "tests"


def is_fresh(config: pytest.Config) -> bool:
    """Return whether everything is to run."""
    return bool(config.getoption("--fresh")) or os.environ.get("CI") == "true"


BEGAN = time.time()  # this run


class Memory:
    """The passes of earlier runs, one file each: several processes write at once."""

    def __init__(self, folder: Path, fresh: bool = False) -> None:
        self.folder = folder
        self.fresh = fresh

    def has(self, ident: str) -> bool:
        """Return whether this passed before; a damaged entry does not count."""
        path = self.folder / ident
        try:
            if self.fresh and path.stat().st_mtime < BEGAN:
                return False  # of an earlier run; the same block in Korean runs once
            if path.read_text("utf-8") != ident:
                return False
            os.utime(path)
        except (OSError, ValueError):
            return False
        return True

    def keep(self, ident: str) -> None:
        """Remember a pass."""
        self.folder.mkdir(parents=True, exist_ok=True)
        files.write(self.folder / ident, ident)

    def forget_unused(self) -> None:
        """Delete what no run asked for in a long time."""
        oldest = time.time() - DAYS * 24 * 60 * 60
        for path in self.folder.glob("*"):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


class Once:
    """Runs a check unless it passed before, and remembers it if it does not raise."""

    def __init__(self, memory: Memory, properties: list[tuple[str, object]]) -> None:
        self.memory = memory
        self.properties = properties
        """Those of the test; here it says what was not run."""

    def __call__(
        self, kind: str, inputs: Iterable[str | Path], check: Callable[[], object]
    ) -> None:
        """Run it.

        Args:
            kind: blocks, snippets, labs or pages.
            inputs: what decides whether it passes: code and expected results.
            check: raises if something is wrong.
        """
        ident = key(kind, inputs)
        if self.memory.has(ident):
            self.properties.append((NAME, kind))
            return
        check()
        self.memory.keep(ident)


@pytest.fixture
def remembered(request: pytest.FixtureRequest) -> Once:
    """Return what runs a check only if it has not passed before."""
    memory = Memory(folder(request.config), is_fresh(request.config))
    return Once(memory, request.node.user_properties)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --fresh."""
    parser.addoption(
        "--fresh",
        action="store_true",
        help="run every block, snippet, lab and page, also those that passed before",
    )


def summary(kinds: Iterable[str]) -> str:
    """Return the sentence that says what was not run again, or nothing."""
    counts = [f"{n} {kind}" for kind, n in sorted(Counter(kinds).items())]
    if not counts:
        return ""
    *first, last = counts
    joined = f"{', '.join(first)} and {last}" if first else last
    return (
        f"{joined} passed before with the same code and versions: not run again "
        "(--fresh runs them)"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not run again."""
    kinds = [
        str(kind)
        for report in terminalreporter.getreports("passed")
        if report.when == "call"
        for name, kind in report.user_properties
        if name == NAME
    ]
    if line := summary(kinds):
        terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Delete what is no longer used, in one process."""
    if not hasattr(session.config, "workerinput"):
        Memory(folder(session.config)).forget_unused()
