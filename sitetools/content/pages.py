"""Read a page as its reader sees it: included text expanded, fences found.

Line numbers are those of the file that an author edits, never of the expanded copy.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import markdown
from pymdownx import snippets

from sitetools.content import files, notebooks, yaml_files
from sitetools.content.project import Project
from sitetools.fault import Fault, Place

INCLUDE_OPTIONS = {"check_paths": True, "dedent_subsections": True}
"""Options of pymdownx.snippets, as in mkdocs.yml: a test compares them."""

_OPEN = re.compile(r"^(?P<indent>[ \t>]*)(?P<fence>`{3,}|~{3,})(?P<info>[^`\n]*)$")
_INCLUDE = re.compile(r"^\s*-{1,}8<-{1,}")
_FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---(?:\n|\Z)", re.DOTALL)
_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)
_BULLET = re.compile(r"^(?P<indent> *)(?:[-*+]|\d+[.)]) +(?=`{3}|~{3})")


@dataclass
class Fence:
    """A fenced code block of a page."""

    path: Path
    language: str
    text: str
    """Content as rendered: dedented, includes expanded, a final newline."""
    line: int
    """Line of the opening fence in the page's file, counted from 1."""
    end: int
    """Line of the closing fence."""
    indent: str
    mark: str
    """The characters that open it, such as three backticks."""
    info: str = ""
    """What follows the opening mark, such as `python title="x.py"`."""
    lines: list[int] = field(default_factory=list)
    """For each line of `text`, the page's line that it comes from."""

    @property
    def place(self) -> Place:
        """The line of the opening fence."""
        return Place(self.path, self.line)


def read(path: Path) -> str:
    """Return a page's text with plain newlines; of a notebook, the page it makes.

    Raises:
        Fault: if the file is not UTF-8, is a notebook that cannot be read, or has the
            marks of a merge.
    """
    text = files.read(path)
    if conflict := _CONFLICT.search(text):
        raise Fault(
            Place(path, text.count("\n", 0, conflict.start()) + 1),
            "a merge left its marks",
            "keep one version of the text between <<<<<<< and >>>>>>>, and delete the "
            "marks",
        )
    return notebooks.markdown(text, path) if path.suffix == ".ipynb" else text


def front_matter(path: Path) -> dict[str, Any]:
    """Return a page's front matter, which has at least a title and a description.

    Raises:
        Fault: if it is missing, not closed, not valid YAML or not a mapping, or if
            title or description is missing or not text.
    """
    if path.suffix == ".ipynb":
        return notebooks.front_matter(files.read(path), path)
    return dict(_front_matter(path, read(path)))


@functools.lru_cache(maxsize=1000)  # the menu and others ask often
def _front_matter(path: Path, text: str) -> dict[str, Any]:
    match = _FRONT_MATTER.match(text)
    if not match:
        before = len(text) - len(text.lstrip())
        if not text.startswith("---\n") and text[before:].startswith("---\n"):
            remedy = "delete the blank lines before it"
            raise Fault(path, "the front matter does not begin on line 1", remedy)
        if text.startswith("---\n"):
            remedy = "add a line of --- after title and description"
            raise Fault(path, "the front matter is never closed", remedy)
        remedy = "begin with title and description between two lines of ---"
        raise Fault(path, "the page has no front matter", remedy)
    meta = yaml_files.parse(match[1], path, first=2)
    if not isinstance(meta, dict):
        remedy = "write lines of `name: value`"
        raise Fault(Place(path, 2), "the front matter has no names", remedy)
    for name in ("title", "description"):
        value = meta.get(name)
        if not isinstance(value, str) or not value.strip():
            lines = match[1].split("\n")
            found = (
                n for n, line in enumerate(lines, 2) if line.startswith(f"{name}:")
            )
            problem = f"the front matter has no {name}"
            if name in meta and value is not None and not isinstance(value, str):
                problem = f"the {name} is not text"
            remedy = f'write {name}: "…"'
            raise Fault(Place(path, next(found, 1)), problem, remedy)
    return meta


@functools.cache
def _preprocessor(root: Path) -> snippets.SnippetPreprocessor:
    """Return pymdownx's own include preprocessor for a project."""
    extension = snippets.SnippetExtension(base_path=[str(root)], **INCLUDE_OPTIONS)
    md = markdown.Markdown()
    extension.extendMarkdown(md)
    preprocessor = md.preprocessors["snippet"]
    assert isinstance(preprocessor, snippets.SnippetPreprocessor)
    return preprocessor


