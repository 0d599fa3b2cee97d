"""Mutants of what is no code: frozen numbers, names, labels and formulas."""

from __future__ import annotations

import functools
import importlib
import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

from mutants import Mutant, digit, edits, fails, instead, replaced

from sitetools.content import frozen, labels, pages, snippets
from sitetools.measure import remeasure
from sitetools.render import figures, labs
from sitetools.translate import staleness, structure

# The tests themselves; they are not typed.
test_explorer, test_formulas, test_labs, test_site, test_translations = (
    importlib.import_module(f"test_{name}")
    for name in ("explorer", "formulas", "labs", "site", "translations")
)


def of_frozen() -> Iterator[Mutant]:
    """Change each frozen number by hand, and each digit that a lab printed."""
    # A float of 16 digits is the same with another decimal.
    number = r"(?<!\d{15}\.)\d(?=(?:e[-+]?\d+)?[,\]\n])"
    for snippet in frozen.measuring_snippets():
        path = snippet.with_suffix(".json")
        for pattern, new in ((number, digit), (r'(?<=[\[ ]")[^"]+(?="[],\n])', _last)):
            for line, change, text in edits(path, pattern, new, '"results"'):
                yield _overlaid(path, line, change, text, snippet, frozen.load)
    for lab in labs.labs():
        path, printed = lab.with_suffix(".json"), r'(?m)(?<="text": ").*(?="$)'
        for match in re.finditer(printed, whole := pages.read_file(path)):
            for one in re.finditer(r"\d", match[0]):
                at = match.start() + one.start()
                line = whole.count("\n", 0, at) + 1
                change = f"{one[0]} → {digit(one)} in {one.start()}"
                other = replaced(whole, at, at + 1, digit(one))
                yield _overlaid(path, line, change, other, lab, labs.load)


def _last(match: re.Match[str]) -> str:
    """Return a text with another end."""
    return match[0][:-1] + ("x" if match[0][-1] != "x" else "y")


def _overlaid(
    path: Path,
    line: int,
    change: str,
    text: Callable[[], str],
    argument: Path,
    check: Callable[[Path], object],
) -> Mutant:
    """Return a mutant of one file that is noticed if the check fails."""

    def noticed() -> bool:
        with instead({path: text()}):
            return fails(lambda: check(argument) and None)

    return Mutant(path, line, change, noticed)


@functools.cache
def _tolerances(snippet: Path) -> dict[str, float | None]:
    return snippets.function(snippet, "TOLERANCE")  # type: ignore[return-value]


def of_measured() -> Iterator[Mutant]:
    """Move each number well beyond its tolerance, as if other code had measured it."""
    for snippet in frozen.measuring_snippets():
        results, path = frozen.load(snippet), snippet.with_suffix(".json")
        tolerances = _tolerances(snippet)
        for key, value in frozen.numbers(results):
            if (tolerance := tolerances[key.partition(".")[0]]) is None:
                continue
            other = "x" if isinstance(value, str) else value * (1 + 4 * tolerance)
            if other == value:
                other = value + 1

            noticed = functools.partial(_moved, snippet, {key: value}, {key: other})
            yield Mutant(path, 1, f"{key}: {value} → {other}", noticed)
    for lab in labs.labs():
        outputs, path = labs.load(lab), lab.with_suffix(".json")
        for cell in labs.cells(lab):
            tolerance = cell.metadata.get("tolerance", 0)
            for out in outputs.get(cell.ident, []) if tolerance is not None else []:
                for match in test_labs.NUMBER.finditer(out.get("text", "")):
                    other = _further(match[0], tolerance)
                    text = out["text"][: match.start()] + other
                    new = {"text": text + out["text"][match.end() :]}

                    def other_run(o: Any = out, n: Any = new, c: Any = cell) -> bool:  # noqa: ANN401
                        return not test_labs.same(o, n, c.metadata)

                    change = f"{match[0]} → {other} in {match.start()}"
                    line = pages.line_of(path, f'"{cell.ident}"')
                    yield Mutant(path, line, f"{cell.ident}: {change}", other_run)


