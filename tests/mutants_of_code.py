"""Mutants of code: what blocks and snippets do, and what blocks print."""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import blocks
from mutants import Mutant, digit, fails

from sitetools.content import frozen, labels, pages
from sitetools.measure import remeasure, sandbox

_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.USub: ast.UAdd,
}
QUICK = 5.0
"""Seconds that a snippet may take to be mutated, too."""
_SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Assert, ast.Import, ast.ImportFrom)


def variants(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield (line, change, source) for each operator, constant and statement."""
    tree = ast.parse(source)
    seeds = {  # that another seed gives the same is no fault
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and "manual_seed" in ast.unparse(node)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        for holder, key, new in _changes(node):
            if seeds & {node, holder[key]}:
                continue
            place = holder[key] if isinstance(holder[key], ast.stmt) else node
            before, old, line = (
                ast.unparse(place),
                holder[key],
                getattr(place, "lineno", 1),
            )
            holder[key] = new
            after = "pass" if isinstance(new, ast.Pass) else ast.unparse(place)
            yield line, f"{before} → {after}", ast.unparse(tree)
            holder[key] = old


def _changes(node: ast.AST) -> Iterator[tuple[Any, Any, Any]]:
    """Yield (where, key, what to put there) for each change of this node alone."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield vars(node), "value", not node.value
        elif isinstance(node.value, int):
            yield vars(node), "value", node.value + 1
        elif isinstance(node.value, float):
            yield vars(node), "value", node.value * 2 or 1.0
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            if type(operator) in _OTHER:
                yield node.ops, index, _OTHER[type(operator)]()
    if (kind := type(getattr(node, "op", None))) in _OTHER:
        yield vars(node), "op", _OTHER[kind]()
    for statements in (getattr(node, "body", None), getattr(node, "orelse", None)):
        for index, statement in enumerate(
            statements if isinstance(statements, list) else []
        ):
            docstring = isinstance(getattr(statement, "value", None), ast.Constant)
            if isinstance(statement, _SIMPLE) and not (
                isinstance(statement, ast.Expr) and docstring
            ):
                yield statements, index, ast.Pass()


@functools.cache
def _blocks() -> list[blocks.Block]:
    """Return the blocks that show an output, each once, as the tests run them."""
    found: dict[object, blocks.Block] = {}
    for language in (labels.SOURCE_LANGUAGE, *pages.LANGUAGES):
        for path in pages.pages(language):
            for block in blocks.blocks(path) if path.suffix == ".md" else ():
                if block.output:
                    found.setdefault(block.key, block)
    return list(found.values())


def _run(block: blocks.Block, source: str, limit: float) -> sandbox.Outcome:
    return sandbox.run(
        source,
        pages.relative(block.code.path),
        block.code.lines if source == block.code.text else (),
        limit=limit,
        beside=blocks.beside(block.code.text),
    )


def of_outputs() -> Iterator[Mutant]:
    """Change each digit and sign that a block prints; run the block only once."""
    for block in _blocks():
        outcome = _run(block, block.code.text, sandbox.LIMIT)
        assert block.output
        assert blocks.judge(block, outcome) is None, block.code.place
        printed = "\n".join(
            line.rstrip()
            for line in (outcome.stdout + (outcome.error or "")).strip("\n").split("\n")
        )
        for match in re.finditer(r"\d|[-+](?=\d)", printed):
            text = printed[: match.start()] + digit(match) + printed[match.end() :]
            fence = dataclasses.replace(block.output, text=text)
            shown = dataclasses.replace(block, output=fence)
            line = block.output.lines[printed.count("\n", 0, match.start())]
            yield Mutant(
                block.code.path,
                line,
                f"{match[0]} → {digit(match)} in {match.start()}",
                lambda shown=shown, outcome=outcome: bool(blocks.judge(shown, outcome)),  # type: ignore[misc]
            )


def of_blocks() -> Iterator[Mutant]:
    """Change the code of the blocks; run each mutant, compare what it prints."""

    @functools.cache
    def patience(text: str) -> float:
        """How long the block itself took, and more."""
        start = time.monotonic()
        block = next(each for each in _blocks() if each.code.text == text)
        assert blocks.judge(block, _run(block, text, sandbox.LIMIT)) is None
        return 5 + 5 * (time.monotonic() - start)

    for block in _blocks():
        for line, change, source in variants(block.code.text):

            def noticed(block: blocks.Block = block, source: str = source) -> bool:
                outcome = _run(block, source, patience(block.code.text))
                return bool(blocks.judge(block, outcome))

            yield Mutant(block.code.path, block.code.lines[line - 1], change, noticed)


def of_snippets() -> Iterator[Mutant]:
    """Change the code of quick snippets, measure, and ask whether the claims hold.

    That code changed at all is noticed at once, by its fingerprint; this asks whether
    somebody who then freezes the new results is stopped.
    """
    for snippet in frozen.measuring_snippets():
        source = snippet.read_text("utf-8")
        if sandbox.run(source, snippet.name, limit=QUICK).broken:
            continue
        kept = [
            (node.lineno, node.end_lineno or 0)
            for node in ast.parse(source).body
            if not isinstance(node, ast.FunctionDef) or node.name in ("draw", "check")
        ]
        for line, change, text in variants(source):
            if not any(first <= line <= last for first, last in kept):
                yield _measured(snippet, line, change, text)


def _measured(snippet: Path, line: int, change: str, text: str) -> Mutant:
    """Return a mutant of a snippet that is noticed if it fails or its claims do."""

    def noticed() -> bool:
        outcome = sandbox.run(text, snippet.name, values=["results"], limit=3 * QUICK)
        if outcome.broken or outcome.error or outcome.stderr.strip():
            return True
        return fails(
            lambda: remeasure.check(snippet, frozen.rounded(outcome.values["results"]))
        )

    return Mutant(snippet, line, change, noticed)
