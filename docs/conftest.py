"""Makes every Python block of every page a test, with Sybil; see tests/blocks.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import blocks
import outputs
import pytest
from sybil import Document, Example, Region, Sybil
from sybil.integration.pytest import SybilItem
from sybil.typing import Parser

from sitetools.content import pages
from sitetools.content.project import Project
from sitetools.fault import Fault, relative
from sitetools.measure import remeasure

PROJECT = Project.of(Path(__file__).parent)
collect_ignore = [str(PROJECT.docs / "root"), str(PROJECT.docs / "shared")]
PRINTED = "printed"
SNIPPETS = "test_remeasure.py"
"""The tests that run all snippets: whole snippets on pages need not run, too."""


class PageDocument(Document):
    """A page as Sybil sees it: its regions are our blocks."""

    @classmethod
    def parse(
        cls, path: str, *parsers: Parser, encoding: str = "utf-8"
    ) -> PageDocument:
        """Read the page; the given parsers are not needed."""
        try:
            return cls._parsed(path)
        except Fault as fault:
            raise pytest.Collector.CollectError(str(fault)) from None

    @classmethod
    def _parsed(cls, path: str) -> PageDocument:
        text = pages.read(Path(path))
        document = cls(text, path)
        starts = [0]
        for line in text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        for block in blocks.blocks(Path(path)):
            last = block.output or block.code
            start, end = starts[block.code.line - 1], min(starts[last.end], len(text))
            document.add(Region(start, end, block, evaluate))
        return document


pytest_collect_file = Sybil(
    parsers=[],
    patterns=["*.md"],
    path=str(PROJECT.docs),
    document_types={".md": PageDocument},
    fixtures=["remembered", "update"],
).pytest()


def evaluate(example: Example) -> str | None:
    """Run the example's block; return what is wrong, or None."""
    block: blocks.Block = example.parsed
    once, update = (example.namespace[name] for name in ("remembered", "update"))
    try:
        if block.wrong:
            raise block.wrong
        if path := block.snippet:  # it draws; a page shows no output of it
            results = path.with_suffix(".json")
            once("snippets", [path, results], partial(remeasure.confirm, path))
        else:
            inputs = [block.code.text, block.expected, *blocks.beside(block)]
            once("blocks", inputs, lambda: blocks.judge(block, blocks.run(block)))
    except blocks.OtherOutput as fault:
        if not update:
            return str(fault)
        update(block.ident, fault.printed)
    except Fault as fault:
        return str(fault)
    return None


@pytest.fixture
def update(request: pytest.FixtureRequest) -> Callable[[str, str], None] | None:
    """Return what notes that a block prints something else, if that is wanted."""
    if not request.config.getoption("--update"):
        return None
    noted = request.node.user_properties  # they reach the process that writes
    return lambda ident, printed: noted.append((PRINTED, (ident, printed)))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --update."""
    parser.addoption(
        "--update",
        action="store_true",
        help="rewrite output fences from what the blocks print",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep one of the blocks that are the same on several pages."""
    all_snippets = any(item.path.name == SNIPPETS for item in items)
    first: dict[str, blocks.Block] = {}
    kept = []
    for item in items:
        if isinstance(item, SybilItem):
            block: blocks.Block = item.example.parsed
            if block.ident in first:
                first[block.ident].also.append(block)
                continue
            first[block.ident] = block
            if all_snippets and block.snippet and not block.wrong:
                continue
        kept.append(item)
    items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Rewrite the pages whose blocks print something else."""
    printed = dict(
        value
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == PRINTED and report.when == "call"
    )
    for path, number in outputs.update(PROJECT, printed) if printed else ():
        terminalreporter.write_line(f"{relative(path)}: {number} outputs rewritten")
