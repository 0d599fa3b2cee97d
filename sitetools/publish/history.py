"""Below each page: when it was last changed, by whom, and how to cite it.

The date is that of the page's own file; a translation has its own. A snippet or a
frozen result that changed does not make its pages new: what it says is checked by
tests, and a change of format would look like a revision. What git does not know is left
out, and where its history is not whole (a download, a clone with a depth) nothing is
known: the day of the download is not the day of a change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list

from sitetools.content import git
from sitetools.content.labels import Labels
from sitetools.content.project import Project

_COMMIT, _FIELD = "\x1e", "\x1f"
_FORMAT = _FIELD.join(
    ("--format=%x1e%as", "%aN <%aE>", "%(trailers:key=Co-authored-by,valueonly)", "")
)
_BOT = re.compile(r"\[bot\]|<actions@github\.com|<noreply@(?:anthropic|openai)\.com")
_BIBTEX = str.maketrans(
    {character: rf"\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


@dataclass
class History:
    """What git knows of one file."""

    updated: str
    """The day of its last change, as in 2026-11-23."""
    contributors: list[str] = field(default_factory=list)
    """The names of all who changed it, the first author first."""
    created: str = ""
    """The day it was added, under whatever name."""


def histories(project: Project) -> dict[str, History]:
    """Return the history of each file below docs/, by its path from the root.

    Merges and what bots did do not count; a file that was renamed keeps its history.
    """
    if not git.is_whole(project.root):
        return {}
    options = ("--no-merges", "--no-show-signature", "--find-renames", "--name-status")
    log = git.run(project.root, "log", *options, "--relative", _FORMAT, "--", "docs")
    found: dict[str, History] = {}
    today: dict[str, str] = {}  # a name that a file once had -> the name it has now
    for commit in (log or "").split(_COMMIT)[1:]:
        day, author, others, changes = commit.split(_FIELD)
        people = [author, *filter(None, others.split("\n"))]
        names = [
            person.partition(" <")[0] for person in people if not _BOT.search(person)
        ]
        for change in changes.strip().split("\n"):
            status, *paths = change.split("\t")
            if not paths:
                continue
            path = today.get(paths[-1], paths[-1])
            if status.startswith("R"):
                today[paths[0]] = path
            if names:
                history = found.setdefault(path, History(day))
                history.updated = max(history.updated, day)
                history.created = min(history.created or day, day)
                history.contributors[:0] = names
    for history in found.values():
        history.contributors = list(dict.fromkeys(history.contributors))
    return found


def locale(language: str) -> Locale:
    """Return a language's forms of dates and lists, or English ones."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


@dataclass(frozen=True)
class About:
    """What can be said about a page."""

    site: str
    """The site's name."""
    title: str
    """The page's title; the home page is cited as the site and has none."""
    url: str
    """Its address in its language, such as `diagnose/`."""
    address: str
    """Its whole address, if the site's is known."""
    known: History | None
    """What git knows of it."""

    @property
    def day(self) -> str:
        """The day of the last change, as in 2026-11-23, or nothing."""
        return self.known.updated if self.known else ""

    def below_page(self, words: Labels) -> dict[str, str]:
        """Return what the templates show: date, contributors and citation."""
        place = locale(words.language)
        day = date.fromisoformat(self.day) if self.day else None
        shown = format_date(day, "long", place) if day else ""
        names = self.known.contributors if self.known else []
        return {
            "updated": self.day,
            "shown": shown,
            "contributors": format_list(names, locale=place) if names else "",
            "citation": self.citation(words, shown),
            "bibtex": self.bibtex(words),
        }

    def citation(self, words: Labels, shown: str) -> str:
        """Return the page's citation in plain text."""
        quoted = words.word("cite_title").replace("{title}", self.title)
        title = quoted if self.title else ""
        parts = [self.author(words), title, self.site, shown, self.address]
        return ". ".join(part for part in parts if part)

    def bibtex(self, words: Labels) -> str:
        """Return the page's entry for BibTeX; its key is the page's address."""
        key = "-".join(["gradients", words.language, *self.url.strip("./").split("/")])
        fields = {
            "author": f"{{{self.author(words).translate(_BIBTEX)}}}",
            "title": f"{{{(self.title or self.site).translate(_BIBTEX)}}}",
            "howpublished": self.title and self.site.translate(_BIBTEX),
            "year": self.day[:4],
            "month": self.day[5:7].lstrip("0"),
            "url": self.address,
            "note": "CC BY 4.0",
        }
        lines = [f"  {name} = {{{text}}}," for name, text in fields.items() if text]
        return "\n".join([f"@misc{{{key.rstrip('-')},", *lines, "}"])

    def author(self, words: Labels) -> str:
        """Return whom to cite: all who made the site."""
        return words.word("cite_author").replace("{site}", self.site)
