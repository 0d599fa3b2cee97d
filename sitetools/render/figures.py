"""Figures: `![what it shows](figure:topic/name "title")` becomes an inline SVG.

draw() of the snippet makes it from frozen results while the site is built. Colours are
CSS variables (one file for light and dark), text is text in the page's own font.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitetools.content import files, frozen, labels, snippets
from sitetools.content.labels import Labels
from sitetools.content.project import Project
from sitetools.fault import Fault, Place, relative
from sitetools.render import slim

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"

CYCLE = ["#0000c0", "#0000c1", "#0000c2", "#0000c3", "#0000c4", "#0000c5"]
"""Stand-ins for C0 to C5 while drawing; the page's stylesheet says what they are."""
COLOURS = {colour: f"var(--fig-{i})" for i, colour in enumerate(CYCLE)} | {
    "#000000": "var(--fig-ink)",
    "#808080": "var(--fig-muted)",
    "#ffffff": "var(--fig-paper)",
}

_IMAGE = re.compile(r"<img\b[^>]*\bsrc=\"figure:[^>]*>")
_WIDE = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7ff\uff00-\uff60]")


def has_figure(snippet: Path) -> bool:
    """Return whether a snippet draws a figure."""
    return "\ndef draw(" in files.read(snippet)


def draw(snippet: Path, warn: frozen.Warn | None = None) -> Figure:
    """Return the figure of a snippet, drawn from its frozen results.

    Raises:
        Fault: if draw() is missing, raises, draws nothing or forgets a label, or if the
            results cannot be trusted.
    """
    from matplotlib.figure import Figure

    results = frozen.load(snippet, warn)
    if not has_figure(snippet):
        raise Fault(snippet, "has no draw(results)", "write it")
    try:
        figure = snippets.function(snippet, "draw")(results)
    except (Exception, SystemExit) as error:
        place = Place(snippet, snippets.line_in(error, snippet))
        problem = f"draw() failed: {type(error).__name__}: {error}"
        remedy = "use matplotlib, the standard library and constants only"
        raise Fault(place, problem, remedy) from error
    if not isinstance(figure, Figure) or not any(a.has_data() for a in figure.axes):
        problem = "draw() does not return a figure that shows data"
        raise Fault(snippet, problem, "return one")
    for axes in figure.axes:
        below = axes.get_shared_x_axes().get_siblings(axes)
        if axes.axison and not (
            axes.get_ylabel() and any(other.get_xlabel() for other in below)
        ):
            remedy = "call set_xlabel and set_ylabel"
            raise Fault(snippet, "an axis has no label", remedy)
    return figure


def drawing_style(name: str) -> Any:  # noqa: ANN401 - a type of 300 names
    """Return matplotlib's settings, which hold while drawing and while saving."""
    from cycler import cycler

    return {
        "axes.facecolor": "none",
        "axes.prop_cycle": cycler(color=CYCLE),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": 10,
        "figure.constrained_layout.h_pad": 0.08,
        "figure.constrained_layout.w_pad": 0.06,
        "figure.facecolor": "none",
        "font.size": 9,
        "grid.color": "gray",
        "legend.facecolor": "white",
        "svg.fonttype": "none",
        "svg.hashsalt": name,
    }


def shown(snippet: Path) -> str | None:
    """Return a hash of what the figure says: words, scales and data, not its looks.

    It is frozen with the results: a label or a line that changes is noticed, and looked
    at, though no number changed. None if the snippet draws nothing.
    """
    import matplotlib
    import matplotlib.pyplot as plt
    import numpy as np

    matplotlib.use("agg")
    if not has_figure(snippet):
        return None
    with plt.rc_context(drawing_style(frozen.name_of(snippet))):
        figure = draw(snippet)
        content = []
        for axes in figure.axes:
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
            content.append(
                [words, [str(line.get_label()) for line in axes.lines], numbers]
            )
        plt.close(figure)
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def words(snippet: Path) -> set[str]:
    """Return the English labels of the snippet's figure."""
    if not has_figure(snippet):
        return set()
    return set(_words(snippet, _base_key(snippet)))


