"""Compare a translated page with its source, section by section.

Code, output, formulas, figures, links and tables are the same in every language; only
the words differ. A section that lags behind the English page is compared with the
English text that it follows, where git knows it.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from sitetools.content import files, git, notebooks, pages
from sitetools.content.project import COMPLETE, Project, language_of
from sitetools.fault import Fault, Place, relative
from sitetools.translate import changes, command, staleness
from sitetools.translate.parts import Lines, Numbered, Part, blank, parts

_FIX = command("fix")
Item = tuple[str, int]
"""Something that a section holds, and its line."""

_CODE = (r"(?<!`)(`+)(?!`)", r"(?<!`)\1(?!`)")
"""Before and after code in a line: as many `, so that it may hold others."""

# What a section must hold in every language. Grammar may change the order of the first
# four; the others follow each other as in the source.
_ANYWHERE = {
    "formula": re.compile(r"(?<![\\$])\$\$?([^$]+?)\$\$?"),
    "value": re.compile(r"([\d.,−-]*\{\{.*?\}\}(?:%|×10[⁻⁰¹²³⁴-⁹]+|[\d.]*\d)?)"),
    "code": re.compile(rf"{_CODE[0]}(.+?){_CODE[1]}", re.DOTALL),
    # Not the numerals that other languages write as words: 10억분의 1, a billionth.
    "number": re.compile(
        r"(\d+(?:[.,]\d+)*(?!\.?\d|[만억조경万億兆京亿]|(?<=0)(?:분의|分の|分之)))"
    ),
}
_IN_ORDER = {
    "figure": re.compile(r"!\[[^\]]*\]\((figure:[^)\s]*)"),
    "link": re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]*)"),
    "caption": re.compile(r"(?m)^\s*///(.*)$"),
    "admonition": re.compile(r"(?m)^\s*((?:!!!|\?\?\?\+?) +\w+)"),
    "explorer": re.compile(r"<(?:gradient|training)-explorer\b([^>]*)>"),
    "tab": re.compile(r"(?m)^\s*(===)"),
    "table row": re.compile(r"(?m)^\s*(\|.*\|)\s*$"),
}
_WORDS = {"ten": 10, "eleven": 11, "twelve": 12, "twenty": 20, "thirty": 30}
_WORDS |= {"hundred": 100, "thousand": 1000}
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})(?:th)?(?:s|fold)?\b", re.IGNORECASE)
"""What English writes as a word, and other languages as a number: a thousandth."""
_OWN = {"title", "description", "source", "allow_terms"}
"""Settings that each language has for itself."""
_VALUE = re.compile(r"\*{0,2}\{\{.*?\}\}\*{0,2}")
_NOT_TEXT = re.compile(
    rf"{_CODE[0]}.+?{_CODE[1]}"
    r"|\{\{.*?\}\}|\$\$?[^$]+\$\$?|\]\([^)\s]*|\{ *#[\w-]+ *\}",
    re.DOTALL,
)

_MARK = re.compile(
    rf"{_CODE[0]}.+?{_CODE[1]}|\$[^$]+\$|\{{\{{.*?\}}\}}|\]\([^)\s]*", re.DOTALL
)


def differences(path: Path, named: bool = True) -> Iterator[Fault]:
    """Yield what a translated page has other than its source.

    Other cells or headings are named alone: they would cause everything else.

    Args:
        path: the translated page.
        named: whether someone works on it; else, of sections that are not stamped, only
            code and output are compared.

    Raises:
        Fault: as parts().
    """
    ours, theirs = parts(path), parts(staleness.translation(path))
    stamps = staleness.stamps(path)
    fault = _other_cell(path) if path.suffix == ".ipynb" else None
    if fault := fault or _other_heading(ours, theirs, stamps):
        yield fault
        return
    yield from _front_matter(path)
    source = _followed(path, {part.ident: part for part in theirs})
    for part in ours:
        if part.ident in source:
            compare = _content if named or part.ident in stamps else _fences
            yield from compare(part, source[part.ident])


def _followed(path: Path, current: dict[str, Part]) -> dict[str, Part]:
    """Return the English sections that a page follows, by id.

    A complete language follows the current ones. Elsewhere a stale section follows an
    older text; it is left out if git cannot know it, in a shallow clone for instance.
    """
    if language_of(path) in COMPLETE:
        return current
    old = set(staleness.stale(path)) & staleness.stamps(path).keys()
    found = {ident: part for ident, part in current.items() if ident not in old}
    source = staleness.source_of(path)
    for version, idents in changes.followed(path):
        with contextlib.suppress(Fault):  # a page that was broken then
            for part in parts(version):
                if part.ident in idents:
                    now = current.get(part.ident, part)
                    by = now.section.line - part.section.line
                    found[part.ident] = part.moved(source, by)
    if git.is_whole(Project.of(path).root):  # then the other stamps are of no version
        found = current | found
    return found


def _other_cell(path: Path) -> Fault | None:
    """Return the first cell of a lab that is not that of the source."""
    if language_of(path) not in COMPLETE and staleness.stale(path):
        return None
    source = staleness.source_of(path)
    ours, theirs = (notebooks.load(files.read(p), p)[0] for p in (path, source))
    for own, other in zip(ours, theirs, strict=False):
        if (own.ident, own.code) != (other.ident, other.code):
            problem = f"the cell {own.ident!r} is {other.ident!r} in {relative(source)}"
            remedy = f"add or remove cells before it, or run `{_FIX} {relative(path)}`"
        elif own.metadata != other.metadata:
            problem = f"the cell {own.ident!r} has other settings than the English one"
            remedy = f"run `{_FIX} {relative(path)}`"
        else:
            continue
        return Fault(notebooks.place_of(path, own.ident), problem, remedy)
    if len(ours) == len(theirs):
        return None
    number = f"has {len(ours)} cells, {relative(source)} has {len(theirs)}"
    return Fault(path, number, "add or remove cells until they are the same")


def _other_heading(
    ours: list[Part], theirs: list[Part], stamps: dict[str, str]
) -> Fault | None:
    """Return the first heading that differs.

    A section that is not translated yet, or that English has no more, is only stale.
    """
    path, known = ours[0].path, {part.ident for part in ours}
    english = {part.ident: part for part in theirs}
    own = [part for part in ours if part.ident in english or part.ident not in stamps]
    wanted = [
        part
        for part in theirs
        if part.ident in known or part.ident in stamps or not stamps
    ]
    for mine, other in zip_longest(own, wanted):
        if other and other.ident not in known and (not mine or mine.ident in english):
            place = mine.place if mine else Place(path, pages.read(path).count("\n"))
            problem = f"the section {{#{other.ident}}} is missing above this line"
            heading = other.section.text.partition("\n")[0]
            remedy = f"translate the heading {heading!r} of {other.place}"
            return Fault(place, problem, remedy)
        if mine.ident not in english:
            if other and other.ident not in known:
                problem = f"the id is {mine.ident!r}, {other.place} has {other.ident!r}"
                return Fault(mine.place, problem, f"write {{#{other.ident}}}")
            problem = f"the English page has no section {{#{mine.ident}}}"
            return Fault(mine.place, problem, "remove it")
        if mine.ident != other.ident:
            problem = f"{{#{other.ident}}} comes before this section, at {other.place}"
            return Fault(mine.place, problem, "move it here")
        if mine.section.level != other.section.level:
            problem = f"this heading has {mine.section.level} #"
            remedy = f"write {other.section.level}, as {other.place}"
            return Fault(mine.place, problem, remedy)
    return None


def _front_matter(path: Path) -> Iterator[Fault]:
    """Yield the settings that are not the same in both pages."""
    source = staleness.source_of(path)
    own, wanted = pages.front_matter(path), pages.front_matter(source)
    for key in sorted((own.keys() | wanted.keys()) - _OWN):
        if own.get(key) != wanted.get(key):
            here, there = (
                Place(p, files.line_of(p, f"{key}:")) for p in (path, source)
            )
            ours, theirs = (each.get(key, "missing") for each in (own, wanted))
            problem = f"{key!r} is {ours}, at {there} it is {theirs}"
            yield Fault(here, problem, "write the same")


def _content(own: Part, source: Part) -> Iterator[Fault]:
    """Yield what two sections do not both hold, by line."""
    found = list(_fences(own, source))
    if len(own.blocks) != len(source.blocks):
        found.append(_paragraph(own, source))
    else:
        for kind in _ANYWHERE | _IN_ORDER:
            found += _items_differ(own, source, kind)
    yield from sorted(found, key=lambda fault: fault.place.line)


def _fences(own: Part, source: Part) -> Iterator[Fault]:
    """Yield the code and output that differ, or the first that only one has."""
    ours, theirs = own.fences, source.fences
    for number, (mine, other) in enumerate(zip_longest(ours, theirs)):
        if mine and other and (mine.info, mine.text) == (other.info, other.text):
            continue
        if len(ours) > len(theirs):
            problem = f"{{#{own.ident}}} has no such fence at {source.place}"
            yield Fault(mine.place, problem, "remove it")
            return
        if len(ours) < len(theirs):
            line = ours[number - 1].end if number else own.section.line
            problem = f"the fence of {other.place} is missing after this"
            yield Fault(Place(own.path, line), problem, "copy it from there")
            return
        pairs = zip_longest(mine.text.split("\n"), other.text.split("\n"))
        at = next((n for n, (x, y) in enumerate(pairs) if x != y), -1)
        line = mine.lines[at] if 0 <= at < len(mine.lines) else mine.line
        problem = f"this fence is not the one at {other.place}"
        remedy = f"copy it from there, or run `{_FIX} {relative(own.path)}`"
        yield Fault(Place(own.path, line), problem, remedy)


def _paragraph(own: Part, source: Part) -> Fault:
    """Return about where a section has a paragraph too many, or one is missing."""
    ours, theirs = own.blocks, source.blocks
    alike = [_marks(x) == _marks(y) for x, y in zip(ours, theirs, strict=False)]
    at = [*alike, False].index(False)
    line = ours[min(at, len(ours) - 1)][0][0] if ours else own.section.line
    if len(ours) < len(theirs):
        problem = f"the paragraph of {Place(source.path, theirs[at][0][0])} is missing"
        return Fault(Place(own.path, line), f"{problem} near this line", "translate it")
    has = f"{{#{own.ident}}} has {len(ours)} paragraphs"
    problem = f"{has}, at {source.place} it has {len(theirs)}"
    return Fault(Place(own.path, line), problem, "remove this one, or join two")


def _marks(block: Lines) -> list[str]:
    """Return what a paragraph has in common with its translation."""
    text = "\n".join(line.strip() for _, line in block)
    marks = [match[0] for match in _MARK.finditer(text)]
    return [re.sub(r"\w", "", text[:3]).strip(), *sorted(marks)]


def _items(part: Part, kind: str) -> list[Item]:
    """Return what a section holds of a kind, in order."""
    page = Numbered(part.prose)
    text = blank(page.text, _NOT_TEXT) if kind == "number" else page.text
    return [
        (_shape(kind, " ".join(match[last].split())), page.line(match.start(last)))
        for match in (_ANYWHERE | _IN_ORDER)[kind].finditer(text)
        if (last := match.lastindex or 0)
    ]


def _shape(kind: str, text: str) -> str:
    """Return what must be the same of an item; of a table row, its cells and values."""
    if kind == "table row":
        return f"of {_VALUE.sub('', text).count('|') - 1} cells, {_VALUE.findall(text)}"
    return text.replace(" ", "") if kind in _ANYWHERE else text


def _items_differ(own: Part, source: Part, kind: str) -> Iterator[Fault]:
    """Yield the items of a kind that only one of the sections has, or another order."""
    ours, theirs = _items(own, kind), _items(source, kind)
    spelled = set[str]()
    if kind == "number":
        known = {text for text, _ in theirs}
        ours = [(_as_english(text, known), line) for text, line in ours]
        words = _WORD.findall(" ".join(line for _, line in source.prose))
        spelled = {str(_WORDS[word.lower()]) for word in words}  # elsewhere a number
    have, want = (Counter(text for text, _ in items) for items in (ours, theirs))
    for text, line in _surplus(theirs, want - have):
        problem = f"the {kind} {text} of {Place(source.path, line)} is missing"
        yield Fault(_beside(own, source, line), problem, "add it")
    for text, line in _surplus(ours, have - want):
        if kind != "number" or (len(text) > 1 and text not in spelled):
            problem = f"the {kind} {text} is not in {{#{own.ident}}} of {source.place}"
            remedy = "remove it, or write what is there"
            yield Fault(Place(own.path, line), problem, remedy)
    if kind in _IN_ORDER and have == want:
        for (text, line), (other, _) in zip(ours, theirs, strict=True):
            if text != other:
                problem = f"the {kind} {text} comes where {source.place} has {other}"
                yield Fault(Place(own.path, line), problem, "keep the order")
                return


def _as_english(number: str, known: set[str]) -> str:
    """Return a number as the English text has it: 0,5 may be its 0.5."""
    swapped = number.translate(str.maketrans(".,", ",."))
    return swapped if number not in known and swapped in known else number


def _surplus(items: list[Item], counts: Counter[str]) -> Iterator[Item]:
    """Yield the last so many of the items with a text."""
    for text, count in counts.items():
        yield from [item for item in items if item[0] == text][-count:]


def _beside(own: Part, source: Part, line: int) -> Place:
    """Return the line of a translation that belongs to a line of its source."""
    for mine, other in zip(own.blocks, source.blocks, strict=True):
        if other[0][0] <= line <= other[-1][0]:
            return Place(own.path, mine[0][0])
    return own.place
