"""Each page as Markdown beside its HTML: `/en/page/index.md`, for programs and pasting.

It is in the page's own folder, so the rule is one for all pages: the address, and
`index.md` after it. It is plain Markdown, made from the page's source once everything
else has filled it in: a figure is its title and description, a tab or a box a bold
line, a lab its cells with what they printed; headings keep the ids that links name.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urljoin

import yaml

from sitetools.render import figures, labs

NAME = "index.md"
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_BOX = re.compile(r"(?:!!!|\?\?\?\+?|===\+?!?) *[\w -]*\"(.*)\"\s*$")
_NOT_TEXT = re.compile(
    r"\s*(?:/// *\w*"  # a caption's borders
    r"|</?(?:div|(?:gradient|training)-explorer)\b.*>"
    r"|\{:? *[.#][^}]*\}"  # attributes on a line of their own
    r"|<!--.*-->)\s*"
)
_FIGURE = re.compile(r'!\[([^\]]*)\]\(figure:([\w/#-]+)\s+"([^"]*)"\)')
_LAB_FIGURE = re.compile(r'<img src="lab:([\w-]+):\d+" ?/?>')
_ANCHOR = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>')
_TAG = re.compile(r"<[^>]+>")
_TARGET = re.compile(r"(?<=\]\()[^)\s]+")
_ATTRIBUTES = re.compile(r"(?<=\))\{:? *\.[^}\n]*\}")
_PARTS = re.compile(r"([^?#]*)(\??[^#]*)(#?.*)")
_BLANK = re.compile(r"\n(?:[ \t]*\n){2,}")
_CODE = re.compile(r"(`+[^`]+`+)")


@dataclass(frozen=True)
class Copy:
    """Where a page is, and where its links lead."""

    src_uri: str
    """The page's path below docs/<language>/."""
    url: str
    """Its address in its language."""
    site_url: str
    """The address of its language's site, if it is known."""
    pages: Mapping[str, str]
    """The address of each page, by its path."""
    figure: str
    """The word that comes before a figure's title."""

    def made(self, text: str, meta: dict[str, object], license_: str) -> str:
        """Return the copy, with front matter.

        Args:
            text: the page, its placeholders filled and its includes expanded.
            meta: the front matter.
            license_: the license, as HTML.
        """
        links = license_.replace("{code}", self.address("assets/LICENSE.txt"))
        license_ = _TAG.sub("", _ANCHOR.sub(r"\2 (\1)", links)).strip()
        head = yaml.safe_dump(
            meta | {"license": license_},
            allow_unicode=True,
            sort_keys=False,
            width=10_000,
        )
        # Not every server says that text is UTF-8, and a disk does not: the mark does.
        return f"\ufeff---\n{head}---\n\n{self.plain(text)}"

    def plain(self, text: str) -> str:
        """Return the page without what only this site understands."""
        parts = []
        for code, group in groupby(_lines(text.split("\n")), lambda line: line[0]):
            part = "\n".join(line for _, line in group)
            if not code:
                part = _BLANK.sub("\n\n", self._prose(part)).strip("\n")
            if part.strip():
                parts.append(part)
        return "\n\n".join(parts) + "\n"

    def _prose(self, text: str) -> str:
        """Return prose with figures described and links that lead somewhere."""
        here = self.address(self.url)

        def described(match: re.Match[str]) -> str:
            alt, name, title = (" ".join(part.split()) for part in match.groups())
            return f"[{self.figure}: {title}]({here}#{figures.ident(name)})\n\n{alt}"

        def drawn(match: re.Match[str]) -> str:
            return f"[{self.figure}]({here}#{labs.description_of(match[1])})"

        text = _ATTRIBUTES.sub("", _ANCHOR.sub(r"[\2](\1)", text))
        parts = _CODE.split(text)
        parts[::2] = [
            _TARGET.sub(lambda link: self.resolved(link[0]), part)
            for part in parts[::2]
        ]
        return _LAB_FIGURE.sub(drawn, _FIGURE.sub(described, "".join(parts)))

    def resolved(self, target: str) -> str:
        """Return what a link leads to: another page's copy, where it is one.

        A link that sets the explorer leads to the page itself, which alone has one.
        """
        match = _PARTS.fullmatch(target)
        assert match
        path, query, fragment = match.groups()
        if ":" in path or target.startswith("#"):
            return target
        name = posixpath.join(posixpath.dirname(self.src_uri), path)
        url = self.pages.get(posixpath.normpath(name) if path else self.src_uri)
        if url is None:
            url = posixpath.normpath(posixpath.join(self.url, path))
            url += "/" if path.endswith("/") else ""
        elif not query and (url.endswith("/") or not url):
            url += NAME
        return self.address(url) + query + fragment

    def address(self, url: str) -> str:
        """Return a link to an address in this language: whole, or relative."""
        if self.site_url:
            return urljoin(self.site_url, url)
        # Below a folder, since a link to another language leads out of this one.
        there, here = f"/languages/this/{url}", f"/languages/this/{self.url}"
        return posixpath.relpath(there, here) + ("/" if url.endswith("/") else "")


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
