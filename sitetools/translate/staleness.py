"""What is stale: each translated page knows which text of the source it follows.

Its front matter holds a hash of every section of the English page. So the status names
the sections that changed, and shows the change.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from sitetools.content import files, notebooks, pages
from sitetools.content.project import (
    SOURCE_LANGUAGE,
    counterpart,
    language_of,
)
from sitetools.content.sections import Section, sections
from sitetools.fault import Fault, Place, relative
from sitetools.translate.parts import blank, words_only

_LINK_TARGET = re.compile(r"\]\([^)]*\)|\{\{.*?\}\}|<[^>]*>")
_PAGE = re.compile(r"---\n(?P<head>.*?\n)---(?:\n|\Z)(?P<body>.*)", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")


def source_of(path: Path) -> Path:
    """Return the English page that a page follows.

    Raises:
        Fault: if there is none, or the path is not below docs/<language>/.
    """
    source = counterpart(path, SOURCE_LANGUAGE)
    if not source.is_file():
        remedy = f"write {relative(source)}, or rename this one"
        raise Fault(path, "there is no English page of this name", remedy)
    return source


def translation(path: Path) -> Path:
    """Return the English page that a translation follows.

    Raises:
        Fault: if it is an English page, and as source_of().
    """
    if language_of(path) == SOURCE_LANGUAGE:
        remedy = f"name its translation, such as {relative(counterpart(path, 'ko'))}"
        raise Fault(path, "this is the English page", remedy)
    return source_of(path)


def hashes(path: Path) -> dict[str, str]:
    """Return a short hash of each section of a page."""
    return {
        section.ident: hashlib.sha256(section.text.strip().encode()).hexdigest()[:8]
        for section in sections(path)
    }


def stamps(path: Path) -> dict[str, str]:
    """Return the hashes of the source that a page says it follows.

    Raises:
        Fault: if they are not hashes by section.
    """
    found = pages.front_matter(path).get("source") or {}
    if not isinstance(found, dict):
        place = Place(path, files.line_of(path, "source:"))
        remedy = "remove `source` and stamp the page"
        raise Fault(place, "`source` has no hashes by section", remedy)
    return {str(key): str(value) for key, value in found.items()}


def stale(path: Path) -> list[str]:
    """Return the ids of the sections whose source changed since the last stamp.

    Those that only the source had once come last.
    """
    source, own = hashes(source_of(path)), stamps(path)
    changed = [ident for ident in source if own.get(ident) != source[ident]]
    gone = [s.ident for s in sections(path) if s.ident in own.keys() - source.keys()]
    return changed + gone


def has_changed(path: Path) -> bool:
    """Return whether the source changed since a page, or a part of it, was stamped."""
    own = stamps(path)
    known = own.keys() | {section.ident for section in new_sections(path)}
    return bool(own) and not known.isdisjoint(stale(path))


def new_sections(path: Path) -> list[Section]:
    """Return the sections of the English page that a translation does not have."""
    own = {section.ident for section in sections(path)}
    return [s for s in sections(source_of(path)) if s.ident not in own]


def stamp(path: Path, only: str = "") -> None:
    """Write into the page that it follows the source as it is now.

    Args:
        path: the translated page.
        only: the id of the one section that is up to date; by default, all are.

    Raises:
        Fault: if it is the English page, has no such section, or is still English.
    """
    source = hashes(translation(path))
    if only and only not in source:
        problem = f"the English page has no section {only!r}"
        raise Fault(path, problem, f"choose one of {', '.join(source)}")
    english = [s for s in _untranslated(path) if s.ident == only or not only]
    if english and (only or 2 * len(english) > len(source)):
        names = ", ".join(f"{{#{section.ident}}}" for section in english)
        place = Place(path, english[0].line)
        raise Fault(place, f"still in English: {names}", "translate, then stamp")
    if not only and (missing := new_sections(path)):
        problem = f"{{#{missing[0].ident}}} is missing here"
        place = Place(source_of(path), missing[0].line)
        remedy = f"translate it from {place}, or stamp the other sections one by one"
        raise Fault(path, problem, remedy)
    now = stamps(path) | ({only: source[only]} if only else source)
    write_stamps(path, {ident: now[ident] for ident in source if ident in now})


def _untranslated(path: Path) -> list[Section]:
    """Return the sections with words that are still the English text."""
    english = {s.ident: s.text.strip() for s in sections(source_of(path))}
    found = []
    for section in sections(path):
        text = section.text.strip()
        body = section.prose.strip().partition("\n")[2] if section.level else text
        words = _WORD.findall(blank(words_only(body), _LINK_TARGET))
        if text == english.get(section.ident) and len(words) >= 3:
            found.append(section)
    return found


def write_stamps(path: Path, source: dict[str, str]) -> None:
    """Write hashes into a page's front matter, or a notebook's metadata."""
    if path.suffix == ".ipynb":
        cells, _ = notebooks.load(files.read(path), path)
        files.write(path, notebooks.dump(cells, source))
        return
    pages.front_matter(path)  # names what is wrong with it
    match = _PAGE.match(pages.read(path))
    assert match
    head = re.sub(r"(?m)^source:.*\n(?:  .*\n?)*", "", match["head"])
    lines = [f'  {ident}: "{value}"\n' for ident, value in source.items()]
    head += "".join(["source:\n", *lines] if lines else [])
    files.write(path, f"---\n{head}---\n{match['body']}")


def stamp_of(path: Path, ident: str) -> tuple[Place, str]:
    """Return where a section's stamp is, or would be, and what to write there."""
    quoted = path.suffix == ".ipynb"
    mark = f'"{ident}": "' if quoted else f'{ident}: "'
    value = hashes(source_of(path)).get(ident, "")
    begins = mark if ident in stamps(path) else '"source": {' if quoted else "source:"
    lines = enumerate(files.read(path).split("\n"), 1)
    found = (number for number, line in lines if line.strip().startswith(begins))
    return Place(path, next(found, 1)), f'{mark}{value}"'
