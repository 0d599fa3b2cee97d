"""The link beside each heading is named in the page's language, not `#` and English."""

from __future__ import annotations

from languages import language_of
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Name the links for screen readers; a tooltip would be in the way of a finger."""
    if not language_of(config):
        return html
    name = f'aria-label="{config.extra["words"]["permalink"]}"'
    return html.replace('title="Permanent link"', name)
