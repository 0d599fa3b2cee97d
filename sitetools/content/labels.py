"""A language's words outside its pages: `docs/<language>/labels.yml`.

`site` has the words of the frame around a page, `explorer` and `training` those of the
explorer and of the one that trains; `figures` maps the English labels in figures to the
language's own. English needs no `figures`: it is what snippets say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sitetools.content import files, yaml_files
from sitetools.content.project import COMPLETE, SOURCE_LANGUAGE, Project
from sitetools.fault import Fault, Place

WORDS = ("site", "explorer", "training")
PARTS = (*WORDS, "figures")
_WORD = re.compile(r"[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹]")
_MATH = re.compile(r"\$[^$]*\$")


@dataclass(frozen=True)
class Labels:
    """The words of one language; where it may lag, the missing ones are English."""

    language: str
    path: Path
    site: dict[str, str]
    explorer: dict[str, str]
    training: dict[str, str]
    figures: dict[str, str]

    def place(self, part: str) -> Place:
        """Return the line at which a part begins."""
        return yaml_files.place(self.path, part)

    def word(self, name: str, part: str = "site") -> str:
        """Return a word of the site or of an explorer.

        Raises:
            Fault: if there is none.
        """
        words: dict[str, str] = getattr(self, part)
        if name not in words:
            remedy = f"add it below `{part}:`"
            raise Fault(self.place(part), f"no word for {name!r}", remedy)
        return words[name]

    def speaks(self, texts: Iterable[str]) -> bool:
        """Return whether a figure can be shown in this language, or in English only.

        A figure half in English would be worse than an English one.
        """
        if self.language in COMPLETE:
            return True
        return all(text in self.figures for text in texts if has_words(text))

    def translate(self, text: str, figure: str) -> str:
        """Return a figure's label in the language, or in English where it may lag.

        Raises:
            Fault: if a complete language has no such label.
        """
        if self.language == SOURCE_LANGUAGE or not has_words(text):
            return text
        if text not in self.figures and self.language in COMPLETE:
            problem = f"no translation of {text!r} (in a figure of {figure})"
            raise Fault(self.place("figures"), problem, "add it below `figures:`")
        return self.figures.get(text, text)


def load(project: Project, language: str) -> Labels:
    """Return the words of a language.

    Raises:
        Fault: if its file is missing, not YAML, or maps something else than text.
    """
    own = _read(project, language)
    if language not in COMPLETE:
        english = _read(project, SOURCE_LANGUAGE)
        own = own | {part: english[part] | own[part] for part in WORDS}
    return Labels(language, _path(project, language), **own)


def missing(project: Project, language: str) -> list[str]:
    """Return the names of words of site and explorers that are still English."""
    own, english = _read(project, language), _read(project, SOURCE_LANGUAGE)
    return [word for part in WORDS for word in english[part] if word not in own[part]]


def words(project: Project, own: Labels, part: str) -> dict[str, str]:
    """Return what an element of a page says in a language.

    Raises:
        Fault: if a language that must be complete has no such word.
    """
    english = getattr(load(project, SOURCE_LANGUAGE), part)
    return {name: own.word(name, part) for name in english}


def has_words(text: str) -> bool:
    """Return whether a figure's text needs translating: numbers and formulas do not."""
    return bool(_WORD.search(_MATH.sub("", text)))


def _path(project: Project, language: str) -> Path:
    return project.docs / language / "labels.yml"


def _read(project: Project, language: str) -> dict[str, dict[str, str]]:
    path = _path(project, language)
    if not path.is_file():
        remedy = "copy docs/en/labels.yml and translate it"
        raise Fault(path, "no such file", remedy)
    parsed = _parsed(path, files.read(path))
    return {part: dict(words) for part, words in parsed.items()}


@lru_cache(maxsize=100)  # every figure asks
def _parsed(path: Path, text: str) -> dict[str, dict[str, str]]:
    content: Any = yaml_files.parse(text, path) or {}
    for part in PARTS:
        words = content.get(part) or {} if isinstance(content, dict) else None
        if not isinstance(words, dict):
            place = yaml_files.place(path, part)
            remedy = "write lines of `name: text`, as in docs/en/labels.yml"
            raise Fault(place, f"`{part}:` has no names", remedy)
        for key, value in words.items():
            if not isinstance(key, str) or not isinstance(value, str):
                place = yaml_files.place(path, part, key)
                remedy = "put both in quotes"
                raise Fault(place, f"{key!r} must map text to text", remedy)
    return {part: content.get(part) or {} for part in PARTS}
