"""Draw the figures of a snippet: call draw(results), and check what it draws.

A snippet has one figure, `draw(results)`, or several, `draw_part(results)`. A function
draw_…() with other parameters is a helper of theirs. Importing matplotlib takes a
second, so only what draws does it.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitetools.content import files, frozen, snippets, stand_ins
from sitetools.fault import Fault, Place
from sitetools.render import svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sitetools.render.svg_text import Words

ALLOWED = (
    "use lines, areas and marks in C0 to C5, black, gray or white, and text without "
    "formulas"
)
"""What a page can show in light and dark, and in any language."""


def parts(snippet: Path) -> list[str]:
    """Return the parts for which a snippet has a figure; draw() draws the part ""."""
    return list(_parts(files.read(snippet)))


@functools.cache
def _parts(source: str) -> tuple[str, ...]:
    try:
        functions = [
            node
            for node in ast.parse(source).body
            if isinstance(node, ast.FunctionDef) and snippets.is_drawing(node.name)
        ]
    except SyntaxError:
        return ()  # frozen.load() says so
    return tuple(
        function.name.removeprefix("draw").removeprefix("_")
        for function in functions
        if len(function.args.args) == 1
    )


def style() -> Any:  # noqa: ANN401 - a type of 300 names
    """Return matplotlib's settings, which hold while drawing and while printing."""
    from cycler import cycler

    return {
        "axes.facecolor": "none",
        "axes.prop_cycle": cycler(color=svg.CYCLE),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": 10,
        "axes.titley": 1.0,  # else matplotlib measures, twice, what is in its way
        "figure.constrained_layout.h_pad": 0.08,
        "figure.constrained_layout.w_pad": 0.06,
        "figure.facecolor": "none",
        "font.size": 9,
        "grid.color": "gray",
        "legend.edgecolor": "gray",
        "legend.facecolor": "white",
    }


def draw(snippet: Path, part: str = "", warn: frozen.Warn | None = None) -> Figure:
    """Return a figure of a snippet, drawn from its frozen results.

    Call it with style() in force.

    Raises:
        Fault: if the function is missing, raises, draws nothing or forgets a label, or
            if the results cannot be trusted.
    """
    import matplotlib
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure

    matplotlib.use("agg")  # no windows
    results = frozen.load(snippet, warn)
    name = f"draw_{part}" if part else "draw"
    if part not in parts(snippet):
        raise Fault(snippet, f"has no {name}(results)", "write it")
    place = _place(snippet, part)
    try:
        figure = stand_ins.function(snippet, name)(results)
    except (Exception, SystemExit) as error:
        line = stand_ins.line_in(error, snippet)
        problem = f"{name}() failed: {type(error).__name__}: {error}"
        remedy = "use matplotlib, the standard library and constants only"
        raise Fault(Place(snippet, line), problem, remedy) from error
    finally:
        plt.close("all")
    if not isinstance(figure, Figure) or not any(a.has_data() for a in figure.axes):
        problem = f"{name}() does not return a figure that shows data"
        raise Fault(place, problem, "return one")
    for axes in figure.axes:
        below = axes.get_shared_x_axes().get_siblings(axes)
        if axes.axison and not (
            axes.get_ylabel() and any(other.get_xlabel() for other in below)
        ):
            remedy = "call set_xlabel and set_ylabel"
            raise Fault(place, f"{name}(): an axis has no label", remedy)
    return figure


def printed(
    snippet: Path,
    part: str = "",
    words: Words | None = None,
    warn: frozen.Warn | None = None,
) -> str:
    """Return a figure of a snippet as SVG, with its English labels.

    Args:
        snippet: the snippet's file.
        part: which of its figures.
        words: its labels in other languages, so that all of them fit.
        warn: what to do about outdated results, instead of raising.

    Raises:
        Fault: as draw(), or for something that a page cannot show.
    """
    import matplotlib

    with matplotlib.rc_context(style()):
        return _printed(draw(snippet, part, warn), snippet, part, words)


def _printed(figure: Figure, snippet: Path, part: str, words: Words | None) -> str:
    """Return a figure as SVG.

    Raises:
        Fault: for something that a page cannot show, such as a color of its own.
    """
    from sitetools.render import backend

    name = snippets.name_of(snippet) + (f"-{part}" if part else "")
    try:
        return svg.named(backend.Canvas(figure, words).svg(), name)
    except NotImplementedError:
        raise Fault(_place(snippet, part), "draws an image", ALLOWED) from None
    except ValueError as error:
        raise Fault(_place(snippet, part), f"its figure {error}", ALLOWED) from None


def shown(snippet: Path) -> str | None:
    """Return a hash of what the figures say: words, scales and data, not their looks.

    It is frozen with the results: a label or a line that changes is noticed, and looked
    at, though no number changed. None if the snippet draws nothing.

    Raises:
        Fault: as printed().
    """
    import matplotlib

    content: dict[str, Any] = {}
    with matplotlib.rc_context(style()):
        for part in parts(snippet):
            figure = draw(snippet, part)
            content[part] = [_content(axes) for axes in figure.axes]
            figure.set_layout_engine("none")  # it takes time
            _printed(figure, snippet, part, None)
    if not content:
        return None
    said = content[""] if set(content) == {""} else content
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _content(axes: Axes) -> list[Any]:
    """Return what a part of a figure says."""
    import numpy as np

    legend = axes.get_legend()
    words = [axes.get_title(), axes.get_xlabel(), axes.get_ylabel()]
    words += [text.get_text() for text in legend.get_texts()] if legend else []
    words += [text.get_text() for text in axes.texts]
    words += [axes.get_xscale(), axes.get_yscale()]
    data = [line.get_xydata() for line in axes.lines]
    data += [p.vertices for c in axes.collections for p in c.get_paths()]
    data += [patch.get_path().vertices for patch in axes.patches]
    data += [axes.get_xticks(), axes.get_yticks()]
    numbers = [f"{n:.5g}" for array in data for n in np.ravel(array)]
    return [words, [str(line.get_label()) for line in axes.lines], numbers]


def _place(snippet: Path, part: str) -> Place:
    """Return the line of the function that draws a figure."""
    name = f"def draw_{part}(" if part else "def draw("
    return Place(snippet, files.line_of(snippet, name))
