"""What is to do on a page: the contributor's one answer."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from sitetools.content import files, pages
from sitetools.content.project import (
    COMPLETE,
    SOURCE_LANGUAGE,
    Project,
    counterpart,
    language_of,
)
from sitetools.fault import Fault, Place, relative
from sitetools.translate import (
    changes,
    command,
    label_rules,
    notebook_rules,
    prose,
    strays,
    structure,
    terms,
)
from sitetools.translate.parts import parts

DESCRIPTION = (50, 160)
"""Letters that a description has: a search engine shows no more."""
WIDE = 1.5
"""Letters that one of Chinese, Japanese or Korean counts for."""


def check(path: Path, named: bool = True) -> list[Fault]:
    """Return what is to do on a page, or in a file of labels or terms.

    Where one fault would cause others, it alone is returned.

    Args:
        path: the file.
        named: whether someone works on it: then also what may lag is to do.
    """
    found: list[Fault] = []
    try:
        checker = _checker(path)
        found += prose.characters(path)
        if not found:
            found.extend(checker(path, named))
    except Fault as fault:
        found.append(fault)
    return found


def check_all(project: Project) -> Iterator[Fault]:
    """Yield what is to do on the whole site; languages may lag behind English."""
    yield from strays.problems(project)
    said = set[str]()
    for path in _known(project):
        for fault in check(path, named=False):
            if str(fault) not in said:  # of an English page, each language says it
                said.add(str(fault))
                yield fault


def _known(project: Project) -> list[Path]:
    """Return all files that can be checked."""
    found: list[Path] = []
    for code in project.languages():
        words = (project.docs / code / name for name in ("labels.yml", "terms.yml"))
        found += [path for path in words if path.is_file()]
        found += project.files(code)
    return found


def _checker(path: Path) -> Callable[[Path, bool], Iterator[Fault]]:
    """Return what checks a file.

    Raises:
        Fault: if there is no such file, or it is nothing that can be checked.
    """
    project = Project.of(path)
    known = _known(project)
    if path in known:
        return {"labels.yml": _labels, "terms.yml": _terms}.get(path.name, _page)
    name, example = relative(path), "name a page such as docs/ko/index.md"
    if path.exists():
        raise Fault(path, "this is not a page", example)
    inside = path.is_relative_to(project.docs) and path.parent != project.docs
    if inside and counterpart(path, SOURCE_LANGUAGE).is_file():
        remedy = f"run `{command('start', name)}` to begin it"
        raise Fault(path, "this page is not translated yet", remedy)
    near = difflib.get_close_matches(name, map(relative, known), 1, 0.8)
    remedy = f"you may mean {near[0]}" if near else example
    raise Fault(path, "there is no such page", remedy)


def _labels(path: Path, named: bool) -> Iterator[Fault]:
    yield from label_rules.problems(path)


def _terms(path: Path, named: bool) -> Iterator[Fault]:
    terms.load(Project.of(path), path.parent.name)
    yield from ()


def _page(path: Path, named: bool) -> Iterator[Fault]:
    """Yield what is to do on a page, what causes other faults first."""
    if path.suffix == ".ipynb" and (broken := list(notebook_rules.problems(path))):
        yield from broken
        return
    yield from _description(path)
    pages.expand(path)  # says which include cannot be found
    parts(path)
    yield from prose.problems(path)
    language = language_of(path)
    if language == SOURCE_LANGUAGE:
        for code in COMPLETE if named else ():
            translated = counterpart(path, code)
            if code != SOURCE_LANGUAGE and translated.is_file():
                yield from changes.outdated(translated)
    else:
        if named or language in COMPLETE:
            yield from changes.outdated(path)
        yield from structure.differences(path, named)
        if named:
            yield from label_rules.missing(path)
    yield from terms.problems(path)


def _description(path: Path) -> Iterator[Fault]:
    """Yield a description that is too short or too long."""
    text = " ".join(pages.front_matter(path)["description"].split())
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    length, (low, high) = len(text) + (WIDE - 1) * wide, DESCRIPTION
    if not low <= length <= high:
        what, begins = "description", "description:"
        if path.suffix == ".ipynb":
            what, begins = "first paragraph, the page's description,", text[:20]
        problem = f"the {what} is too {'short' if length < low else 'long'}"
        remedy = f"write {low} to {high} letters, 35 to 105 in Korean and the like"
        yield Fault(Place(path, files.line_of(path, begins)), problem, remedy)
