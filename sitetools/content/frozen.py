"""Frozen results: what a snippet's measure() returned, as JSON beside the snippet.

The file carries a fingerprint of the code that made it and a digest of its numbers,
so that neither can change without the other.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sitetools.content import atomic

ROOT = Path(__file__).resolve().parents[2]
SNIPPETS = ROOT / "snippets"
MOST = 1_000_000
"""Characters of a frozen file, which every clone and every build reads."""

on_stale: Callable[[str], object] | None = None
"""What to call, instead of raising, when a snippet changed: a preview only warns."""


class FrozenError(Exception):
    """Results that cannot be trusted; the message names the file and the command."""


def measuring_snippets() -> list[Path]:
    """Return every snippet that defines measure(), sorted."""
    return [
        path
        for path in sorted(SNIPPETS.rglob("*.py"))
        if "\ndef measure(" in source(path)
    ]


def source(snippet: Path) -> str:
    """Return a snippet's text.

    Raises:
        FrozenError: if it is not UTF-8.
    """
    data = snippet.read_bytes()
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FrozenError(
            f"{snippet.relative_to(ROOT).as_posix()}:{line}: not UTF-8; save the file "
            "again as UTF-8."
        ) from None


def find(name: str) -> Path:
    """Return the snippet called `topic/name`.

    Raises:
        FrozenError: if there is none.
    """
    path = SNIPPETS / f"{name}.py"
    if not path.is_file():
        known = ", ".join(name_of(p) for p in measuring_snippets())
        raise FrozenError(f"there is no snippet {name!r}; there are {known}.")
    return path


def name_of(snippet: Path) -> str:
    """Return `topic/name` of a snippet's path."""
    return snippet.relative_to(SNIPPETS).with_suffix("").as_posix()


@functools.cache
def fingerprint(source: str) -> str:
    """Return a hash of the code that makes the results and says what they must be.

    draw() only uses them: changing a colour does not ask for a new run.
    """
    lines = source.replace("\r\n", "\n").split("\n")
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.FunctionDef) and node.name == "draw":
            del lines[node.lineno - 1 : node.end_lineno]
    text = "\n".join(line.rstrip() for line in lines if line.strip())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest(results: dict[str, Any]) -> str:
    """Return a hash of the numbers, so that an edit by hand is noticed."""
    text = json.dumps(results, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def rounded(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return the results with floats cut to 6 significant digits, to keep it small."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {str(key): rounded(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(inner) for inner in value]
    return value


def save(
    snippet: Path, results: dict[str, Any], made_with: str, figure: str | None = None
) -> None:
    """Write a snippet's results beside it, whole or not at all.

    What else measure() may not return, sitetools/measure/sandbox.py refuses.

    Args:
        snippet: the snippet's file.
        results: what its measure() returned.
        made_with: versions, for the reader of the file.
        figure: a hash of what its figure shows, if it has one.

    Raises:
        FrozenError: if a number is NaN or infinite, or if they are too large.
        WriteError: if there is no room for them.
    """
    results = rounded(results)
    name = snippet.relative_to(ROOT).as_posix()
    for keys, number in numbers(results):
        if isinstance(number, float) and not math.isfinite(number):
            raise FrozenError(
                f"{name}:1: the result {keys} is {number}; return None where there is "
                "no number, or mend measure()."
            )
    content = {
        "made_with": made_with,
        "snippet": fingerprint(source(snippet)),
        "digest": digest(results),
        "figure": figure,
        "results": results,
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    text = _one_line_lists(text)
    if len(text) > MOST:
        raise FrozenError(
            f"{name}:1: the results are {len(text):,} bytes of JSON, more than "
            f"{MOST:,}; return only what figure and prose show."
        )
    atomic.write(snippet.with_suffix(".json"), text + "\n")


def numbers(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Yield (keys, number) for every number in results."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from numbers(inner, f"{path}.{index}")
    else:
        yield path, value


def _one_line_lists(text: str) -> str:
    """Return the JSON with each innermost list on one line, so that diffs are short."""
    parts = text.split("[")
    for index, part in enumerate(parts[1:], 1):
        inner, bracket, rest = part.partition("]")
        if bracket:
            parts[index] = " ".join(inner.split()) + bracket + rest
    return "[".join(parts)


def load(snippet: Path) -> dict[str, Any]:
    """Return a snippet's frozen results.

    Raises:
        FrozenError: if the file is missing, damaged, edited by hand, or was made by
            another version of the snippet.
    """
    path = snippet.with_suffix(".json")
    name = path.relative_to(ROOT).as_posix()
    code = snippet.relative_to(ROOT).as_posix()
    if not path.is_file():
        raise FrozenError(f"{name}: no such file; run `make results` to make it.")
    results, made_by = _parsed(name, path.read_bytes())
    try:
        current = fingerprint(source(snippet))
    except SyntaxError as error:
        raise FrozenError(
            f"{code}:{error.lineno or 1}: not Python ({error.msg}); mend it."
        ) from None
    if made_by != current:
        message = (
            f"{code}:1: the code changed since {name} was measured; run `make results`."
        )
        if not on_stale:
            raise FrozenError(message)
        on_stale(message)
    return results


@functools.cache
def _parsed(name: str, content: bytes) -> tuple[dict[str, Any], str]:
    """Return a file's results and of which code they are; each number asks for them."""
    try:
        found = json.loads(content.decode(), parse_constant=_refuse)
        results, made_by, checksum, *_ = (
            found[key]
            for key in ("results", "snippet", "digest", "figure", "made_with")
        )
    except json.JSONDecodeError as error:
        raise FrozenError(
            f"{name}:{error.lineno}: not JSON ({error.msg}); "
            "run `make results` to make it anew."
        ) from None
    except (KeyError, TypeError, ValueError):
        raise FrozenError(
            f"{name}:1: not a file of frozen results; run `make results`."
        ) from None
    if checksum != digest(results):
        raise FrozenError(
            f"{name}:1: the numbers were changed since they were measured; "
            "run `make results` to measure them again."
        )
    assert isinstance(results, dict)
    return results, made_by


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no result")


def about(snippet: Path) -> tuple[str, str | None]:
    """Return with what the results were made, and the hash of what the figure shows."""
    content = json.loads(snippet.with_suffix(".json").read_text("utf-8"))
    return content["made_with"], content["figure"]


def look_up(results: dict[str, Any], keys: Iterable[str]) -> Any:  # noqa: ANN401
    """Return the value behind keys such as ["factor", "relu", "he", "mean"].

    Raises:
        FrozenError: naming the key that is not there and those that are.
    """
    value: Any = results
    for key in keys:
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.lstrip("-").isdigit():
            try:
                value = value[int(key)]
            except IndexError:
                raise FrozenError(
                    f"there is no item {key}; the list has {len(value)}."
                ) from None
        else:
            known = ", ".join(value) if isinstance(value, dict) else type(value)
            raise FrozenError(f"there is no {key!r}; there is {known}.")
    return value
