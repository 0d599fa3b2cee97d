"""Lighter HTML: what a reader can't see is half of a page with much code.

Pygments puts each name, bracket and space into a span of its own, though these look
like plain text; the theme's templates indent every line.
"""

from __future__ import annotations

import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

_PLAIN = re.compile(r'<span class="(?:n|o|p|w)">([^<]*)</span>')
_VERBATIM = re.compile(r"(<pre\b.*?</pre>|<script\b.*?</script>)", re.DOTALL)
_INDENTED = re.compile(r"\s*\n\s*")


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Take away the spans of plain text."""
    return _PLAIN.sub(r"\1", html)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Take away indentation and empty lines, but for code and scripts."""
    parts = _VERBATIM.split(output)
    parts[::2] = [_INDENTED.sub("\n", part) for part in parts[::2]]
    return "".join(parts)
