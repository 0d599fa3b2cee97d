"""`make mutate`: change one thing at a time, and list the changes that no test notices.

A test that cannot fail proves nothing. A mutant is judged by the functions that the
tests themselves call, never by a run of all tests, and no file is written.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import os
import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import blocks
from project import PROJECT
from tqdm import tqdm

from sitetools.content import files, frozen, pages
from sitetools.content.project import COMPLETE
from sitetools.fault import Fault, Place
from sitetools.measure.sandbox_process import Outcome
from sitetools.render import labs
from sitetools.translate import label_rules, staleness, structure


@dataclass
class Mutant:
    """One change, and the question whether a test notices it."""

    path: Path
    line: int
    change: str
    noticed: Callable[[], bool]


Check = Callable[[], object]
"""Raises, or returns what is wrong."""
New = Callable[[re.Match[str]], str]


def fails(check: Check) -> bool:
    """Return whether a check raises, or returns something that is wrong."""
    try:
        found = check()
        return bool(list(found) if isinstance(found, Iterator) else found)
    except (AssertionError, LookupError, ValueError, OSError, Fault):
        return True


@contextmanager
def instead(texts: dict[Path, str]) -> Iterator[None]:
    """Let files read as if they held these texts."""
    read = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        return texts[path].encode() if path in texts else read(path)

    def read_text(path: Path, *_: object, **__: object) -> str:
        return read_bytes(path).decode("utf-8").replace("\r\n", "\n")

    with (
        mock.patch.object(Path, "read_bytes", read_bytes),
        mock.patch.object(Path, "read_text", read_text),
    ):
        yield


def changed(
    path: Path, text: str, span: tuple[int, int], new: str, check: Check
) -> Mutant:
    """Return the mutant of one file in which a part of its text is another."""
    start, end = span

    def noticed() -> bool:
        with instead({path: text[:start] + new + text[end:]}):
            return fails(check)

    line = text.count("\n", 0, start) + 1
    return Mutant(path, line, f"{text[start:end]} → {new} at {start}", noticed)


def edits(
    path: Path, pattern: str, new: New, check: Check, within: str = r"\A(?s:.*)\Z"
) -> Iterator[Mutant]:
    """Yield a mutant for each match in each match of `within`."""
    text = files.read(path)
    for outer in re.finditer(within, text):
        for match in re.compile(pattern).finditer(text, *outer.span()):
            if (other := new(match)) != match[0]:
                yield changed(path, text, match.span(), other, check)


def digit(match: re.Match[str]) -> str:
    """Return another digit, further away than the tolerance of one; no sign for one."""
    return str((int(match[0]) + 2) % 10) if match[0].isdigit() else ""


def last(match: re.Match[str]) -> str:
    """Return a text with another end."""
    return match[0][:-1] + ("x" if match[0][-1] != "x" else "y")


def swapped(names: list[str]) -> New:
    """Return the function that puts the next of these names in place of a name."""
    return lambda match: names[(names.index(match[0]) + 1) % len(names)]


def of_outputs(paths: Iterable[Path] | None = None) -> Iterator[Mutant]:
    """Change each digit and sign of an output; the block prints what it shows now."""
    seen = set()
    for path in paths or (PROJECT.docs).rglob("*.md"):
        for block in blocks.blocks(path):
            if block.output and block.ident not in seen:
                seen.add(block.ident)
                yield from _of_output(block, block.output)


def _of_output(block: blocks.Block, output: pages.Fence) -> Iterator[Mutant]:
    text, outcome = output.text, Outcome(stdout=output.text)
    for match in re.finditer(r"\d|[-+](?=\d)", text):
        new = text[: match.start()] + digit(match) + text[match.end() :]
        shown = dataclasses.replace(block, output=dataclasses.replace(output, text=new))
        judge = functools.partial(blocks.judge, shown, outcome)
        line = output.lines[text.count("\n", 0, match.start())]
        change = f"{match[0]} → {digit(match)} in {text!r} at {match.start()}"
        yield Mutant(block.code.path, line, change, functools.partial(fails, judge))


def of_frozen() -> Iterator[Mutant]:
    """Change each frozen number and text by hand, and each digit that a lab printed."""
    # A float of 16 digits is the same with another decimal.
    number = r"(?<!\d{15}\.)\d(?=(?:e[-+]?\d+)?[,\]\n])"
    for snippet in frozen.measuring_snippets(PROJECT):
        for pattern, new in ((number, digit), (r'(?<=[\[ ]")[^"]+(?="[],\n])', last)):
            check = functools.partial(_load, frozen.load, snippet)
            path, results = snippet.with_suffix(".json"), r'(?s)"results".*'
            yield from edits(path, pattern, new, check, results)
    for lab in labs.labs(PROJECT):
        check = functools.partial(_load, labs.load, lab)
        printed = r'(?m)(?<="text": ").*(?="$)'
        yield from edits(lab.with_suffix(".json"), r"\d", digit, check, printed)


def _load(load: Callable[[Path], object], path: Path) -> None:
    load(path)


SETTINGS = ["relu", "tanh", "he", "xavier", "none", "layer"]
"""Of the explorer."""


def of_names() -> Iterator[Mutant]:
    """Change ids, links, values, figures and formulas in a translation alone."""
    known = [frozen.name_of(path) for path in frozen.measuring_snippets(PROJECT)]
    places: list[tuple[str, New]] = [
        (r"(?<=\{#)[\w-]+(?=\})", last),  # the id of a heading
        (r"(?<=#)[\w-]+(?=\)(?!\{))", last),  # where a link leads
        (r"(?<=[.:])[\w-]+(?= \| [^}]*\}\})", last),  # the name of a value
        (r"(?<=\| \.)\d(?=[a-z%] *\}\})", digit),  # and its format
        (r"(?<=figure:)[\w/]+", swapped(known)),
        (r"(?<=\{\{ )[\w/]+(?=:)", swapped(known)),
        (r"\d(?=[^$\n`|]*\$(?:[^$\n]*\$[^$\n]*\$)*[^$\n]*$)", digit),  # in formulas
        (r"(?<= \d)\d(?= )", digit),  # a number in prose
        (rf'(?<==")(?:{"|".join(SETTINGS)})(?=")', swapped(SETTINGS)),
    ]
    for code in PROJECT.translations():
        for path in PROJECT.pages(code):
            if path.suffix != ".md" or staleness.stale(path):
                continue
            check = functools.partial(structure.differences, path)
            prose = {number for number, _ in pages.prose(path)}
            for pattern, new in places:
                for mutant in edits(path, f"(?m){pattern}", new, check):
                    if mutant.line in prose:
                        yield mutant


def of_labels() -> Iterator[Mutant]:
    """Rename labels, swap the words of two, and swap rows of the glossary."""
    drawn = functools.cache(label_rules.drawn)
    results = frozen.load(frozen.find(PROJECT, "explorer/grid"))

    def check() -> Iterator[object]:
        with mock.patch.object(label_rules, "drawn", drawn):
            for language in COMPLETE:
                yield from label_rules.problems(PROJECT.docs / language / "labels.yml")
        tests_of("label_rules").test_korean_labels_are_about_the_same()
        tests_of("terms").test_glossaries_of_both_languages_agree()
        tests_of("explorer").test_english_words_name_what_they_stand_for(results)

    for language in COMPLETE:
        labels, glossary = (
            PROJECT.docs / language / name for name in ("labels.yml", "glossary.md")
        )
        yield from edits(labels, r"(?m)^  [^\s#][^:\n]*(?=: \S)", last, check)
        yield from _swaps(labels, r'(?m)^  [^\s#].*?"?: (?=[^\s>])(.*)$', check)
        yield from _swaps(glossary, r"(?m)^\| .*? \| (.*?) \| .* \| .*$", check)


def _swaps(path: Path, pattern: str, check: Check) -> Iterator[Mutant]:
    """Yield a mutant for each two matches that follow each other, groups swapped."""
    text = files.read(path)
    for one, two in pairwise(re.finditer(pattern, text)):
        start, end = one.start(1), two.end(1)
        new = two[1] + text[one.end(1) : two.start(1)] + one[1]
        if new != text[start:end]:
            yield changed(path, text, (start, end), new, check)


@functools.cache
def tests_of(name: str) -> Any:  # noqa: ANN401 - tests are not typed
    """Return the tests of that name."""
    [path] = Path(__file__).parent.rglob(f"test_{name}.py")
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    return importlib.import_module(path.stem)


KINDS: dict[str, Callable[[], Iterator[Mutant]]] = {
    "outputs": of_outputs,
    "frozen": of_frozen,
    "labels": of_labels,
    "names": of_names,
}
NUMBER = 200
"""How many mutants of a kind that takes long are tried, unless N says otherwise."""


def survivors(kind: str, number: int, seed: int) -> tuple[int, list[Mutant]]:
    """Try the mutants of a kind; return how many were tried, and those that live."""
    mutants = list(tqdm(KINDS[kind](), desc=f"{kind}, found", leave=False))
    if kind != "outputs":  # those are quick
        random.Random(seed).shuffle(mutants)
        mutants = mutants[:number]
    bar = tqdm(mutants, desc=kind, leave=False)
    return len(mutants), [mutant for mutant in bar if not mutant.noticed()]


def main() -> int:
    """Try the kinds that ONLY names, or all; return 1 if a mutant lives."""
    kinds = os.environ.get("ONLY", "").split() or list(KINDS)
    if odd := set(kinds) - set(KINDS):
        print(f"ONLY={' '.join(odd)}: write one of {', '.join(KINDS)}", file=sys.stderr)
        return 2
    number, seed = int(os.environ.get("N") or NUMBER), int(os.environ.get("SEED") or 0)
    rows, lived = [], False
    for kind in kinds:
        tried, found = survivors(kind, number, seed)
        for mutant in found:
            place = Place(mutant.path, mutant.line)
            print(f"{place}: {kind}: no test notices {mutant.change}")
        rows.append(f"{kind:9} {tried:7,} {tried - len(found):7,}")
        lived |= bool(found)
    print(f"{'kind':9} {'mutants':>7} {'noticed':>7}", *rows, sep="\n")
    return int(lived)


if __name__ == "__main__":
    sys.exit(main())
