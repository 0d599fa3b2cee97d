"""A matplotlib backend that writes the SVG that pages need, and nothing else.

Matplotlib's own writes a style on every text, an element for every tick and marker,
and the places of single letters: most of a figure's bytes and of its elements, which
each browser must lay out. Here text is text, and its anchor keeps it in place in any
font and language; colors are those that the page's stylesheet knows.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import IO, Any, NamedTuple, TypeAlias

from matplotlib.backend_bases import FigureCanvasBase, RendererBase
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Transform
from numpy import float64
from numpy.typing import NDArray

from sitetools.render import svg

Words: TypeAlias = Mapping[str, Sequence[str]]
"""A label's line in other languages: the widest decides how much room it has."""
Context: TypeAlias = Any
"""How matplotlib says how something looks; its own types of it are too wide."""
Color: TypeAlias = Any
"""Three or four numbers, for the same reason."""
Look: TypeAlias = dict[str, str]
"""How something looks, as an element's attributes."""
Piece: TypeAlias = tuple[int, int, str]
"""A piece of a path: where it begins, in tenths, and how it goes on."""

_COMMANDS = {Path.LINETO: "l", Path.CURVE3: "q", Path.CURVE4: "c"}
_ANCHORS = {"left": ("start", 0.0), "center": ("middle", 0.5), "right": ("end", 1.0)}
_TEXT_SIZE = 9.0
"""What the page's stylesheet gives to the text of figures."""
# Ticks of a logarithmic axis: `10^{-4}`, `2\times10^{3}`.
_POWER = re.compile(r"\$\\mathdefault\{(-?(?:[\d.]+\\times)?[\d.]+)\^\{(-?\d+)\}\}\$")
_SMALL, _RAISED = 0.7, 0.38
"""An exponent's size, and how far it is raised, in sizes of the text."""
_WIDE = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7ff\uff00-\uff60]")
"""Letters that matplotlib's font does not have; a `W` is as wide."""


class Canvas(FigureCanvasBase):
    """What a figure is printed on; savefig(format="svg") can use it, too."""

    filetypes = {"svg": "Scalable Vector Graphics"}  # noqa: RUF012 - matplotlib's name

    def __init__(self, figure: Figure, words: Words | None = None) -> None:
        super().__init__(figure)
        figure.set_dpi(72)
        self._renderer = _Renderer(*figure.bbox.size, words or {})

    def get_renderer(self) -> RendererBase:
        """Return what measures text: the layout asks."""
        return self._renderer

    def svg(self) -> str:
        """Return the figure as an SVG element, with its English labels.

        Raises:
            ValueError: if it shows something that a page cannot.
            NotImplementedError: if that is an image.
        """
        self.figure.set_dpi(72)  # savefig() changes it
        self._renderer.parts.clear()
        self.figure.draw(self._renderer)
        return self._renderer.element()

    def print_svg(self, file: IO[bytes], **_: object) -> None:
        """Write the figure into a file."""
        file.write(self.svg().encode())


class _Line(NamedTuple):
    """A line of text: where it begins, its room, what it says."""

    x: float
    y: float
    width: float
    content: str


