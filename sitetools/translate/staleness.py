"""What is stale: each translated page knows which text of the source it follows.

Its front matter holds a hash of every section of the English page. So the status names
the sections that changed, and shows the change.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from pathlib import Path

from sitetools.content import files, notebooks, pages
from sitetools.content.project import (
    SOURCE_LANGUAGE,
    Project,
    counterpart,
    language_of,
)
from sitetools.content.sections import Section, sections
from sitetools.fault import Fault, Place, relative
from sitetools.translate import numbered
from sitetools.translate.commands import command

_LINK_TARGET = re.compile(r"\]\([^)]*\)|\{\{.*?\}\}|<[^>]*>")
_PAGE = re.compile(r"---\n(?P<head>.*?\n)---(?:\n|\Z)(?P<body>.*)", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")


def source_of(path: Path) -> Path:
    """Return the English page that a page follows.

    Raises:
        Fault: if there is none, or the path is not below docs/<language>/.
    """
    language = language_of(path)
    source = counterpart(path, SOURCE_LANGUAGE)
    if source.is_file():
        return source
    known = [relative(page) for page in Project.of(path).files(language)]
    known += [relative(page) for page in Project.of(path).pages()]
    known = [name for name in known if name != relative(path)]
    near = difflib.get_close_matches(relative(path), known, 1)
    if path.is_file() or not near:
        remedy = f"write {relative(source)}"
        remedy += f", or remove {relative(path)}" if path.is_file() else " first"
        raise Fault(path, "there is no English page of this name", remedy)
    raise Fault(path, "there is no such page", f"you may mean {near[0]}")


def translation(path: Path) -> Path:
    """Return the English page that a translation follows.

    Raises:
        Fault: if it is an English page, and as source_of().
    """
    if language_of(path) == SOURCE_LANGUAGE:
        remedy = "name its translation, such as "
        remedy += relative(counterpart(path, "ko"))
        raise Fault(path, "this is the English page", remedy)
    return source_of(path)


def hashes(path: Path) -> dict[str, str]:
    """Return a short hash of each section of a page."""
    return {section.ident: hash_of(section.text) for section in sections(path)}


def hash_of(text: str) -> str:
    """Return a short hash of a section's text."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:8]


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
    return bool(own) and any(
        ident in own or ident in {section.ident for section in new_sections(path)}
        for ident in stale(path)
    )


def new_sections(path: Path) -> list[Section]:
    """Return the sections of the English page that a translation does not have."""
    own = {section.ident for section in sections(path)}
    return [s for s in sections(source_of(path)) if s.ident not in own]


def _wordy(section: Section) -> bool:
    """Return whether a section has something to translate below its heading."""
    _, _, body = section.prose.strip().partition("\n")
    text = numbered.words_only(body if section.level else section.text)
    return len(_WORD.findall(numbered.blank(text, _LINK_TARGET))) >= 3


def untranslated(path: Path) -> list[str]:
    """Return the ids of the sections that are still the English text."""
    source = {s.ident: s.text.strip() for s in sections(source_of(path))}
    return [
        section.ident
        for section in sections(path)
        if section.text.strip() == source.get(section.ident) and _wordy(section)
    ]


def stamp(path: Path, idents: list[str] | None = None) -> None:
    """Write into the page that it follows the source as it is now.

    Args:
        path: the translated page.
        idents: the sections that are up to date; None: all.

    Raises:
        Fault: if it is the English page, has no such section, or is still English.
    """
    source = hashes(translation(path))
    for ident in idents or []:
        if ident not in source:
            problem = f"the English page has no section {ident!r}"
            raise Fault(path, problem, f"choose one of {', '.join(source)}")
    _refuse_english(path, idents)
    if idents is None and (missing := new_sections(path)):
        problem = f"{{#{missing[0].ident}}} is missing here"
        place = Place(source_of(path), missing[0].line)
        remedy = f"translate it from {place}, or stamp the other sections one by one"
        raise Fault(path, problem, remedy)
    own = stamps(path)
    marked = source if idents is None else {i: source[i] for i in idents}
    write_stamps(path, {i: value for i in source if (value := (own | marked).get(i))})


def _refuse_english(path: Path, idents: list[str] | None) -> None:
    """Refuse to stamp what is still the English text."""
    english = untranslated(path)
    if idents is None:
        wordy = sum(_wordy(section) for section in sections(path))
        refused = english if 2 * len(english) > wordy else []
    else:
        refused = [ident for ident in idents if ident in english]
    if refused:
        lines = {section.ident: section.line for section in sections(path)}
        names = ", ".join(f"{{#{ident}}}" for ident in refused)
        place = Place(path, lines[refused[0]])
        raise Fault(place, f"still in English: {names}", "translate, then stamp")


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
    if source:
        lines = [f'  {ident}: "{value}"\n' for ident, value in source.items()]
        head += "source:\n" + "".join(lines)
    files.write(path, f"---\n{head}---\n{match['body']}")


def stamp_line(path: Path, ident: str) -> int:
    """Return the line of a page's file that holds, or would hold, a section's stamp."""
    lines = files.read(path).split("\n")
    marks = (f'  {ident}: "', f'"{ident}": "')
    begun = 0
    for number, line in enumerate(lines, 1):
        if line.startswith("source:") or line.strip() == '"source": {':
            begun = number
        elif begun and line.lstrip().startswith(tuple(m.lstrip() for m in marks)):
            return number
    return begun or 2


def start(path: Path) -> None:
    """Begin a translation: a copy of the English page, stamped for nothing yet.

    Raises:
        Fault: if the page exists, has no source, or its language is not set up.
    """
    source, language = translation(path), language_of(path)
    known = Project.of(path).languages()
    if language not in known:
        remedy = f"add it by `{command('new-language', language, 'NAME')}`, or "
        remedy += f"choose one of {', '.join(known)}"
        raise Fault(path, f"there is no language {language!r}", remedy)
    if path.exists():
        raise Fault(path, "exists already", "edit it, or rename it first")
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, files.read(source))