def _base_key(snippet: Path) -> str:
    """Return a hash of all that a figure is made from, but for the language's words."""
    key = hashlib.sha256()
    for part in (
        snippet.read_bytes(),
        snippet.with_suffix(".json").read_bytes(),
        Path(__file__).read_bytes(),
        Path(slim.__file__).read_bytes(),
        _version().encode(),
    ):
        key.update(part)
    return key.hexdigest()[:24]


@cache
def _version() -> str:
    """Return the version of matplotlib, which is slow to find out."""
    return version("matplotlib")


def _words(snippet: Path, key: str) -> list[str]:
    """Return the figure's labels; drawing it to find them is done once."""
    cached = _cache(snippet) / f"{key}.json"
    if text := _kept(cached, "]"):
        known: list[str] = json.loads(text)
        return known

    found = _settled(snippet, key).words
    _keep(cached, json.dumps(found, ensure_ascii=False))
    return found


def _kept(path: Path, end: str) -> str | None:
    """Return a file of the cache, or None if it is not there or damaged."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return text if text.endswith(end) else None


def _keep(path: Path, text: str) -> None:
    """Write a file of the cache, if the folder lets us: only time is lost else."""
    with contextlib.suppress(OSError, Fault):
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, text)


def _cache(snippet: Path) -> Path:
    return Project.of(snippet).cache / "figures"


def _drawn(snippet: Path, language: str) -> tuple[Labels | None, Path]:
    """Return the words of the figure, None if English, and its file once drawn."""
    key = _base_key(snippet)
    words_of_it = _words(snippet, key)
    own: Labels | None = labels.load(Project.of(snippet), language)
    if own and not own.speaks(words_of_it):
        own = None
    said = [own.translate(w, relative(snippet)) if own else w for w in words_of_it]
    in_language = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:8]
    return own, _cache(snippet) / f"{key}-{in_language}.svg"


def is_drawn(snippet: Path) -> bool:
    """Return whether the snippet's figure is in the cache in every language."""
    if not _kept(_cache(snippet) / f"{_base_key(snippet)}.json", "]"):
        return False
    codes = Project.of(snippet).languages()
    return all(_drawn(snippet, code)[1].is_file() for code in codes)


def svg(snippet: Path, language: str, warn: frozen.Warn | None = None) -> str:
    """Return the figure as an SVG element in the language, without its description.

    It is drawn again only if something that it shows has changed: not if a label of
    another figure was translated.

    Raises:
        Fault: as draw(), or for a color that the page cannot theme, or for a label that
            has no translation.
    """
    frozen.load(snippet, warn)
    own, cached = _drawn(snippet, language)
    if text := _kept(cached, "</svg>"):
        return text

    import matplotlib.pyplot as plt  # here, for it takes half a second

    name, where = frozen.name_of(snippet), relative(snippet)
    settled = _settled(snippet, _base_key(snippet))
    with plt.rc_context(drawing_style(name)):
        texts = settled.speak(own, where)
        buffer = io.StringIO()
        # Not savefig(), which draws twice where the layout is computed, as here.
        settled.figure.canvas.print_svg(buffer, metadata={"Date": None})  # type: ignore[attr-defined]
    try:
        result = themed(buffer.getvalue(), texts, name)
    except ValueError as error:
        remedy = "use C0 to C5, black or gray"
        raise Fault(snippet, str(error), remedy) from None
    _keep(cached, result)
    return result


