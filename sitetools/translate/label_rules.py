"""The rules of `labels.yml`: nothing unused, nothing empty, names and numbers kept."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from sitetools.content import labels, pages, snippets, yaml_files
from sitetools.content.labels import Labels
from sitetools.content.project import (
    COMPLETE,
    SOURCE_LANGUAGE,
    Project,
    language_of,
)
from sitetools.fault import Fault
from sitetools.render import figures, labs

_KEPT = re.compile(r"\{\w+\}|\d+")
"""What a translation must keep: what is filled in, and numbers."""
_NAME = re.compile(r"[A-Za-z]+")
_FIGURE = re.compile(r"\(figure:([\w/]+)")


def missing(path: Path) -> Iterator[Fault]:
    """Yield the labels of a page's figures that its language does not have.

    A figure that cannot be drawn is left out: that is not the translator's task.
    """
    project = Project.of(path)
    own, found = labels.load(project, language_of(path)), dict[str, str]()
    for name in dict.fromkeys(_FIGURE.findall(pages.read(path))):
        with contextlib.suppress(Fault, OSError):
            for word in sorted(figures.words(project.snippets / f"{name}.py")):
                found.setdefault(word, name)
    if path.suffix == ".ipynb":
        with contextlib.suppress(Fault):
            for word in sorted(labs.words(labs.load(path, warn=lambda _: None))):
                found.setdefault(word, path.stem)
    for word, name in found.items():
        if word not in own.figures:
            problem = f"{word!r}, in the figure {name}, has no translation"
            yield Fault(own.place("figures"), problem, "add it below `figures:`")


def drawn(project: Project) -> set[str]:
    """Return the English labels of all figures.

    Raises:
        Fault: for a figure that cannot be drawn.
    """
    found = set[str]()
    for snippet in snippets.measuring(project):
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
    english, own = (labels.load(project, code) for code in (SOURCE_LANGUAGE, language))
    used = drawn(project) if language != SOURCE_LANGUAGE else set()
    wanted = {label: label for label in used}
    for part in labels.WORDS:
        yield from _part(own, part, getattr(own, part), getattr(english, part))
    yield from _part(own, "figures", own.figures, wanted)


def _part(
    own: Labels, part: str, words: dict[str, str], english: dict[str, str]
) -> Iterator[Fault]:
    """Yield what is wrong with a part of the labels."""
    if own.language in COMPLETE:
        for key in sorted(english.keys() - words.keys()):
            problem, remedy = f"no translation of {key!r}", f"add it below `{part}:`"
            yield Fault(own.place(part), problem, remedy)
    seen: dict[str, str] = {}
    # In another script, a Latin name in a figure is one of the English label.
    foreign = part == "figures" and not _NAME.search(own.site["language"])
    for key, text in words.items():
        names = _NAME.findall(text) if foreign else []
        if key not in english:
            problem = f"{key!r} is in no figure and not in docs/en/labels.yml"
            remedy = "remove the line, or fix the name"
        elif not text.strip():
            problem, remedy = f"{key!r} has no translation", "write it"
        elif lost := set(_KEPT.findall(english[key])) - set(_KEPT.findall(text)):
            problem, remedy = f"{key!r} has no {', '.join(sorted(lost))}", "add it"
        elif odd := [name for name in names if name not in key]:
            problem = f"{odd[0]!r} is not in the English label {key!r}"
            remedy = "translate it, or keep the English name"
        elif part == "figures" and text in seen:
            problem = f"{key!r} and {seen[text]!r} are both {text!r}"
            remedy = "let them differ"
        else:
            seen[text] = key
            continue
        yield Fault(yaml_files.place(own.path, part, key), problem, remedy)
