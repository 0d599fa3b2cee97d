"""The texts of a figure: how much room each needs, and how an SVG aligns its lines."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol, TypeAlias

from matplotlib.font_manager import FontProperties

from sitetools.render import numbers, svg
from sitetools.render.svg_paths import number, short

Words: TypeAlias = Mapping[str, Sequence[str]]
"""A label's line in other languages: the widest decides how much room it has."""
_ANCHORS = {"left": ("start", 0.0), "center": ("middle", 0.5), "right": ("end", 1.0)}
# Ticks of a logarithmic axis: `10^{-4}`, `2\times10^{3}`.
_POWER = re.compile(r"\$\\mathdefault\{(-?(?:[\d.]+\\times)?[\d.]+)\^\{(-?\d+)\}\}\$")
_WIDE = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7ff\uff00-\uff60]")
"""Letters that matplotlib's font does not have; a `W` is as wide."""


class Line(NamedTuple):
    """A line of text: where it begins, its room, what it says."""

    x: float
    y: float
    width: float
    content: str


class Measure(Protocol):
    """Returns width, height and descent of a text, as matplotlib's font has it."""

    def __call__(
        self, s: str, prop: FontProperties, ismath: bool
    ) -> tuple[float, float, float]:
        """Measure it."""


def room(
    measure: Measure, text: str, prop: FontProperties, is_power: bool, words: Words
) -> tuple[float, float, float]:
    """Return the room of one line, in the language in which it is widest."""
    if is_power:
        return measure(_power(text), prop, False)
    lines = (text, *words.get(text, ()))
    sizes = [measure(_WIDE.sub("W", line), prop, False) for line in lines]
    return (max(width for width, *_ in sizes), *sizes[0][1:])


def content(text: str, is_power: bool) -> str:
    """Return what an element of this text holds."""
    return html.escape(_power(text) if is_power else text, quote=False)


def aligned(
    lines: Sequence[Line], alignment: str, angle: float
) -> tuple[dict[str, str], str]:
    """Return the place and the content of one element for all lines.

    Its anchor holds it, so that any words fit.
    """
    anchor, part = _ANCHORS[alignment]
    right, down = _direction(angle)
    first = lines[0]
    x = number(first.x + part * first.width * right)
    y = number(first.y + part * first.width * down)
    place = {"x": x, "y": y}
    if angle:
        place["transform"] = f"rotate({short(-angle)} {x} {y})"
    if part:
        place["text-anchor"] = anchor
    if len(lines) == 1:
        return place, first.content
    below = [line.y * right - line.x * down for line in lines]
    steps = [0.0, *(b - a for a, b in pairwise(below))]
    return place, "".join(
        svg.line(line.content, x, number(step))
        for line, step in zip(lines, steps, strict=True)
    )


def alignment(lines: Sequence[Line], angle: float) -> str:
    """Return how lines are aligned, which their places say."""
    right, down = _direction(angle)
    for name in ("center", "right"):
        part = _ANCHORS[name][1]
        at = [line.x * right + line.y * down + part * line.width for line in lines]
        if max(at) - min(at) < 0.1:
            return name
    return "left"


def _direction(angle: float) -> tuple[float, float]:
    """Return how far right and down a text goes at each step."""
    return math.cos(math.radians(angle)), -math.sin(math.radians(angle))


def _power(formula: str) -> str:
    """Return the only formula that a figure may have, as prose writes it: 10⁻⁴.

    Matplotlib's own way takes 20 ms for each, and words in it could not be translated.
    """
    match = _POWER.fullmatch(formula)
    if not match:
        raise ValueError(f"has the formula {formula}")
    base = match[1].replace(r"\times", "×")
    return base.replace("-", "−") + numbers.superscript(match[2])
