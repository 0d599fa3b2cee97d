"""Numbers in prose: `{{ topic/name:key.key | format }}` becomes a frozen result.

The format is Python's (`.2f`, `.1%`, `.1e`, `d`); exponents are set as powers of ten.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sitetools.content import frozen, pages, snippets
from sitetools.content.project import Project
from sitetools.fault import Fault, Place

PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}")
_FORM = re.compile(r"\s*([\w/-]+):([\w.-]+)\s*\|\s*([^\s|]+)\s*")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def superscript(exponent: str) -> str:
    """Return an exponent in small raised digits, which are letters of their own."""
    return exponent.translate(_SUPERSCRIPT)


def formatted(value: float, spec: str) -> str:
    """Return the number as prose writes it: `2.1×10⁻¹²`, `−0.35`, `95.7%`."""
    text = format(value, spec)
    mantissa, e, exponent = text.partition("e")
    if e:
        text = f"{mantissa}×10{superscript(str(int(exponent)))}"
    return text.replace("-", "\N{MINUS SIGN}")


def fill(inner: str, place: Place, results_of: Callable[[str], Any]) -> str:
    """Return the text for what is between the braces.

    Args:
        inner: what is between the braces.
        place: the line of the page.
        results_of: returns the frozen results of a snippet, by its name.

    Raises:
        Fault: if it names no frozen number or has no valid format.
    """
    match = _FORM.fullmatch(inner)
    problem = f"{{{{{inner}}}}}"
    if not match:
        remedy = "write {{ topic/name:key.key | .2f }}, with a format after the bar"
        raise Fault(place, f"{problem} is not a number", remedy)
    name, keys, spec = match.groups()
    try:
        value: Any = frozen.look_up(results_of(name), keys.split("."))
        return formatted(value, spec)
    except LookupError as error:
        remedy = "choose one of them"
        raise Fault(place, f"{problem}: {error.args[0]}", remedy) from None
    except Fault as fault:
        raise fault.at(place) from None
    except (ValueError, TypeError) as error:
        raise Fault(place, f"{problem}: {error}", "name one number") from None


def fill_page(text: str, path: Path, warn: frozen.Warn | None = None) -> str:
    """Return a page's Markdown with every placeholder outside fences filled.

    Args:
        text: the page's Markdown, in which lines may have been added.
        path: the page.
        warn: what to do about outdated results, instead of raising.

    Raises:
        Fault: naming the line of a placeholder that cannot be filled.
    """
    project, loaded = Project.of(path), dict[str, Any]()

    def results_of(name: str) -> Any:  # noqa: ANN401
        if name not in loaded:
            loaded[name] = frozen.load(snippets.find(project, name), warn)
        return loaded[name]

    def filled(line: str, place: Place) -> str:
        return PLACEHOLDER.sub(lambda match: fill(match[1], place, results_of), line)

    def outside(markdown: str) -> list[tuple[int, str]]:
        return pages.outside_fences(list(enumerate(markdown.split("\n"), 1)), path)

    places = {
        line: Place(path, number)
        for number, line in outside(pages.read(path))
        if PLACEHOLDER.search(line)
    }
    lines = text.split("\n")
    for number, line in outside(text) if places else []:
        if line in places:
            lines[number - 1] = filled(line, places[line])
    return "\n".join(lines)
