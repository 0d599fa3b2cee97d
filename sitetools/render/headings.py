"""The link beside each heading is for those who point; a screen reader passes it over.

It stands in the heading, so that its name would be read with each of them, also in the
reader's list of headings. The table of contents has the same links by name.
"""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from sitetools.languages import language_of


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Hide the links from screen readers and Tab; a tooltip would be in the way."""
    if not language_of(config):
        return html
    hidden = 'aria-hidden="true" tabindex="-1"'
    return html.replace('title="Permanent link"', hidden)
