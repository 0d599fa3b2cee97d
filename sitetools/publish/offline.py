"""The whole site as one file to download: unpacked, it opens from disk without server.

A browser shows a folder's files, not its index.html, and a page from disk may not
fetch. So links to folders name the page in them, and search, explorer and font come as
scripts and styles. All languages are in one file: the menu of languages needs them.
"""

from __future__ import annotations

import base64
import io
import json
import os
import posixpath
import re
import zipfile
from collections.abc import Collection
from pathlib import Path
from urllib.parse import unquote

from sitetools.content import labels
from sitetools.content.project import Project
from sitetools.render import explorer

MARK = "<!-- offline -->"
"""Keeps a place in each footer for the link, until the file's size is known."""
WORKER = "assets/javascripts/worker.js"
EXPLORER = "assets/js/explorer.js"
_LINK = re.compile(r'(\b(?:href|src)=")([^"#?]+)')
_BUNDLE = re.compile(r'<script src="((?:\.\./)*)assets/javascripts/bundle\.')
# What fails on a disk: a policy without the scripts below, a font fetched ahead.
_DROPPED = re.compile(
    r'<meta http-equiv="Content-Security-Policy"[^>]*>\n?'
    r'|<link rel="preload"[^>]*>\n?'
    rf"|{MARK}"
)
_FONT = re.compile(r'url\("?(\.\./fonts/[\w.-]+\.woff2)"?\)')


def page(text: str) -> str:
    """Return a page as it works on a disk."""
    text = _LINK.sub(lambda match: match[1] + to_file(match[2]), _DROPPED.sub("", text))
    text = _BUNDLE.sub(rf'<script src="\1{WORKER}"></script>\n\g<0>', text)
    text = text.replace('<script type="module"', "<script defer")
    return text.replace(EXPLORER, explorer.ALONE)


def to_file(link: str) -> str:
    """Return a link with the page's name where it names a folder: ../ko/ and `..`."""
    if ":" in link or link.startswith("//"):
        return link
    if link.endswith("/"):
        return f"{link}index.html"
    return f"{link}/index.html" if link.endswith(".") else link


def linked(text: str, name: str) -> set[str]:
    """Return the files that a page needs or links to; page() has changed it."""
    folder = posixpath.dirname(name)
    return {
        posixpath.normpath(posixpath.join(folder, unquote(link)))
        for _, link in _LINK.findall(text)
        if ":" not in link
    }


def worker(source: str) -> str:
    """Return a script that starts the search's worker from text, not from a file.

    The explorer that trains does so itself; its worker stays.
    """
    return (
        f"{{const source={json.dumps(source)},Worker=window.Worker;"
        "window.Worker=class extends Worker{constructor(url){super("
        "/^blob:/.test(url)?url:URL.createObjectURL(new Blob([source])))}}}\n"
    )


def index(text: str) -> str:
    """Return the search index as a script, its places as files."""
    content = json.loads(text)
    for entry in content["docs"]:
        place, hash_, ident = entry["location"].partition("#")
        entry["location"] = to_file(place or "./") + hash_ + ident
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return f"var __index={data}\n"


def style(path: Path) -> str:
    """Return a stylesheet with its fonts in it: on a disk, Firefox loads none."""

    def inside(match: re.Match[str]) -> str:
        font = base64.b64encode((path.parent / match[1]).read_bytes()).decode()
        return f"url(data:font/woff2;base64,{font})"

    # It is there at once, but Firefox counts the time that it takes to unpack it.
    css = path.read_text("utf-8").replace(
        "font-display: optional", "font-display: block"
    )
    return _FONT.sub(inside, css)


def contents(site: Path, languages: list[str]) -> dict[str, bytes]:
    """Return the files of the copy, by their names in it, sorted.

    Besides the pages it holds what a page names.
    """
    made: dict[str, str] = {}
    wanted: set[str] = set()
    for path in site.rglob("*.html"):
        name = path.relative_to(site).as_posix()
        if path.name != "404.html":
            made[name] = page(path.read_text("utf-8"))
            wanted |= linked(made[name], name)
    for code in languages:
        assets = site / code / "assets"
        [script] = assets.glob("javascripts/workers/search.*.js")
        made[f"{code}/{WORKER}"] = worker(script.read_text("utf-8"))
        found = (site / code / "search/search_index.json").read_text("utf-8")
        made[f"{code}/search/search_index.js"] = index(found)
    files = {name: text.encode() for name, text in made.items()}
    for name in wanted - files.keys():
        path = site / name
        if path.is_file():
            css = path.suffix == ".css"
            files[name] = style(path).encode() if css else path.read_bytes()
    return dict(sorted(files.items()))


def packed(
    files: dict[str, bytes], folder: str = "", stored: Collection[str] = ()
) -> bytes:
    """Return the files in a folder as a zip; the same files make the same zip.

    Args:
        files: the files by their names, in their order.
        folder: the name of the folder.
        stored: the names of those that are not compressed.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(posixpath.join(folder, name))  # dated 1980
            entry.create_system = 3  # as made on Unix, also on Windows
            entry.external_attr = 0o644 << 16
            kind = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, kind)
    return buffer.getvalue()


def pack(site: Path, project: Project, name: str) -> None:
    """Pack the site, then link to the file, and to the books, on every page."""
    content = packed(contents(site, project.languages()), name)
    (site / f"{name}.zip").write_bytes(content)
    for code in project.languages():
        words = labels.load(project, code)
        files = {"offline": site / f"{name}.zip"}
        if (book := site / code / f"{name}-{code}.epub").is_file():
            files["book"] = book
        for path in (site / code).rglob("*.html"):
            text = path.read_text("utf-8")
            # The 404 page is shown at any address.
            own = path.name != "404.html"
            links = _links(path, files, words) if own and MARK in text else ""
            path.write_bytes(text.replace(MARK, links).encode())


def _links(page: Path, files: dict[str, Path], words: labels.Labels) -> str:
    """Return a line for each file to download, with its size."""
    found = ""
    for word, file in files.items():
        link = os.path.relpath(file, page.parent).replace(os.sep, "/")
        size = f"{file.stat().st_size / 1e6:.1f}"
        text = words.word(word).replace("{size}", size)
        found += f'<br><a href="{link}" download>{text}</a>'
    return found
