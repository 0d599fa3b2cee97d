"""A rendered page as a chapter of a book: XHTML that needs no script and no other host.

What a reader would press is gone or open: the links beside headings, buttons, tabs
(one after the other, under their names), what is folded. Links lead to other chapters,
or else to the site. An e-reader may know neither MathML's and SVG's names without their
namespaces nor CSS variables, so both are written out.
"""

from __future__ import annotations

import html as entities
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from sitetools.content import files
from sitetools.content.project import Project
from sitetools.fault import Fault, Place
from sitetools.render import explorer, svg, training

XHTML = "http://www.w3.org/1999/xhtml"
_NAMESPACES = {"svg": svg.NAMESPACE, "math": "http://www.w3.org/1998/Math/MathML"}
_DROPPED = re.compile(
    r'(?s)<p class="lab-run">.*?</p>'  # its buttons
    r'|<a class="headerlink".*?</a>'
    r"|<input\b[^>]*>"  # of tabs
    r"| data-search-exclude(?=[ >])"
    rf'| xmlns="(?:{"|".join(map(re.escape, _NAMESPACES.values()))})"'
)
_VOID = re.compile(r"<(br|hr|img|wbr)\b([^>]*?)/?>")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)\w+;")
_OURS = re.compile(r"data-|tabindex$|markdown$|aria-hidden$|download$|rel$|target$")
"""Attributes that mean something to a browser or to this site only."""
_RENAMED = {"details": "section", "summary": "p"}
# In which is what shows without them.
_RENAMED |= dict.fromkeys((explorer.NAME, training.NAME), "div")
_COLOR = re.compile(r"var\(--fig-(\w+)\)")
_PARTS = re.compile(r"([^?#]*)(\?[^#]*)?(#.*)?")


class Heading(NamedTuple):
    """A section of a chapter, as the table of contents names it."""

    ident: str
    title: str


@dataclass(frozen=True)
class Chapter:
    """A page of the site that is to be in the book."""

    path: Path
    url: str
    """Its address in its language: `diagnose/`."""
    title: str
    html: str
    """Its content, rendered."""
    headings: list[Heading]

    @property
    def name(self) -> str:
        """The file's name in the book."""
        return f"{self.url.strip('/').replace('/', '-') or 'start'}.xhtml"


@dataclass(frozen=True)
class Binding:
    """What all chapters of a book share."""

    language: str
    site_url: str
    """The address of the language's site, if it is known."""
    names: Mapping[str, str]
    """The file of each chapter, by its address."""
    colors: Mapping[str, str]
    """What the stylesheet calls `--fig-0` and so on, on white paper."""

    def xhtml(self, chapter: Chapter) -> str:
        """Return a chapter's file.

        Raises:
            Fault: if the page is not well-formed.
        """
        root = self._tree(chapter)
        for node in list(root.iter()):
            _untabbed(node)
            self._clean(node, chapter.url)
        body = ET.tostring(root, encoding="unicode")
        return document(chapter.title, self.language, _COLOR.sub(self._color, body))

    def _tree(self, chapter: Chapter) -> ET.Element:
        text = _VOID.sub(r"<\1\2/>", _DROPPED.sub("", chapter.html))
        text = _ENTITY.sub(lambda entity: entities.unescape(entity[0]), text)
        try:
            return ET.fromstring(f'<main class="page">{text}</main>')
        except ET.ParseError as error:
            line = text.split("\n")[error.position[0] - 1]
            near = line[max(0, error.position[1] - 60) :][:100]
            words = max(re.split("<[^>]*>", line), key=len)
            place = Place(chapter.path, files.line_of(chapter.path, words))
            problem = f"its HTML cannot be a book's: {error}, at {near}"
            raise Fault(place, problem, "close what is open there") from None

    def _clean(self, node: ET.Element, url: str) -> None:
        """Change an element to what an e-reader knows."""
        if node.tag in _NAMESPACES:
            node.set("xmlns", _NAMESPACES[node.tag])
        if change := _CHANGES.get(node.tag):
            change(node)
        if node.tag == "a":
            self._lead(node, url)
        if node.tag in _RENAMED:
            name = f"{node.tag} {node.get('class', '')}".strip()
            ident = {"id": node.attrib["id"]} if "id" in node.attrib else {}
            node.attrib, node.tag = ident | {"class": name}, _RENAMED[node.tag]
        for name in list(filter(_OURS.match, node.attrib)):
            del node.attrib[name]

    def _lead(self, link: ET.Element, url: str) -> None:
        """Let a link lead somewhere, or make it text."""
        target = self.resolved(link.attrib.pop("href", ""), url)
        if target:
            link.set("href", target)
        elif not link.get("id"):
            link.tag = "span"

    def resolved(self, target: str, url: str) -> str:
        """Return what a page's link leads to in the book; nothing if nowhere."""
        match = _PARTS.fullmatch(target)
        path, _, fragment = match.groups("") if match else ("", "", "")
        if ":" in path:
            return target
        if not path:
            return fragment  # `?depth=9#explorer` sets the explorer; here is its figure
        there = posixpath.normpath(posixpath.join("/", url, path)).strip("/")
        name = self.names.get(f"{there}/" if there else "")
        if name:
            return name + fragment
        return urljoin(urljoin(self.site_url, url), target) if self.site_url else ""

    def _color(self, match: re.Match[str]) -> str:
        return self.colors[match[1]]


