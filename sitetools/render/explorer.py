"""The explorer: `<gradient-explorer …>` in a page, and the parts of its data.

The element only looks up what snippets/explorer/grid.py measured. Here its frozen
results become a small file per activation and normalization, and it gets its words.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markdown import Extension, Markdown

from sitetools.content import files, frozen, labels, snippets
from sitetools.content.labels import Labels
from sitetools.content.project import Project
from sitetools.fault import Fault, Place
from sitetools.render import training

NAME = "gradient-explorer"
SNIPPET = "explorer/grid"
ALONE = "assets/js/explorer-alone.js"
"""The script with its data: for a disk, and for the page with the explorer alone."""
_OPENING = re.compile(rf"<{NAME}\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_WHOLE = re.compile(rf"(?s)<{NAME}\b(?![^>]*\scontrols=).*?</{NAME}>")


class MarkdownInside(Extension):  # type: ignore[misc]
    """Allows Markdown inside the elements of both explorers, as inside a <div>."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Add the elements to those that are blocks."""
        md.block_level_elements += [NAME, training.NAME]


def parts(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Cut frozen results into the files that the element fetches, by name."""
    names = ("factor", "verdict", "leaves", "gradient", "signal")
    cut = {}
    for norm, skips in results["factor"].items():
        for activation in next(iter(skips["off"].values())):
            cut[f"{activation}-{norm}.json"] = {
                skip: {
                    init: {
                        name: results[name][norm][skip][init][activation]
                        for name in names
                    }
                    for init in inits
                }
                for skip, inits in skips.items()
            }
    return cut


def choices(results: dict[str, Any]) -> dict[str, list[str]]:
    """Return the values that each control can take, in the order of the snippet."""
    factor = results["factor"]
    inits = factor["none"]["off"]
    return {
        "activation": list(inits["he"]),
        "init": list(inits),
        "norm": list(factor),
        "residual": list(factor["none"]),
        "depth": list(inits["he"]["relu"]),
    }


def data(project: Project, warn: frozen.Warn | None = None) -> dict[str, str]:
    """Return the files that the element fetches, by name."""
    results = frozen.load(snippets.find(project, SNIPPET), warn)
    return {
        name: json.dumps(content, separators=(",", ":"))
        for name, content in parts(results).items()
    }


def alone(source: str, data: Mapping[str, str]) -> str:
    """Return the script with its data before it: no module, nothing to fetch."""
    parts = ",".join(f"{json.dumps(name)}:{text}" for name, text in data.items())
    body = source.replace("import.meta.url", "location.href")
    return f"globalThis.explorerParts={{{parts}}};\n(()=>{{\n{body}}})();\n"


def element(
    attributes: str, place: Place, own: Labels, warn: frozen.Warn | None = None
) -> str:
    """Return the opening tag with all that the element needs to begin.

    Args:
        attributes: those that the page gives.
        place: the line of the page.
        own: the words of its language.
        warn: what to do about outdated results, instead of raising.

    Raises:
        Fault: if an attribute is missing or has a value that was not measured, if the
            results cannot be trusted, or if a word is missing.
    """
    project = Project.of(place.path)
    known = choices(frozen.load(snippets.find(project, SNIPPET), warn))
    given = dict(_ATTRIBUTE.findall(attributes))
    for name, values in known.items():
        if given.get(name) not in values:
            remedy = f'write {name}="…", one of {", ".join(values)}'
            raise Fault(place, f"the explorer has no valid {name}", remedy)
    lists = {"controls": list(known), "charts": ["gradient", "signal"]}
    for name in given.keys() & lists.keys():
        if odd := set(given[name].split()) - set(lists[name]):
            problem = f"the explorer's {name} cannot be {', '.join(odd)}"
            raise Fault(place, problem, f"choose of {', '.join(lists[name])}")
    content = json.dumps(
        {"words": labels.words(project, own, "explorer"), "choices": known},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return f'<{NAME}{attributes} data-explorer="{html.escape(content)}">'


def whole(page: str) -> str:
    """Return a page's explorer, if it has one with all controls."""
    found = _WHOLE.search(page)
    return found[0] if found else ""


def fill(page: str, path: Path, own: Labels, warn: frozen.Warn | None = None) -> str:
    """Give the explorers of a page their words.

    Raises:
        Fault: as element().
    """

    def replace(match: re.Match[str]) -> str:
        place = Place(path, files.line_of(path, f"<{NAME}"))
        try:
            return element(match[1], place, own, warn)
        except Fault as fault:
            raise fault.at(place) from None

    return _OPENING.sub(replace, page)
