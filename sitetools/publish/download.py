"""What readers copy with the site's address in it: a file, commands, markup."""

from __future__ import annotations

from sitetools.content import files
from sitetools.content.project import SOURCE_LANGUAGE, Project

NAME = "gradient_report.py"
PAGE = "diagnose/"
"""How the file names its page; twice, so that a copy can have the whole address."""
ADDRESS, LANGUAGE = "SITE_URL", "LANGUAGE"
"""What a page writes for the site's address, and for its own language, in what readers
copy: code is the same in all languages."""
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


def addressed(text: str, site_url: str, language: str) -> str:
    """Return a page in whose code the site's address is written out.

    Args:
        text: the page's Markdown.
        site_url: the address of the whole site, or nothing.
        language: the page's language.
    """
    text = text.replace(f"{ADDRESS}/{LANGUAGE}/", f"{ADDRESS}/{language}/")
    return text.replace(f"{ADDRESS}/", f"{site_url.rstrip('/') or PREVIEW}/")
