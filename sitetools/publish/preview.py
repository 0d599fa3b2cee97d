"""A preview shows the page being edited first; everything else follows.

Building a language takes seconds, one page of it a fraction. So a saved page is built
alone and shown, then a watched file is touched, and the next build makes whatever else
depends on the change: the search index, other languages, their notices.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from sitetools.content import frozen
from sitetools.content.project import SOURCE_LANGUAGE, Project
from sitetools.fault import Fault


class How(Enum):
    """What to do about a language in a build of the preview."""

    BUILD = "build it"
    PAGES = "build the pages that changed"
    KEEP = "keep it as it is"


@dataclass
class Preview:
    """What a preview remembers from one build to the next."""

    stamps: dict[Path, int] = field(default_factory=dict)
    """What the site was made from: when each file was changed."""
    waiting: set[str] = field(default_factory=set)
    """The languages that have to be built again."""
    last: str = ""
    """The language that was edited last."""
    said: set[str] = field(default_factory=set)
    """The warnings that were given already."""
    folder: tempfile.TemporaryDirectory[str] | None = None
    """Where the languages are kept while MkDocs empties the site."""

    def plan(self, project: Project) -> dict[str, How]:
        """Return what to do about each language, and remember what is left to do."""
        before, self.stamps = self.stamps, _stamps(project)
        languages = project.languages()
        changed = [
            path
            for path in before.keys() | self.stamps.keys()
            if before.get(path) != self.stamps.get(path)
        ]
        pages = {
            code
            for code in languages
            if any(_is_page(path, project.docs / code) for path in changed)
        }
        if not before or not all(self.kept(code).is_dir() for code in languages):
            self.waiting = set()
            return dict.fromkeys(languages, How.BUILD)
        others = [
            path
            for path in changed
            if not any(_is_page(path, project.docs / code) for code in languages)
        ]
        self.waiting |= set(languages) if others or SOURCE_LANGUAGE in pages else pages
        if pages:
            self.last = min(pages)
        if pages and not others:
            return {c: How.PAGES if c in pages else How.KEEP for c in languages}
        now = self.waiting
        if changed and self.last in self.waiting:
            now = {self.last}  # the one that is looked at
        self.waiting = self.waiting - now
        return {c: How.BUILD if c in now else How.KEEP for c in languages}

    def go_on(self, project: Project) -> None:
        """Let MkDocs build again if something is left to do."""
        if self.waiting:
            self.marker(project).touch()

    def marker(self, project: Project) -> Path:
        """Return the file to watch: it is touched to ask for another build."""
        path = project.cache / "preview" / "again"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return path

    def keep(self, site: Path, project: Project) -> None:
        """Keep the languages, before MkDocs empties the site's folder."""
        for code in project.languages():
            if (site / code).is_dir():
                shutil.rmtree(self.kept(code), ignore_errors=True)
                shutil.move(site / code, self.kept(code))

    def restore(self, code: str, site: Path) -> None:
        """Put a language back into the site."""
        shutil.move(self.kept(code), site / code)

    def kept(self, code: str) -> Path:
        """Return the folder in which a language is kept."""
        self.folder = self.folder or tempfile.TemporaryDirectory()
        return Path(self.folder.name) / code

    def warn(self, log: logging.Logger) -> frozen.Warn:
        """Return what says each warning once, however often it is given."""

        def once(fault: Fault) -> None:
            if str(fault) not in self.said:
                self.said.add(str(fault))
                log.warning(str(fault))

        return once


def _is_page(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder) and path.suffix in (".md", ".ipynb")


def _stamps(project: Project) -> dict[Path, int]:
    """Return when each file that the site is made from was changed."""
    folders = (project.docs, project.snippets, project.root / "theme")
    found = {path for folder in folders for path in folder.rglob("*")}
    found.update(project.root.glob("mkdocs*.yml"))
    return {p: p.stat().st_mtime_ns for p in found if p.is_file()}
