"""Below each page: when it was last changed, by whom, and how to cite it.

The date is that of the page's own file, a translation's its own. A snippet or a frozen
result that changed does not make its pages new: what it says is checked by tests, and a
change of format would look like a revision. What git does not know is left out.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils.templates import TemplateContext

from sitetools.content import pages
from sitetools.languages import language_of
from sitetools.publish import git_log

_BIBTEX = str.maketrans(
    {character: rf"\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Ask git again at each build, as a preview builds many times."""
    if not language_of(config):
        git_log.histories.cache_clear()
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the text of the code's licence, which the footer links to."""
    if language_of(config):
        text = (pages.ROOT / "LICENSE").read_text("utf-8")
        files.append(File.generated(config, "assets/LICENSE.txt", content=text))
    return files


def on_page_context(
    context: TemplateContext, page: Page, config: MkDocsConfig, nav: Navigation
) -> TemplateContext:
    """Give the templates the page's date, contributors and citation."""
    language = language_of(config)
    if not language:
        return context
    path = pages.relative(Path(page.file.abs_src_path or ""))
    known = git_log.histories(pages.ROOT).get(path)
    place = locale(language)
    day = known.updated if known else ""
    shown = format_date(date.fromisoformat(day), "long", place) if day else ""
    page.meta["history"] = {
        "updated": day,
        "shown": shown,
        "contributors": format_list(known.contributors, locale=place) if known else "",
        "citation": citation(page, config, shown),
        "bibtex": bibtex(page, config, language, day),
    }
    return context


def locale(language: str) -> Locale:
    """Return the language's forms of dates and lists; English ones are British."""
    try:
        return Locale.parse("en_GB" if language == "en" else language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def title(page: Page) -> str:
    """Return the page's title; the home page stands for the site and has none."""
    return "" if page.is_homepage else str(page.title)


def address(page: Page, config: MkDocsConfig) -> str:
    """Return the page's whole address, if the site's is known."""
    return str(page.canonical_url) if config.site_url else ""


def author(config: MkDocsConfig) -> str:
    """Return whom to cite: all who made the site."""
    words: dict[str, str] = config.extra["words"]
    return words["cite_author"].format(site=config.site_name)


def citation(page: Page, config: MkDocsConfig, shown: str) -> str:
    """Return the page's citation in plain text."""
    quoted = config.extra["words"]["cite_title"].format(title=title(page))
    parts = [
        author(config),
        title(page) and quoted,
        config.site_name,
        shown,
        address(page, config),
    ]
    return ". ".join(part for part in parts if part)


def bibtex(page: Page, config: MkDocsConfig, language: str, day: str) -> str:
    """Return the page's entry for BibTeX; its key is the page's address."""
    key = "-".join(["gradients", language, *page.url.strip("./").split("/")])
    fields = {
        "author": f"{{{author(config).translate(_BIBTEX)}}}",
        "title": f"{{{(title(page) or config.site_name).translate(_BIBTEX)}}}",
        "howpublished": title(page) and config.site_name.translate(_BIBTEX),
        "year": day[:4],
        "month": day[5:7].lstrip("0"),
        "url": address(page, config),
        "note": "CC BY 4.0",
    }
    lines = [f"  {name} = {{{text}}}," for name, text in fields.items() if text]
    return "\n".join([f"@misc{{{key.rstrip('-')},", *lines, "}"])
