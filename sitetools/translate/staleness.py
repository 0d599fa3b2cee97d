"""What is stale: each translated page knows which text of the source it follows.

Its front matter holds a hash of every section of the English page. So the status names
the sections that changed, and shows the change.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sitetools.content import files, git, notebooks, pages
from sitetools.content.project import (
    SOURCE_LANGUAGE,
    Project,
    counterpart,
    language_of,
)
from sitetools.content.sections import Section, sections
from sitetools.fault import Fault, Place, relative


def source_of(path: Path) -> Path:
    """Return the English page that a page follows.

    Raises:
        Fault: if there is none, or the path is not below docs/<language>/.
    """
    language_of(path)
    source = counterpart(path, SOURCE_LANGUAGE)
    if source.is_file():
        return source
    known = [relative(page) for page in Project.of(path).pages()]
    near = difflib.get_close_matches(relative(source), known, 1)
    remedy = f"did you mean {near[0]}?" if near else "write the English page first"
    raise Fault(path, f"there is no {relative(source)}", remedy)


def hashes(path: Path) -> dict[str, str]:
    """Return a short hash of each section of a page."""
    return {section.ident: _hash(section.text) for section in sections(path)}


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
    """Return the ids of the sections whose source changed since the last stamp."""
    source, own = hashes(source_of(path)), stamps(path)
    return [
        ident
        for ident in [*source, *(set(own) - set(source))]
        if own.get(ident) != source.get(ident)
    ]


def new_sections(path: Path) -> list[Section]:
    """Return the sections of the English page that a translation does not have."""
    own = {section.ident for section in sections(path)}
    return [s for s in sections(source_of(path)) if s.ident not in own]


def stamp(path: Path, idents: list[str] | None = None) -> None:
    """Write into the page that it follows the source as it is now.

    Args:
        path: the translated page.
        idents: the sections that are up to date; None: all.

    Raises:
        Fault: if it has no front matter, or no such section.
    """
    source = hashes(source_of(path))
    if idents is None:
        _write_stamps(path, source)
        return
    for ident in idents:
        if ident not in source:
            problem = f"the English page has no section {ident!r}"
            raise Fault(path, problem, f"choose of {', '.join(source)}")
    own = stamps(path)
    kept = {
        ident: source[ident] if ident in idents else own.get(ident, "")
        for ident in source
    }
    _write_stamps(path, {ident: value for ident, value in kept.items() if value})


def _write_stamps(path: Path, source: dict[str, str]) -> None:
    """Write the hashes into the page's front matter, or a notebook's metadata."""
    if path.suffix == ".ipynb":
        cells, _ = notebooks.load(files.read(path), path)
        files.write(path, notebooks.dump(cells, source))
        return
    pages.front_matter(path)  # names what is wrong with it
    head, body = pages.read(path)[4:].split("\n---\n", 1)
    head = re.sub(r"(?m)^source:.*\n(?:  .*\n?)*", "", head + "\n")
    if source:
        lines = [f'  {ident}: "{value}"\n' for ident, value in source.items()]
        head += "source:\n" + "".join(lines)
    files.write(path, f"---\n{head}---\n{body}")


def start(path: Path) -> None:
    """Begin a translation: a copy of the English page, stamped for nothing yet.

    Raises:
        Fault: if the page exists, has no source, or its language is not set up.
    """
    source, language = source_of(path), language_of(path)
    known = Project.of(path).languages()
    if language not in known:
        remedy = (
            f"add it by `make language LANG={language} NAME=…`, or choose one of "
            f"{', '.join(known)}"
        )
        raise Fault(path, f"there is no language {language!r}", remedy)
    if path.exists():
        raise Fault(path, "exists already", "edit it, or rename it first")
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, files.read(source))


@contextmanager
def as_it_was(commit: str, path: Path) -> Iterator[Path | None]:
    """Give a copy of a page as it was in a commit, or None if it was not there."""
    project = Project.of(path)
    text = git.run(project.root, "show", f"{commit}:{relative(path)}")
    old = project.cache / "as-it-was" / f"{commit}{path.suffix}"
    if text is None:
        yield None
        return
    old.parent.mkdir(parents=True, exist_ok=True)
    files.write(old, text)
    try:
        yield old
    finally:
        old.unlink()


def _sections_at(commit: str, path: Path) -> dict[str, str]:
    """Return the texts of a page's sections as they were in a commit, by id."""
    with as_it_was(commit, path) as old:
        try:
            return {s.ident: s.text for s in sections(old)} if old else {}
        except Fault:  # a page that was broken then
            return {}


