"""What is stale: each translated page knows which text of the source it follows.

Its front matter holds a hash of every section of the English page. So the status names
the sections that changed, and shows the change.

    python -m sitetools.translate.staleness status              what is missing, stale, current
    python -m sitetools.translate.staleness start PAGE          begin a page: a copy of the English
    python -m sitetools.translate.staleness check [PAGE …]      compare structure, words and style
    python -m sitetools.translate.staleness fix PAGE …          mend code and ids from the source
    python -m sitetools.translate.staleness stamp PAGE …        this page (PAGE#id: this section)
                                                     is up to date with the English one
    python -m sitetools.translate.staleness unchanged PAGE …    what changed in this English page
                                                     since the last commit needs no
                                                     translation: a typo, a link
"""

from __future__ import annotations

import difflib
import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sitetools.content import atomic, labels, notebooks, pages
from sitetools.content.labels import SOURCE_LANGUAGE

HEADING = re.compile(
    r"^(?P<text>(?P<level>#{1,6}) .*?)\s*(?:\{ *#(?P<id>[\w-]+) *\})?\s*$"
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

    @property
    def title(self) -> str:
        """The heading's words."""
        first = self.text.partition("\n")[0]
        return re.sub(r"^#+ | *\{ *#[\w-]+ *\}\s*$", "", first)


def counterpart(path: Path, language: str) -> Path:
    """Return the same page in another language."""
    return pages.DOCS / language / Path(*path.relative_to(pages.DOCS).parts[1:])


def language_of(path: Path) -> str:
    """Return the language of a page: the folder below docs/."""
    return path.relative_to(pages.DOCS).parts[0]


def source_of(path: Path) -> Path:
    """Return the English page that a page follows.

    Raises:
        PageError: if there is none, or the path is not below docs/<language>/.
    """
    if not path.is_relative_to(pages.DOCS):
        raise pages.PageError(
            f"{path}:1: is not below docs/; name a page such as docs/ko/index.md."
        )
    source = counterpart(path, SOURCE_LANGUAGE)
    if source.is_file():
        return source
    known = [pages.relative(page) for page in pages.pages(SOURCE_LANGUAGE)]
    near = difflib.get_close_matches(pages.relative(source), known, 1)
    advice = f"did you mean {near[0]}?" if near else "write the English page first."
    raise pages.PageError(
        f"{pages.relative(path)}:1: there is no {pages.relative(source)}; {advice}"
    )


def sections(path: Path) -> list[Section]:
    """Return the page's sections; the first, `top`, is what the front matter says.

    Raises:
        PageError: for a heading without an {#id} or an id that stands twice.
    """
    return list(_sections(path, pages.read_file(path)))


@cache
def _sections(path: Path, text: str) -> list[Section]:
    """Return the sections of a page with this text: a build asks for each often."""
    meta = pages.front_matter(path)
    top = f"{meta.get('title', '')}\n{meta.get('description', '')}"
    found = [Section("top", 0, 1, top)]
    prose = dict(pages.prose(path))
    for number, line in enumerate(pages.read(path).split("\n"), 1):
        heading = HEADING.match(line) if number in prose else None
        if heading:
            where = f"{pages.relative(path)}:{number}"
            if not heading["id"]:
                raise pages.PageError(
                    f"{where}: this heading needs an id, in a translation that of the "
                    "English page; write it behind the heading, as in {#kinds}."
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
    return {section.ident: _hash(section.text) for section in sections(path)}


def stamps(path: Path) -> dict[str, str]:
    """Return the hashes of the source that a page says it follows."""
    found = pages.front_matter(path).get("source") or {}
    if not isinstance(found, dict):
        raise pages.PageError(
            f"{pages.relative(path)}:{pages.line_of(path, 'source:')}: `source` holds "
            "the hashes that `translations.py stamp` writes; remove it and stamp."
        )
    return {str(key): str(value) for key, value in found.items()}


def stale(path: Path) -> list[str]:
    """Return the ids of the sections whose source changed since the last stamp."""
    source, own = hashes(source_of(path)), stamps(path)
    return [
        ident
        for ident in [*source, *(set(own) - set(source))]
        if own.get(ident) != source.get(ident)
    ]


def stamp(path: Path, idents: list[str] | None = None) -> None:
    """Write into the page that it follows the source as it is now.

    Args:
        path: the translated page.
        idents: the sections that are up to date; None: all.

    Raises:
        PageError: if it has no front matter, or no such section.
    """
    source = hashes(source_of(path))
    if idents is None:
        _write_stamps(path, source)
        return
    for ident in idents:
        if ident not in source:
            raise pages.PageError(
                f"{pages.relative(path)}:1: the English page has no section {ident!r}; "
                f"it has {', '.join(source)}."
            )
    own = stamps(path)
    kept = {
        ident: source[ident] if ident in idents else own.get(ident, "")
        for ident in source
    }
    _write_stamps(path, {ident: value for ident, value in kept.items() if value})


def _write_stamps(path: Path, source: dict[str, str]) -> None:
    """Write the hashes into the page's front matter, or a notebook's metadata."""
    if path.suffix == ".ipynb":
        pages.read(path)  # names the file in an error
        cells, _ = notebooks.load(pages.read_file(path))
        atomic.write(path, notebooks.dump(cells, source))
        return
    text = pages.read(path)
    if not pages.front_matter(path):
        raise pages.PageError(
            f"{pages.relative(path)}:1: has no front matter to stamp; begin the page "
            "as the English one: title and description between two lines of ---."
        )
    lines = [f'  {ident}: "{value}"\n' for ident, value in source.items()]
    head, body = text[4:].split("\n---\n", 1)
    head = re.sub(r"(?m)^source:.*\n(?:  .*\n?)*", "", head + "\n")
    if lines:
        head += "source:\n" + "".join(lines)
    atomic.write(path, f"---\n{head}---\n{body}")


def start(path: Path) -> None:
    """Begin a translation: a copy of the English page, stamped for nothing yet.

    Raises:
        PageError: if the page exists, has no source, or its language is not set up.
    """
    source = source_of(path)
    language = language_of(path)
    if language not in pages.LANGUAGES:
        raise pages.PageError(
            f"{pages.relative(path)}:1: there is no language {language!r}; add it by "
            f"`make language LANG={language} NAME=…`, or choose one of "
            f"{', '.join(pages.LANGUAGES)}."
        )
    if path.exists():
        raise pages.PageError(
            f"{pages.relative(path)}:1: exists already; edit it, or rename it first."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(path, pages.read_file(source))


def git(*arguments: str) -> str | None:
    """Return what git prints, or None where there is no git or no such history."""
    try:
        result = subprocess.run(
            ["git", *arguments], cwd=pages.ROOT, capture_output=True, check=False
        )
    except OSError:
        return None
    return result.stdout.decode("utf-8", "replace") if result.returncode == 0 else None


@contextmanager
def as_it_was(commit: str, path: Path) -> Iterator[Path | None]:
    """Give a copy of a page as it was in a commit, or None if it was not there."""
    text = git("show", f"{commit}:{pages.relative(path)}")
    with tempfile.TemporaryDirectory() as folder:
        old = Path(folder) / path.name
        if text is not None:
            old.write_text(text, "utf-8")
        yield None if text is None else old


def _sections_at(commit: str, path: Path) -> dict[str, str]:
    """Return the texts of a page's sections as they were in a commit, by id."""
    with as_it_was(commit, path) as old:
        try:
            return {s.ident: s.text for s in sections(old)} if old else {}
        except pages.PageError:  # a page that was broken then
            return {}


def _hash(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()[:8]


def changes(path: Path) -> dict[str, list[str]]:
    """Return how each section of the source changed since a page was stamped, by id.

    Lines begin with `- ` (was) or `+ ` (is). A section is left out where it did not
    change, or where git does not know the text that the page follows.
    """
    source, own = source_of(path), stamps(path)
    now = {s.ident: s.text for s in sections(source)}
    waiting = {i for i in now if i in own and own[i] != _hash(now[i])}
    found: dict[str, list[str]] = {}
    for commit in (git("log", "--format=%H", "--", str(source)) or "").split():
        if not waiting:
            break
        for ident, then in _sections_at(commit, source).items():
            if ident in waiting and _hash(then) == own[ident]:
                waiting.discard(ident)
                was, is_now = (t.strip().split("\n") for t in (then, now[ident]))
                lines = difflib.ndiff(was, is_now)
                found[ident] = [line for line in lines if line[0] in "-+"]
    return found


def unchanged(source: Path) -> list[str]:
    """Stamp, in all languages, what changed in an English page since the last commit.

    Only sections that were up to date before the change: what was stale stays stale.

    Returns:
        a line for each page and section that was stamped.

    Raises:
        PageError: if it is no English page, or git does not know it.
    """
    if not source.is_relative_to(pages.DOCS / SOURCE_LANGUAGE):
        raise pages.PageError(
            f"{pages.relative(source)}:1: is no English page; name the one below "
            f"docs/{SOURCE_LANGUAGE}/ that you changed."
        )
    before = {k: _hash(text) for k, text in _sections_at("HEAD", source).items()}
    if not before:
        raise pages.PageError(
            f"{pages.relative(source)}:1: git has no earlier version to compare with; "
            "stamp the translations one by one."
        )
    now = hashes(source)
    changed = [ident for ident in now if before.get(ident) not in (None, now[ident])]
    done = []
    for language in pages.LANGUAGES:
        path = counterpart(source, language)
        if language == SOURCE_LANGUAGE or not path.is_file():
            continue
        own = stamps(path)
        current = [ident for ident in changed if own.get(ident) == before[ident]]
        if current:
            stamp(path, [*current, *(i for i in own if own[i] == now.get(i))])
            done.append(f"{pages.relative(path)}: {', '.join(current)}")
    return done


@dataclass
class Progress:
    """How far the translation of a page is."""

    path: Path
    source: Path
    total: int
    """Sections of the English page."""
    stale: list[str]
    """Ids of those that are not up to date; all of them if the page is missing."""

    @property
    def state(self) -> str:
        """`missing`, `stale` or `current`."""
        if not self.path.is_file():
            return "missing"
        return "stale" if self.stale else "current"


def progress(language: str) -> list[Progress]:
    """Return the state of each page of a language."""
    found = []
    for source in pages.pages(SOURCE_LANGUAGE):
        path, own = counterpart(source, language), list(hashes(source))
        old = stale(path) if path.is_file() else own
        found.append(Progress(path, source, len(own), old))
    return found


def percentage(entries: list[Progress]) -> int:
    """Return how much is up to date, in whole percent of sections, never rounded up."""
    total = sum(entry.total for entry in entries)
    fresh = sum(max(entry.total - len(entry.stale), 0) for entry in entries)
    return 100 * fresh // total


def status() -> Iterator[str]:
    """Yield the status of each language, line by line."""
    for language in pages.LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        entries = progress(language)
        states = [entry.state for entry in entries]
        counts = ", ".join(
            f"{states.count(state)} {state}"
            for state in ("current", "stale", "missing")
            if state in states
        )
        share = percentage(entries)
        yield f"{language}: {share} % of the sections are current ({counts})"
        if words := labels.lacking(language):
            yield f"  words    docs/{language}/labels.yml lacks {', '.join(words)}"
        for entry in entries:
            if entry.state != "current":
                yield f"  {entry.state:8} {pages.relative(entry.path)}"
            if entry.state == "stale":
                yield from _changes(entry)


def _changes(entry: Progress) -> Iterator[str]:
    """Yield the stale sections of a page, each with what changed in the source."""
    lines = {section.ident: section.line for section in sections(entry.source)}
    own, changed = stamps(entry.path), changes(entry.path)
    for ident in entry.stale:
        if ident not in lines:
            yield f"    {{#{ident}}} is gone from the English page"
            continue
        what = "has changed" if ident in own else "is new, or not stamped yet"
        yield f"    {pages.relative(entry.source)}:{lines[ident]}: {{#{ident}}} {what}"
        yield from (f"      {line}" for line in changed.get(ident, []))


def _pages_of(names: list[str]) -> list[Path]:
    """Return the pages that the command line names, or all translated pages."""
    if names:
        return [Path(name).resolve() for name in names]
    return [
        path
        for language in pages.LANGUAGES
        if language != SOURCE_LANGUAGE
        for path in pages.pages(language)
    ]


def check(path: Path, named: bool = False) -> list[str]:
    """Return what is wrong with a page, but for being stale.

    Args:
        path: the page.
        named: whether the translator works on it: then it is compared with the source
            though it is not stamped yet, and labels of its figures may not be missing.
    """
    from sitetools.translate import structure, terms

    source = source_of(path)  # names a path that is no page
    found = list(terms.problems(path))
    if path == source:
        return found
    lags = stale(path)  # names a stamp that cannot be read
    if named or not lags:
        found += structure.differences(path)
    return found + list(_labels_missing(path) if named else [])


def _labels_missing(path: Path) -> Iterator[str]:
    """Yield the labels of the page's figures that the language lacks."""
    from sitetools.content import frozen
    from sitetools.render import figures

    language = language_of(path)
    file = pages.relative(pages.DOCS / language / "labels.yml")
    own = labels.load(language)["figures"]
    for name in dict.fromkeys(re.findall(r"\(figure:([\w/]+)", pages.read(path))):
        try:
            words = figures.words(pages.ROOT / "snippets" / f"{name}.py")
        except (figures.FigureError, frozen.FrozenError, OSError):
            continue  # not the translator's task
        for word in sorted(words - set(own)):
            yield f"{file}:1: {word!r}, in the figure {name}, has no translation."


def main(arguments: list[str]) -> int:
    """Run one of the commands; return an exit code."""
    command, *names = arguments or [""]
    if command not in COMMANDS or (command in NEED_PAGE and not names):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        return COMMANDS[command](names)
    except (pages.PageError, labels.LabelError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def _run_status(names: list[str]) -> int:
    print("\n".join(status()))
    return 0


def _run_start(names: list[str]) -> int:
    for path in _pages_of(names):
        start(path)
        name = pages.relative(path)
        print(
            f"{name}: is a copy of the English page now. Translate the words (not the "
            "code, the numbers, the {#ids}), look at it with `make serve`, then run\n"
            f"  python -m sitetools.translate.staleness check {name}\n"
            f"  python -m sitetools.translate.staleness stamp {name}"
        )
    return 0


def _run_check(names: list[str]) -> int:
    found = [line for path in _pages_of(names) for line in check(path, bool(names))]
    print("\n".join(found) if found else "Nothing to mend.")
    return 1 if found else 0


def _run_fix(names: list[str]) -> int:
    from sitetools.translate import structure

    for path in _pages_of(names):
        mended, copy = structure.fix(path)
        print(
            f"{pages.relative(path)}: {mended} places mended; "
            f"the page as it was: {pages.relative(copy)}"
            if mended
            else f"{pages.relative(path)}: nothing that could be mended by itself"
        )
    return 0


def _run_stamp(names: list[str]) -> int:
    for name in names:
        page, _, ident = name.partition("#")
        stamp(Path(page).resolve(), [ident] if ident else None)
        print(f"{name}: follows the English text as it is now")
    return 0


def _run_unchanged(names: list[str]) -> int:
    for path in _pages_of(names):
        lines = unchanged(path)
        print("\n".join(lines) or f"{pages.relative(path)}: nothing to stamp")
    return 0


COMMANDS = {
    "status": _run_status,
    "start": _run_start,
    "check": _run_check,
    "fix": _run_fix,
    "stamp": _run_stamp,
    "unchanged": _run_unchanged,
}
NEED_PAGE = {"start", "fix", "stamp", "unchanged"}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
