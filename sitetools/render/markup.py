"""Lighter HTML: what a reader can't see is half of a page with much code.

Pygments puts each name, bracket and space into a span of its own, though these look
like plain text or like their neighbour; the theme's templates indent every line.
"""

from __future__ import annotations

import json
import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

# What the theme shows in one colour has one name; in the text's colour, none.
_PLAIN = re.compile(r'<span class="(?:n|o|p|w|kc|ow|sa|vm|fm)">([^<]*)</span>')
_KINDS = {
    kind: name
    for name, kinds in {
        "c": "c1 cm cs sd",
        "k": "kn kr kt nd",
        "m": "mi mf mo",
        "nb": "bp no",
        "nf": "nc ne nn",
        "s": "s1 s2 sc si ss",
    }.items()
    for kind in kinds.split()
}
_KIND = re.compile(rf'<span class="({"|".join(_KINDS)})">')
_RUN = re.compile(r'<span class="(\w+)">[^<]*(?:</span>\s*<span class="\1">[^<]*)+')
_SEAM = re.compile(r'</span>(\s*)<span class="\w+">')
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_BOX = '<div class="md-typeset__scrollwrap"><div class="md-typeset__table">'
_VERBATIM = re.compile(r"(<pre\b.*?</pre>|<script\b.*?</script>)", re.DOTALL)
_INDENTED = re.compile(r"\s*\n\s*")
_SETTINGS = re.compile(r'(<script id="__config"[^>]*>)(.*?)(?=</script>)')


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Take away the spans of plain text, and join those of one colour.

    A table gets the box in which it scrolls, which the theme's script would add later.
    """
    html = _PLAIN.sub(r"\1", html.replace("<pre><span></span>", "<pre>"))
    html = _KIND.sub(lambda match: f'<span class="{_KINDS[match[1]]}">', html)
    html = _RUN.sub(lambda match: _SEAM.sub(r"\1", match[0]), html)
    return _TABLE.sub(rf"{_BOX}\g<0></div></div>", html)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Take away indentation and empty lines, but for code and scripts.

    The script's settings hold words, and a letter of Hangul is shorter than its escape.
    """
    parts = _VERBATIM.split(output)
    parts[::2] = [_INDENTED.sub("\n", part) for part in parts[::2]]
    return _SETTINGS.sub(lambda m: m[1] + _compact(m[2]), "".join(parts))


def _compact(settings: str) -> str:
    """Return the same JSON in fewer bytes, still safe within a script element."""
    text = json.dumps(json.loads(settings), ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