@dataclass
class _Settled:
    """A figure that was laid out once, to be saved in one language after the other."""

    figure: Figure
    words: list[str]
    texts: list[tuple[Text, str]]
    ticks: list[tuple[Axis, list[str]]]
    boxes: list[tuple[Axes, Bbox, bool]]

    def speak(self, labels_: Labels | None, name: str) -> dict[str, str]:
        """Put the language's labels into the figure; return text by group id.

        matplotlib measures text with a font that has no Hangul. So a wide stand-in of
        the same width takes the label's place, and the real text is put into the SVG.
        """
        from matplotlib.ticker import FixedFormatter

        def in_words(word: str) -> str:
            return labels_.translate(word, name) if labels_ else word

        for axes, box, in_layout in self.boxes:
            axes.set_position(box)  # else the language before it would leave traces
            axes.set_in_layout(in_layout)
        said: list[tuple[Text, str]] = []
        for axis, words in self.ticks:
            own = [in_words(word) for word in words]
            wide = [_WIDE.sub("W", word) for word in own]
            axis.set_major_formatter(FixedFormatter(wide))
            said += zip(axis.get_majorticklabels(), own, strict=True)
        for text, word in self.texts:
            own_word = in_words(word)
            text.set_text(_WIDE.sub("W", own_word))
            said.append((text, own_word))
        for number, (text, _) in enumerate(said):
            text.set_gid(f"label{number}")
        return {f"label{number}": own_word for number, (_, own_word) in enumerate(said)}


@lru_cache(maxsize=1)
def _settled(snippet: Path, key: str) -> _Settled:
    """Draw the figure and lay it out once; the key says what it is made from."""
    import matplotlib
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.text import Text
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter

    matplotlib.use("agg")
    with plt.rc_context(drawing_style(frozen.name_of(snippet))):
        figure = draw(snippet, warn=lambda fault: None)  # svg() has warned
        plt.close(figure)
        FigureCanvasSVG(figure)
        figure.set_dpi(72)  # as an SVG has
        words = {
            text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)
        }
        if engine := figure.get_layout_engine():
            engine.execute(figure)
        ticks: list[tuple[Axis, list[str]]] = []
        of_ticks: set[int] = set()
        for axes in figure.axes:
            for axis in (axes.xaxis, axes.yaxis):
                shown = [text.get_text() for text in axis.get_majorticklabels()]
                if any(map(labels.has_words, shown)):
                    places = list(axis.get_majorticklocs())
                    axis.set_major_locator(FixedLocator(places))
                    ticks.append((axis, shown))
                if isinstance(axis.get_minor_formatter(), FixedFormatter):
                    axis.set_minor_formatter(NullFormatter())
                for tick in (*axis.majorTicks, *axis.minorTicks):
                    of_ticks |= {id(tick.label1), id(tick.label2)}
        texts = [
            (text, text.get_text())
            for text in figure.findobj(Text)
            if isinstance(text, Text)
            and id(text) not in of_ticks
            and labels.has_words(text.get_text())
        ]
        boxes = [
            (axes, axes.get_position(original=True).frozen(), axes.get_in_layout())
            for axes in figure.axes
        ]
    words_of_it = sorted(filter(labels.has_words, words))
    return _Settled(figure, words_of_it, texts, ticks, boxes)


def themed(source: str, texts: dict[str, str], name: str) -> str:
    """Return matplotlib's SVG as a light element to put into a page."""
    ET.register_namespace("", SVG)
    root = ET.fromstring(source)
    prefix = name.replace("/", "-").replace("_", "-")
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    for group in root.iter(f"{{{SVG}}}g"):
        own = texts.get(group.get("id", ""))
        if own is not None:
            lines = own.split("\n")
            found = list(group.iter(f"{{{SVG}}}text"))
            for element, line in zip(found, lines, strict=True):
                element.text = line
                for child in list(element):
                    element.remove(child)
    used = set(re.findall(r'(?:url\(|href=")#([\w-]+)', source))
    for element in root.iter():
        if element.tag == f"{{{SVG}}}text":
            _plain_text(element)
        if "style" in element.attrib:
            element.set("style", _style(element.attrib["style"], name))
        if element.get("id") in used:
            element.set("id", f"{prefix}-{element.attrib['id']}")
        else:
            element.attrib.pop("id", None)
        if XLINK in element.attrib:
            element.set("href", f"#{prefix}-{element.attrib.pop(XLINK)[1:]}")
        if "clip-path" in element.attrib:
            clip = element.attrib["clip-path"].replace("url(#", f"url(#{prefix}-")
            element.set("clip-path", clip)
        if "d" in element.attrib:
            element.set("d", " ".join(_rounded(element.attrib["d"]).split()))
        for attribute in ("x", "y", "transform", "width", "height"):
            if attribute in element.attrib:
                element.set(attribute, _rounded(element.attrib[attribute]))
        element.text = (element.text or "").strip() or None
        element.tail = None
    root.attrib.pop("version", None)
    width = float(root.get("width", "0pt")[:-2])
    height = float(root.get("height", "0pt")[:-2])
    root.set("width", f"{width:.0f}")
    root.set("height", f"{height:.0f}")
    slim.slim(root, prefix)
    return ET.tostring(root, encoding="unicode").replace(" />", "/>")


