"""What search engines and language models look for at the root of a site.

`robots.txt`; `sitemap.xml`, every page with its translations; `llms.txt`
(llmstxt.org), every page's copy in Markdown with what it is about. An English page that
stands in for a missing translation is announced as the English page only.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from typing import Any

from sitetools.content import labels, pages
from sitetools.content.project import COMPLETE, SOURCE_LANGUAGE, Project
from sitetools.publish import markdown

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"
Section = tuple[str, list[str]]
"""A section's name in labels.yml ("" for the home page), and the names of its pages."""


def url_of(name: str) -> str:
    """Return where a page of a language is: labs/index.md at labs/."""
    stem = name.rpartition(".")[0]
    return "" if stem == "index" else f"{stem.removesuffix('/index')}/"


def sitemap(
    project: Project, names: list[str], site: str, days: Mapping[str, str]
) -> str:
    """Return the sitemap: each page in each language that has it, and the others.

    Args:
        project: the project.
        names: the pages, by their paths below docs/<language>/.
        site: the site's address.
        days: when each file of a page was last changed, as far as git knows.
    """
    ET.register_namespace("", SITEMAP)
    ET.register_namespace("xhtml", XHTML)
    root = ET.Element(f"{{{SITEMAP}}}urlset")
    for name in names:
        url = url_of(name)
        others = {code: f"{site}{code}/{url}" for code in project.having(name)}
        default = others[SOURCE_LANGUAGE] if url else site
        announced = others | {"x-default": default}
        # The root, which picks the reader's language, is listed with the home pages.
        listed = [] if url else [(site, "")]
        listed += [
            (others[code], days.get(f"docs/{code}/{name}", "")) for code in others
        ]
        for address, day in listed:
            entry = ET.SubElement(root, f"{{{SITEMAP}}}url")
            ET.SubElement(entry, f"{{{SITEMAP}}}loc").text = address
            if day:
                ET.SubElement(entry, f"{{{SITEMAP}}}lastmod").text = day
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


def llms(project: Project, sections: list[Section], site: str) -> str:
    """Return llms.txt: the Markdown of every page, in the order of the menu.

    The complete languages come first. One that lags lists what is translated.
    """
    languages = project.languages()
    names = {code: project.site_name(code) for code in languages}
    complete = [code for code in COMPLETE if code in languages]
    lagging = [code for code in languages if code not in COMPLETE]
    english = labels.load(project, SOURCE_LANGUAGE).site
    lines = [
        f"# {names[SOURCE_LANGUAGE]}",
        "",
        f"> {english['description'].strip()}",
        "",
        "Every code block runs alone; outputs and measured numbers come from code that "
        "tests run again. Each page is also Markdown: its address with "
        f"`{markdown.NAME}` after it.",
    ]
    for code in (*complete, *lagging):
        words = labels.load(project, code).site
        for key, members in sections:
            listed = list(_listed(project, members, code, site))
            if not listed:
                continue
            title = words[key] if key else names[code]
            if code != SOURCE_LANGUAGE:
                title = f"{words['language']}: {title}"
            lines += ["", f"## {title}", "", *listed]
    return "\n".join(lines) + "\n"


def _listed(
    project: Project, members: list[str], language: str, site: str
) -> Iterator[str]:
    """Yield a line for each page that the language has."""
    for name in members:
        path = project.docs / language / name
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


def of(
    project: Project, nav: list[Any], site: str, days: Mapping[str, str]
) -> dict[str, str]:
    """Return the files at the root of the site, by name.

    Args:
        project: the project.
        nav: the menu of mkdocs.yml.
        site: the site's address, if it is known: a sitemap has whole addresses only.
        days: when each file of a page was last changed, as far as git knows.
    """
    sections = sections_of(nav)
    found = {"robots.txt": robots(site), "llms.txt": llms(project, sections, site)}
    if site:
        names = [name for _, members in sections for name in members]
        found["sitemap.xml"] = sitemap(project, names, site, days)
    return found
