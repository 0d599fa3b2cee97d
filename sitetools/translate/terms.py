"""The words of a language: which to use, which to avoid, and why.

`docs/<language>/terms.yml` lists them. A page that needs such a word says so, with the
reason, in a comment on the line or, for the whole page, in its front matter:

    … <!-- allow 그래디언트: the title of a book -->
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sitetools.content import files, pages, yaml_files
from sitetools.content.project import Project, language_of
from sitetools.fault import Fault, Place, relative

_NO_PROSE = re.compile(
    r"`[^`]*`|\$\$?[^$]+\$\$?|\{\{.*?\}\}|(?<=\])\([^)]*\)|<!--.*?-->|<[^>]*>"
)
_QUOTED = re.compile(r"“[^”]*”|‘[^’]*’|「[^」]*」|『[^』]*』|(?<!\w)\"[^\"]*\"|^\s*>.*")
_BROKEN = re.compile(r"[\u2e80-\ua4cf\uff00-\uff60]\n[\u2e80-\ua4cf\uff00-\uff60]")
"""A line that ends, and one that begins, with a letter of Chinese or Japanese."""
_ALLOW = re.compile(r"<!--\s*allow\s+(?P<word>.+?)\s*:\s*(?P<reason>\S.*?)\s*-->")


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
    return _parsed(path, files.read(path)) if path.is_file() else []


@lru_cache(maxsize=100)
def _parsed(path: Path, text: str) -> list[Term]:
    entries = yaml_files.parse(text, path) or []
    found = []
    for entry in entries if isinstance(entries, list) else [None]:
        parts = entry if isinstance(entry, dict) else {}
        avoid = str(parts.get("avoid", ""))
        place = Place(path, files.line_of(path, avoid))
        if set(parts) != {"avoid", "use", "why"}:
            problem = "this entry is not `avoid`, `use` and `why`"
            raise Fault(place, problem, "write these three")
        try:
            pattern = re.compile(parts["avoid"])
        except (re.error, TypeError) as error:
            problem = f"{avoid!r} is not a regular expression ({error})"
            raise Fault(place, problem, "fix it") from None
        found.append(Term(pattern, str(parts["use"]), str(parts["why"])))
    return found


def problems(path: Path) -> Iterator[str]:
    """Yield what a page says otherwise than its language's terms, or wrongly encoded.

    Code, formulas, links, quotations and HTML are left alone.
    """
    language = language_of(path)
    where = relative(path)
    whole = files.read(path)
    for number, line in enumerate(whole.split("\n"), 1):
        if not unicodedata.is_normalized("NFC", line):
            yield (
                f"{where}:{number}: letters are taken apart (NFD, as macOS writes them)"
                "; save the file again in NFC."
            )
    allowed = str(pages.front_matter(path).get("allow_terms", ""))
    if allowed:
        return
    above = (0, "")
    for number, line in pages.prose(path):
        if above[0] == number - 1 and _BROKEN.search(f"{above[1]}\n{line.lstrip()}"):
            yield (
                f"{where}:{number}: a line break is a space on the page, which this "
                "script does not have; put the paragraph on one line."
            )
        above = number, line
        if "\t" in line:
            yield f"{where}:{number}: has a tab; write spaces."
        excuses = [match["word"] for match in _ALLOW.finditer(line)]
        for comment in re.findall(r"<!--\s*allow\b.*?-->", line):
            if not _ALLOW.fullmatch(comment):
                yield (
                    f"{where}:{number}: {comment} gives no reason; add one behind a "
                    "colon."
                )
        text = _QUOTED.sub("", _NO_PROSE.sub("", line))
        for term in load(Project.of(path), language):
            for match in term.avoid.finditer(text):
                if match[0].strip() not in excuses:
                    yield (
                        f"{where}:{number}: {match[0].strip()!r}: write {term.use} "
                        f"({term.why})."
                    )
