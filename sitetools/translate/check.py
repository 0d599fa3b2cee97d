"""What is to do on a page: the contributor's one answer."""

from __future__ import annotations

import difflib
import re
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
from sitetools.content.sections import sections
from sitetools.fault import Fault, Place, relative
from sitetools.translate import (
    changes,
    label_rules,
    notebook_rules,
    prose,
    staleness,
    strays,
    structure,
    terms,
)
from sitetools.translate.commands import command
from sitetools.translate.parts import parts

DESCRIPTION = (50, 160)
"""Letters that a description has: a search engine shows no more."""
DESCRIPTION_CJK = (35, 105)
"""The same in Chinese, Japanese and Korean, whose letters say more and are wider."""
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def check(path: Path, named: bool = True) -> list[Fault]:
    """Return what is to do on a page, or in a file of labels or terms.

    Where one fault would cause others, it alone is returned.

    Args:
        path: the file.
        named: whether someone works on it: then also what may lag is to do.
    """
    found: list[Fault] = []
    try:
        found.extend(_checker(path)(path, named))
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
    inside = path.is_relative_to(project.docs) and path.parent != project.docs
    code = path.relative_to(project.docs).parts[0] if inside else ""
    if path.suffix in (".md", ".ipynb") and code and code not in project.languages():
        remedy = f"run `{command('new-language', code, 'NAME')}`"
        raise Fault(path, f"there is no language {code!r}", remedy)
    if path.exists():
        raise Fault(path, "this is not a page", example)
    if code and counterpart(path, SOURCE_LANGUAGE).is_file():
        remedy = f"run `{command('start', name)}` to begin it"
        raise Fault(path, "this page is not translated yet", remedy)
    near = difflib.get_close_matches(name, map(relative, known), 1, 0.8)
    remedy = f"you may mean {near[0]}" if near else example
    raise Fault(path, "there is no such page", remedy)


def _labels(path: Path, named: bool) -> Iterator[Fault]:
    yield from _odd(path, files.read(path), path.parent.name) or label_rules.problems(
        path
    )


def _terms(path: Path, named: bool) -> Iterator[Fault]:
    yield from _odd(path, files.read(path), path.parent.name)
    terms.load(Project.of(path), path.parent.name)


def _odd(path: Path, text: str, language: str) -> list[Fault]:
    """Return the odd characters of a file, which cause other faults."""
    lines = list(enumerate(text.split("\n"), 1))
    return list(prose.characters(path, lines, language))


def _page(path: Path, named: bool) -> Iterator[Fault]:
    """Yield what is to do on a page, what causes other faults first."""
    language = language_of(path)
    if odd := _odd(path, pages.read(path), language):
        yield from odd
        return
    if path.suffix == ".ipynb":
        broken = list(notebook_rules.problems(path))
        yield from broken
        if broken:
            return
    yield from _description(path)
    parts(path)
    yield from prose.problems(path)
    if language == SOURCE_LANGUAGE:
        for code in COMPLETE if named else ():
            translated = counterpart(path, code)
            if code != SOURCE_LANGUAGE and translated.is_file():
                yield from _stale(translated)
    else:
        if named or language in COMPLETE:
            yield from _stale(path)
        yield from structure.differences(path, named)
        if named:
            yield from label_rules.missing(path)
    yield from terms.problems(path)


def _description(path: Path) -> Iterator[Fault]:
    """Yield a description that is too short or too long."""
    text = " ".join(pages.front_matter(path)["description"].split())
    wide = len(_CJK.findall(text)) > len(text) / 4
    low, high = DESCRIPTION_CJK if wide else DESCRIPTION
    if not low <= len(text) <= high:
        place = Place(path, files.line_of(path, "description:"))
        what = "description"
        if path.suffix == ".ipynb":
            place = Place(path, files.line_of(path, text[:20]))
            what = "first paragraph, the page's description,"
        problem = f"the {what} has {len(text)} letters"
        yield Fault(place, problem, f"write {low} to {high}")


def _stale(path: Path) -> Iterator[Fault]:
    """Yield the sections that do not follow the English page, and what to do."""
    source, own = staleness.translation(path), staleness.stamps(path)
    here, there = relative(path), relative(source)
    if not own:
        problem = "no section is stamped, so this counts as not translated"
        yield Fault(path, problem, f"translate, then run `{command('stamp', here)}`")
        return
    lines = {section.ident: section.line for section in sections(path)}
    english = {section.ident: section.line for section in sections(source)}
    now, shown = staleness.hashes(source), changes.changes(path)
    for ident in staleness.stale(path):
        stamped = Place(path, staleness.stamp_line(path, ident))
        place = Place(path, lines[ident]) if ident in lines else stamped
        stamp = f"run `{command('stamp', f'{here}#{ident}')}`"
        origin = Place(source, english.get(ident, 1))
        if ident not in english:
            problem = f"the English page has no section {{#{ident}}} any more"
            yield Fault(
                place, problem, f"remove it, then run `{command('stamp', here)}`"
            )
        elif ident not in own:
            missing = ident not in lines
            problem = (
                f"{{#{ident}}} of {origin} is {'new' if missing else 'not stamped'}"
            )
            yield Fault(place, problem, f"translate it, then {stamp}")
        else:
            text = f'"{ident}"' if path.suffix == ".ipynb" else ident
            remedy = (
                f"translate what changed, then {stamp}; after a typo, which changes "
                f"no translation, run `{command('unchanged', f'{there}#{ident}')}`, or "
                f'in a browser write `{text}: "{now[ident]}"` in {stamped}'
            )
            problem = f"{{#{ident}}} has changed in English, at {origin}"
            detail = "\n".join(f"  {line}" for line in shown.get(ident, []))
            yield Fault(place, problem, remedy, detail)
