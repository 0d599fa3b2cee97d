"""A feed (RSS 2.0) of what changed, for each language that tells it: `/en/feed.xml`.

`docs/<language>/changes.md` is written by hand, a dated section for each change; its
sections are the feed's entries. A feed needs whole addresses, and who reads a copy from
a disk has nothing to subscribe to: without a site_url there is none.
"""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urljoin

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from sitetools.content import atomic, labels, pages
from sitetools.languages import is_fallback, language_of

PAGE = "changes.md"
NAME = "feed.xml"
ATOM = "http://www.w3.org/2005/Atom"
_SECTION = re.compile(r'<h2 id="([\w-]+)">(.*?)</h2>(.*?)(?=<h2 |\Z)', re.DOTALL)
_PERMALINK = re.compile(r'<a class="headerlink".*?</a>')
_TAG = re.compile(r"<[^>]+>")
_DATED = re.compile(r"(\d{4}-\d\d-\d\d)\s+·\s+(.+)")
_LINK = re.compile(r'(\b(?:href|src)=")([^"]*)')


def feed(page_html: str, address: str, title: str, language: str, about: str) -> str:
    """Return the feed of a page of changes.

    Args:
        page_html: the page's content, a dated section per change.
        address: the page's whole address.
        title: the site's name.
        language: the language's code.
        about: what the site is about.

    Raises:
        ValueError: for a section whose heading does not begin with its date.
    """
    ET.register_namespace("atom", ATOM)
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    for tag, text in (
        ("title", title),
        ("link", address),
        ("description", about),
        ("language", language),
    ):
        ET.SubElement(channel, tag).text = text
    own = {"href": urljoin(address, f"../{NAME}"), "rel": "self"}
    ET.SubElement(channel, f"{{{ATOM}}}link", own, type="application/rss+xml")
    for ident, heading, body in _SECTION.findall(page_html):
        words = html.unescape(_TAG.sub("", _PERMALINK.sub("", heading))).strip()
        dated = _DATED.fullmatch(words)
        if not dated:
            raise ValueError(ident)
        try:
            date = datetime.fromisoformat(dated[1]).replace(tzinfo=UTC)
        except ValueError:
            raise ValueError(ident) from None
        item = ET.SubElement(channel, "item")
        ET.SubElement(item, "title").text = dated[2]
        ET.SubElement(item, "link").text = f"{address}#{ident}"
        ET.SubElement(item, "guid").text = f"{address}#{ident}"
        ET.SubElement(item, "pubDate").text = format_datetime(date, usegmt=True)
        content = _LINK.sub(lambda m: m[1] + urljoin(address, m[2]), body.strip())
        ET.SubElement(item, "description").text = content
    ET.indent(rss)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(rss, "unicode") + "\n"
    )


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Tell the pages where the feed is; a language without one has the English."""
    language = language_of(config)
    if language and config.site_url:
        own = (pages.DOCS / language / PAGE).is_file()
        source = f"../{labels.SOURCE_LANGUAGE}/{NAME}"
        config.extra["feed"] = urljoin(config.site_url, NAME if own else source)
    return config


@event_priority(-100)  # when formulas and figures stand in it
def on_page_content(
    page_html: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Write the feed, and link to it below the title of the page of changes."""
    language = language_of(config)
    if page.file.src_uri != PAGE or not language:
        return page_html
    address = urljoin(config.site_url or "", page.url)
    about = str(config.site_description)
    try:
        text = feed(page_html, address, config.site_name, language, about)
    except ValueError as error:
        source = Path(page.file.abs_src_path or "")
        raise PluginError(
            f"{pages.relative(source)}:{pages.line_of(source, f'#{error}')}: this "
            "heading needs the day of the change; write it as in "
            "`## 2026-01-31 · What changed {#id}`."
        ) from None
    if not config.site_url:
        return page_html
    if not is_fallback(page, config):
        atomic.write(Path(config.site_dir) / NAME, text)
    word = config.extra["words"]["feed"]
    link = f'<p><a href="{config.extra["feed"]}">{word}</a></p>'
    return page_html.replace("</h1>", f"</h1>\n{link}", 1)
