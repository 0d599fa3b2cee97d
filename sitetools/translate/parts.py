"""The sections of a page as they are compared: prose and fences with their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from sitetools.content import pages
from sitetools.content.pages import Fence
from sitetools.content.project import COMPLETE, Project, language_of
from sitetools.content.sections import Section, sections
from sitetools.fault import Fault, Place
from sitetools.translate import changes, numbered, staleness
from sitetools.translate.numbered import Lines

_NESTED = re.compile(r"^[ \t>]*(?P<mark>`{3,}|~{3,}) *[\w{]")


@dataclass
class Part:
    """A section: its prose and its fences, with their lines."""

    path: Path
    section: Section
    prose: Lines
    fences: list[Fence]

    @property
    def ident(self) -> str:
        """The id of its heading."""
        return self.section.ident

    @property
    def place(self) -> Place:
        """The line of its heading."""
        return Place(self.path, self.section.line)

    @property
    def blocks(self) -> list[Lines]:
        """Its paragraphs, lists and tables: what is between blank lines."""
        body = [line for line in self.prose if line[0] != self.section.line]
        return numbered.paragraphs(body)

    def beside(self, current: Part | None, path: Path) -> Part:
        """Return this older section with lines near those of the current one."""
        by = current.section.line - self.section.line if current else 0
        fences = [
            replace(fence, path=path, line=fence.line + by, end=fence.end + by)
            for fence in self.fences
        ]
        prose = [(number + by, line) for number, line in self.prose]
        section = replace(self.section, line=self.section.line + by)
        return Part(path, section, prose, fences)


def parts(path: Path) -> list[Part]:
    """Return the sections of a page as they are compared.

    Raises:
        Fault: for a fence that is not closed where it should be, a heading without an
            id, and as pages.front_matter().
    """
    fences = []
    for fence in pages.fences(path):
        for number, line in zip(fence.lines, fence.text.split("\n"), strict=False):
            inner = _NESTED.match(line)
            if inner and inner["mark"].startswith(fence.mark):
                problem = f"this fence is not closed before the one on line {number}"
                remedy = f"add {fence.mark} on a line of its own where its code ends"
                raise Fault(fence.place, problem, remedy)
        fences.append(fence)
    found = sections(path)
    prose = numbered.prose(path)
    ends = [section.line for section in found[1:]] + [10**9]
    return [
        Part(
            path,
            section,
            [(n, line) for n, line in prose if section.line <= n < end],
            [fence for fence in fences if section.line <= fence.line < end],
        )
        for section, end in zip(found, ends, strict=True)
    ]


def followed(path: Path, current: dict[str, Part]) -> dict[str, Part]:
    """Return the English sections that a page follows, by id.

    A complete language follows the current ones. Elsewhere a stale section follows an
    older text; it is left out if git cannot know it, in a shallow clone for instance.
    """
    old = [] if language_of(path) in COMPLETE else staleness.stale(path)
    own = staleness.stamps(path)
    waiting = {ident for ident in old if ident in own}
    if not waiting:
        return current
    found = {ident: part for ident, part in current.items() if ident not in waiting}
    source = staleness.source_of(path)
    for version in changes.versions(source):
        try:
            then = {part.ident: part for part in parts(version)}
        except Fault:  # a page that was broken then
            continue
        for ident in waiting & then.keys():
            if staleness.hash_of(then[ident].section.text) == own[ident]:
                found[ident] = then[ident].beside(current.get(ident), source)
        waiting -= found.keys()
        if not waiting:
            break
    if changes.is_whole(Project.of(path)):  # then these stamps are of no version
        found |= {ident: part for ident, part in current.items() if ident in waiting}
    return found
