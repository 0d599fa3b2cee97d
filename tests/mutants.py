"""A mutant: one change, and the question whether a test notices it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from sitetools.content import frozen, labels, pages
from sitetools.measure import remeasure
from sitetools.render import figures


@dataclass
class Mutant:
    """One change, and the question whether a test notices it."""

    path: Path
    line: int
    change: str
    noticed: Callable[[], bool]

    @property
    def name(self) -> str:
        """File, line of code or text, and change: the same wherever the line moves."""
        line = pages.read_file(self.path).split("\n")[self.line - 1].strip()
        if self.path.suffix == ".json":
            line = ""
        name = f"{pages.relative(self.path)} | {line} | {self.change}"
        return " ".join(name.split())


def fails(*checks: Callable[[], object]) -> bool:
    """Tell whether a check raises, or returns problems."""
    try:
        return any(check() for check in checks)
    except (AssertionError, KeyError, ValueError, OSError):
        return True
    except (pages.PageError, frozen.FrozenError, labels.LabelError):
        return True
    except (remeasure.RecomputeError, figures.FigureError):
        return True


@contextmanager
def instead(texts: dict[Path, str]) -> Iterator[None]:
    """Let files read as if they held these texts."""
    read = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        return texts[path].encode() if path in texts else read(path)

    def read_text(path: Path, *_: object, **__: object) -> str:
        return read_bytes(path).decode("utf-8").replace("\r\n", "\n")

    with (
        mock.patch.object(Path, "read_bytes", read_bytes),
        mock.patch.object(Path, "read_text", read_text),
    ):
        yield


def replaced(text: str, start: int, end: int, other: str) -> Callable[[], str]:
    """Return how to get a text with another part; thousands of texts are too many."""
    return lambda: text[:start] + other + text[end:]


def edits(
    path: Path, pattern: str, new: Callable[[re.Match[str]], str], start: str = ""
) -> Iterator[tuple[int, str, Callable[[], str]]]:
    """Yield (line, change, how to get the text) for each match behind `start`."""
    text = pages.read_file(path)
    for match in re.compile(pattern).finditer(text, text.index(start)):
        other = new(match)
        if other != match[0]:
            line = text.count("\n", 0, match.start()) + 1
            yield line, f"{match[0]} → {other}", replaced(text, *match.span(), other)


def digit(match: re.Match[str]) -> str:
    """Return another digit, further away than the tolerance of one; no sign for one."""
    return str((int(match[0]) + 2) % 10) if match[0].isdigit() else ""
