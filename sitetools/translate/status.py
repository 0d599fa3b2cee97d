"""The table of the page on translations: what is current, stale and missing where."""

from __future__ import annotations

from urllib.parse import quote

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from sitetools.content import labels, pages
from sitetools.languages import language_of
from sitetools.translate import staleness

PLACEHOLDER = "<!-- translation status -->"


def table(language: str, repo_url: str) -> str:
    """Return the table in Markdown, its words in the language.

    Where the repository's address is known, a cell opens the page in GitHub's editor.
    """
    words = labels.load(language)["site"]
    others = [code for code in pages.LANGUAGES if code != labels.SOURCE_LANGUAGE]
    columns = {code: staleness.progress(code) for code in others}
    names = [labels.load(code)["site"]["language"] for code in others]
    shares = [f"**{staleness.percentage(columns[code])}\u00a0%**" for code in others]
    rows = [[words["page"], *names], ["---"] * (len(others) + 1)]
    rows.append([words["sections_current"], *shares])
    for entries in zip(*columns.values(), strict=True):
        source = entries[0].source
        link = source.relative_to(pages.DOCS / labels.SOURCE_LANGUAGE).as_posix()
        title = str(pages.front_matter(source)["title"])
        own = pages.DOCS / language / link
        if own.is_file():
            title = str(pages.front_matter(own)["title"])
        cells = [_cell(entry, words, repo_url) for entry in entries]
        rows.append([f"[{title}]({link})", *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(entry: staleness.Progress, words: dict[str, str], repo_url: str) -> str:
    """Return what stands in the table for one page in one language."""
    text = {
        "current": words["is_current"],
        "missing": words["is_missing"],
        "stale": words["is_stale"].format(stale=len(entry.stale), total=entry.total),
    }[entry.state]
    if not repo_url:
        return text
    path, base = pages.relative(entry.path), repo_url.rstrip("/")
    if entry.state == "missing":
        folder, _, name = path.rpartition("/")
        return f"[{text}]({base}/new/main/{folder}?filename={quote(name)})"
    return f"[{text}]({base}/edit/main/{path})"


def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Put the table where the page asks for it."""
    language = language_of(config)
    if PLACEHOLDER not in markdown or not language:
        return markdown
    try:
        shown = table(language, str(config.repo_url or ""))
    except (pages.PageError, labels.LabelError) as error:
        raise PluginError(str(error)) from None
    return markdown.replace(PLACEHOLDER, shown)
