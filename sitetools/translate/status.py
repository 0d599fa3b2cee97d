"""What is current, stale and missing where: as text, and as the table of a page."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from sitetools.content import labels, pages
from sitetools.content.labels import Labels
from sitetools.content.project import SOURCE_LANGUAGE, Project
from sitetools.content.sections import sections
from sitetools.fault import relative
from sitetools.translate import staleness
from sitetools.translate.staleness import Progress

PLACEHOLDER = "<!-- translation status -->"


def lines(project: Project) -> Iterator[str]:
    """Yield the status of each language, line by line."""
    for language in project.translations():
        entries = staleness.progress(project, language)
        states = [entry.state for entry in entries]
        counts = ", ".join(
            f"{states.count(state)} {state}"
            for state in ("current", "stale", "missing")
            if state in states
        )
        share = staleness.percentage(entries)
        yield f"{language}: {share} % of the sections are current ({counts})"
        if words := labels.missing(project, language):
            yield f"  words    docs/{language}/labels.yml has no {', '.join(words)}"
        for entry in entries:
            if entry.state != "current":
                yield f"  {entry.state:8} {relative(entry.path)}"
            if entry.state == "stale":
                yield from _changes(entry)


def _changes(entry: Progress) -> Iterator[str]:
    """Yield the stale sections of a page, each with what changed in the source."""
    lines = {section.ident: section.line for section in sections(entry.source)}
    own, changed = staleness.stamps(entry.path), staleness.changes(entry.path)
    for ident in entry.stale:
        if ident not in lines:
            yield f"    {{#{ident}}} is gone from the English page"
            continue
        what = "has changed" if ident in own else "is new, or not stamped yet"
        yield f"    {relative(entry.source)}:{lines[ident]}: {{#{ident}}} {what}"
        yield from (f"      {line}" for line in changed.get(ident, []))


def table(project: Project, own: Labels, repo_url: str) -> str:
    """Return the table in Markdown, its words in the language.

    Where the repository's address is known, a cell opens the page in GitHub's editor.
    """
    words, others = own.site, project.translations()
    columns = {code: staleness.progress(project, code) for code in others}
    names = [labels.load(project, code).word("language") for code in others]
    shares = [f"**{staleness.percentage(columns[code])}\u00a0%**" for code in others]
    rows = [[words["page"], *names], ["---"] * (len(others) + 1)]
    rows.append([words["sections_current"], *shares])
    for entries in zip(*columns.values(), strict=True):
        source = entries[0].source
        link = source.relative_to(project.docs / SOURCE_LANGUAGE).as_posix()
        title = str(pages.front_matter(source)["title"])
        here = project.docs / own.language / link
        if here.is_file():
            title = str(pages.front_matter(here)["title"])
        cells = [_cell(entry, words, repo_url) for entry in entries]
        rows.append([f"[{title}]({link})", *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(entry: Progress, words: dict[str, str], repo_url: str) -> str:
    """Return what the table says for one page in one language."""
    text = {
        "current": words["is_current"],
        "missing": words["is_missing"],
        "stale": words["is_stale"].format(stale=len(entry.stale), total=entry.total),
    }[entry.state]
    if not repo_url:
        return text
    path, base = relative(entry.path), repo_url.rstrip("/")
    if entry.state == "missing":
        folder, _, name = path.rpartition("/")
        return f"[{text}]({base}/new/main/{folder}?filename={quote(name)})"
    return f"[{text}]({base}/edit/main/{path})"


def fill(markdown: str, project: Project, own: Labels, repo_url: str) -> str:
    """Put the table where a page asks for it."""
    if PLACEHOLDER not in markdown:
        return markdown
    return markdown.replace(PLACEHOLDER, table(project, own, repo_url))
