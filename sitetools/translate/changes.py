"""What changed in English since a page was translated, as far as git knows."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

from sitetools.content import files, git
from sitetools.content.project import (
    COMPLETE,
    SOURCE_LANGUAGE,
    Project,
    counterpart,
    language_of,
)
from sitetools.content.sections import sections
from sitetools.fault import Fault, Place, relative
from sitetools.translate import command, staleness


def followed(path: Path) -> Iterator[tuple[Path, set[str]]]:
    """Yield the English page as it was when sections were stamped that are now stale.

    Each is a copy, there until the next is asked for, with the ids of the sections that
    follow it. Sections that follow no text that git knows are left out.
    """
    source, own = staleness.source_of(path), staleness.stamps(path)
    project, waiting = Project.of(path), {i for i in staleness.stale(path) if i in own}
    log = git.run(project.root, "log", "--format=%H", "--", str(source))
    for commit in (log or "").split() if waiting else ():
        text = git.run(project.root, "show", f"{commit}:./{relative(source)}") or ""
        old = project.cache / "as-it-was" / f"{commit}-{os.getpid()}{source.suffix}"
        old.parent.mkdir(parents=True, exist_ok=True)
        files.write(old, text)
        try:
            then = staleness.hashes(old)
            if found := {ident for ident in waiting if then.get(ident) == own[ident]}:
                yield old, found
                waiting -= found
        except Fault:  # a page that was broken then
            continue
        finally:
            old.unlink()
        if not waiting:
            return


def changes(path: Path) -> dict[str, list[str]]:
    """Return how each section of the source changed since a page was stamped, by id.

    Lines begin with `- ` (was) or `+ ` (is). A section is left out where it did not
    change, or where git does not know the text that the page follows.
    """
    now = {s.ident: s.text for s in sections(staleness.source_of(path))}
    found: dict[str, list[str]] = {}
    for version, idents in followed(path):
        then = {s.ident: s.text for s in sections(version)}
        for ident in idents & now.keys():
            was, is_now = (t.strip().split("\n") for t in (then[ident], now[ident]))
            lines = difflib.ndiff(was, is_now)
            found[ident] = [line for line in lines if line[0] in "-+"]
    return found


def outdated(path: Path) -> Iterator[Fault]:
    """Yield the sections that do not follow the English page, and what to do."""
    source, own = staleness.translation(path), staleness.stamps(path)
    here, there = relative(path), relative(source)
    if not own:
        problem = "no section is stamped, so this counts as not translated"
        yield Fault(path, problem, f"translate, then run `{command('stamp', here)}`")
        return
    lines = {section.ident: section.line for section in sections(path)}
    english = {section.ident: section.line for section in sections(source)}
    shown = changes(path)
    for ident in staleness.stale(path):
        stamped, wanted = staleness.stamp_of(path, ident)
        place = Place(path, lines[ident]) if ident in lines else stamped
        origin = Place(source, english.get(ident, 1))
        stamp = f"run `{command('stamp', f'{here}#{ident}')}`"
        if ident not in english:
            problem = f"the English page has no section {{#{ident}}} any more"
            remedy = f"remove it, then run `{command('stamp', here)}`"
        elif ident not in own:
            what = "not stamped" if ident in lines else "new"
            problem = f"{{#{ident}}} of {origin} is {what}"
            remedy = f"translate it, then {stamp}"
        else:
            problem = f"{{#{ident}}} has changed in English, at {origin}"
            remedy = (
                f"translate what changed, then {stamp}; after a typo, which changes "
                f"no translation, run `{command('unchanged', f'{there}#{ident}')}`, or "
                f"in a browser write `{wanted}` in {stamped}"
            )
        detail = "\n".join(f"  {line}" for line in shown.get(ident, []))
        yield Fault(place, problem, remedy, detail)


def unchanged(source: Path, only: str = "") -> list[str]:
    """Stamp, in all languages, changes of an English page that need no translation.

    These are its changes since the complete languages were current, committed or not.
    What another language has not followed before stays stale there.

    Args:
        source: the English page.
        only: the id of one section; by default, all.

    Returns:
        what to print: each change, and the pages that were stamped.

    Raises:
        Fault: if it is not an English page, or has no such section.
    """
    project = Project.of(source)
    if not source.is_relative_to(project.docs / SOURCE_LANGUAGE):
        remedy = f"name the one below docs/{SOURCE_LANGUAGE}/ that you changed"
        raise Fault(source, "not an English page", remedy)
    now = staleness.hashes(source)
    if only and only not in now:
        remedy = f"choose one of {', '.join(now)}"
        raise Fault(source, f"there is no section {only!r}", remedy)
    pages = [counterpart(source, code) for code in project.translations()]
    own = {page: staleness.stamps(page) for page in pages if page.is_file()}
    new = {page: dict(stamps) for page, stamps in own.items()}
    done: list[str] = []
    for leader in [page for page in own if language_of(page) in COMPLETE]:
        shown = changes(leader)
        for ident in [only] if only else now:
            before = own[leader].get(ident)
            if before in (None, now[ident]):
                continue
            following = [page for page in own if own[page].get(ident) == before]
            for page in following:
                new[page][ident] = now[ident]
            lines = shown.get(ident, ["(git does not know the earlier text)"])
            done += [f"{relative(source)}#{ident}", *(f"  {line}" for line in lines)]
            done.append(f"  stamped in {', '.join(map(relative, following))}")
    for page in own:
        if new[page] != own[page]:
            staleness.write_stamps(page, new[page])
    return done
