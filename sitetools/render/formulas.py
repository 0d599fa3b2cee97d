r"""Formulas become MathML while the site is built: no script, nothing to load.

`pymdownx.arithmatex` marks them in the page's HTML as `\(…\)` and `\[…\]`; math-core
turns LaTeX into MathML. Their font and style are in `docs/shared`.
"""

from __future__ import annotations

import html as entities
import re
from pathlib import Path

from math_core import LatexError, LatexToMathML

from sitetools.content import pages
from sitetools.fault import Fault, Place

_CONVERTER = LatexToMathML(fancy_error=False)
_MARKED = re.compile(
    r'<(span|div) class="arithmatex">\s*\\[(\[](.*?)\\[)\]]\s*</\1>', re.DOTALL
)
# In Chromium an operator between two <mtext> in a fraction loses its spaces.
_WORDS = re.compile(r"<mtext>([^<]{2,})</mtext>")
# `\mathcal` adds it to choose a shape that the site's font has anyway.
_VARIATION_SELECTOR = "\ufe00"
# What a program that speaks would not understand, and how MathML says what it means:
# `\top` is a transpose, not a "down tack", and a circled dot multiplies entry by entry,
# which Firefox takes for an operator like a sum, and draws larger. φ and σ before a
# parenthesis are functions: what follows is their argument, not a factor.
_TRANSPOSE = '<mi mathvariant="normal">T</mi>'
_MEANINGS = [
    (
        r"<msup>(<mi)(>[^<]*</mi>)<mi>⊤</mi>",
        rf'<msup intent="transpose($a)">\1 arg="a"\2{_TRANSPOSE}',
    ),
    (
        r"<msubsup>(<mi)(>[^<]*</mi>)<(mi|mn|mrow)(>(?:(?!</?msubsup).)*?</\3>)<mi>⊤</mi>",
        r'<msubsup intent="transpose(sub:infix($a,$i))">\1 arg="a"\2<\3 arg="i"\4'
        + _TRANSPOSE,
    ),
    (
        r'(<mo stretchy="false">\(</mo>(?:(?!<mo stretchy="false">[()]).)*)'
        r'<msup>(<mo stretchy="false">\)</mo>)<mi>⊤</mi>',
        rf'<msup intent="transpose($a)"><mrow arg="a">\1\2</mrow>{_TRANSPOSE}',
    ),
    (r"<mi>⊤</mi>", _TRANSPOSE),
    (
        r"(<mi>[φσ]</mi>|<msup><mi>[φσ]</mi><mo>′</mo></msup>)"
        r'(?=<mo stretchy="false">\()',
        "\\1<mo>\u2061</mo>",
    ),
    (r"<mo([^>]*)>⊙</mo>", r'<mo\1 largeop="false" intent="elementwise-times">⊙</mo>'),
]


def to_mathml(latex: str, display: bool) -> str:
    """Return the formula as a `<math>` element.

    Raises:
        ValueError: if math-core does not understand it.
    """
    try:
        mathml = _CONVERTER.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        position, _, reason = str(error).partition(": ")
        raise ValueError(
            f"{reason.rstrip('.')} (at character {int(position) + 1})"
        ) from None
    mathml = _WORDS.sub(r"<mi>\1</mi>", mathml).replace(_VARIATION_SELECTOR, "")
    for written, meant in _MEANINGS:
        mathml = re.sub(written, meant, mathml)
    return mathml


def place(latex: str, path: Path) -> Place:
    """Return where a formula first is in a page."""
    lines = dict(pages.prose(path))
    text = "\n".join(lines.get(n, "") for n in range(1, max(lines, default=0) + 1))
    body = r"[\s>]+".join(map(re.escape, latex.split()))
    begin, end = r"(?<![\\`])(?:\$\$?|\\\(|\\\[)[\s>]*", r"[\s>]*(?:\$|\\\)|\\\])"
    match = re.search(f"{begin}({body}){end}", text) or re.search(f"({body})", text)
    if not match:
        return Place(path)
    return Place(path, text.count("\n", 0, match.start(1)) + 1)


def fill(html: str, path: Path, label: str) -> str:
    """Replace every marked formula.

    Args:
        html: the page.
        path: its file.
        label: what a screen reader calls a formula on a line of its own.

    Raises:
        Fault: naming the line of a formula that does not parse.
    """
    label = entities.escape(label)

    def replace(match: re.Match[str]) -> str:
        latex = entities.unescape(match[2]).strip()
        try:
            mathml = to_mathml(latex, display=match[1] == "div")
        except ValueError as error:
            problem = f"the formula {' '.join(latex.split())} does not parse: {error}"
            remedy = "fix it, or write it with commands that math-core knows"
            raise Fault(place(latex, path), problem, remedy) from None
        if match[1] == "span":
            return mathml
        # A wide formula scrolls sideways, by keyboard too.
        group = f'role="group" aria-label="{label}" tabindex="0"'
        return f'<div class="formula" {group}>{mathml}</div>'

    return _MARKED.sub(replace, html)
