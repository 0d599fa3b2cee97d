"""The words of one language that do not stand in its pages: `docs/<lang>/labels.yml`.

`site` holds the words of the frame around a page, `explorer` those of the explorer;
`figures` maps the English labels in the figures to the language's own. English needs
no figures: it is what snippets say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sitetools.content import pages

SOURCE_LANGUAGE = "en"
COMPLETE = ("en", "ko")
"""Languages in which nothing may be missing; the others fall back to English."""
_WORD = re.compile(r"[^\W\d_]")
_MATH = re.compile(r"\$[^$]*\$")


class LabelError(Exception):
    """A label file that cannot be used; the message names file, line and remedy."""


def load(language: str) -> dict[str, dict[str, str]]:
    """Return the label file of a language; another than COMPLETE may lack words.

    Raises:
        LabelError: if it is missing, not YAML, or maps something else than text.
    """
    found = _read(language)
    if language in COMPLETE:
        return found
    english = _read(SOURCE_LANGUAGE)
    return found | {part: english[part] | found[part] for part in ("site", "explorer")}


def _read(language: str) -> dict[str, dict[str, str]]:
    path = pages.DOCS / language / "labels.yml"
    if not path.is_file():
        raise LabelError(
            f"{pages.relative(path)}: no such file; copy docs/en/labels.yml and "
            "translate."
        )
    try:
        return _parsed(path, pages.read_file(path))
    except pages.PageError as error:  # not UTF-8
        raise LabelError(str(error)) from None


def lacking(language: str) -> list[str]:
    """Return the words around the pages and in the explorer that are English still."""
    own, english = _read(language), _read(SOURCE_LANGUAGE)
    return [
        word
        for part in ("site", "explorer")
        for word in english[part]
        if word not in own[part]
    ]


@cache
def _parsed(path: Path, text: str) -> dict[str, dict[str, str]]:
    """Return the file's parts; every figure asks, so the parsing is remembered."""
    name = pages.relative(path)
    try:
        content: Any = yaml.load(text, pages.Once) or {}
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 1
        raise LabelError(
            f"{name}:{line}: not YAML ({error.problem}); mend this line or the one "
            "above."
        ) from None
    for section in ("site", "explorer", "figures"):
        part = content.get(section) or {} if isinstance(content, dict) else None
        if not isinstance(part, dict):
            raise LabelError(
                f"{name}:{pages.line_of(path, f'{section}:')}: `{section}:` must hold "
                "lines of `name: text`, as in docs/en/labels.yml."
            )
        for key, value in part.items():
            if not isinstance(key, str) or not isinstance(value, str):
                line = pages.line_of(path, str(key))
                raise LabelError(
                    f"{name}:{line}: {key!r} must map text to text; put both in quotes."
                )
    return {part: content.get(part) or {} for part in ("site", "explorer", "figures")}


def untranslated(texts: Iterable[str], language: str) -> bool:
    """Tell whether a language that may lag lacks one of a figure's labels."""
    if language in COMPLETE:
        return False
    known = load(language)["figures"]
    return any(has_words(text) and text not in known for text in texts)


def has_words(text: str) -> bool:
    """Tell whether a figure's text needs translating: numbers and formulas do not."""
    return bool(_WORD.search(_MATH.sub("", text)))


def place(language: str, part: str) -> str:
    """Return `docs/ko/labels.yml:12`, where a part of the labels begins."""
    path = pages.DOCS / language / "labels.yml"
    return f"{pages.relative(path)}:{pages.line_of(path, f'{part}:')}"


def translate(text: str, language: str, figure: str) -> str:
    """Return a figure's label in the language, or in English where it may lag.

    Raises:
        LabelError: if the language's file has no such label.
    """
    if language == SOURCE_LANGUAGE or not has_words(text):
        return text
    labels = load(language)["figures"]
    if text not in labels and language in COMPLETE:
        raise LabelError(
            f"{place(language, 'figures')}: no translation of {text!r} (in a figure of "
            f"{figure}); add it below `figures:`."
        )
    return labels.get(text, text)
