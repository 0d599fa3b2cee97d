"""Each page as Markdown beside its HTML: `/en/page/index.md`, for programs and pasting.

It stands in the page's own folder, so the rule is one for all pages: the address, and
`index.md` behind it. It is plain Markdown, made from the page's source once the other
hooks have filled it in: a figure is its title and description, a tab or a box a bold
line, a lab its cells with what they printed; headings keep the ids that links name.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from urllib.parse import urljoin

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from sitetools.content import atomic, labels, pages
from sitetools.languages import is_fallback, language_of
from sitetools.render import labs

NAME = "index.md"
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_BOX = re.compile(r"(?:!!!|\?\?\?\+?|===\+?!?) *[\w -]*\"(.*)\"\s*$")
_NOT_TEXT = re.compile(
    r"\s*(?:/// *\w*"  # a caption's borders
    r"|</?(?:div|gradient-explorer)\b.*>"
    r"|\{:? *[.#][^}]*\}"  # attributes on a line of their own
    r"|<!--.*-->)\s*"
)
_FIGURE = re.compile(r'!\[([^\]]*)\]\(figure:([\w/-]+)\s+"([^"]*)"\)')
_LAB_FIGURE = re.compile(r'<img src="lab:([\w-]+):\d+" ?/?>')
_ANCHOR = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>')
_TAG = re.compile(r"<[^>]+>")
_TARGET = re.compile(r"(\]\()([^)\s]+)")
_ATTRIBUTES = re.compile(r"(?m)(?<=\))\{:? *\.[^}\n]*\}")
_PARTS = re.compile(r"([^?#]*)(\??[^#]*)(#?.*)")
_BLANK = re.compile(r"\n(?:[ \t]*\n){2,}")
_CODE = re.compile(r"(`+[^`]+`+)")


def plain(text: str, figure: str, here: str, link: Callable[[str], str]) -> str:
    """Return a page's Markdown without what only this site understands.

    Args:
        text: the page, its placeholders filled and its includes expanded.
        figure: the word that stands before a figure's title.
        here: the page's address.
        link: returns the address to write for one in the page.
    """
    parts = []
    for code, group in groupby(_lines(text.split("\n")), lambda line: line[0]):
        part = "\n".join(line for _, line in group)
        if not code:
            part = _BLANK.sub("\n\n", _prose(part, figure, here, link)).strip("\n")
        if part.strip():
            parts.append(part)
    return "\n\n".join(parts) + "\n"


def _lines(lines: list[str]) -> Iterator[tuple[bool, str]]:
    """Yield (whether it is code, line) with tabs and boxes unfolded."""
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        if opening := _FENCE.match(line):
            yield True, line.replace("```output", "```text")
            while index < len(lines):
                yield True, lines[index]
                index += 1
                closing = lines[index - 1].strip()
                if closing.startswith(opening[1]) and not closing.strip(closing[0]):
                    break
        elif box := _BOX.match(line):
            inner = []
            while index < len(lines) and not lines[index][:4].strip():
                inner.append(lines[index][4:])
                index += 1
            yield False, f"**{box[1]}**\n"
            yield from _lines(inner)
        else:
            yield False, "" if _NOT_TEXT.fullmatch(line) else line


def _prose(text: str, figure: str, here: str, link: Callable[[str], str]) -> str:
    """Return prose with figures described and links that lead somewhere."""

    def described(match: re.Match[str]) -> str:
        alt, name, title = (" ".join(part.split()) for part in match.groups())
        ident = name.replace("/", "-").replace("_", "-")
        return f"[{figure}: {title}]({here}#fig-{ident})\n\n{alt}"

    def drawn(match: re.Match[str]) -> str:
        return f"[{figure}]({here}#{labs.description_of(match[1])})"

    text = _ATTRIBUTES.sub("", _ANCHOR.sub(r"[\2](\1)", text))
    parts = _CODE.split(text)
    parts[::2] = [_TARGET.sub(lambda m: m[1] + link(m[2]), p) for p in parts[::2]]
    return _LAB_FIGURE.sub(drawn, _FIGURE.sub(described, "".join(parts)))


def address(url: str, page: Page, config: MkDocsConfig) -> str:
    """Return a link to an address in this language: whole, or relative to the copy."""
    if config.site_url:
        return urljoin(config.site_url, url)
    return get_relative_url(url, page.url + NAME)


def _resolved(target: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return what a link leads to: another page's copy, where it is one.

    A link that sets the explorer leads to the page itself, which alone has one.
    """
    path, query, fragment = _PARTS.fullmatch(target).groups()  # type: ignore[union-attr]
    if ":" in path or target.startswith("#"):
        return target
    name = posixpath.join(posixpath.dirname(page.file.src_uri), path)
    file = files.get_file_from_path(posixpath.normpath(name)) if path else page.file
    if not file or not file.is_documentation_page():
        url = urljoin(page.url, path)
    else:
        url = file.url if query else file.url + NAME
    return address(url, page, config) + query + fragment


def head(page: Page, config: MkDocsConfig) -> str:
    """Return the front matter: what the page is, where it stands, what one may do."""
    language = (
        labels.SOURCE_LANGUAGE if is_fallback(page, config) else language_of(config)
    )
    licence = re.sub(
        r'<a href="([^"]+)"[^>]*>(.*?)</a>', r"\2 (\1)", str(config.copyright)
    )
    meta = {"title": page.meta.get("title"), "language": language}
    if config.site_url:
        meta["address"] = page.canonical_url
    meta["licence"] = _TAG.sub("", licence).strip()
    text: str = yaml.safe_dump(meta, allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{text}---\n\n"


@event_priority(-100)  # when the other hooks have filled the page in
def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> None:
    """Write the page's copy."""
    if not language_of(config):
        return

    def link(target: str) -> str:
        return _resolved(target, page, config, files)

    figure, here = config.extra["words"]["figure"], address(page.url, page, config)
    text = plain(pages.with_includes(markdown), figure, here, link)
    path = Path(page.file.abs_dest_path).with_name(NAME)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not every server says that text is UTF-8, and a disk does not: the mark does.
    atomic.write(path, "\ufeff" + head(page, config) + text)
