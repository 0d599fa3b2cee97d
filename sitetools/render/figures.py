"""Figures: `![what it shows](figure:topic/name "title")` becomes an inline SVG.

A figure is drawn once, wide enough for its labels in any language, and kept in
`.cache/figures`; each page puts its own words in. `figure:topic/name#part` is one of
several figures of a snippet. Colors are CSS variables (one figure for light and dark),
text is text in the page's own font.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import json
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from sitetools.content import files, frozen, labels, snippets
from sitetools.content.labels import Labels
from sitetools.content.project import Project
from sitetools.fault import Fault, Place, relative
from sitetools.render import drawing, svg

if TYPE_CHECKING:
    from sitetools.render.svg_text import Words

_IMAGE = re.compile(r"<img\b[^>]*\bsrc=\"figure:[^>]*>")
_ATTRIBUTE = re.compile(r'\b(alt|src|title)="([^"]*)"')


def words(snippet: Path) -> set[str]:
    """Return the English labels of a snippet's figures.

    Raises:
        Fault: as drawing.printed().
    """
    others = in_other_languages(Project.of(snippet))
    figures = [drawn(snippet, part, others) for part in drawing.parts(snippet)]
    return {word for figure in figures for word in svg.words(figure)}


def in_other_languages(project: Project) -> Words:
    """Return what each line of a label is in the other languages."""
    found: dict[str, list[str]] = {}
    for code in project.translations():
        for english, own in labels.load(project, code).figures.items():
            for line, same in zip(english.split("\n"), own.split("\n"), strict=False):
                found.setdefault(line, []).append(same)
    return found


def drawn(
    snippet: Path, part: str, others: Words, warn: frozen.Warn | None = None
) -> str:
    """Return a figure with English labels: as it was drawn before, or drawn now.

    Args:
        snippet: the snippet's file.
        part: which of its figures.
        others: what in_other_languages() returns.
        warn: what to do about outdated results, instead of raising.

    Raises:
        Fault: as drawing.printed().
    """
    frozen.load(snippet, warn)
    if known := _known(snippet, part, others):
        return known
    figure = drawing.printed(snippet, part, others, lambda fault: None)  # has warned
    path = _path(snippet, part)
    with contextlib.suppress(OSError, Fault):  # only time is lost
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, f"{_key(snippet, figure, others)}\n{figure}")
    return figure


def is_drawn(snippet: Path, part: str, others: Words) -> bool:
    """Return whether a figure need not be drawn again."""
    return _known(snippet, part, others) is not None


def _known(snippet: Path, part: str, others: Words) -> str | None:
    """Return a figure from the cache, or None if it is outdated or damaged."""
    try:
        key, _, figure = _path(snippet, part).read_text("utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    whole = figure.endswith("</svg>") and key == _key(snippet, figure, others)
    return figure if whole else None


def _path(snippet: Path, part: str) -> Path:
    name = f"{snippets.name_of(snippet)}#{part}" if part else snippets.name_of(snippet)
    return Project.of(snippet).cache / "figures" / f"{ident(name)}.svg"


def ident(name: str) -> str:
    """Return the id of a figure in a page: `fig-topic-name-part`."""
    return "fig-" + re.sub(r"[/_#]", "-", name)


def _key(snippet: Path, figure: str, others: Words) -> str:
    """Return a hash of all that a figure is made from, as an SVG's first line.

    The words of other languages decide how much room there is for a label.
    """
    key = hashlib.sha256(_code())
    key.update(snippet.read_bytes())
    key.update(snippet.with_suffix(".json").read_bytes())
    lines = [line for word in svg.words(figure) for line in word.split("\n")]
    key.update(json.dumps([others.get(line) for line in lines]).encode())
    return f"<!-- {key.hexdigest()[:24]} -->"


@cache
def _code() -> bytes:
    """Return what draws: our code, and the version of matplotlib."""
    folder = Path(__file__).parent
    names = ("backend.py", "drawing.py", "svg.py", "svg_paths.py", "svg_text.py")
    code = b"".join((folder / name).read_bytes() for name in names)
    return code + version("matplotlib").encode()


def element(
    image: str,
    place: Place,
    own: Labels,
    others: Words,
    warn: frozen.Warn | None = None,
) -> str:
    """Return the SVG for an `<img … src="figure:…">`, with its title and description.

    Args:
        image: the tag.
        place: the line of the page.
        own: the words of the page's language.
        others: what in_other_languages() returns.
        warn: what to do about outdated results, instead of raising.

    Raises:
        Fault: as drawn() and svg.in_language(), or if the image has no description or
            no title.
    """
    values = {name: html.unescape(text) for name, text in _ATTRIBUTE.findall(image)}
    name = values["src"].removeprefix("figure:")
    topic, _, part = name.partition("#")
    try:
        snippet = snippets.find(Project.of(place.path), topic)
    except LookupError as error:
        raise Fault(place, str(error.args[0]), "choose one of them") from None
    title, alt = values.get("title", ""), values.get("alt", "")
    if not alt.strip() or not title.strip():
        remedy = f'write ![what the figure shows](figure:{name} "its title")'
        raise Fault(place, "this figure has no description or no title", remedy)
    figure = drawn(snippet, part, others, warn)
    figure = svg.in_language(figure, own, relative(snippet))
    head, _, rest = figure.partition(">")
    # Not <title> and <desc>: a name made of both is read, and then <desc> again.
    label = html.escape(f"{title}: {alt}")
    return f'{head} id="{ident(name)}" role="img" aria-label="{label}">{rest}'


def fill(page: str, path: Path, own: Labels, warn: frozen.Warn | None = None) -> str:
    """Put the figures into a page.

    Raises:
        Fault: as element(), with the line of the page.
    """
    if "figure:" not in page:
        return page
    others = in_other_languages(Project.of(path))

    def replace(match: re.Match[str]) -> str:
        source = dict(_ATTRIBUTE.findall(match[0]))["src"]
        place = Place(path, files.line_of(path, f"({source}"))
        try:
            return element(match[0], place, own, others, warn)
        except Fault as fault:
            raise fault.at(place) from fault

    return _IMAGE.sub(replace, page)
