"""Figures as text: their colors, their ids and their words, in any language.

backend.py writes such an SVG, with English words; a page shows it in its own.
"""

from __future__ import annotations

import html
import re

from sitetools.content import labels, yaml_files
from sitetools.content.labels import Labels
from sitetools.fault import Fault

NAMESPACE = "http://www.w3.org/2000/svg"
CYCLE = ["#0000c0", "#0000c1", "#0000c2", "#0000c3", "#0000c4", "#0000c5"]
"""Stand-ins for C0 to C5 while drawing; the page's stylesheet says what they are."""
INK = "var(--fig-ink)"
TEXT_SIZE = 9.0
"""What the page's stylesheet gives to the text of figures."""
COLORS = {color: f"var(--fig-{i})" for i, color in enumerate(CYCLE)} | {
    "#000000": INK,
    "#808080": "var(--fig-muted)",
    "#ffffff": "var(--fig-paper)",
}
CLIP = "clip-"
"""How the ids in a figure begin, until it gets its name."""

_ODD = re.compile(r'"(#[0-9a-f]{6})"')
_CLIP = re.compile(rf'((?:id="|url\(#)){CLIP}')
_TEXT = re.compile(r"(<text\b[^>]*>)(.*?)(</text>)", re.DOTALL)
_LINE = re.compile(r'(<tspan x="[^>]*>)([^<]*)(</tspan>)')


def line(content: str, x: str, down: str) -> str:
    """Return a line of a text of several."""
    return f'<tspan x="{x}" dy="{down}">{content}</tspan>'


def named(svg: str, name: str) -> str:
    """Return a figure whose ids are its own, though a page has several.

    Raises:
        ValueError: if it has a color that the page cannot change.
    """
    if odd := _ODD.search(svg):
        raise ValueError(f"uses the color {odd[1]}, which dark mode cannot change")
    ident = name.replace("/", "-").replace("_", "-")
    return _CLIP.sub(rf"\g<1>{ident}-", svg)


def words(svg: str) -> list[str]:
    """Return the labels of a figure that a translation must have."""
    found = (_label(content) for _, content, _ in _TEXT.findall(svg))
    return [label for label in dict.fromkeys(found) if labels.has_words(label)]


def in_language(svg: str, own: Labels, figure: str) -> str:
    """Return a figure with the words of a language, or in English where it lags.

    Args:
        svg: the figure, with English words.
        own: the words of the language.
        figure: where the figure is from, for messages.

    Raises:
        Fault: if a language that must be complete has no such word, or one of another
            number of lines.
    """

    def in_words(match: re.Match[str]) -> str:
        start, content, end = match.groups()
        word = _label(content)
        if not labels.has_words(word):
            return match[0]
        text = own.translate(word, figure)
        if text.count("\n") != word.count("\n"):
            place = yaml_files.place(own.path, "figures", word)
            problem = f"the translation of {word!r} has another number of lines"
            raise Fault(place, problem, "break it into as many")
        lines = iter(html.escape(text, quote=False).split("\n"))
        if "<" not in content:
            return f"{start}{next(lines)}{end}"
        said = _LINE.sub(lambda each: f"{each[1]}{next(lines)}{each[3]}", content)
        return start + said + end

    return _TEXT.sub(in_words, svg) if own.speaks(words(svg)) else svg


def _label(content: str) -> str:
    """Return what a text says."""
    lines = _LINE.findall(content)
    text = "\n".join(said for _, said, _ in lines) if lines else content
    return html.unescape(text)