def _plain_text(element: ET.Element) -> None:
    """Let the text take the page's font: keep its size only."""
    style = element.get("style", "")
    style = re.sub(
        r"\bfont:\s*(?:[a-z]+\s+)*?([\d.]+px)\s[^;]*", r"font-size: \1", style
    )
    style = re.sub(r"\bfont-family:[^;]*;?", "", style)
    element.set("style", style)


def _style(style: str, name: str) -> str:
    """Return the style with the page's colors.

    Raises:
        ValueError: for a color that the page does not have.
    """

    def colour(match: re.Match[str]) -> str:
        if match[0].lower() not in COLOURS:
            raise ValueError(
                f"the figure {name} uses the color {match[0]}, which dark mode can't "
                "change"
            )
        return COLOURS[match[0].lower()]

    style = re.sub(r"#[0-9a-fA-F]{6}\b", colour, style)
    return re.sub(r"\s*([:;,])\s*", r"\1", _rounded(style)).strip("; ")


def _rounded(text: str) -> str:
    """Cut numbers to two decimals, which is finer than any screen."""

    def short(match: re.Match[str]) -> str:
        return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")

    return re.sub(r"-?\d+\.\d{2,}(?:e-?\d+)?", short, text)


@cache
def _attribute(name: str) -> re.Pattern[str]:
    return re.compile(rf'\b{name}="([^"]*)"')


def element(
    image: str, place: Place, language: str, warn: frozen.Warn | None = None
) -> str:
    """Return the SVG for an `<img … src="figure:…">`, with its title and description.

    Args:
        image: the tag.
        place: the line of the page.
        language: the page's language.
        warn: what to do about outdated results, instead of raising.

    Raises:
        Fault: as svg(), or if the image has no description or no title.
    """
    values: dict[str, Any] = {}
    for name in ("alt", "src", "title"):
        match = _attribute(name).search(image)
        values[name] = html.unescape(match[1]) if match else ""
    name = values["src"].removeprefix("figure:")
    try:
        snippet = frozen.find(Project.of(place.path), name)
    except LookupError as error:
        raise Fault(place, str(error.args[0]), "choose one of them") from None
    if not values["alt"].strip() or not values["title"].strip():
        remedy = f'write ![what the figure shows](figure:{name} "its title")'
        raise Fault(place, "this figure has no description or no title", remedy)
    ident = f"fig-{name.replace('/', '-').replace('_', '-')}"
    head, _, rest = svg(snippet, language, warn).partition(">")
    # Not <title> and <desc>: a name made of both is read, and then <desc> again.
    label = html.escape(f"{values['title']}: {values['alt']}")
    return f'{head} id="{ident}" role="img" aria-label="{label}">{rest}'


def fill(page: str, path: Path, own: Labels, warn: frozen.Warn | None = None) -> str:
    """Put the figures into a page.

    Raises:
        Fault: as element(), with the line of the page.
    """

    def replace(match: re.Match[str]) -> str:
        name = _attribute("src").search(match[0])
        assert name
        place = Place(path, files.line_of(path, f"({name[1]}"))
        try:
            return element(match[0], place, own.language, warn)
        except Fault as fault:
            raise fault.at(place) from fault

    return _IMAGE.sub(replace, page)
