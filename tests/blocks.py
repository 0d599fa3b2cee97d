"""Sybil for our pages: every Python block runs alone and prints what the page shows.

A block is a `python` fence; an `output` fence right behind it shows what it prints,
with the last line of the traceback where it is meant to fail.
"""

from __future__ import annotations

import ast
import difflib
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.integration.pytest import SybilItem
from sybil.typing import Parser

from sitetools.content import atomic, frozen, pages
from sitetools.measure import remeasure, sandbox

PYTHON = {"python", "py", "python3", "py3"}
OUTPUT = "output"
NOT_RUN = {
    "console": "commands for a shell",
}
"""Languages of fences that are not code to run, each with its reason."""

SHELL = ("pip install ", "python ", "uv ", "make ", "git ")
"""What a line of a `console` fence begins with."""

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])")
_NUMERAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.(\d+))?(?:e([+-]\d{2,}))?")


@dataclass
class Block:
    """A Python fence, with the output fence that belongs to it."""

    code: pages.Fence
    output: pages.Fence | None = None
    wrong: str | None = None
    """Why the fence cannot be tested at all."""
    also: list[Block] = field(default_factory=list)
    """The same block in other pages: it runs once for all."""

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """What makes two blocks the same."""
        return (self.code.text, self.output.text if self.output else None, self.wrong)

    @property
    def snippet(self) -> Path | None:
        """The measuring snippet that this block shows whole, if it does."""
        for path in frozen.measuring_snippets():
            if frozen.source(path).strip() == self.code.text.strip():
                return path
        return None


def blocks(path: Path) -> Iterator[Block]:
    """Yield the page's Python blocks and whatever fence is neither code nor output."""
    waiting: Block | None = None
    lines = pages.read(path).split("\n")
    for fence in pages.fences(path):
        if fence.language == OUTPUT:
            if (
                waiting
                and not "".join(lines[waiting.code.end : fence.line - 1]).strip()
            ):
                waiting.output = fence
                if waiting.snippet:
                    waiting.wrong = (
                        "a whole snippet prints nothing that a page shows; remove the "
                        "output fence behind it"
                    )
                yield waiting
            else:
                if waiting:
                    yield waiting
                wrong = "this output fence follows no python block; put it right behind"
                yield Block(fence, wrong=wrong)
            waiting = None
            continue
        if waiting:
            yield waiting
            waiting = None
        if fence.language in PYTHON:
            waiting = Block(fence)
        elif fence.language == "pycon":
            wrong = (
                "prompts (>>>) can't be copied and run; write a python fence and, "
                "behind it, an output fence"
            )
            yield Block(fence, wrong=wrong)
        elif fence.language in NOT_RUN:
            for line in fence.text.split("\n"):
                if line and not line.startswith(SHELL):
                    wrong = (
                        f"{line!r} begins with no command that we know; write python "
                        "in a python fence (tests/blocks.py: SHELL)"
                    )
                    yield Block(fence, wrong=wrong)
                    break
        else:
            wrong = (
                f"no test looks at a fence of language {fence.language!r}; write "
                f"python, output or one of {', '.join(NOT_RUN)} (blocks.py: NOT_RUN)"
            )
            yield Block(fence, wrong=wrong)
    if waiting:
        yield waiting


def beside(source: str) -> list[Path]:
    """Return the snippets that the source imports: files to put beside it."""
    try:
        names = imported(source)
    except SyntaxError:  # the run will say so
        return []
    files = set(frozen.SNIPPETS.rglob("*.py")) - set(frozen.measuring_snippets())
    return sorted(path for path in files if path.stem in names)


def imported(source: str) -> dict[str, int]:
    """Return the packages that the source imports, with the line, but for Python's."""
    found: dict[str, int] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        for name in names:
            found.setdefault(name.split(".")[0], node.lineno)
    return {k: v for k, v in found.items() if k not in sys.stdlib_module_names}


class PageDocument(Document):
    """A page as Sybil sees it: its regions are our blocks."""

    @classmethod
    def parse(
        cls, path: str, *parsers: Parser, encoding: str = "utf-8"
    ) -> PageDocument:
        """Read the page; the given parsers are not needed."""
        try:
            return cls._parsed(path)
        except (pages.PageError, frozen.FrozenError) as error:
            raise pytest.Collector.CollectError(str(error)) from None

    @classmethod
    def _parsed(cls, path: str) -> PageDocument:
        text = pages.read(Path(path))
        document = cls(text, path)
        starts = [0]
        for line in text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        for block in blocks(Path(path)):
            last = block.output or block.code
            start, end = starts[block.code.line - 1], min(starts[last.end], len(text))
            document.add(Region(start, end, block, evaluate))
        return document


def same(expected: str, got: str) -> bool:
    """Tell whether the output is what the page shows.

    Text and whole numbers must be equal; a number with decimals or an exponent may
    differ by one in the last digit shown, since processors round differently.
    """
    numbers_expected, numbers_got = _NUMBER.findall(expected), _NUMBER.findall(got)
    if _NUMBER.sub("0", expected) != _NUMBER.sub("0", got):
        return False
    return all(map(_close, numbers_expected, numbers_got))


