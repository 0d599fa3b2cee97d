"""The gradient report as a file to download, which knows the site's address."""

from __future__ import annotations

from sitetools.content import files
from sitetools.content.project import SOURCE_LANGUAGE, Project

NAME = "gradient_report.py"
PAGE = "diagnose/"
"""How the file names its page; twice, so that a copy can have the whole address."""
ADDRESS = "SITE_URL"
"""What a page writes for the site's address in a command."""
PREVIEW = "http://127.0.0.1:8000"
"""The address that `make serve` has."""


def gradient_report(project: Project, site_url: str) -> str:
    """Return the file, with the address of its page; nothing if there is no such file.

    Args:
        project: where the file is.
        site_url: the address of the whole site, or nothing.
    """
    path = project.snippets / "diagnose" / NAME
    text = files.read(path) if path.is_file() else ""
    if not site_url:
        return text
    return text.replace(PAGE, f"{site_url.rstrip('/')}/{SOURCE_LANGUAGE}/{PAGE}")


def commands(text: str, site_url: str) -> str:
    """Return a page whose commands have the site's address.

    Args:
        text: the page's Markdown.
        site_url: the address of the whole site, or nothing.
    """
    return text.replace(
        f"{ADDRESS}/{NAME}", f"{site_url.rstrip('/') or PREVIEW}/{NAME}"
    )
