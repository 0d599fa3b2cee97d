"""The rules of `labels.yml`: nothing unused, nothing empty, names and numbers kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from sitetools.content import files, frozen, labels, pages
from sitetools.content.labels import Labels
from sitetools.content.project import (
    COMPLETE,
    SOURCE_LANGUAGE,
    Project,
    language_of,
)
from sitetools.fault import Fault, Place
from sitetools.render import figures, labs

_FIGURE = re.compile(r"\(figure:([\w/]+)")
_KEPT = re.compile(r"\{\w+\}|\d+")
"""What a translation must keep: what is filled in, and numbers."""
_NAME = re.compile(r"[A-Za-z]+")


def of_page(path: Path) -> dict[str, str]:
    """Return the English labels of a page's figures, each with its figure.

    A figure that cannot be drawn is left out: that is not the translator's task.
    """
    project = Project.of(path)
    found: dict[str, str] = {}
    for name in dict.fromkeys(_FIGURE.findall(pages.read(path))):
        try:
            words = figures.words(project.snippets / f"{name}.py")
        except (Fault, OSError):
            continue
        found |= dict.fromkeys(sorted(words - found.keys()), name)
    if path.suffix == ".ipynb":
        try:
            outputs = labs.load(path, warn=lambda _: None)
        except Fault:
            return found
        found |= dict.fromkeys(sorted(labs.words(outputs)), path.stem)
    return found


def missing(path: Path) -> Iterator[Fault]:
    """Yield the labels of a page's figures that its language does not have."""
    own = labels.load(Project.of(path), language_of(path))
    for word, name in of_page(path).items():
        if word not in own.figures:
            problem = f"{word!r}, in the figure {name}, has no translation"
            yield Fault(own.place("figures"), problem, "add it below `figures:`")


def drawn(project: Project) -> set[str]:
    """Return the English labels of all figures.

    Raises:
        Fault: for a figure that cannot be drawn.
    """
    found = set[str]()
    for snippet in frozen.measuring_snippets(project):
        found |= figures.words(snippet)
    for lab in labs.labs(project):
        found |= labs.words(labs.load(lab))
    return found


def problems(path: Path) -> Iterator[Fault]:
    """Yield what is wrong with a language's labels, each with its line.

    Raises:
        Fault: if the file cannot be read, or a figure not drawn.
    """
    project, language = Project.of(path), path.parent.name
    english = labels.load(project, SOURCE_LANGUAGE)
    own = labels.load(project, language)
    if language in COMPLETE:
        for word in labels.missing(project, language):
            part = "site" if word in english.site else "explorer"
            yield Fault(own.place(part), f"no word for {word!r}", "add it")
    for part in ("site", "explorer"):
        words: Mapping[str, str] = getattr(own, part)
        wanted: Mapping[str, str] = getattr(english, part)
        for key, text in words.items():
            place = Place(path, _line(path, part, key))
            if key not in wanted:
                problem = f"{key!r} is not in docs/{SOURCE_LANGUAGE}/labels.yml"
                yield Fault(place, problem, "remove the line, or fix the name")
            elif not text.strip():
                yield Fault(place, f"{key!r} is empty", "write the word")
            elif lost := set(_KEPT.findall(wanted[key])) - set(_KEPT.findall(text)):
                problem = f"{key!r} has no {', '.join(sorted(lost))}"
                yield Fault(place, problem, "add it")
    if language != SOURCE_LANGUAGE:
        yield from _figures(own, drawn(project))


def _figures(own: Labels, used: set[str]) -> Iterator[Fault]:
    """Yield what is wrong with the labels of figures."""
    # In another script a Latin name is one of the English label; in this, any word.
    latin = bool(_NAME.search(own.site["language"]))
    seen: dict[str, str] = {}
    for label, text in own.figures.items():
        place = Place(own.path, _line(own.path, "figures", label))
        names = [] if latin else [n for n in _NAME.findall(text) if n not in label]
        if label not in used:
            yield Fault(place, f"{label!r} is in no figure", "remove the line")
        elif not text.strip():
            yield Fault(place, f"{label!r} has no translation", "write it")
        elif _numbers(text, label) != _numbers(label, label):
            yield Fault(
                place, f"{text!r} has other numbers", f"keep those of {label!r}"
            )
        elif names:
            problem = f"{names[0]!r} is not in the English label {label!r}"
            yield Fault(place, problem, "translate it, or keep the English name")
        elif text in seen:
            problem = f"{label!r} and {seen[text]!r} are both {text!r}"
            yield Fault(place, problem, "let them differ")
        seen.setdefault(text, label)
    if own.language in COMPLETE:
        for label in sorted(used - own.figures.keys()):
            remedy = "add it below `figures:`"
            yield Fault(own.place("figures"), f"no translation of {label!r}", remedy)


def _numbers(text: str, label: str) -> list[str]:
    """Return the numbers of a text; a zero that English writes as a word may be 0."""
    spelled = "zero" in label.lower()
    return [n for n in re.findall(r"\d+", text) if not (spelled and n == "0")]


def _line(path: Path, part: str, key: str) -> int:
    """Return the line of a word in a part of the file."""
    first = re.escape(key.split("\n")[0])
    inside = False
    for number, line in enumerate(files.read(path).split("\n"), 1):
        if re.match(r"\w+:", line):
            inside = line.startswith(f"{part}:")
        elif inside and re.match(rf"\s+[\"']?{first}(?:[\"']?\s*:|\\n)", line):
            return number
    return files.line_of(path, f"{part}:")
