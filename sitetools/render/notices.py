"""Below a title: this page is in English, or older than the English one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sitetools.content.labels import Labels
from sitetools.content.project import SOURCE_LANGUAGE
from sitetools.content.sections import Section


def missing(markdown: str, words: Labels) -> str:
    """Say that the page is not translated yet."""
    return _below_title(markdown, words.word("missing"))


def unfinished(markdown: str, words: Labels) -> str:
    """Say that some sections are still to be translated, or to be stamped."""
    return _below_title(markdown, words.word("unfinished"))


def stale(markdown: str, words: Labels, new: Sequence[Section], url: str) -> str:
    """Say that the English page has changed since.

    Args:
        markdown: the page.
        words: the words of its language.
        new: sections that only the English page has; they are linked under their ids,
            to which other pages link.
        url: the page's address.
    """
    more = ""
    if new:
        page = f"{'../' * (url.count('/') + 1)}{SOURCE_LANGUAGE}/{url}"
        links = ", ".join(
            f'<a id="{section.ident}" href="{page}#{section.ident}" '
            f'lang="{SOURCE_LANGUAGE}">{section.title}</a>'
            for section in new
        )
        more = f"\n    {words.word('new_sections')} {links}"
    return _below_title(markdown, words.word("stale"), more)


def _below_title(markdown: str, said: str, more: str = "") -> str:
    box = f'!!! warning notice "{said}"{more}'
    return re.sub(
        r"(?m)^(# .*)$", lambda title: f"{title[1]}\n\n{box}", markdown, count=1
    )


def marked(html: str, language: str) -> str:
    """Keep the notice out of the search, and mark its language on an English page."""
    return html.replace(
        '<div class="admonition warning notice">',
        '<div class="admonition warning" data-search-exclude '
        f'lang="{language}" dir="auto">',
        1,
    )