class _Renderer(RendererBase):
    """Writes what matplotlib draws as elements of an SVG.

    Images and gradients raise NotImplementedError, as matplotlib's base class does.
    """

    def __init__(self, width: float, height: float, words: Words) -> None:
        super().__init__()
        self.width, self.height, self.words = width, height, words
        self.parts: list[str] = []
        self._clips: dict[str, str] = {}
        self._before: Look = {}
        self._lines: list[_Line] = []
        self._several: tuple[Look, float] = {}, 0.0
        self._flip = Affine2D().scale(1, -1).translate(0, height)
        self._window = (0.0, 0.0, width, height)

    def element(self) -> str:
        """Return the SVG of what was drawn."""
        width, height = self.width, self.height
        size = (
            f'width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {_number(width)} {_number(height)}"'
        )
        inner = "".join(self.parts)
        for shape, ident in self._clips.items():
            inner += f'<clipPath id="{ident}">{shape}</clipPath>'
        return f'<svg xmlns="{svg.NAMESPACE}" {size}>{inner}</svg>'

    def flipy(self) -> bool:
        """Return that y grows downwards."""
        return True

    def get_canvas_width_height(self) -> tuple[float, float]:
        """Return the size of the figure."""
        return self.width, self.height

    def draw_path(
        self, gc: Context, path: Path, transform: Transform, rgbFace: Color = None
    ) -> None:
        """Write a line or an area."""
        line = rgbFace is None
        segments = path.iter_segments(
            transform + self._flip,
            clip=self._window if line else None,
            simplify=path.should_simplify and line,
        )
        self._shape(_look(gc, rgbFace), gc, [_data(_pieces(segments))])

    def draw_markers(
        self,
        gc: Context,
        marker_path: Path,
        marker_trans: Transform,
        path: Path,
        trans: Transform,
        rgbFace: Color = None,
    ) -> None:
        """Write the marks of one line."""
        upright = marker_trans + Affine2D().scale(1, -1)
        mark = _pieces(marker_path.iter_segments(upright, simplify=False))
        places = path.iter_segments(
            trans + self._flip, clip=self._window, simplify=False
        )
        marks = []
        for vertices, _ in places:
            x, y = _tenths(vertices[-2:])
            marks.append(_data((x + dx, y + dy, rest) for dx, dy, rest in mark))
        self._shape(_look(gc, rgbFace), gc, marks)

    def _shape(self, look: Look, gc: Context, pieces: Sequence[str]) -> None:
        """Write a path of many pieces: one element, if none shows under another.

        What looks like the shape before it goes into the same element.
        """
        if not look or not any(pieces):
            return
        if box := gc.get_clip_rectangle():
            x, y, width, height = box.x0, self.height - box.y1, box.width, box.height
            values = {"x": x, "y": y, "width": width, "height": height}
            sides = " ".join(f'{name}="{_number(n)}"' for name, n in values.items())
            ident = f"{svg.CLIP}{len(self._clips)}"
            ident = self._clips.setdefault(f"<rect {sides}/>", ident)
            look["clip-path"] = f"url(#{ident})"
        colors = {look.get("fill"), look.get("stroke")} - {None, "none"}
        if len(colors) > 1 or any("opacity" in name for name in look):
            for data in pieces:
                self._write("path", look | {"d": data})
        elif look == self._before:
            self.parts[-1] = f'{self.parts[-1][:-3]}{"".join(pieces)}"/>'
        else:
            self._write("path", look | {"d": "".join(pieces)})
            self._before = look

    def _write(self, tag: str, attributes: Mapping[str, str], inner: str = "") -> None:
        """Add an element."""
        said = "".join(f' {name}="{value}"' for name, value in attributes.items())
        self.parts.append(f"<{tag}{said}{f'>{inner}</{tag}>' if inner else '/>'}")
        self._before = {}

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: object
    ) -> tuple[float, float, float]:
        """Return the room of one line, in the language in which it is widest."""
        measure = self._text2path.get_text_width_height_descent
        if ismath:
            base, exponent = _power(s)
            width, height, descent = measure(base, prop, False)
            raised = _RAISED * prop.get_size_in_points()
            small, *_ = measure(exponent, prop, False)
            return width + _SMALL * small, height + raised, descent
        lines = (s, *self.words.get(s, ()))
        sizes = [measure(_WIDE.sub("W", line), prop, False) for line in lines]
        return (max(width for width, *_ in sizes), *sizes[0][1:])

    def draw_text(
        self,
        gc: Context,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: object = False,
        mtext: Text | None = None,
    ) -> None:
        """Write a text; of a text of several lines, keep one until the last is here."""
        content = html.escape(s, quote=False)
        if ismath:
            size = prop.get_size_in_points()
            base, exponent = _power(s)
            raised = (
                f'dy="-{_short(_RAISED * size)}" font-size="{_short(_SMALL * size)}px"'
            )
            content = f"{base}<tspan {raised}>{exponent}</tspan>"
        width, *_ = self.get_text_width_height_descent(s, prop, ismath)
        self._lines.append(_Line(x, y, width, content))
        if mtext:
            straight = not angle or mtext.get_rotation_mode() == "anchor"
            alignment = mtext.get_horizontalalignment() if straight else "left"
            self._write_text(alignment, _text_look(gc, prop), angle)
        else:  # matplotlib does not say which text it is
            self._several = _text_look(gc, prop), angle

    def close_group(self, s: str) -> None:
        """Write a text of several lines."""
        if self._lines:
            look, angle = self._several
            self._write_text(_alignment(self._lines, angle), look, angle)

    def _write_text(self, alignment: str, look: Look, angle: float) -> None:
        """Write lines that are aligned as one element, so that any words fit."""
        anchor, part = _ANCHORS[alignment]
        right, down = math.cos(math.radians(angle)), -math.sin(math.radians(angle))
        first = self._lines[0]
        x = _number(first.x + part * first.width * right)
        y = _number(first.y + part * first.width * down)
        place = {"x": x, "y": y}
        if angle:
            place["transform"] = f"rotate({_short(-angle)} {x} {y})"
        if part:
            place["text-anchor"] = anchor
        content = first.content
        if len(self._lines) > 1:
            below = [line.y * right - line.x * down for line in self._lines]
            steps = [0.0, *(b - a for a, b in pairwise(below))]
            content = "".join(
                svg.line(line.content, x, _number(step))
                for line, step in zip(self._lines, steps, strict=True)
            )
        self._write("text", place | look, content)
        self._lines = []


