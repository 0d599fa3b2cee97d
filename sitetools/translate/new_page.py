"""Begin the translation of a page."""

from __future__ import annotations

from pathlib import Path

from sitetools.content import files
from sitetools.content.project import Project, language_of
from sitetools.fault import Fault
from sitetools.translate import command
from sitetools.translate.staleness import translation


def start(path: Path) -> None:
    """Begin a translation: a copy of the English page, stamped for nothing yet.

    Raises:
        Fault: if the page exists, has no source, or its language is not set up.
    """
    source, language = translation(path), language_of(path)
    known = Project.of(path).languages()
    if language not in known:
        remedy = f"add it by `{command('new-language', language, 'NAME')}`, or "
        remedy += f"choose one of {', '.join(known)}"
        raise Fault(path, f"there is no language {language!r}", remedy)
    if path.exists():
        raise Fault(path, "exists already", "edit it, or rename it first")
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, files.read(source))
