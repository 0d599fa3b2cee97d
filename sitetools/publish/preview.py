"""A preview builds those languages again of which something changed."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from sitetools.content import frozen
from sitetools.content.project import SOURCE_LANGUAGE, Project
from sitetools.fault import Fault


@dataclass
class Preview:
    """What a preview remembers from one build to the next."""

    built: dict[str, str] = field(default_factory=dict)
    """What each language was made from."""
    said: set[str] = field(default_factory=set)
    """The warnings that were given already."""
    folder: tempfile.TemporaryDirectory[str] | None = None
    """Where the languages are kept that need not be built again."""

    def warn(self, log: logging.Logger) -> frozen.Warn:
        """Return what says each warning once, however often it is given."""

        def once(fault: Fault) -> None:
            if str(fault) not in self.said:
                self.said.add(str(fault))
                log.warning(str(fault))

        return once

    def keep(self, site: Path, project: Project) -> None:
        """Keep the languages, before MkDocs empties the site's folder."""
        for code in project.languages():
            if (site / code).is_dir():
                shutil.rmtree(self._kept(code), ignore_errors=True)
                shutil.move(site / code, self._kept(code))

    def take(self, code: str, site: Path, project: Project) -> bool:
        """Return whether a language is as it was, and then put it into the site."""
        made_from = _made_from(project, code)
        unchanged = self.built.get(code) == made_from and self._kept(code).is_dir()
        if unchanged:
            shutil.move(self._kept(code), site / code)
        self.built[code] = made_from
        return unchanged

    def _kept(self, code: str) -> Path:
        self.folder = self.folder or tempfile.TemporaryDirectory()
        return Path(self.folder.name) / code


def _made_from(project: Project, language: str) -> str:
    """Return a hash of all that a language's pages are made from."""
    folders = [project.docs / name for name in (language, SOURCE_LANGUAGE)]
    folders += [project.shared, project.snippets, project.root / "theme"]
    found = {path for folder in folders for path in folder.rglob("*")}
    found |= {*project.docs.glob("*/labels.yml"), *project.root.glob("mkdocs*.yml")}
    stamps = [(str(p), p.stat().st_mtime_ns) for p in found if p.is_file()]
    return hashlib.sha256(repr(sorted(stamps)).encode()).hexdigest()
