"""What is stale: each translated page knows which text of the source it follows.

Its front matter holds a hash of every section of the English page. So the status names
the sections that changed, and the structure of both pages can be compared.

    python hooks/translations.py status
    python hooks/translations.py stamp docs/ko/page.md
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import notebooks
import pages
from labels import SOURCE_LANGUAGE

_HEADING = re.compile(r"^(?P<level>#{1,6}) .*?(?:\{ *#(?P<id>[\w-]+) *\})?\s*$")
# What a section must hold in every language. Grammar may change the order of the first
# four; the others follow each other as in the source.
_ANYWHERE = {
    "formula": re.compile(r"(?<![\\$])\$\$?([^$]+?)\$\$?"),
    "value": re.compile(r"[\d.,−-]*\{\{.*?\}\}(?:%|×10[⁻⁰¹²³⁴-⁹]+|[\d.]*\d)?"),
    "code": re.compile(r"`([^`]+)`"),
    # Not the numerals that other languages write as words: 10억분의 1, a billionth.
    "number": re.compile(r"\d+(?:[.,]\d+)*(?!\.?\d|[만억조경]|(?<=0)분의)"),
}
_IN_ORDER = {
    "figure": re.compile(r"!\[[^\]]*\]\((figure:[^)\s]*)"),
    "link": re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]*)"),
    "caption": re.compile(r"(?m)^\s*///(.*)$"),
    "admonition": re.compile(r"(?m)^\s*((?:!!!|\?\?\?\+?) +\w+)"),
    "tab": re.compile(r"(?m)^\s*(===)"),
    "table row": re.compile(r"(?m)^\s*(\|.*\|)\s*$"),
}
_VALUE = re.compile(r"\*{0,2}\{\{.*?\}\}\*{0,2}")
_NOT_TEXT = re.compile(
    r"\{\{.*?\}\}|`[^`]*`|\$\$?[^$]+\$\$?|\]\([^)\s]*|\{ *#[\w-]+ *\}", re.DOTALL
)


@dataclass
class Section:
    """A heading and what follows it, up to the next heading."""

    ident: str
    level: int
    line: int
    text: str
    prose: str = ""
    """The text without its fences."""


def counterpart(path: Path, language: str) -> Path:
    """Return the same page in another language."""
    return pages.DOCS / language / Path(*path.relative_to(pages.DOCS).parts[1:])


def sections(path: Path) -> list[Section]:
    """Return the page's sections; the first, `top`, is what the front matter says.

    Raises:
        PageError: for a heading without an {#id} or an id that stands twice.
    """
    meta = pages.front_matter(path)
    top = f"{meta.get('title', '')}\n{meta.get('description', '')}"
    found = [Section("top", 0, 1, top)]
    prose = dict(pages.prose(path))
    for number, line in enumerate(pages.read(path).split("\n"), 1):
        heading = _HEADING.match(line) if number in prose else None
        if heading:
            where = f"{pages.relative(path)}:{number}"
            if not heading["id"]:
                raise pages.PageError(
                    f"{where}: this heading needs the id that the English page has; "
                    "write it behind the heading, as in {#in-one-sentence}."
                )
            if any(section.ident == heading["id"] for section in found):
                raise pages.PageError(
                    f"{where}: the id {heading['id']!r} stands on this page before; "
                    "choose another."
                )
            found.append(Section(heading["id"], len(heading["level"]), number, ""))
        if number in prose or len(found) > 1:
            found[-1].text += line + "\n"
        if number in prose:
            found[-1].prose += line + "\n"
    return found


def hashes(path: Path) -> dict[str, str]:
    """Return a short hash of each section of a page."""
    return {
        section.ident: hashlib.sha256(section.text.strip().encode()).hexdigest()[:8]
        for section in sections(path)
    }


def stale(path: Path) -> list[str]:
    """Return the ids of the sections whose source changed since the last stamp."""
    source = hashes(counterpart(path, SOURCE_LANGUAGE))
    stamped = pages.front_matter(path).get("source") or {}
    return [
        ident
        for ident in [*source, *(set(stamped) - set(source))]
        if str(stamped.get(ident)) != source.get(ident)
    ]


def stamp(path: Path) -> None:
    """Write into the page that it follows the source as it is now.

    Raises:
        PageError: if it has no front matter.
    """
    source = hashes(counterpart(path, SOURCE_LANGUAGE))
    if path.suffix == ".ipynb":
        cells, _ = notebooks.load(pages.read_file(path))
        _write(path, notebooks.dump(cells, source))
        return
    text = pages.read(path)
    if not pages.front_matter(path):
        raise pages.PageError(
            f"{pages.relative(path)}:1: has no front matter to stamp; begin the page "
            "as the English one: title and description between two lines of ---."
        )
    lines = ["source:\n"]
    for ident, value in source.items():
        lines.append(f'  {ident}: "{value}"\n')
    head, body = text[4:].split("\n---\n", 1)
    head = re.sub(r"(?m)^source:\n(?:  .*\n?)*", "", head + "\n")
    _write(path, f"---\n{head}{''.join(lines)}---\n{body}")


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    temporary = path.with_suffix(f"{path.suffix}.tmp")
    temporary.write_bytes(text.encode())
    temporary.replace(path)


def _anywhere(section: Section, kind: str) -> Counter[str]:
    """Count what a section holds of a kind."""
    text = section.prose
    if kind == "number":
        text = _NOT_TEXT.sub(" ", text)
    found = _ANYWHERE[kind].findall(" ".join(text.split()))
    return Counter("".join(part.split()) for part in found)


def _in_order(section: Section, kind: str) -> list[str]:
    """List what a section holds of a kind; of a table row, its cells and values."""
    found = [part.strip() for part in _IN_ORDER[kind].findall(section.prose)]
    if kind == "table row":
        return [
            f"{_VALUE.sub('', row).count('|') - 1} cells, {_VALUE.findall(row)}"
            for row in found
        ]
    return found


def _first_difference(own: list[str], source: list[str]) -> str:
    """Name the first of two lists' entries that are not the same."""
    for mine, wanted in zip_longest(own, source, fillvalue="nothing"):
        if mine != wanted:
            return f"{mine!r} in place of {wanted!r}"
    return "nothing else"


def differences(path: Path) -> Iterator[str]:
    """Yield what a translated page has other than its source, with both places."""
    source = counterpart(path, SOURCE_LANGUAGE)
    here, there = pages.relative(path), pages.relative(source)
    ours, theirs = list(pages.fences(path)), list(pages.fences(source))
    for own, original in zip(ours, theirs, strict=False):
        if (own.info, own.text) != (original.info, original.text):
            pairs = zip_longest(own.text.split("\n"), original.text.split("\n"))
            same = next((i for i, (a, b) in enumerate(pairs) if a != b), -1)
            line = own.lines[same] if 0 <= same < len(own.lines) else own.line
            yield (
                f"{here}:{line}: this fence is not the one at {original.place}; code "
                "and output are the same in every language, so copy it from there."
            )
    if len(ours) != len(theirs):
        yield f"{here}:1: has {len(ours)} fences, {there} has {len(theirs)}."
    own_meta, source_meta = pages.front_matter(path), pages.front_matter(source)
    for key in (own_meta.keys() ^ source_meta.keys()) - {"source"}:
        yield f"{here}:2: the front matter must have {key!r} just where {there} has it."
    own_sections, source_sections = sections(path), sections(source)
    for section, other in zip(own_sections, source_sections, strict=False):
        if (section.ident, section.level) != (other.ident, other.level):
            yield (
                f"{here}:{section.line}: the heading is {'#' * section.level} "
                f"{{#{section.ident}}}, but at {there}:{other.line} it is "
                f"{'#' * other.level} {{#{other.ident}}}."
            )
            return
        line = other.line
        where = f"{here}:{section.line}: section {{#{section.ident}}}"
        for kind in _ANYWHERE:
            mine, wanted = _anywhere(section, kind), _anywhere(other, kind)
            if kind == "number":  # which one language may write as a word
                mine = Counter(
                    {n: c if len(n) > 1 else min(c, wanted[n]) for n, c in mine.items()}
                )
            for sign, odd in (("lacks", wanted - mine), ("alone has", mine - wanted)):
                for part in odd:
                    yield f"{where} {sign} the {kind} {part!r}; see {there}:{line}."
        for kind in _IN_ORDER:
            own_list, source_list = _in_order(section, kind), _in_order(other, kind)
            if own_list != source_list:
                odd_one = _first_difference(own_list, source_list)
                yield f"{where} has {odd_one} as {kind}; see {there}:{line}."
    if len(own_sections) != len(source_sections):
        yield (
            f"{here}:1: has {len(own_sections) - 1} headings, {there} has "
            f"{len(source_sections) - 1}."
        )


def status() -> Iterator[str]:
    """Yield a line for each page of each translation."""
    for language in pages.LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        for source in pages.pages(SOURCE_LANGUAGE):
            path = counterpart(source, language)
            if not path.is_file():
                yield f"missing  {pages.relative(path)}"
            elif old := stale(path):
                yield f"stale    {pages.relative(path)}: {', '.join(old)}"
            else:
                yield f"current  {pages.relative(path)}"


def main(arguments: list[str]) -> int:
    """Run `status` or `stamp PAGE …`."""
    try:
        if arguments == ["status"]:
            print("\n".join(status()))
            return 0
        if arguments[:1] == ["stamp"] and arguments[1:]:
            for name in arguments[1:]:
                stamp(Path(name).resolve())
                print(f"{name}: follows the source as it is now")
            return 0
    except (pages.PageError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
