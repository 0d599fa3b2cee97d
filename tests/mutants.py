"""Mutants: one thing on the site is changed; the question is whether a test notices.

A mutant is judged by the functions that the tests themselves call, never by a run of
all tests, and no file is written.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import blocks
from project import PROJECT

from sitetools.content import files, frozen, pages, snippets
from sitetools.content.project import COMPLETE, SOURCE_LANGUAGE
from sitetools.fault import Fault, relative
from sitetools.measure import compare, remeasure
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

    @property
    def name(self) -> str:
        """File and change: what draws a sample, wherever the line moves."""
        return f"{relative(self.path)} | {self.change}"


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


def of_measured() -> Iterator[Mutant]:
    """Move each number well beyond its tolerance, as if other code had measured it."""
    for snippet in frozen.measuring_snippets(PROJECT):
        tolerances: Any = snippets.function(snippet, "TOLERANCE")
        for key, value in frozen.numbers(frozen.load(snippet)):
            if (tolerance := tolerances[key.partition(".")[0]]) is None:
                continue
            other = "x" if isinstance(value, str) else value * (1 + 4 * tolerance)
            other = value + 1 if other == value else other
            check = functools.partial(
                remeasure.differences, {key: value}, {key: other}, tolerances
            )
            change, path = f"{key}: {value} → {other}", snippet.with_suffix(".json")
            yield Mutant(path, 1, change, functools.partial(fails, check))
    for lab in labs.labs(PROJECT):
        outputs = labs.load(lab)
        for cell in labs.cells(lab):
            for output in outputs.get(cell.ident, []):
                yield from _of_output_of_a_lab(lab, cell.ident, cell.metadata, output)


def _of_output_of_a_lab(
    lab: Path, ident: str, metadata: dict[str, Any], output: dict[str, str]
) -> Iterator[Mutant]:
    text, tolerance = output.get("text", ""), metadata.get("tolerance", 0)
    for match in compare.ANY_NUMBER.finditer(text) if tolerance is not None else ():
        other = re.sub(r"\d(?=e|$)", digit, match[0], count=1)
        if tolerance:
            moved = float(match[0]) * (1 + 4 * tolerance) or 1.0
            other = f"{moved:.3e}" if "e" in match[0] else f"{moved:.6f}"
        new = {"text": text[: match.start()] + other + text[match.end() :]}
        same = functools.partial(compare.same_output, output, new, metadata)
        path = lab.with_suffix(".json")
        change = f"{ident}: {match[0]} → {other} at {match.start()}"
        line = files.line_of(path, f'"{ident}"')
        yield Mutant(path, line, change, lambda same=same: not same())  # type: ignore[misc]


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


def of_formulas() -> Iterator[Mutant]:
    """Change the digits of formulas that a test computes."""
    tests, site = tests_of("formulas"), tests_of("site")
    for path in PROJECT.pages():

        def check(path: Path = path) -> Iterator[object]:
            yield from tests.problems(path)
            page = path.relative_to(PROJECT.docs / SOURCE_LANGUAGE)
            site.test_no_number_in_prose_is_typed_by_hand(SOURCE_LANGUAGE, page)
            tests.test_formulas_of_initializations_and_selu_are_those_of_pytorch()

        computed = [
            f"{re.escape(left.strip())}@(?:=|\\\\approx)@{re.escape(right.strip())}"
            for _, left, _, right in tests.equations(path)
        ]
        computed += [r"\\(?:lambda|alpha)@\\approx@[\d.]+"]
        for page, heading in tests.TABLES:
            if path.name == page:
                rows = tests.formulas_in_tables(page, heading)
                cells = [cell.strip("$ ") for _, row in rows for cell in row]
                computed += [rf"\${re.escape(cell)}\$" for cell in cells]
        for formula in computed:
            within = re.sub(r"\\ |@", r"\\s*", formula)
            # Zeros at the end may be other digits: the equation still holds, rounded.
            yield from edits(path, r"[1-9]|(?<!\d)0", digit, check, within)


@functools.cache
def tests_of(name: str) -> Any:  # noqa: ANN401 - tests are not typed
    """Return the tests of that name."""
    [path] = Path(__file__).parent.rglob(f"test_{name}.py")
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    return importlib.import_module(path.stem)


KINDS: dict[str, tuple[Callable[[], Iterator[Mutant]], bool]] = {
    "outputs": (of_outputs, True),
    "frozen": (of_frozen, False),
    "measured": (of_measured, True),
    "formulas": (of_formulas, True),
    "labels": (of_labels, False),
    "names": (of_names, False),
}
"""What is changed, and whether all of it is quick enough to be tried each time."""