def _hash(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()[:8]


def changes(path: Path) -> dict[str, list[str]]:
    """Return how each section of the source changed since a page was stamped, by id.

    Lines begin with `- ` (was) or `+ ` (is). A section is left out where it did not
    change, or where git does not know the text that the page follows.
    """
    source, own = source_of(path), stamps(path)
    now = {s.ident: s.text for s in sections(source)}
    waiting = {i for i in now if i in own and own[i] != _hash(now[i])}
    found: dict[str, list[str]] = {}
    root = Project.of(path).root
    for commit in (
        git.run(root, "log", "--format=%H", "--", str(source)) or ""
    ).split():
        if not waiting:
            break
        for ident, then in _sections_at(commit, source).items():
            if ident in waiting and _hash(then) == own[ident]:
                waiting.discard(ident)
                was, is_now = (t.strip().split("\n") for t in (then, now[ident]))
                lines = difflib.ndiff(was, is_now)
                found[ident] = [line for line in lines if line[0] in "-+"]
    return found


def unchanged(source: Path) -> list[str]:
    """Stamp, in all languages, what changed in an English page since the last commit.

    Only sections that were up to date before the change: what was stale stays stale.

    Returns:
        a line for each page and section that was stamped.

    Raises:
        Fault: if it is not an English page, or git does not know it.
    """
    project = Project.of(source)
    if not source.is_relative_to(project.docs / SOURCE_LANGUAGE):
        remedy = f"name the one below docs/{SOURCE_LANGUAGE}/ that you changed"
        raise Fault(source, "not an English page", remedy)
    before = {k: _hash(text) for k, text in _sections_at("HEAD", source).items()}
    if not before:
        problem = "git has no earlier version to compare with"
        raise Fault(source, problem, "stamp the translations one by one")
    now = hashes(source)
    changed = [ident for ident in now if before.get(ident) not in (None, now[ident])]
    done = []
    for language in project.translations():
        path = counterpart(source, language)
        if not path.is_file():
            continue
        own = stamps(path)
        current = [ident for ident in changed if own.get(ident) == before[ident]]
        if current:
            stamp(path, [*current, *(i for i in own if own[i] == now.get(i))])
            done.append(f"{relative(path)}: {', '.join(current)}")
    return done


@dataclass
class Progress:
    """How far the translation of a page is."""

    path: Path
    source: Path
    total: int
    """Sections of the English page."""
    stale: list[str]
    """Ids of those that are not up to date; all of them if the page is missing."""

    @property
    def state(self) -> str:
        """`missing`, `stale` or `current`."""
        if not self.path.is_file():
            return "missing"
        return "stale" if self.stale else "current"


def progress(project: Project, language: str) -> list[Progress]:
    """Return the state of each page of a language."""
    found = []
    for source in project.pages():
        path, own = counterpart(source, language), list(hashes(source))
        old = stale(path) if path.is_file() else own
        found.append(Progress(path, source, len(own), old))
    return found


def percentage(entries: list[Progress]) -> int:
    """Return how much is up to date, in whole percent of sections, never rounded up."""
    total = sum(entry.total for entry in entries)
    fresh = sum(max(entry.total - len(entry.stale), 0) for entry in entries)
    return 100 * fresh // total