def expand(path: Path) -> list[tuple[int, str]]:
    """Return (line in the page's file, text) for each line after includes.

    Raises:
        Fault: naming the line of an include that cannot be found.
    """
    expanded: list[tuple[int, str]] = []
    for number, line in enumerate(read(path).split("\n"), 1):
        if not _INCLUDE.match(line):
            expanded.append((number, line))
            continue
        place = Place(path, number)
        if line.strip().strip("-") == "8<":
            remedy = (
                'write it on one line, as in --8<-- "snippets/topic/name.py:section"'
            )
            raise Fault(place, "this include takes several lines", remedy)
        try:
            lines = _preprocessor(Project.of(path).root).run([line])
        except UnicodeDecodeError:
            problem = f"{line.strip()} includes a file that is not UTF-8"
            raise Fault(place, problem, "save that file again as UTF-8") from None
        except snippets.SnippetMissingError as error:
            remedy = f"check the name in {line.strip()} against the file it includes"
            raise Fault(place, str(error), remedy) from None
        expanded += [(number, text) for text in lines]
    return expanded


def with_includes(text: str, path: Path) -> str:
    """Return a page's Markdown with what it includes.

    Args:
        text: the Markdown, its placeholders filled.
        path: the page's file.

    Raises:
        Fault: naming the line of an include that cannot be found.
    """
    try:
        return "\n".join(_preprocessor(Project.of(path).root).run(text.split("\n")))
    except (UnicodeDecodeError, snippets.SnippetMissingError):
        expand(path)  # says in which line
        raise


def _language(info: str) -> str:
    """Return a fence's language: `python title="x"`, `{.python .x}` → `python`."""
    info = info.strip()
    if info.startswith("{"):
        match = re.search(r"\.([\w+-]+)", info)
        return match[1] if match else ""
    return re.split(r"[\s{]", info, maxsplit=1)[0]


def _without(indent: str, line: str) -> str:
    """Return the line without the indentation (or `> ` marks) of its fence."""
    if line.startswith(indent):
        return line[len(indent) :]
    return line.lstrip() if not line.strip(" \t>") else line


def fences(path: Path, includes: bool = True) -> Iterator[Fence]:
    """Yield every fenced block of the page, at any depth.

    Args:
        path: the page.
        includes: whether to put included text in, or leave the line that includes it.

    Raises:
        Fault: for a fence that is never closed.
    """
    return fences_in(_lines(path, includes), path)


def _lines(path: Path, includes: bool) -> list[tuple[int, str]]:
    return expand(path) if includes else list(enumerate(read(path).split("\n"), 1))


def fences_in(lines: list[tuple[int, str]], path: Path) -> Iterator[Fence]:
    """Yield every fenced block of a page's lines, which have numbers.

    Raises:
        Fault: for a fence that is never closed.
    """
    index = 0
    while index < len(lines):
        number, text = lines[index]
        if "```" not in text and "~~~" not in text:  # a quarter of the time
            index += 1
            continue
        bullet = _BULLET.match(text)
        if bullet:  # a fence right after a list mark
            text = " " * bullet.end() + text[bullet.end() :]
        opening = _OPEN.match(text)
        index += 1
        if not opening:
            continue
        indent, mark = opening["indent"], opening["fence"]
        body: list[str] = []
        origin: list[int] = []
        while index < len(lines):
            inner = _without(indent, lines[index][1])
            if inner.startswith(mark) and not inner.strip().strip(mark[0]):
                break
            body.append(inner)
            origin.append(lines[index][0])
            index += 1
        else:
            remedy = f"add {mark} on a line of its own, indented as the opening one"
            raise Fault(Place(path, number), "this fence is never closed", remedy)
        content = "".join(line + "\n" for line in body).rstrip("\n") + "\n"
        info = opening["info"].strip()
        end = lines[index][0]
        yield Fence(
            path, _language(info), content, number, end, indent, mark, info, origin
        )
        index += 1


def prose(path: Path, includes: bool = True) -> list[tuple[int, str]]:
    """Return (line, text) of what is neither front matter nor in a fence.

    Included text has the line that includes it.
    """
    match = _FRONT_MATTER.match(read(path))
    start = match[0].count("\n") + 1 if match else 1
    lines = outside_fences(_lines(path, includes), path)
    return [(number, line) for number, line in lines if number >= start]


def outside_fences(lines: list[tuple[int, str]], path: Path) -> list[tuple[int, str]]:
    """Return those of a page's lines, which have numbers, that are in no fence."""
    fences = fences_in(lines, path)
    fenced = {n for fence in fences for n in range(fence.line, fence.end + 1)}
    return [(number, line) for number, line in lines if number not in fenced]