def _close(expected: str, got: str) -> bool:
    """Compare two numbers as they are printed: same form, at most one unit apart.

    9.9e-05 and 1.0e-04 are neighbours, too.
    """
    if expected == got:
        return True
    one, two = (_NUMERAL.fullmatch(text) for text in (expected, got))
    if not one or not two or not any(one.groups()):
        return False
    decimals = len(one[1] or "")
    if decimals != len(two[1] or "") or bool(one[2]) != bool(two[2]):
        return False
    if any(int(n[2] or 0) and not float(n[0]) for n in (one, two)):
        return False  # nobody prints 0e+07
    exponent = min(int(one[2] or 0), int(two[2] or 0))
    unit = 10.0 ** (exponent - decimals)
    return abs(float(expected) - float(got)) <= unit * 1.001


def evaluate(example: Example) -> str | None:
    """Run the example's block; return what is wrong, or None."""
    block: Block = example.parsed
    if block.wrong:
        return f"{block.code.place}: {block.wrong}."
    if snippet := block.snippet:
        return remeasure.problem(snippet)  # it draws; `blocks` allows no output
    outcome = sandbox.run(
        block.code.text,
        pages.relative(block.code.path),
        block.code.lines,
        beside=beside(block.code.text),
    )
    return judge(block, outcome)


def judge(block: Block, outcome: sandbox.Outcome) -> str | None:
    """Compare what a block did with what its page shows."""
    place = block.code.place
    if outcome.broken:
        return _report(block, f"{place}: the block did not finish: {outcome.broken}.")
    got = outcome.stdout
    if outcome.error:
        got += outcome.error
    got = "\n".join(line.rstrip() for line in got.strip("\n").split("\n"))
    expected = block.output.text.strip("\n") if block.output else ""
    if same(expected, got):
        if outcome.stderr.strip():
            return _report(
                block, f"{place}: the block warns its reader:", outcome.stderr
            )
        return None
    if outcome.error and outcome.error not in expected:
        line = outcome.line or block.code.line
        where = f"{pages.relative(block.code.path)}:{line}"
        names = {str(pages.ROOT) + "/": ""}
        return _report(
            block,
            f"{where}: the block fails.",
            sandbox.described(outcome, names),
            mark=line,
        )
    if _updates is not None:
        for each in (block, *block.also):
            _updates[each.code.path].append((each, got))
        return None
    if not block.output:
        headline = f"{place}: the block prints, but the page shows no output."
    else:
        headline = f"{block.output.place}: the block prints something else."
    difference = "\n".join(
        line.rstrip("\n")
        for line in difflib.ndiff(
            [f"{line}\n" for line in expected.split("\n")],
            [f"{line}\n" for line in got.split("\n")],
        )
    )
    return _report(
        block,
        headline,
        f"- is shown, + was printed:\n{difference}\n"
        "If what was printed is right, run `make update`.",
    )


def _report(block: Block, headline: str, detail: str = "", mark: int = 0) -> str:
    """Return a message with the block's code, as a compiler would show it."""
    rows = []
    for number, line in zip(
        block.code.lines, block.code.text.split("\n"), strict=False
    ):
        rows.append(f"{'>' if number == mark else ' '}{number:5} | {line}")
    if len(rows) > 40:
        rows = [*rows[:20], "      | …", *rows[-19:]]
    others = [f"The same block stands at {other.code.place}." for other in block.also]
    return "\n".join([headline, *rows, *([detail] if detail else []), *others])


_updates: dict[Path, list[tuple[Block, str]]] | None = None


def rewrite(path: Path, changes: list[tuple[Block, str]]) -> None:
    """Write what the blocks really print into the page's output fences."""
    data = path.read_bytes().decode("utf-8")
    end_of_line = "\r\n" if "\r\n" in data else "\n"
    lines = data.replace("\r\n", "\n").split("\n")
    for block, got in sorted(changes, key=lambda c: c[0].code.line, reverse=True):
        fence = block.output
        start, end = (fence.line - 1, fence.end) if fence else (block.code.end,) * 2
        indent, mark = block.code.indent, block.code.mark
        new = [f"{mark}{OUTPUT}", *got.split("\n"), mark] if got else []
        if not fence:
            new.insert(0, "")
        lines[start:end] = [(indent + line).rstrip() for line in new]
    atomic.write(path, end_of_line.join(lines))


sybil = Sybil(
    parsers=[],
    patterns=["*.md"],
    path=str(pages.DOCS),
    document_types={".md": PageDocument},
)


class Plugin:
    """What pytest needs to run blocks once and to rewrite their outputs."""

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        """Add --update."""
        parser.addoption(
            "--update",
            action="store_true",
            help="rewrite output fences from what the blocks print (needs -n0)",
        )

    def pytest_configure(self, config: pytest.Config) -> None:
        """Remember whether outputs are to be rewritten."""
        global _updates
        if config.getoption("--update"):
            if getattr(config.option, "numprocesses", None):
                raise pytest.UsageError("--update needs -n0: one process writes pages")
            _updates = defaultdict(list)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep one of the blocks that are the same in several pages.

        A snippet that a page shows whole is run by test_snippets, where that runs too.
        """
        recomputed = any(item.path.name == "test_snippets.py" for item in items)
        first: dict[tuple[str, str | None, str | None], Block] = {}
        kept = []
        for item in items:
            if isinstance(item, SybilItem):
                block: Block = item.example.parsed
                if block.key in first:
                    first[block.key].also.append(block)
                    continue
                first[block.key] = block
                if recomputed and block.snippet and not block.wrong:
                    continue
            kept.append(item)
        items[:] = kept

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Rewrite the pages whose blocks print something else."""
        for path, changes in (_updates or {}).items():
            try:
                rewrite(path, changes)
            except atomic.WriteError as error:
                print(f"\n{error}")
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
                continue
            print(f"\n{pages.relative(path)}: {len(changes)} outputs rewritten")
