"""Compare a translated page with its source, section by section.

Code, output, formulas, figures, links and tables are the same in every language; only
the words differ. A section that lags behind the English page is compared with the
English text that it follows, where git knows it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path

from babel import Locale, UnknownLocaleError

from sitetools.content import files, notebooks, pages
from sitetools.content.project import COMPLETE, language_of
from sitetools.fault import Fault, Place, relative
from sitetools.translate import numbered, staleness
from sitetools.translate.commands import command
from sitetools.translate.numbered import Lines, Numbered
from sitetools.translate.parts import Part, followed, parts

_FIX = command("fix")
Item = tuple[str, int]
"""Something that a section holds, and its line."""

# What a section must hold in every language. Grammar may change the order of the first
# four; the others follow each other as in the source.
_ANYWHERE = {
    "formula": re.compile(r"(?<![\\$])\$\$?([^$]+?)\$\$?"),
    "value": re.compile(r"([\d.,−-]*\{\{.*?\}\}(?:%|×10[⁻⁰¹²³⁴-⁹]+|[\d.]*\d)?)"),
    "code": re.compile(r"`([^`]+)`"),
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
    "explorer": re.compile(r"<gradient-explorer\b([^>]*)>"),
    "tab": re.compile(r"(?m)^\s*(===)"),
    "table row": re.compile(r"(?m)^\s*(\|.*\|)\s*$"),
}
_WORDS = {"ten": 10, "eleven": 11, "twelve": 12, "twenty": 20, "thirty": 30}
_WORDS |= {"hundred": 100, "thousand": 1000}
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})(?:th)?(?:s|fold)?\b", re.IGNORECASE)
"""What English writes as a word, and other languages as a number: a thousandth."""
_VALUE = re.compile(r"\*{0,2}\{\{.*?\}\}\*{0,2}")
_NOT_TEXT = re.compile(
    r"\{\{.*?\}\}|`[^`]*`|\$\$?[^$]+\$\$?|\]\([^)\s]*|\{ *#[\w-]+ *\}", re.DOTALL
)


def differences(path: Path, named: bool = True) -> Iterator[Fault]:
    """Yield what a translated page has other than its source, the cause first.

    Args:
        path: the translated page.
        named: whether someone works on it; else, of sections that are not stamped, only
            code and output are compared.

    Raises:
        Fault: as parts().
    """
    ours, theirs = parts(path), parts(staleness.translation(path))
    if path.suffix == ".ipynb" and (found := list(_cells(path))):
        yield from found
        return
    yield from _front_matter(path)
    torn = set[str]()
    for fault, ident in _headings(ours, theirs):
        torn.add(ident)
        yield fault
    source = followed(path, {part.ident: part for part in theirs})
    stamps = staleness.stamps(path)
    for part in ours:
        if part.ident in source and part.ident not in torn:
            compare = _content if named or part.ident in stamps else _fences
            yield from compare(part, source[part.ident])


def _cells(path: Path) -> Iterator[Fault]:
    """Yield the first cell of a lab that is not that of the source."""
    if language_of(path) not in COMPLETE and staleness.stale(path):
        return
    text, source = files.read(path), staleness.source_of(path)
    ours, theirs = (
        notebooks.load(files.read(each), each)[0] for each in (path, source)
    )
    for own, other in zip_longest(ours, theirs):
        if not own or not other:
            number = f"has {len(ours)} cells, {relative(source)} has {len(theirs)}"
            yield Fault(path, number, "add or remove cells until they are the same")
            return
        if (own.ident, own.code) != (other.ident, other.code):
            line = text.count("\n", 0, text.index(f'"id": "{own.ident}"')) + 1
            problem = f"the cell {own.ident!r} is {other.ident!r} in {relative(source)}"
            remedy = f"add or remove cells before it, or run `{_FIX} {relative(path)}`"
            yield Fault(Place(path, line), problem, remedy)
            return
        if own.metadata != other.metadata:
            line = text.count("\n", 0, text.index(f'"id": "{own.ident}"')) + 1
            problem = f"the cell {own.ident!r} has other settings than the English one"
            remedy = f"run `{_FIX} {relative(path)}`"
            yield Fault(Place(path, line), problem, remedy)


def _front_matter(path: Path) -> Iterator[Fault]:
    """Yield the settings that are not the same in both pages."""
    source = staleness.source_of(path)
    own, wanted = pages.front_matter(path), pages.front_matter(source)
    for key in dict.fromkeys([*wanted, *own]):
        if key in ("title", "description", "source", "allow_terms"):
            continue
        there = Place(source, files.line_of(source, f"{key}:"))
        here = Place(path, files.line_of(path, f"{key}:") if key in own else 2)
        if key not in own:
            yield Fault(here, f"the front matter has no {key!r}; {there} has", "add it")
        elif key not in wanted:
            problem = f"the English front matter has no {key!r}"
            yield Fault(here, problem, "remove it, or add it there")
        elif own[key] != wanted[key]:
            yield Fault(here, f"{key!r} is not what it is at {there}", "write the same")


def _headings(ours: list[Part], theirs: list[Part]) -> Iterator[tuple[Fault, str]]:
    """Yield each heading that differs, with the id of the section that this tears.

    A section that is not translated yet, or that English has no more, is only stale.
    """
    path = ours[0].path
    stamps = staleness.stamps(path)
    known = {part.ident for part in ours}
    wanted = [
        part
        for part in theirs
        if part.ident in known or part.ident in stamps or not stamps
    ]
    english = {part.ident: part for part in theirs}
    own = [part for part in ours if part.ident in english or part.ident not in stamps]
    a, b = ([part.ident for part in each] for each in (own, wanted))
    for kind, i, j, k, m in SequenceMatcher(None, a, b, False).get_opcodes():
        if kind == "equal":
            continue
        extra, missing = own[i:j], wanted[k:m]
        before = own[i - 1].ident
        if len(extra) == len(missing):
            for part, other in zip(extra, missing, strict=True):
                problem = f"the id is {part.ident!r}, {other.place} has {other.ident!r}"
                remedy = f"write {{#{other.ident}}}, or move the section"
                yield Fault(part.place, problem, remedy), part.ident
            continue
        for part in extra:
            problem = f"the English page has no section {{#{part.ident}}} here"
            moved = part.ident in english
            remedy = (
                f"move it: see {english[part.ident].place}" if moved else "remove it"
            )
            yield Fault(part.place, problem, remedy), before
        for part in missing:
            if part.ident not in known:
                line = own[i].section.line if i < len(own) else _end(own[-1])
                heading = part.section.text.partition("\n")[0]
                problem = f"the section {{#{part.ident}}} is missing above this line"
                remedy = f"translate the heading {heading!r} of {part.place}"
                yield Fault(Place(path, line), problem, remedy), before
    for part in own:
        same = english.get(part.ident)
        if same and same.section.level != part.section.level:
            problem = f"this heading has {part.section.level} #"
            remedy = f"write {same.section.level}, as {same.place}"
            yield Fault(part.place, problem, remedy), ""


def _end(part: Part) -> int:
    """Return the last line of a section."""
    lines = [number for number, line in part.prose if line.strip()]
    return max([part.section.line, *lines, *(fence.end for fence in part.fences)])


def _content(own: Part, source: Part) -> Iterator[Fault]:
    """Yield what two sections do not both hold."""
    found = list(_fences(own, source))
    found += _paragraphs(own, source)
    if len(own.blocks) == len(source.blocks):
        for kind in _ANYWHERE:
            found += _anywhere(own, source, kind)
        for kind in _IN_ORDER:
            found += _in_order(own, source, kind)
    yield from sorted(found, key=lambda fault: fault.place.line)


def _fences(own: Part, source: Part) -> Iterator[Fault]:
    """Yield the code and output that differ."""
    a, b = ([(f.info, f.text) for f in part.fences] for part in (own, source))
    for kind, i, j, k, m in SequenceMatcher(None, a, b, False).get_opcodes():
        ours, theirs = own.fences[i:j], source.fences[k:m]
        if kind == "equal":
            continue
        for fence, other in zip_longest(ours, theirs):
            if fence and other:
                pairs = zip_longest(fence.text.split("\n"), other.text.split("\n"))
                at = next((n for n, (x, y) in enumerate(pairs) if x != y), -1)
                line = fence.lines[at] if 0 <= at < len(fence.lines) else fence.line
                problem = f"this fence is not the one at {other.place}"
                remedy = f"copy it from there, or run `{_FIX} {relative(own.path)}`"
                yield Fault(Place(own.path, line), problem, remedy)
            elif fence:
                problem = f"{{#{own.ident}}} has no such fence at {source.place}"
                yield Fault(fence.place, problem, "remove it")
            else:
                line = own.fences[i - 1].end if i else own.section.line
                problem = f"the fence of {other.place} is missing after this"
                yield Fault(Place(own.path, line), problem, "copy it from there")


def _paragraphs(own: Part, source: Part) -> Iterator[Fault]:
    """Yield the first paragraph that only one of the sections has."""
    ours, theirs = own.blocks, source.blocks
    if len(ours) == len(theirs):
        return
    a, b = ([_likeness(block) for block in blocks] for blocks in (ours, theirs))
    matcher = SequenceMatcher(None, a, b, False)
    i, k = next(
        (i, k)
        for _, i, j, k, m in matcher.get_opcodes()
        if (j - i > m - k if len(ours) > len(theirs) else j - i < m - k)
    )
    line = ours[min(i, len(ours) - 1)][0][0] if ours else own.section.line
    if len(ours) > len(theirs):
        has = f"{{#{own.ident}}} has {len(ours)} paragraphs"
        problem = f"{has}, at {source.place} it has {len(theirs)}"
        yield Fault(Place(own.path, line), problem, "remove this one, or join two")
    else:
        there = Place(source.path, theirs[k][0][0])
        problem = f"the paragraph of {there} is missing near this line"
        yield Fault(Place(own.path, line), problem, "translate it")


def _likeness(block: Lines) -> str:
    """Return what a paragraph has in common with its translation."""
    text = "\n".join(line.strip() for _, line in block)
    marks = re.findall(r"`[^`]+`|\$[^$]+\$|\{\{.*?\}\}|\]\([^)\s]*", text)
    return " ".join([re.sub(r"\w", "", text[:3]).strip(), *sorted(marks)])


def _items(part: Part, kind: str) -> list[Item]:
    """Return what a section holds of a kind, in order."""
    page = Numbered(part.prose)
    text = numbered.blank(page.text, _NOT_TEXT) if kind == "number" else page.text
    pattern = (_ANYWHERE | _IN_ORDER)[kind]
    return [
        (_shape(kind, " ".join(match[1].split())), page.line(match.start(1)))
        for match in pattern.finditer(text)
    ]


def _shape(kind: str, text: str) -> str:
    """Return what must be the same of an item; of a table row, its cells and values."""
    if kind == "table row":
        return f"of {_VALUE.sub('', text).count('|') - 1} cells, {_VALUE.findall(text)}"
    return text.replace(" ", "") if kind in _ANYWHERE else text


def _anywhere(own: Part, source: Part, kind: str) -> Iterator[Fault]:
    """Yield the items of a kind that only one of the sections has, in any order."""
    ours, theirs = _items(own, kind), _items(source, kind)
    words = set[str]()
    if kind == "number":
        read = _reader(language_of(own.path), {text for text, _ in theirs})
        ours = [(read(text), line) for text, line in ours]
        spelled = _WORD.findall(" ".join(line for _, line in source.prose))
        words = {str(_WORDS[word.lower()]) for word in spelled}  # elsewhere a number
    have, want = (Counter(text for text, _ in items) for items in (ours, theirs))
    for text, count in (want - have).items():
        for line in [line for item, line in theirs if item == text][-count:]:
            place = Place(source.path, line)
            problem = f"the {kind} {text} of {place} is missing"
            yield Fault(_beside(own, source, line), problem, "add it")
    for text, count in (have - want).items():
        if kind == "number" and (len(text) == 1 or text in words):
            continue
        for line in [line for item, line in ours if item == text][-count:]:
            problem = (
                f"the {kind} {text} is not in {{#{source.ident}}} of {source.place}"
            )
            remedy = "remove it, or write what is there"
            yield Fault(Place(own.path, line), problem, remedy)


def _reader(language: str, wanted: set[str]) -> Callable[[str], str]:
    """Return what reads a number as English writes it: 0,5 in Spanish is 0.5."""
    try:
        symbols = Locale.parse(language, sep="-").number_symbols
        comma = symbols.get("latn", {}).get("decimal") == ","
    except (UnknownLocaleError, ValueError):
        comma = False
    swap = str.maketrans(".,", ",.")
    return lambda text: text.translate(swap) if comma and text not in wanted else text


def _in_order(own: Part, source: Part, kind: str) -> Iterator[Fault]:
    """Yield the items of a kind that do not follow each other as in the source."""
    ours, theirs = _items(own, kind), _items(source, kind)
    a, b = ([text for text, _ in items] for items in (ours, theirs))
    for code, i, j, k, m in SequenceMatcher(None, a, b, False).get_opcodes():
        for mine, other in (
            zip_longest(ours[i:j], theirs[k:m]) if code != "equal" else ()
        ):
            if not other:
                problem = f"the {kind} {mine[0]} is not in {source.place}"
                yield Fault(Place(own.path, mine[1]), problem, "remove it")
                continue
            there = Place(source.path, other[1])
            if mine:
                problem = f"the {kind} is {mine[0]}, at {there} {other[0]}"
                yield Fault(Place(own.path, mine[1]), problem, "write the same")
            else:
                problem = f"the {kind} {other[0]} of {there} is missing"
                yield Fault(_beside(own, source, other[1]), problem, "add it")


def _beside(own: Part, source: Part, line: int) -> Place:
    """Return the line of a translation that belongs to a line of its source."""
    for mine, other in zip(own.blocks, source.blocks, strict=True):
        if other[0][0] <= line <= other[-1][0]:
            return Place(own.path, mine[0][0])
    return own.place
