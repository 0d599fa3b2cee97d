"""A matplotlib backend that writes the SVG that pages need, and nothing else.

Matplotlib's own writes a style on every text, an element for every tick and marker,
and the places of single letters: most of a figure's bytes and of its elements, which
each browser must lay out. Here text is text, and its anchor keeps it in place in any
font and language; colors are those that the page's stylesheet knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any, TypeAlias

from matplotlib.backend_bases import FigureCanvasBase, RendererBase
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Transform

from sitetools.render import svg, svg_text
from sitetools.render.svg_paths import data, number, pieces, short, tenths
from sitetools.render.svg_text import Words

Context: TypeAlias = Any
"""How matplotlib says how something looks; its own types of it are too wide."""
Color: TypeAlias = Any
"""Three or four numbers, for the same reason."""
Look: TypeAlias = dict[str, str]
"""How something looks, as an element's attributes."""
_WIDEST = 3.7
"""Inches: on a phone of 390 px that text is then 12 px high."""


class Canvas(FigureCanvasBase):
    """What a figure is printed on; savefig(format="svg") can use it, too."""

    filetypes = {"svg": "Scalable Vector Graphics"}  # noqa: RUF012 - matplotlib's name

    def __init__(self, figure: Figure, words: Words | None = None) -> None:
        figure.set_figwidth(min(figure.get_figwidth(), _WIDEST))
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
        self._lines: list[svg_text.Line] = []
        self._several: tuple[Look, float] = {}, 0.0
        self._flip = Affine2D().scale(1, -1).translate(0, height)
        self._window = (0.0, 0.0, width, height)

    def element(self) -> str:
        """Return the SVG of what was drawn."""
        width, height = self.width, self.height
        size = (
            f'width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {number(width)} {number(height)}"'
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
        self._shape(_look(gc, rgbFace), gc, [data(pieces(segments))])

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
        mark = pieces(marker_path.iter_segments(upright, simplify=False))
        places = path.iter_segments(
            trans + self._flip, clip=self._window, simplify=False
        )
        marks = []
        for vertices, _ in places:
            x, y = tenths(vertices[-2:])
            marks.append(data((x + dx, y + dy, rest) for dx, dy, rest in mark))
        self._shape(_look(gc, rgbFace), gc, marks)

    def _shape(self, look: Look, gc: Context, paths: Sequence[str]) -> None:
        """Write a path of many pieces: one element, if none shows under another.

        What looks like the shape before it goes into the same element.
        """
        if not look or not any(paths):
            return
        if box := gc.get_clip_rectangle():
            x, y, width, height = box.x0, self.height - box.y1, box.width, box.height
            values = {"x": x, "y": y, "width": width, "height": height}
            sides = " ".join(f'{name}="{number(n)}"' for name, n in values.items())
            ident = f"{svg.CLIP}{len(self._clips)}"
            ident = self._clips.setdefault(f"<rect {sides}/>", ident)
            look["clip-path"] = f"url(#{ident})"
        colors = {look.get("fill"), look.get("stroke")} - {None, "none"}
        if len(colors) > 1 or any("opacity" in name for name in look):
            for path in paths:
                self._write("path", look | {"d": path})
        elif look == self._before:
            self.parts[-1] = f'{self.parts[-1][:-3]}{"".join(paths)}"/>'
        else:
            self._write("path", look | {"d": "".join(paths)})
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
        return svg_text.room(measure, s, prop, bool(ismath), self.words)

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
        content = svg_text.content(s, bool(ismath))
        width, *_ = self.get_text_width_height_descent(s, prop, ismath)
        self._lines.append(svg_text.Line(x, y, width, content))
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
            self._write_text(svg_text.alignment(self._lines, angle), look, angle)

    def _write_text(self, alignment: str, look: Look, angle: float) -> None:
        """Write the lines that were kept as one element."""
        place, content = svg_text.aligned(self._lines, alignment, angle)
        self._write("text", place | look, content)
        self._lines = []


def _text_look(gc: Context, prop: FontProperties) -> Look:
    look = {}
    if (color := _color(gc.get_rgb())) != svg.INK:
        look["fill"] = color
    if gc.get_alpha() not in (None, 1):
        look["opacity"] = short(gc.get_alpha())
    if prop.get_size_in_points() != svg.TEXT_SIZE:
        look["font-size"] = f"{short(prop.get_size_in_points())}px"
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
        look["opacity"] = short(alpha)
    if alpha is None and face is not None and len(face) == 4 and face[3] != 1:
        look["fill-opacity"] = short(face[3])
    width, rgb = gc.get_linewidth(), gc.get_rgb()
    if not width:
        return look if face is not None else {}
    look["stroke"] = _color(rgb)
    if alpha is None and rgb[3] != 1:
        look["stroke-opacity"] = short(rgb[3])
    if width != 1:
        look["stroke-width"] = short(width)
    offset, dashes = gc.get_dashes()
    if dashes is not None:
        look["stroke-dasharray"] = " ".join(short(length) for length in dashes)
    if offset:
        look["stroke-dashoffset"] = short(offset)
    if gc.get_joinstyle() != "round":
        look["stroke-linejoin"] = str(gc.get_joinstyle())
    if gc.get_capstyle() != "butt":
        look["stroke-linecap"] = gc.get_capstyle().replace("projecting", "square")
    return look


def _color(rgb: Color) -> str:
    """Return a color as the page knows it."""
    color = to_hex(rgb)
    return svg.COLORS.get(color, color)
