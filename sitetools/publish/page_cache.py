"""What was rendered once is not rendered again.

Rendering, code blocks above all, is most of a build, and a change touches one page of
many. What Markdown made of the others stands in `.cache/pages`, one file a page; a code
block that stands in several languages is coloured once; templates are compiled once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from functools import cache, partial, wraps
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, get_toc
from pymdownx import highlight

from sitetools.content import atomic, pages
from sitetools.languages import language_of

CACHE = pages.ROOT / ".cache" / "pages"
TEMPLATES = pages.ROOT / ".cache" / "templates"
_INCLUDED = re.compile(r'^\s*-+8<-+\s+"([^":]+)', re.MULTILINE)


class _Warned(logging.Handler):
    """Remembers whether something was logged: the next build must say it again."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.anything = False

    def emit(self, record: logging.LogRecord) -> None:
        """Remember it."""
        self.anything = True


_highlight = highlight.Highlight.highlight
_coloured: dict[tuple[str, str, str], str] = {}


@wraps(_highlight)
def _highlight_once(
    self: highlight.Highlight, src: str, language: str, *rest: object, **options: object
) -> str:
    """Colour a code block, or return it as another page had it."""
    # The count is for ids of line numbers, which no block has.
    same = {name: value for name, value in options.items() if "count" not in name}
    key = src, language, repr((rest, same))
    if key not in _coloured:
        _coloured[key] = _highlight(self, src, language, *rest, **options)
    return _coloured[key]


highlight.Highlight.highlight = _highlight_once


def on_env(env: Environment, config: MkDocsConfig, files: Files) -> Environment:
    """Keep the compiled templates."""
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(str(TEMPLATES))
    return env


@event_priority(
    -200
)  # behind sitetools/render/labs.py, which takes back another render()
def on_pre_page(page: Page, config: MkDocsConfig, files: Files) -> Page:
    """Let the page look whether it is rendered already."""
    if language_of(config):
        page.render = partial(_render, page)  # type: ignore[method-assign]
    return page


def _render(page: Page, config: MkDocsConfig, files: Files) -> None:
    """Do what Page.render() does, or take what it did before."""
    name = page.file.src_uri.replace("/", "-")
    place, key = CACHE / f"{language_of(config)}-{name}.json", _key(page, files)
    try:
        known = json.loads(place.read_text("utf-8"))
        if known["key"] == key:
            _take(page, known, files)
            return
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not rendered yet, or by another version
    warned, log = _Warned(), logging.getLogger("mkdocs")
    log.addHandler(warned)
    try:
        type(page).render(page, config, files)
    finally:
        log.removeHandler(warned)
    if not warned.anything:
        CACHE.mkdir(parents=True, exist_ok=True)
        atomic.write(place, json.dumps({"key": key} | _give(page), ensure_ascii=False))


def _key(page: Page, files: Files) -> str:
    """Return a hash of all that rendering depends on."""
    key = hashlib.sha256(_versions().encode())
    key.update((pages.ROOT / "mkdocs.yml").read_bytes())
    for file in files:  # links are resolved against them
        key.update(f"{file.src_uri} {file.url}\n".encode())
    key.update(f"{page.file.src_uri}\n{page.markdown}".encode())
    for name in _INCLUDED.findall(page.markdown or ""):
        path = pages.ROOT / name
        key.update(path.read_bytes() if path.is_file() else b"")
    return key.hexdigest()


@cache
def _versions() -> str:
    """Return the versions of what renders."""
    packages = ("mkdocs", "markdown", "pymdown-extensions", "pygments")
    return " ".join(map(version, packages))


def _give(page: Page) -> dict[str, Any]:
    """Return what render() set."""
    return {
        "content": page.content,
        "title": page._title_from_render,
        "toc": [_token(entry) for entry in page.toc],
        "ids": sorted(page.present_anchor_ids or []),
        "links": {
            file.src_uri: links for file, links in (page.links_to_anchors or {}).items()
        },
    }


def _take(page: Page, known: dict[str, Any], files: Files) -> None:
    """Set what render() would set."""
    page.content = known["content"]
    page._title_from_render = known["title"]
    page.toc = get_toc(known["toc"])
    page.present_anchor_ids = set(known["ids"])
    by_name = {file.src_uri: file for file in files}
    page.links_to_anchors = {by_name[uri]: to for uri, to in known["links"].items()}


def _token(entry: AnchorLink) -> Any:  # noqa: ANN401 - a type that MkDocs keeps to itself
    """Return an entry of the contents as Markdown's `toc` gave it to MkDocs."""
    return {
        "name": entry.title,
        "id": entry.id,
        "level": entry.level,
        "children": [_token(child) for child in entry.children],
    }