def _moved(snippet: Path, one: dict[str, Any], two: dict[str, Any]) -> bool:
    """Tell whether measuring again notices that a number is another."""
    return bool(remeasure.differences(one, two, _tolerances(snippet)))


def _further(number: str, tolerance: float) -> str:
    """Return a number, written alike, that is further away than the tolerance."""
    if not tolerance:
        return re.sub(r"\d(?=e|$)", digit, number, count=1)
    moved = float(number) * (1 + 4 * tolerance) or 1.0
    return f"{moved:.3e}" if "e" in number else f"{moved:.6f}"


def of_claims() -> Iterator[Mutant]:
    """Halve and double each number in prose that is measured without a tolerance.

    Training is chaotic there: it is up to the snippet's claims to say what must hold.
    """
    seen = set()
    for page in pages.pages(labels.SOURCE_LANGUAGE):
        for number, line in pages.prose(page):
            for name, keys in re.findall(r"\{\{\s*([\w/-]+):([\w.-]+)\s*\|", line):
                snippet, top = frozen.find(name), keys.partition(".")[0]
                if (name, keys) in seen or _tolerances(snippet)[top] is not None:
                    continue
                seen.add((name, keys))

                def noticed(snippet: Path = snippet, keys: str = keys) -> bool:
                    return any(_claimed(snippet, keys, by) for by in (0.5, 2))

                yield Mutant(page, number, f"{name}:{keys} × 2 and ÷ 2", noticed)


def _claimed(snippet: Path, keys: str, by: float) -> bool:
    """Tell whether the snippet's check notices a number that is multiplied."""
    results = json.loads(json.dumps(frozen.load(snippet)))
    *above, last = keys.split(".")
    holder = frozen.look_up(results, above)
    place = last if isinstance(holder, dict) else int(last)
    holder[place] = holder[place] * by or 1.0
    return fails(lambda: remeasure.check(snippet, results))


def _swapped(names: list[str]) -> Callable[[re.Match[str]], str]:
    """Return the function that puts the next of these names in place of a name."""
    return lambda match: names[(names.index(match[0]) + 1) % len(names)]


SETTINGS = ["relu", "tanh", "he", "xavier", "none", "layer"]
"""Of the explorer."""


def of_names() -> Iterator[Mutant]:
    """Change ids, links, values, figures and formulas in one language alone."""
    snippets = [frozen.name_of(path) for path in frozen.measuring_snippets()]
    places: list[tuple[str, Callable[[re.Match[str]], str]]] = [
        (r"(?<=\{#)[\w-]+(?=\})", _last),  # the id of a heading
        (r"(?<=#)[\w-]+(?=\)(?!\{))", _last),  # where a link leads
        (r"(?<=[.:])[\w-]+(?= \| [^}]*\}\})", _last),  # the name of a value
        (r"(?<=\| \.)\d(?=[a-z%] *\}\})", digit),  # and its format
        (r"(?<=figure:)[\w/]+", _swapped(snippets)),
        (r"(?<=\{\{ )[\w/]+(?=:)", _swapped(snippets)),
        (r"\d(?=[^$\n`|]*\$(?:[^$\n]*\$[^$\n]*\$)*[^$\n]*$)", digit),  # in formulas
        (r"(?<= \d)\d(?= )", digit),  # a number in prose
        (r'(?<==")(?:relu|tanh|he|xavier|none|layer)(?=")', _swapped(SETTINGS)),
    ]
    for path in test_translations.TRANSLATED:
        source = staleness.source_of(path)
        if path.suffix != ".md" or staleness.stale(path):
            continue
        for file in (path, source):
            fenced = {n for f in pages.fences(file) for n in range(f.line, f.end + 1)}
            for pattern, new in places:
                for line, change, text in edits(file, f"(?m){pattern}", new, "\n# "):
                    if line not in fenced:
                        yield _overlaid(file, line, change, text, path, _differs)


