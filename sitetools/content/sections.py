"""The sections of a page: a heading, its id, and what follows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sitetools.content import files, pages
from sitetools.fault import Fault, Place

HEADING = re.compile(
    r"^(?P<text>(?P<level>#{1,6}) .*?)\s*(?:\{ *#(?P<id>[\w-]+) *\})?\s*$"
)


@dataclass(frozen=True)
class Section:
    """A heading and what follows it, up to the next heading."""

    ident: str
    level: int
    line: int
    text: str
    prose: str
    """The text without its fences."""

    @property
    def title(self) -> str:
        """The heading's words."""
        first = self.text.partition("\n")[0]
        return re.sub(r"^#+ | *\{ *#[\w-]+ *\}\s*$", "", first)


def sections(path: Path) -> list[Section]:
    """Return the page's sections; the first, `top`, is title and description.

    Raises:
        Fault: for a heading without an {#id}, or with one that the page has already.
    """
    return list(_sections(path, files.read(path)))


@lru_cache(maxsize=500)  # a build asks for each often
def _sections(path: Path, text: str) -> list[Section]:
    meta = pages.front_matter(path)
    heads = [("top", 0, 1)]
    texts = [f"{meta.get('title', '')}\n{meta.get('description', '')}"]
    proses = [""]
    outside = dict(pages.prose(path, includes=False))
    for number, line in enumerate(pages.read(path).split("\n"), 1):
        is_prose = number in outside
        if heading := HEADING.match(line) if is_prose else None:
            place, ident = Place(path, number), heading["id"]
            if not ident:
                remedy = (
                    "write it after the heading, as in {#kinds}; in a translation, "
                    "that of the English page"
                )
                raise Fault(place, "this heading has no id", remedy)
            if any(ident == known for known, *_ in heads):
                problem = f"the id {ident!r} is on this page already"
                raise Fault(place, problem, "choose another")
            heads.append((ident, len(heading["level"]), number))
            texts.append("")
            proses.append("")
        if is_prose or len(heads) > 1:
            texts[-1] += line + "\n"
        if is_prose:
            proses[-1] += line + "\n"
    return [
        Section(*head, text, prose)
        for head, text, prose in zip(heads, texts, proses, strict=True)
    ]
