"""What search engines and language models look for at the root of a site.

`robots.txt`; `sitemap.xml`, every page with its translations; `llms.txt`
(llmstxt.org), every page's copy in Markdown with what it is about. An English page that
stands in for a missing translation is announced as the English page only.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files

from sitetools.content import atomic, labels, pages
from sitetools.languages import language_of, translated
from sitetools.publish import markdown

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"
Section = tuple[str, list[str]]
"""A section's name in labels.yml ("" for the home page), and the names of its pages."""


def url_of(name: str) -> str:
    """Return where a page of a language stands: labs/index.md at labs/."""
    stem = name.rpartition(".")[0]
    return "" if stem == "index" else f"{stem.removesuffix('/index')}/"


def sitemap(names: list[str], site: str) -> str:
    """Return the sitemap: each page in each language that has it, and the others."""
    ET.register_namespace("", SITEMAP)
    ET.register_namespace("xhtml", XHTML)
    root = ET.Element(f"{{{SITEMAP}}}urlset")
    for name in names:
        url = url_of(name)
        others = {code: f"{site}{code}/{url}" for code in translated(name)}
        default = others[labels.SOURCE_LANGUAGE] if url else site
        announced = others | {"x-default": default}
        # The root, which picks the reader's language, stands with the home pages.
        for address in dict.fromkeys([*([] if url else [site]), *others.values()]):
            entry = ET.SubElement(root, f"{{{SITEMAP}}}url")
            ET.SubElement(entry, f"{{{SITEMAP}}}loc").text = address
            for code, other in announced.items():
                attributes = {"rel": "alternate", "hreflang": code, "href": other}
                ET.SubElement(entry, f"{{{XHTML}}}link", attributes)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def robots(site: str) -> str:
    """Return robots.txt, which forbids nothing; a host reads it at its root only."""
    where = f"\nSitemap: {site}sitemap.xml\n" if site else ""
    return f"User-agent: *\nAllow: /\n{where}"


def llms(sections: list[Section], site: str, names: dict[str, str]) -> str:
    """Return llms.txt: the Markdown of every page, in the order of the menu.

    The complete languages come first. One that lags lists what is translated.
    """
    complete = [code for code in labels.COMPLETE if code in pages.LANGUAGES]
    lagging = [code for code in pages.LANGUAGES if code not in labels.COMPLETE]
    english = labels.load(labels.SOURCE_LANGUAGE)["site"]
    lines = [
        f"# {names[labels.SOURCE_LANGUAGE]}",
        "",
        f"> {english['description'].strip()}",
        "",
        "Every code block runs alone; outputs and measured numbers come from code that "
        "tests run again. Each page is also Markdown: its address with "
        f"`{markdown.NAME}` behind it.",
    ]
    for code in (*complete, *lagging):
        words = labels.load(code)["site"]
        for key, members in sections:
            listed = list(_listed(members, code, site))
            if not listed:
                continue
            title = words[key] if key else names[code]
            if code != labels.SOURCE_LANGUAGE:
                title = f"{words['language']}: {title}"
            lines += ["", f"## {title}", "", *listed]
    return "\n".join(lines) + "\n"


def _listed(members: list[str], language: str, site: str) -> Iterator[str]:
    """Yield a line for each page that the language has."""
    for name in members:
        path = pages.DOCS / language / name
        if path.is_file():
            meta = pages.front_matter(path)
            about = " ".join(str(meta.get("description", "")).split())
            address = f"{site}{language}/{url_of(name)}{markdown.NAME}"
            yield f"- [{meta['title']}]({address}): {about}"


def sections_of(nav: list[Any]) -> list[Section]:
    """Return the menu of mkdocs.yml as sections."""
    found: list[Section] = []
    for item in nav:
        entry = {"": [item]} if isinstance(item, str) else item
        found += [(key, list(members)) for key, members in entry.items()]
    return found


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Leave out the sitemap that MkDocs would make of each language alone."""
    config.theme.static_templates.discard("sitemap.xml")
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Leave out its template, too: what is no static template would be copied."""
    template = files.get_file_from_path("sitemap.xml")
    if template:
        files.remove(template)
    return files


@event_priority(-50)  # when every language is built
def on_post_build(config: MkDocsConfig) -> None:
    """Write the three files into the root of the site."""
    if language_of(config):
        return
    nav: list[Any] = next(c["nav"] for c in config.user_configs if "nav" in c)
    sections, site = sections_of(nav), config.site_url or ""
    files = {
        "robots.txt": robots(site),
        "llms.txt": llms(sections, site, config.extra["site_names"]),
    }
    if site:  # a sitemap holds whole addresses only
        names = [name for _, members in sections for name in members]
        files["sitemap.xml"] = sitemap(names, site)
    for name, text in files.items():
        atomic.write(Path(config.site_dir) / name, text)
