r"""Formulas become MathML while the site is built: no script, nothing to load.

`pymdownx.arithmatex` marks them in the page's HTML as `\(…\)` and `\[…\]`; math-core
turns LaTeX into MathML. Their font and style are in `docs/shared`.
"""

from __future__ import annotations

import html as entities
import re
from pathlib import Path

from math_core import LatexError, LatexToMathML
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from sitetools.content import pages

_CONVERTER = LatexToMathML(fancy_error=False)
_MARKED = re.compile(
    r'<(span|div) class="arithmatex">\s*\\[(\[](.*?)\\[)\]]\s*</\1>', re.DOTALL
)
# In Chromium an operator between two <mtext> in a fraction loses its spaces.
_WORDS = re.compile(r"<mtext>([^<]{2,})</mtext>")
# `\mathcal` adds it to choose a shape that the site's font has anyway.
_VARIATION_SELECTOR = "\ufe00"


class FormulaError(Exception):
    """A formula that does not parse; the message says what is wrong with it."""


def to_mathml(latex: str, display: bool) -> str:
    """Return the formula as a `<math>` element.

    Raises:
        FormulaError: if math-core does not understand it.
    """
    try:
        mathml = _CONVERTER.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        position, _, reason = str(error).partition(": ")
        raise FormulaError(
            f"{reason.rstrip('.')} (at character {int(position) + 1})"
        ) from None
    return _WORDS.sub(r"<mi>\1</mi>", mathml).replace(_VARIATION_SELECTOR, "")


def place(latex: str, path: Path) -> str:
    """Return `docs/en/page.md:12`, where the formula first stands in the page."""
    lines = dict(pages.prose(path))
    text = "\n".join(lines.get(n, "") for n in range(1, max(lines, default=0) + 1))
    body = r"[\s>]+".join(map(re.escape, latex.split()))
    begin, end = r"(?<![\\`])(?:\$\$?|\\\(|\\\[)[\s>]*", r"[\s>]*(?:\$|\\\)|\\\])"
    match = re.search(f"{begin}({body}){end}", text) or re.search(f"({body})", text)
    if not match:
        return pages.relative(path)
    return f"{pages.relative(path)}:{text.count(chr(10), 0, match.start(1)) + 1}"


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Replace every marked formula; one that does not parse fails the build."""
    label = entities.escape(config.extra.get("words", {}).get("formula", "formula"))

    def replace(match: re.Match[str]) -> str:
        latex = entities.unescape(match[2]).strip()
        try:
            mathml = to_mathml(latex, display=match[1] == "div")
        except FormulaError as error:
            where = place(latex, Path(page.file.abs_src_path or page.file.src_uri))
            shown = " ".join(latex.split())
            raise PluginError(
                f"{where}: the formula {shown} does not parse: {error}; mend it there, "
                "or write it with commands that math-core knows."
            ) from None
        if match[1] == "span":
            return mathml
        # A wide formula scrolls sideways, by keyboard too.
        group = f'role="group" aria-label="{label}" tabindex="0"'
        return f'<div class="formula" {group}>{mathml}</div>'

    return _MARKED.sub(replace, html)
