"""What no page may hold, in any language: odd characters, open formulas, odd HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from sitetools.content import pages
from sitetools.content.project import language_of
from sitetools.fault import Fault, Place
from sitetools.translate.parts import Lines, Numbered, paragraphs, words_only

_ODD = {"Cc", "Cf", "Co", "Zl", "Zp"}
"""Unicode's categories of control, format and private characters."""
_JOINERS = "\u200c\u200d\u200e\u200f"
"""Invisible, but part of the spelling in scripts that join letters or run leftward."""
_JOINING = re.compile(
    r"(?:ar|az|bn|fa|gu|he|hi|kn|ml|mr|my|pa|ps|sa|sd|si|ta|te|ug|ur)\b"
)
_EMOJI = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]\ufe0f?\u200d")
_CJK = "\u2e80-\ua4cf\uff00-\uff60"
_BROKEN = re.compile(f"[{_CJK}]\n[{_CJK}]")
"""A line that ends, and one that begins, with a letter of Chinese or Japanese."""

_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][\w-]*)(?P<rest>(?:\s[^<>]*)?)>")
_VOID = {"area", "br", "col", "hr", "img", "input", "source", "track", "wbr"}
_FORBIDDEN = {"base", "embed", "form", "iframe", "link", "meta", "object"}
_FORBIDDEN |= {"script", "style"}
_HANDLER = re.compile(r"\son\w+\s*=")
_ELSEWHERE = re.compile(
    r"!\[[^\]]*\]\(\s*<?(?P<image>(?:https?:)?//[^)\s]*)"
    r"|<[A-Za-z][^<>]*\s(?:src|srcset|poster|data)\s*=\s*[\"']?(?P<source>(?:https?:)?//[^\"'\s>]*)"
)


def characters(path: Path) -> Iterator[Fault]:
    """Yield the characters that no one sees, and letters that are taken apart."""
    joins = bool(_JOINING.match(language_of(path)))
    lines = list(enumerate(pages.read(path).split("\n"), 1))
    apart = [n for n, line in lines if not unicodedata.is_normalized("NFC", line)]
    if apart:
        more = f", also on {len(apart) - 1} more lines" if apart[1:] else ""
        problem = f"letters are taken apart (NFD, as macOS writes them{more})"
        yield Fault(Place(path, apart[0]), problem, "save the file again in NFC")
    for number, line in lines:
        for char in dict.fromkeys(_EMOJI.sub("", line)):
            if char == "\t" or (joins and char in _JOINERS):
                continue
            if unicodedata.category(char) in _ODD or char == "\ufffd":
                name = unicodedata.name(char, "a control character")
                column = line.index(char) + 1
                problem = f"has U+{ord(char):04X} ({name}) in column {column}"
                yield Fault(Place(path, number), problem, "delete it")


def problems(path: Path) -> Iterator[Fault]:
    """Yield what a page's prose may not hold, each with its line."""
    lines = pages.prose(path, includes=False)
    yield from _line_breaks(path, lines)
    yield from _open_formulas(path, lines)
    yield from _html(path, lines)


def _line_breaks(path: Path, lines: Lines) -> Iterator[Fault]:
    """Yield tabs, and breaks within text of a script that has no spaces."""
    for number, line in lines:
        if "\t" in line:
            yield Fault(Place(path, number), "has a tab", "write spaces")
    for (before, above), (number, line) in pairwise(lines):
        if number == before + 1 and _BROKEN.search(f"{above}\n{line.lstrip()}"):
            problem = "a line break would be a space, which this script does not use"
            remedy = "write the paragraph on one line"
            yield Fault(Place(path, number), problem, remedy)


def _open_formulas(path: Path, lines: Lines) -> Iterator[Fault]:
    """Yield each `$` that neither begins nor ends a formula."""
    for paragraph in paragraphs(lines):
        block = Numbered(paragraph)
        for match in re.finditer(r"(?<!\\)\$+", words_only(block.text)):
            place = Place(path, block.line(match.start()))
            remedy = f"add the other {match[0]}, or write \\$ for a dollar sign"
            yield Fault(place, f"this {match[0]} is not part of a formula", remedy)


def _html(path: Path, lines: Lines) -> Iterator[Fault]:
    """Yield elements that are forbidden, are never closed, or load from elsewhere."""
    page = Numbered(lines)
    text = words_only(page.text)
    if "<!--" in text:
        place = Place(path, page.line(text.index("<!--")))
        yield Fault(place, "this comment is never closed", "add -->")
        return
    for match in _ELSEWHERE.finditer(text):
        problem = f"loads {match['image'] or match['source']} from another host"
        remedy = "put the file into docs/shared/ and name it as assets/…"
        yield Fault(Place(path, page.line(match.start())), problem, remedy)
    opened: dict[str, list[Place]] = {}
    for match in _TAG.finditer(text):
        name, place = match["name"].lower(), Place(path, page.line(match.start()))
        if match["end"]:
            if not opened.get(name):
                yield Fault(place, f"{match[0]} closes nothing", "remove it")
            else:
                opened[name].pop()
            continue
        if name in _FORBIDDEN or _HANDLER.search(match["rest"]):
            problem = f"a page may not have {match[0]}: the site would block it"
            yield Fault(place, problem, "remove it")
        if name not in _VOID and not match["rest"].endswith("/"):
            opened.setdefault(name, []).append(place)
    for name, places in opened.items():
        for place in places:
            yield Fault(place, f"<{name}> is never closed", f"add </{name}>")
