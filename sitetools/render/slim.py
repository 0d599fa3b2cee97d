"""A lighter SVG, drawn the same: most of what matplotlib writes says nothing new.

Groups that group nothing, a `<use>` for each tick and marker and a style on every text
are half of a figure's bytes, and each element is one that the browser must lay out.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import groupby

SVG = "{http://www.w3.org/2000/svg}"
_POINTS = {"M": 1, "L": 1, "Q": 2, "C": 3, "Z": 0}
_FLAT = 0.05  # a bend in a line that no screen shows

Command = tuple[str, list[float]]


def slim(root: ET.Element, prefix: str) -> None:
    """Make a figure lighter; the ids in it begin with the prefix.

    What matplotlib says of nearly everything, site.css says of the whole figure: texts
    of 9 px, round joins of lines.
    """
    for text in root.iter(f"{SVG}text"):
        _merge_spans(text)
    for element in root.iter():
        for part in element.attrib.pop("style", "").split(";"):
            name, _, value = map(str.strip, part.partition(":"))
            # An attribute, not a style: the page's policy then needs to allow none.
            if name and (name, value) != ("font-size", "9px") and name != "font-family":
                element.set(name, value)
    marks = {
        path.attrib["id"]: path
        for defs in root.iter(f"{SVG}defs")
        for path in defs.findall(f"{SVG}path")
    }
    _thin(root, marks)
    _join_paths(root)
    for element in root.iter():
        if element.get("transform", "").startswith("rotate(-0 "):
            del element.attrib["transform"]
        if "d" in element.attrib:
            element.set("d", "".join(_relative(_commands(element.attrib["d"]))))
        for name in {"x", "y", "width", "height", "transform"} & element.attrib.keys():
            element.set(name, re.sub(r"-?\d+\.\d+", _tenth, element.attrib[name]))
    ids = {
        element.attrib["id"]: f"{prefix}-{number}"
        for number, element in enumerate(e for e in root.iter() if "id" in e.attrib)
    }
    for element in root.iter():
        for name in {"id", "href", "clip-path"} & element.attrib.keys():
            found = re.sub(r"[\w-]{8,}", lambda m: ids[m[0]], element.attrib[name])
            element.set(name, found)


def _merge_spans(text: ET.Element) -> None:
    """Join letters of one size and height: the page's font says where they stand."""
    before: ET.Element | None = None
    for span in list(text):
        if before is not None and all(
            before.get(name) == span.get(name) for name in ("y", "style")
        ):
            before.text = f"{before.text or ''}{span.text or ''}"
            text.remove(span)
        else:
            before = span


def _thin(element: ET.Element, marks: dict[str, ET.Element]) -> None:
    """Take away what shows nothing; make the `<use>` of a mark the mark itself."""
    for child in list(element):
        element.remove(child)
        _thin(child, marks)
        tag, href = child.tag.removeprefix(SVG), child.get("href", "")[1:]
        if tag == "use" and href in marks:
            element.append(_mark(child, marks[href]))
        elif tag == "g" and not child.attrib:
            element.extend(child)
        elif tag == "g" and child.attrib.keys() == {"transform"} and len(child) == 1:
            if "transform" not in child[0].attrib:
                child[0].set("transform", child.attrib["transform"])
                child = child[0]
            element.append(child)
        elif not (
            tag == "style"
            or (tag in ("g", "defs") and not len(child))
            or child.get("id") in marks
            or (
                tag == "path"
                and child.get("fill") == "none"
                and not child.get("stroke")
            )
        ):
            element.append(child)


def _mark(use: ET.Element, mark: ET.Element) -> ET.Element:
    """Return a mark at its place; its tenths are the same at each."""
    attributes = {**use.attrib, **mark.attrib}
    x, y = (round(float(attributes.pop(name, "0")), 1) for name in "xy")
    for name in ("href", "id"):
        attributes.pop(name)
    path = ET.Element(f"{SVG}path", attributes)
    moved = (
        (command, [round(n, 1) + (x, y)[i % 2] for i, n in enumerate(numbers)])
        for command, numbers in _commands(mark.attrib["d"])
    )
    path.set(
        "d", " ".join(f"{c} {' '.join(f'{n:.1f}' for n in ns)}" for c, ns in moved)
    )
    return path


def _join_paths(element: ET.Element) -> None:
    """Make one path of neighbours that look the same.

    Ticks lie outside of what is plotted: they may come before their numbers and before
    lines. Nothing is joined that shines through or covers another's border.
    """
    ticks: dict[str, ET.Element] = {}
    before: dict[str, ET.Element] = {}
    for child in list(element):
        _join_paths(child)
        if child.tag == f"{SVG}text":
            continue
        look = {name: value for name, value in child.items() if name != "d"}
        colours = {look.get("fill", "none"), look.get("stroke", "none")} - {"none"}
        alone = child.tag != f"{SVG}path" or len(colours) > 1
        alone = alone or any("opacity" in name for name in look)
        outside = look.keys() == {"stroke", "stroke-width"}
        seen = before if not outside or "clip-path" in element.attrib else ticks
        same = seen.get(str(sorted(look.items())))
        if same is not None and not alone:
            same.set("d", f"{same.attrib['d']} {child.attrib['d']}")
            element.remove(child)
            continue
        if seen is before:
            before.clear()
        if not alone:
            seen[str(sorted(look.items()))] = child


def _commands(d: str) -> Iterator[Command]:
    """Yield the commands of a path by matplotlib, which are absolute."""
    for command, rest in re.findall(r"([MLQCz])([^MLQCz]*)", d):
        numbers = [float(number) for number in rest.split()]
        size = 2 * _POINTS[command.upper()]
        for start in range(0, len(numbers) or 1, size or 1):
            yield command, numbers[start : start + size]


def _relative(commands: Iterator[Command]) -> Iterator[str]:
    """Yield a path of short numbers: tenths, each relative to the point before."""
    at = [0, 0]
    end = [0.0, 0.0]
    for name, group in groupby(commands, key=lambda command: command[0]):
        values = [numbers for _, numbers in group]
        if name == "z":
            yield "z"
            continue
        if name == "L":
            values = _bends([end, *values])[1:]
        end = values[-1][-2:]
        parts = []
        for numbers in values:
            tenths = [round(10 * number) for number in numbers]
            origin = [0, 0] if name == "M" else at
            parts += [_number(n - origin[i % 2]) for i, n in enumerate(tenths)]
            at = tenths[-2:]
        text = "".join(part if part[0] == "-" else f" {part}" for part in parts)
        yield (name if name == "M" else name.lower()) + text.lstrip()


def _bends(points: list[list[float]]) -> list[list[float]]:
    """Return the points at which a line bends visibly (Ramer, Douglas and Peucker)."""
    (x, y), (right, bottom) = points[0], points[-1]
    length = ((right - x) ** 2 + (bottom - y) ** 2) ** 0.5
    off = [
        abs((right - x) * (q - y) - (bottom - y) * (p - x)) / length
        if length
        else ((p - x) ** 2 + (q - y) ** 2) ** 0.5
        for p, q in points
    ]
    worst = max(range(len(points)), key=off.__getitem__)
    if off[worst] <= _FLAT:
        return [points[0], points[-1]]
    return _bends(points[: worst + 1])[:-1] + _bends(points[worst:])


def _number(tenths: int) -> str:
    whole, rest = divmod(abs(tenths), 10)
    text = f"{whole or ''}.{rest}" if rest else f"{whole}"
    return f"-{text}" if tenths < 0 else text


def _tenth(match: re.Match[str]) -> str:
    return _number(round(10 * float(match[0])))
