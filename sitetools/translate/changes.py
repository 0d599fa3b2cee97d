"""What changed in English since a page was translated, as far as git knows."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

from sitetools.content import files, git
from sitetools.content.project import COMPLETE, SOURCE_LANGUAGE, Project, counterpart
from sitetools.content.sections import sections
from sitetools.fault import Fault, relative
from sitetools.translate import staleness


def versions(path: Path) -> Iterator[Path]:
    """Yield copies of a page as it was in each commit, the newest first.

    Each is there until the next is asked for.
    """
    project = Project.of(path)
    log = git.run(project.root, "log", "--format=%H", "--", str(path)) or ""
    for commit in log.split():
        text = git.run(project.root, "show", f"{commit}:./{relative(path)}")
        if text is None:
            continue
        name = f"{commit}-{os.getpid()}{path.suffix}"
        old = project.cache / "as-it-was" / name
        old.parent.mkdir(parents=True, exist_ok=True)
        files.write(old, text)
        try:
            yield old
        finally:
            old.unlink(missing_ok=True)


def is_whole(project: Project) -> bool:
    """Return whether git knows all versions of the pages."""
    answer = git.run(project.root, "rev-parse", "--is-shallow-repository")
    return (answer or "").strip() == "false"


def changes(path: Path) -> dict[str, list[str]]:
    """Return how each section of the source changed since a page was stamped, by id.

    Lines begin with `- ` (was) or `+ ` (is). A section is left out where it did not
    change, or where git does not know the text that the page follows.
    """
    source, own = staleness.source_of(path), staleness.stamps(path)
    now = {s.ident: s.text for s in sections(source)}
    old = staleness.stale(path)
    waiting = {ident for ident in old if ident in now and ident in own}
    found: dict[str, list[str]] = {}
    for version in versions(source) if waiting else ():
        try:
            then = {s.ident: s.text for s in sections(version)}
        except Fault:  # a page that was broken then
            continue
        for ident in [
            i for i in waiting if staleness.hash_of(then.get(i, "")) == own[i]
        ]:
            waiting.discard(ident)
            was, is_now = (t.strip().split("\n") for t in (then[ident], now[ident]))
            lines = difflib.ndiff(was, is_now)
            found[ident] = [line for line in lines if line[0] in "-+"]
        if not waiting:
            break
    return found


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
    leaders = [p for p in own if p.relative_to(project.docs).parts[0] in COMPLETE]
    done: list[str] = []
    marked: dict[Path, dict[str, str]] = {page: {} for page in own}
    for leader in leaders:
        shown = changes(leader)
        for ident in [only] if only else now:
            before = own[leader].get(ident)
            if before in (None, now[ident]):
                continue
            done.append(f"{relative(source)}#{ident}")
            lines = shown.get(ident, ["(git does not know the earlier text)"])
            done += [f"  {line}" for line in lines]
            following = [page for page in own if own[page].get(ident) == before]
            for page in following:
                marked[page][ident] = now[ident]
            done.append(f"  stamped in {', '.join(map(relative, following))}")
    for page, new in marked.items():
        if new:
            staleness.write_stamps(page, own[page] | new)
    return done
