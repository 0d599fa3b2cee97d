"""Every link in every file leads somewhere, and no id is there twice.

That is in pages, 404 pages, styles, the search index, notebooks to download, and the
Markdown that GitHub shows.
"""

import html
import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from project import PROJECT

from sitetools.render import labs


class Page(NamedTuple):
    """What a page's tags say: its ids, and the addresses that it names."""

    ids: Counter[str]
    links: set[str]


@cache
def parsed(path: Path) -> Page:
    """Read a built page, by expressions: a parser takes ten times as long."""
    text = path.read_text("utf-8")
    page = Page(Counter(), set())
    for style in re.findall(r"(?s)<style[^>]*>(.*?)</style>", text):
        page.links.update(in_css(style))
    for tag in re.findall(r"<\w[^<>]* [^<>]*>", text):
        for name, value in re.findall(r"\s([\w:-]+)=[\"']?([^\"'>]*)", tag):
            value = html.unescape(value)
            if name == "id":
                page.ids[value] += 1
            elif name in ("href", "xlink:href", "src", "poster", "action", "data"):
                page.links.add(value)
            elif name in ("srcset", "imagesrcset"):
                page.links.update(part.split()[0] for part in value.split(","))
            elif name == "style":
                page.links.update(in_css(value))
            elif moved := re.search(r"(?i)^\d+; *url=(.+)", value):
                page.links.add(moved[1])
    return page


def in_css(text: str) -> list[str]:
    """Return the addresses in a style sheet."""
    text = re.sub(r"(?s)/\*.*?\*/", "", text)
    quoted = re.findall(r"(?:url\(|@import)\s*([\"'])(.*?)\1", text)
    return [link for _, link in quoted] + re.findall(r"url\(([^\"')]+)\)", text)


def wrong(site: Path, path: Path, link: str) -> str:
    """Return what is wrong with a link in a file, or nothing."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""
    if parts.path.startswith("/"):  # right on the 404 page of a site without a path
        if path != site / "404.html":
            return f"{path.relative_to(site)}: {link} is wrong below a path"
        path, parts = site / "x", parts._replace(path=f".{parts.path}")
    target = path
    if parts.path:
        target = Path(os.path.normpath(path.parent / unquote(parts.path)))
    if not target.is_relative_to(site):
        return f"{path.relative_to(site)}: {link} leads out of the site"
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return f"{path.relative_to(site)}: {link} leads nowhere"
    ident = unquote(parts.fragment)
    if ident and target.suffix == ".html" and ident not in parsed(target).ids:
        return f"{path.relative_to(site)}: nothing has the id in {link}"
    return ""


def links_of(path: Path) -> Iterable[str]:
    """Return the addresses that a built file names."""
    if path.suffix == ".html":
        return parsed(path).links
    if path.suffix == ".css":
        return in_css(path.read_text("utf-8"))
    if path.name == "search_index.json":
        index = json.loads(path.read_text("utf-8"))
        return [f"../{each['location']}" for each in index["docs"]]
    if path.suffix == ".ipynb":
        # As a download from a site with an address; this one stands for its folder.
        language = next(code for code in PROJECT.languages() if code in path.parts)
        page = f"{language}/labs/{path.name}"
        text = labs.with_links(path, f"https://site.example/{page}")
        up = "../" * 3
        return [
            f"{up}{link}"
            for link in re.findall(r"\]\(https://site\.example/(.*?)\)", text)
        ]
    return []


@pytest.mark.parametrize("kind", ["html", "css", "json", "ipynb"])
def test_links_in_every_file_lead_somewhere(site, kind):
    links = [
        (path, link) for path in site.rglob(f"*.{kind}") for link in links_of(path)
    ]
    assert links, f"no link in any {kind}"
    assert [fault for each in links if (fault := wrong(site, *each))] == []


def test_no_id_is_there_twice(site):
    for path in site.rglob("*.html"):
        twice = [ident for ident, number in parsed(path).ids.items() if number > 1]
        assert twice == [], path.relative_to(site)


MISTAKES = {
    "ja/choosing/index.html": '<a href="../nowhere/">',
    "en/404.html": '<a href="./nowhere/">',
    "404.html": '<a href="/nowhere/">',
    "index.html": '<a href="/en/">',
    "ko/index.html": '<img srcset="assets/icon.svg 1x, assets/none.svg 2x">',
    "en/index.html": '<a href="diagnose/#nowhere">',
    "en/choosing/index.html": "<style>b { background: url(none.png) }</style>",
    "ko/choosing/index.html": '<meta http-equiv="refresh" content="0; url=../none/">',
    "ko/search/search_index.json": '{"docs": [{"location": "diagnose/#nowhere"}]}',
    "ko/assets/css/site.css": "b { background: url('../none.png') }",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_noticed(tmp_path, site, name):
    """As if the file of this name were one with a mistake."""
    path = tmp_path / Path(name).name
    path.write_text(MISTAKES[name], "utf-8")
    assert any(wrong(site, site / name, link) for link in links_of(path))


def test_links_that_github_shows_lead_somewhere():
    """In the README and .github, also to headings."""
    files = [PROJECT.root / "README.md", *(PROJECT.root / ".github").glob("**/*.md")]
    for path in files:
        for link in re.findall(
            r"\]\((?!https?:|figure:)([^)\s]+)", path.read_text("utf-8")
        ):
            name, _, ident = link.partition("#")
            target = (path.parent / name) if name else path
            assert target.exists(), f"{path.name}: {link} leads nowhere"
            if ident:
                headings = re.findall(r"(?m)^#+ (.+)$", target.read_text("utf-8"))
                slugs = [re.sub(r"[^\w -]", "", h).lower() for h in headings]
                assert ident in [slug.replace(" ", "-") for slug in slugs], link
