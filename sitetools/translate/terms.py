"""The words of a language: which to use, which to avoid, and why.

`docs/<language>/terms.yml` lists them. A page that needs such a word says so, with the
reason, in a comment on the line or, for the whole page, in its front matter:

    … <!-- allow 그래디언트: the title of a book -->
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sitetools.content import files, pages, yaml_files
from sitetools.content.project import Project, language_of
from sitetools.fault import Fault, Place
from sitetools.translate.parts import blank, words_only

_LINK_OR_VALUE = re.compile(r"\{\{.*?\}\}|(?<=\])\([^)]*\)|<[^>]*>")
_QUOTED = re.compile(r"“[^”]*”|‘[^’]*’|「[^」]*」|『[^』]*』|(?<!\w)\"[^\"]*\"|^\s*>.*")
_ALLOW = re.compile(r"<!--\s*allow\s+(?P<word>.+?)\s*:\s*\S.*?-->")


@dataclass
class Term:
    """A way of writing to avoid."""

    avoid: re.Pattern[str]
    use: str
    why: str


def load(project: Project, language: str) -> list[Term]:
    """Return a language's terms; none if it has no such file.

    Raises:
        Fault: if the file is not a list of avoid, use and why.
    """
    path = project.docs / language / "terms.yml"
    text = files.read(path) if path.is_file() else ""
    entries = yaml_files.parse(text, path) or []
    found = []
    begins = [n for n, line in enumerate(text.split("\n"), 1) if line.startswith("-")]
    for number, entry in enumerate(entries if isinstance(entries, list) else [None]):
        place = Place(path, begins[number] if number < len(begins) else 1)
        try:
            pattern, use, why = entry["avoid"], entry["use"], entry["why"]
            term = Term(re.compile(pattern), str(use), str(why))
        except (TypeError, KeyError):
            problem = "this entry is not `avoid`, `use` and `why`"
            raise Fault(place, problem, "write these three") from None
        except re.error as error:
            problem = f"{pattern!r} is not a regular expression ({error})"
            raise Fault(place, problem, "fix it") from None
        if term.avoid.match(""):
            raise Fault(place, f"{pattern!r} matches everywhere", "name the word")
        found.append(term)
    return found


def problems(path: Path) -> Iterator[Fault]:
    """Yield the words of a page that its language avoids.

    Code, formulas, links, quotations and HTML are left alone.
    """
    language = language_of(path)
    if str(pages.front_matter(path).get("allow_terms", "")):
        return
    avoided = load(Project.of(path), language)
    for number, line in pages.prose(path):
        excuses = [match["word"] for match in _ALLOW.finditer(line)]
        text = blank(words_only(line), _LINK_OR_VALUE, _QUOTED)
        for term in avoided:
            for match in term.avoid.finditer(text):
                found = match[0].strip()
                if found not in excuses:
                    remedy = f"write {term.use} ({term.why})"
                    yield Fault(Place(path, number), f"avoid {found!r}", remedy)
