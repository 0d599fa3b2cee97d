"""The explorer that trains: `<training-explorer>` in a page, and its words.

It computes in the browser: docs/shared/js/training-engine.js.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from sitetools.content import files, labels
from sitetools.content.labels import Labels
from sitetools.content.project import Project
from sitetools.fault import Fault, Place

NAME = "training-explorer"
_OPENING = re.compile(rf"<{NAME}\b([^>]*)>")
_WHOLE = re.compile(rf"(?s)<{NAME}\b.*?</{NAME}>")


def whole(page: str) -> str:
    """Return a page's explorer, if it has one."""
    found = _WHOLE.search(page)
    return found[0] if found else ""


def fill(page: str, path: Path, own: Labels) -> str:
    """Give the explorers of a page their words.

    Raises:
        Fault: if a word is missing.
    """

    def replace(match: re.Match[str]) -> str:
        try:
            said = labels.words(Project.of(path), own, "training")
        except Fault as fault:
            raise fault.at(Place(path, files.line_of(path, f"<{NAME}"))) from None
        content = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        return f'<{NAME}{match[1]} data-words="{html.escape(content)}">'

    return _OPENING.sub(replace, page)