def _power(formula: str) -> tuple[str, str]:
    """Return base and exponent of the only formula that a figure may have.

    Matplotlib's own way takes 20 ms for each, and words in it could not be translated.
    """
    match = _POWER.fullmatch(formula)
    if not match:
        raise ValueError(f"has the formula {formula}")
    base = match[1].replace(r"\times", "×")
    return base.replace("-", "−"), match[2].replace("-", "−")


def _alignment(lines: Sequence[_Line], angle: float) -> str:
    """Return how lines are aligned, which their places say."""
    right, down = math.cos(math.radians(angle)), -math.sin(math.radians(angle))
    for name in ("center", "right"):
        part = _ANCHORS[name][1]
        at = [line.x * right + line.y * down + part * line.width for line in lines]
        if max(at) - min(at) < 0.1:
            return name
    return "left"


def _text_look(gc: Context, prop: FontProperties) -> Look:
    look = {}
    if (color := _color(gc.get_rgb())) != svg.INK:
        look["fill"] = color
    if gc.get_alpha() not in (None, 1):
        look["opacity"] = _short(gc.get_alpha())
    if prop.get_size_in_points() != _TEXT_SIZE:
        look["font-size"] = f"{_short(prop.get_size_in_points())}px"
    if prop.get_weight() in ("bold", 700):
        look["font-weight"] = "bold"
    return look


def _look(gc: Context, face: Color) -> Look:
    """Return how a shape looks; nothing if it cannot be seen.

    Ink, round joins and butt ends are what the page's stylesheet gives.
    """
    if gc.get_hatch() is not None:
        raise ValueError("has a hatch")
    look = {}
    if face is None:
        look["fill"] = "none"
    elif (color := _color(face)) != svg.INK:
        look["fill"] = color
    alpha = gc.get_alpha() if gc.get_forced_alpha() else None
    if alpha not in (None, 1):
        look["opacity"] = _short(alpha)
    if alpha is None and face is not None and len(face) == 4 and face[3] != 1:
        look["fill-opacity"] = _short(face[3])
    width, rgb = gc.get_linewidth(), gc.get_rgb()
    if not width:
        return look if face is not None else {}
    look["stroke"] = _color(rgb)
    if alpha is None and rgb[3] != 1:
        look["stroke-opacity"] = _short(rgb[3])
    if width != 1:
        look["stroke-width"] = _short(width)
    offset, dashes = gc.get_dashes()
    if dashes is not None:
        look["stroke-dasharray"] = " ".join(_short(length) for length in dashes)
    if offset:
        look["stroke-dashoffset"] = _short(offset)
    if gc.get_joinstyle() != "round":
        look["stroke-linejoin"] = str(gc.get_joinstyle())
    if gc.get_capstyle() != "butt":
        look["stroke-linecap"] = gc.get_capstyle().replace("projecting", "square")
    return look


def _color(rgb: Color) -> str:
    """Return a color as the page knows it."""
    color = to_hex(rgb)
    return svg.COLORS.get(color, color)


def _pieces(segments: Iterable[tuple[NDArray[float64], Any]]) -> list[Piece]:
    """Return the pieces of a path.

    Numbers are relative to the point before, which makes them short.
    """
    pieces: list[tuple[int, int, list[str]]] = []
    x = y = 0
    for vertices, code in segments:
        if code == Path.CLOSEPOLY:
            pieces[-1][2].append("z")
            continue
        tenths = _tenths(vertices)
        if code == Path.MOVETO:
            pieces.append((tenths[0], tenths[1], []))
        else:
            text = _joined(n - (x, y)[i % 2] for i, n in enumerate(tenths))
            pieces[-1][2].append(f"{_COMMANDS[code]}{text}")
        x, y = tenths[-2:]
    return [(x, y, "".join(rest)) for x, y, rest in pieces]


def _data(pieces: Iterable[Piece]) -> str:
    """Return the pieces of a path as its element has them."""
    return "".join(f"M{_joined((x, y))}{rest}" for x, y, rest in pieces)


def _tenths(numbers: NDArray[float64]) -> list[int]:
    return [round(10 * number) for number in numbers.tolist()]


def _joined(tenths: Iterable[int]) -> str:
    """Return numbers, with a space between two only where it is needed."""
    return " ".join(map(_tenth, tenths)).replace(" -", "-")


def _tenth(tenths: int) -> str:
    whole, rest = divmod(abs(tenths), 10)
    text = f"{whole or ''}.{rest}" if rest else f"{whole}"
    return f"-{text}" if tenths < 0 else text


def _number(value: float) -> str:
    """Return a length in tenths, which is finer than any screen."""
    return _tenth(round(10 * value))


def _short(value: float) -> str:
    return f"{value:.3g}"