def _differs(path: Path) -> None:
    """Fail where a page is not what its source is."""
    if found := next(structure.differences(path), None):
        raise AssertionError(found)


def of_labels() -> Iterator[Mutant]:
    """Rename labels, swap the words of two, and swap rows of the glossary."""
    tests = (
        test_translations.test_labels_of_all_languages_have_the_same_words,
        test_translations.test_labels_are_those_of_the_figures,
        test_translations.test_korean_labels_are_about_the_same,
        test_translations.test_glossaries_of_both_languages_agree,
    )
    words = functools.cache(figures.words)
    results = frozen.load(frozen.find("explorer/grid"))

    def check(_: Path) -> None:
        with mock.patch.object(figures, "words", words):
            for test in tests:
                test()
            test_explorer.test_english_words_name_what_they_stand_for(results)

    for language in labels.COMPLETE:
        path = pages.DOCS / language / "labels.yml"
        for line, change, text in edits(path, r"(?m)^  [^\s#][^:\n]*(?=: \S)", _last):
            yield _overlaid(path, line, change, text, path, check)
        rows = pages.read_file(path).split("\n")
        plain = [
            n for n, row in enumerate(rows) if re.match(r"  [^\s#].*?: [^\s>]", row)
        ]
        for one, two in pairwise(plain):
            yield _swap(path, rows, one, two, r"(  .*?\"?: )(.*)", check)
        path = pages.DOCS / language / "glossary.md"
        rows = pages.read_file(path).split("\n")
        table = [n for n, row in enumerate(rows) if row.count(" | ") == 3]
        for one, two in pairwise(table[1:]):
            yield _swap(path, rows, one, two, r"(\| .*? \| )(.*?)( \| .*)", check)


def _swap(
    path: Path,
    rows: list[str],
    one: int,
    two: int,
    pattern: str,
    check: Callable[[Path], object],
) -> Mutant:
    """Return the mutant in which two rows have each other's second part."""
    (a, b) = (list(re.fullmatch(pattern, rows[n]).groups()) for n in (one, two))  # type: ignore[union-attr]
    a[1], b[1] = b[1], a[1]
    text = "\n".join(
        "".join(a) if n == one else "".join(b) if n == two else row
        for n, row in enumerate(rows)
    )
    return _overlaid(path, one + 1, f"{b[1]} ↔ {a[1]}", lambda: text, path, check)


def of_formulas() -> Iterator[Mutant]:
    """Change the digits of formulas that a test computes, in every language."""

    def check(path: Path) -> None:
        assert not list(test_formulas.problems(path))
        page = path.relative_to(pages.DOCS / labels.SOURCE_LANGUAGE)
        test_site.test_no_number_in_prose_is_typed_by_hand("en", page)
        test_formulas.test_formulas_of_initializations_and_selu_are_those_of_pytorch()

    for path in pages.pages(labels.SOURCE_LANGUAGE):
        formulas = [
            f"{re.escape(left.strip())}@(?:=|\\\\approx)@{re.escape(right.strip())}"
            for _, left, _, right in test_formulas.equations(path)
        ]
        formulas += [r"\\(?:lambda|alpha)@\\approx@[\d.]+"]
        for page, heading in test_formulas.TABLES:
            if path.name == page:
                rows = test_formulas.formulas_in_tables(page, heading)
                formulas += [
                    rf"\${re.escape(cell.strip('$ '))}\$"
                    for _, row in rows
                    for cell in row
                ]
        text = pages.read_file(path)
        spaces = re.compile(r"\\ |@")
        for formula in formulas:
            for match in re.finditer(spaces.sub(r"\\s*", formula), text):
                for one in re.finditer(r"\d", match[0]):
                    at = match.start() + one.start()
                    other = replaced(text, at, at + 1, digit(one))
                    line = text.count("\n", 0, at) + 1
                    change = f"{one[0]} → {digit(one)} in {match[0]} at {one.start()}"
                    yield _overlaid(path, line, change, other, path, check)
