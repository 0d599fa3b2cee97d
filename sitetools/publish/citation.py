"""CITATION.cff as a file of the site: with its address and the day it was changed."""

from __future__ import annotations

from sitetools.content import files
from sitetools.content.project import Project

NAME = "CITATION.cff"


def of(project: Project, site_url: str, day: str) -> str:
    """Return the file; nothing if the project has none.

    Args:
        project: where the file is.
        site_url: the address of the whole site, if it is known.
        day: when the site was last changed, if it is known.
    """
    path = project.root / NAME
    if not path.is_file():
        return ""
    known = {"url": site_url, "date-released": day}
    lines = [f'{key}: "{value}"\n' for key, value in known.items() if value]
    return files.read(path).rstrip("\n") + "\n" + "".join(lines)
