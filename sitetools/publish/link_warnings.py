"""MkDocs' warnings of links name the page only: this puts file and line before them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sitetools.content import files
from sitetools.content.project import Project
from sitetools.fault import Place


@contextmanager
def with_place(project: Project, language: str) -> Iterator[None]:
    """Name the line in each warning about a language's links and its menu."""
    loggers = [logging.getLogger(f"mkdocs.structure.{n}") for n in ("pages", "nav")]
    named = _Named(project, language)
    for logger in loggers:
        logger.addFilter(named.name)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(named.name)


@dataclass
class _Named:
    project: Project
    language: str

    def name(self, record: logging.LogRecord) -> bool:
        """Change the record; let every one pass."""
        message = record.getMessage()
        match = re.match(r"Doc file '(.+?)' contains .*?link '(.+?)'", message)
        if match:
            path = self.project.docs / self.language / match[1]
            line = files.line_of(path, f"({match[2]}") if path.is_file() else 1
            record.msg, record.args = f"{Place(path, line)}: {message}", ()
        elif " 'nav' " in message or '"nav"' in message:
            missing = re.match(r"A reference to '(.+?)'", message)
            path = self.project.root / "mkdocs.yml"
            line = files.line_of(path, f"- {missing[1]}" if missing else "nav:")
            record.msg, record.args = f"{Place(path, line)}: {message}", ()
        return True
