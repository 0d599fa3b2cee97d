"""What is current, stale and missing where: as text, and as the table of a page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sitetools.content import labels, pages
from sitetools.content.labels import Labels
from sitetools.content.project import (
    SOURCE_LANGUAGE,
    Project,
    counterpart,
    is_copy,
)
from sitetools.fault import Fault, relative
from sitetools.translate import changes, staleness

PLACEHOLDER = "<!-- translation status -->"


@dataclass
class Progress:
    """How far the translation of a page is."""

    path: Path
    source: Path
    total: int
    """Sections of the English page."""
    stale: list[str]
    """Ids of those that are not up to date; all of them if the page is missing."""
    state: str
    """`missing`, `stale` or `current`."""


def progress(source: Path, language: str) -> Progress:
    """Return the state of a page in a language; an untouched copy is missing.

    Raises:
        Fault: if one of the two pages cannot be read.
    """
    path, total = counterpart(source, language), list(staleness.hashes(source))
    if not path.is_file() or is_copy(path):
        return Progress(path, source, len(total), total, "missing")
    old = staleness.stale(path)
    return Progress(path, source, len(total), old, "stale" if old else "current")


def percentage(entries: list[Progress]) -> int:
    """Return how much is up to date, in whole percent of sections, never rounded up."""
    total = sum(entry.total for entry in entries)
    fresh = sum(max(entry.total - len(entry.stale), 0) for entry in entries)
    return 100 * fresh // max(total, 1)


def lines(project: Project) -> tuple[list[str], bool]:
    """Return the status of each language, line by line, and whether all can be read."""
    found: list[str] = []
    broken = set[str]()
    for language in project.translations():
        entries, faults = [], []
        for source in project.pages():
            try:
                entries.append(progress(source, language))
            except Fault as fault:
                faults.append(f"  broken   {fault}")
        states = [entry.state for entry in entries] + ["broken"] * len(faults)
        counts = ", ".join(
            f"{states.count(state)} {state}"
            for state in ("current", "stale", "missing", "broken")
            if state in states
        )
        share = percentage(entries)
        found.append(f"{language}: {share} % of the sections are current ({counts})")
        try:
            if words := labels.missing(project, language):
                names = ", ".join(words)
                found.append(f"  words    docs/{language}/labels.yml has no {names}")
        except Fault as fault:
            faults.append(f"  broken   {fault}")
        found += faults
        broken |= set(faults)
        for entry in entries:
            if entry.state != "current":
                found.append(f"  {entry.state:8} {relative(entry.path)}")
            if entry.state == "stale":
                for section in changes.outdated(entry.path):
                    found.append(f"    {section.place}: {section.problem}")
                    found += [f"    {line}" for line in section.detail.splitlines()]
    return found, not broken


def fill(markdown: str, project: Project, own: Labels, repo_url: str) -> str:
    """Put the table where a page asks for it, its words in the language.

    Where the repository's address is known, a cell opens the page in GitHub's editor.
    """
    if PLACEHOLDER not in markdown:
        return markdown
    words, others = own.site, project.translations()
    pages_ = project.pages()
    columns = {code: [progress(page, code) for page in pages_] for code in others}
    names = [labels.load(project, code).word("language") for code in others]
    shares = [f"**{percentage(columns[code])}\u00a0%**" for code in others]
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
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return markdown.replace(PLACEHOLDER, table)


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
    if not entry.path.is_file():
        folder, _, name = path.rpartition("/")
        return f"[{text}]({base}/new/main/{folder}?filename={quote(name)})"
    return f"[{text}]({base}/edit/main/{path})"
