"""What is wrong with a page: the contributor's one answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sitetools.content import labels, pages
from sitetools.content.project import Project, language_of
from sitetools.fault import Fault, Place
from sitetools.render import figures
from sitetools.translate import staleness, structure, terms


def check(path: Path, named: bool = False) -> list[str]:
    """Return what is wrong with a page, but for being stale.

    Args:
        path: the page.
        named: whether the translator works on it: then it is compared with the source
            though it is not stamped yet, and labels of its figures may not be missing.
    """
    source = staleness.source_of(path)  # names a path that is not a page
    found = list(terms.problems(path))
    if path == source:
        return found
    lags = staleness.stale(path)  # names a stamp that cannot be read
    if named or not lags:
        found += structure.differences(path)
    return found + list(_labels_missing(path) if named else [])


def _labels_missing(path: Path) -> Iterator[str]:
    """Yield the labels of the page's figures that the language does not have."""
    project = Project.of(path)
    own = labels.load(project, language_of(path))
    for name in dict.fromkeys(re.findall(r"\(figure:([\w/]+)", pages.read(path))):
        try:
            words = figures.words(project.snippets / f"{name}.py")
        except (Fault, OSError):
            continue  # not the translator's task
        for word in sorted(words - set(own.figures)):
            place = Place(own.path)
            yield f"{place}: {word!r}, in the figure {name}, has no translation."
