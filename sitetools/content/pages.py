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
import yaml
from pymdownx import snippets

from sitetools.content import notebooks

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LANGUAGES = sorted(path.suffixes[0][1:] for path in ROOT.glob("mkdocs.*.yml"))

_OPEN = re.compile(r"^(?P<indent>[ \t>]*)(?P<fence>`{3,}|~{3,})(?P<info>[^`\n]*)$")
_INCLUDE = re.compile(r"^\s*-{1,}8<-{1,}")
_FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
_CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
_BULLET = re.compile(r"^(?P<indent> *)(?:[-*+]|\d+[.)]) +(?=`{3}|~{3})")


class PageError(Exception):
    """A page that cannot be read; the message names file, line and remedy."""


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
    """What stands behind the opening mark, such as `python title="x.py"`."""
    lines: list[int] = field(default_factory=list)
    """For each line of `text`, the page's line that it comes from."""

    @property
    def place(self) -> str:
        """`docs/en/page.md:12`, as a compiler would say it."""
        return f"{relative(self.path)}:{self.line}"


def relative(path: Path) -> str:
    """Return the path as seen from the project's root, with forward slashes."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def pages(language: str) -> list[Path]:
    """Return all pages of a language, notebooks too, sorted."""
    folder = DOCS / language
    found = [path for kind in ("*.md", "*.ipynb") for path in folder.rglob(kind)]
    return sorted(path for path in found if path.parent.name != ".ipynb_checkpoints")


def read(path: Path) -> str:
    """Return a page's text with plain newlines; of a notebook, the page it makes.

    Raises:
        PageError: if the file is not UTF-8, or is a notebook that cannot be read, or
            holds the marks of a merge.
    """
    text = read_file(path)
    if conflict := _CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        raise PageError(
            f"{relative(path)}:{line}: a merge left its marks; keep one version of the "
            "text between <<<<<<< and >>>>>>>, and remove the marks."
        )
    if path.suffix != ".ipynb":
        return text
    try:
        return notebooks.markdown(text)
    except notebooks.NotebookError as error:
        raise PageError(f"{relative(path)}:{error.line}: {error}") from None


def read_file(path: Path) -> str:
    """Return a file's text with plain newlines, without a byte order mark.

    Raises:
        PageError: if the file is not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise PageError(
            f"{relative(path)}:{line}: not UTF-8; save the file again as UTF-8."
        ) from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


class Once(yaml.SafeLoader):
    """Reads YAML in which no name stands twice: PyYAML would drop all but the last."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Any, Any]:
        """Return the mapping."""
        seen = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                problem = f"{key.value!r} stands twice: keep one"
                raise yaml.constructor.ConstructorError(
                    problem=problem, problem_mark=key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def front_matter(path: Path) -> dict[str, Any]:
    """Return a page's front matter.

    Raises:
        PageError: if it is not valid YAML or not a mapping.
    """
    if path.suffix == ".ipynb":
        read(path)  # names the file if it is no notebook
        return notebooks.front_matter(read_file(path))
    match = _FRONT_MATTER.match(read(path))
    return dict(_front_matter(path, match[1])) if match else {}


@functools.cache
def _front_matter(path: Path, text: str) -> dict[str, Any]:
    """Return what the front matter of a page says; the menu and others ask often."""
    try:
        meta = yaml.load(text, Once)
    except yaml.MarkedYAMLError as error:
        mark = error.context_mark or error.problem_mark
        line = (mark.line if mark else 0) + 2
        raise PageError(
            f"{relative(path)}:{line}: the front matter is not valid YAML "
            f"({error.problem}); mend this line."
        ) from None
    if not isinstance(meta, dict):
        raise PageError(
            f"{relative(path)}:2: the front matter must be `name: value` lines."
        )
    return meta


def line_of(path: Path, text: str) -> int:
    """Return the first line of the page's file that contains the text, or 1."""
    first = text.strip().split("\n")[0]
    for number, line in enumerate(read(path).split("\n"), 1):
        if first in line:
            return number
    return 1


@functools.cache
def _preprocessor() -> snippets.SnippetPreprocessor:
    """Return pymdownx's own include preprocessor, with the options in mkdocs.yml."""

    class Loader(yaml.SafeLoader):
        """Reads mkdocs.yml; its !ENV and !relative tags are not needed here."""

    Loader.add_multi_constructor("!", lambda *_: None)
    config = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), Loader)
    options: dict[str, Any] = {}
    for extension in config["markdown_extensions"]:
        if isinstance(extension, dict) and "pymdownx.snippets" in extension:
            options = dict(extension["pymdownx.snippets"])
    options["base_path"] = [str(ROOT)]
    extension = snippets.SnippetExtension(**options)
    md = markdown.Markdown()
    extension.extendMarkdown(md)
    preprocessor = md.preprocessors["snippet"]
    assert isinstance(preprocessor, snippets.SnippetPreprocessor)
    return preprocessor


def expand(path: Path) -> list[tuple[int, str]]:
    """Return (line in the page's file, text) for each line after includes.

    Raises:
        PageError: naming the line of an include that cannot be found.
    """
    expanded: list[tuple[int, str]] = []
    for number, line in enumerate(read(path).split("\n"), 1):
        if not _INCLUDE.match(line):
            expanded.append((number, line))
            continue
        if line.strip().strip("-") == "8<":
            raise PageError(
                f"{relative(path)}:{number}: write each include on one line of its "
                'own, as in --8<-- "snippets/topic/name.py:section".'
            )
        try:
            lines = _preprocessor().run([line])
        except UnicodeDecodeError:
            raise PageError(
                f"{relative(path)}:{number}: {line.strip()} includes a file that is "
                "not UTF-8; save that file again as UTF-8."
            ) from None
        except snippets.SnippetMissingError as error:
            raise PageError(
                f"{relative(path)}:{number}: {error}; check the name in "
                f"{line.strip()} against the file it includes."
            ) from None
        expanded += [(number, text) for text in lines]
    return expanded


def with_includes(text: str) -> str:
    """Return a page's Markdown with what it includes; MkDocs has checked the names."""
    return "\n".join(_preprocessor().run(text.split("\n")))


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
    """Yield every fenced block of the page, wherever it stands.

    Args:
        path: the page.
        includes: whether to put included text in, or leave the line that includes it.

    Raises:
        PageError: for a fence that is never closed.
    """
    lines = expand(path) if includes else list(enumerate(read(path).split("\n"), 1))
    index = 0
    while index < len(lines):
        number, text = lines[index]
        bullet = _BULLET.match(text)
        if bullet:  # a fence right behind a list mark
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
            raise PageError(
                f"{relative(path)}:{number}: this fence is never closed; add {mark} on "
                "a line of its own, indented as the opening one."
            )
        content = "".join(line + "\n" for line in body).rstrip("\n") + "\n"
        info = opening["info"].strip()
        end = lines[index][0]
        yield Fence(
            path, _language(info), content, number, end, indent, mark, info, origin
        )
        index += 1


def prose(path: Path) -> list[tuple[int, str]]:
    """Return (line, text) of what is neither front matter nor in a fence.

    An included text stands at the line that includes it.
    """
    match = _FRONT_MATTER.match(read(path))
    start = match[0].count("\n") + 1 if match else 1
    fenced = {n for fence in fences(path) for n in range(fence.line, fence.end + 1)}
    return [
        (number, line)
        for number, line in expand(path)
        if number >= start and number not in fenced
    ]
