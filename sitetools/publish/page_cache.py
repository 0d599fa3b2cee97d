"""What was rendered once is not rendered again: `.cache/pages`, one file a page.

Rendering, code blocks above all, is most of a build, and a change touches one page of
many.
"""

from __future__ import annotations

import hashlib
import json
import logging
import platform
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sitetools.content import files as text_files
from sitetools.content.project import Project
from sitetools.render import explorer, training

_PACKAGES = ("mkdocs", "markdown", "pymdown-extensions", "pygments")


@dataclass(frozen=True)
class PageCache:
    """What Markdown made of one page."""

    project: Project
    language: str
    name: str
    """The page's path below docs/<language>/."""

    @property
    def _path(self) -> Path:
        name = f"{self.language}-{self.name.replace('/', '-')}"
        return self.project.cache / "pages" / f"{name}.json"

    def key(self, text: str, pages: list[tuple[str, str]]) -> str:
        """Return a hash of all that rendering depends on.

        Args:
            text: the page, its includes expanded.
            pages: names and addresses of all files, against which links are resolved.
        """
        key = hashlib.sha256(_versions().encode())
        for path in self._code():
            key.update(path.read_bytes() if path.is_file() else b"")
        key.update(json.dumps([self.language, self.name, text, pages]).encode())
        return key.hexdigest()

    def _code(self) -> list[Path]:
        """Return the files that choose, extend or call Markdown."""
        names = ("mkdocs.yml", f"mkdocs.{self.language}.yml", "mkdocs_hooks.py")
        own = [Path(explorer.__file__), Path(training.__file__), Path(__file__)]
        return [self.project.root / name for name in names] + own

    def restore(
        self,
        key: str,
        page: Any,  # noqa: ANN401
        files: Iterable[Any],
        toc: Callable[[list[Any]], Any],
    ) -> bool:
        """Give MkDocs' page what was rendered; return whether there was anything.

        Args:
            key: what key() gave.
            page: the page.
            files: all files.
            toc: what makes MkDocs' table of contents of Markdown's.
        """
        known = self.get(key)
        if not known:
            return False
        by_name = {file.src_uri: file for file in files}
        page.content, page._title_from_render = known["content"], known["title"]
        page.toc = toc(known["toc"])
        page.present_anchor_ids = set(known["ids"])
        page.links_to_anchors = {by_name[uri]: to for uri, to in known["links"].items()}
        return True

    def keep(self, key: str, page: Any) -> None:  # noqa: ANN401
        """Keep what MkDocs rendered."""
        links = page.links_to_anchors or {}
        self.put(
            key,
            content=page.content,
            title=page._title_from_render,
            toc=[_token(entry) for entry in page.toc],
            ids=sorted(page.present_anchor_ids or []),
            links={file.src_uri: to for file, to in links.items()},
        )

    def get(self, key: str) -> dict[str, Any] | None:
        """Return what was rendered, or None if it was something else, or damaged."""
        try:
            known = json.loads(self._path.read_text("utf-8"))
            return known["rendered"] if known["key"] == key else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, **rendered: object) -> None:
        """Keep what was rendered."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        content = {"key": key, "rendered": rendered}
        text_files.write(self._path, json.dumps(content, ensure_ascii=False))


def _token(entry: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return an entry of the contents as Markdown's `toc` gave it to MkDocs."""
    children = [_token(child) for child in entry.children]
    kept = {"name": entry.title, "id": entry.id, "level": entry.level}
    return kept | {"children": children}


@cache
def _versions() -> str:
    """Return the versions of what renders."""
    return " ".join([platform.python_version(), *map(version, _PACKAGES)])


class Warned(logging.Handler):
    """Remembers whether something was logged."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.anything = False

    def emit(self, record: logging.LogRecord) -> None:
        """Remember it."""
        self.anything = True


@contextmanager
def warned() -> Iterator[Warned]:
    """Give what says, at the end, whether MkDocs has warned meanwhile."""
    handler, log = Warned(), logging.getLogger("mkdocs")
    log.addHandler(handler)
    try:
        yield handler
    finally:
        log.removeHandler(handler)