def colors(project: Project) -> dict[str, str]:
    """Return the colors of figures in the light scheme, which comes first."""
    css = files.read(project.shared / "css" / "site.css")
    found = re.findall(r"--fig-(\w+): (#\w+);", css)
    return dict(reversed(found))


def document(title: str, language: str, body: str) -> str:
    """Return a file of the book around its body."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        f'<html xmlns="{XHTML}" xmlns:epub="http://www.idpf.org/2007/ops" '
        f'lang="{language}" xml:lang="{language}">\n'
        f"<head>\n<title>{entities.escape(title, quote=False)}</title>\n"
        f'<link rel="stylesheet" href="book.css"/>\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _dressed(figure: ET.Element) -> None:
    """Give a figure what the site's stylesheet gives it."""
    look = {"fill": svg.INK, "font-family": "sans-serif", "stroke-linejoin": "round"}
    for name, value in (look | {"font-size": f"{svg.TEXT_SIZE:g}px"}).items():
        figure.set(name, value)


def _plain(block: ET.Element) -> None:
    """Make code one text: colors are many spans, and gray on most e-readers."""
    text, tail = "".join(block.itertext()), block.tail
    block.clear()
    block.tail = tail
    ET.SubElement(block, "code").text = text.rstrip("\n")


def _styled(formula: ET.Element) -> None:
    """Put how large a part is on an element of its own, where EPUB's MathML has it."""
    for node in list(formula.iter()):
        for name in _SPOKEN:
            node.attrib.pop(name, None)
        size = {name: node.attrib.pop(name) for name in _SIZES if name in node.attrib}
        if not size or node.tag in ("math", "mstyle"):
            node.attrib |= size
            continue
        inner = ET.Element(node.tag, node.attrib)
        inner.text = node.text
        inner.extend(node)
        tail = node.tail
        node.clear()
        node.tag, node.attrib, node.tail = "mstyle", size, tail
        node.append(inner)


_SIZES = ("displaystyle", "scriptlevel")
_SPOKEN = ("intent", "arg")
"""Attributes of MathML 4, which EPUB does not have yet."""
_CHANGES = {"math": _styled, "pre": _plain, "svg": _dressed}
"""What becomes of an element with all that is in it."""


def _untabbed(node: ET.Element) -> None:
    """Put the name of each tab before its content."""
    if "tabbed-set" not in node.get("class", "").split():
        return
    by_class = {child.get("class", ""): child for child in node}
    labels, content = by_class["tabbed-labels"], by_class["tabbed-content"]
    blocks = list(content)
    for index, (label, block) in enumerate(zip(labels, blocks, strict=True)):
        name = ET.Element("p", {"class": "tab"})
        ET.SubElement(name, "strong").text = "".join(label.itertext())
        content.insert(2 * index, name)
        block.tail = "\n"
    node.remove(labels)
