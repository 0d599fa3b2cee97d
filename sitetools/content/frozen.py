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
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sitetools.content import files, snippets
from sitetools.fault import Fault, Place, relative

MOST = 1_000_000
"""Characters of a frozen file, which every clone and every build reads."""
RERUN = "run `make results`"
Warn = Callable[[Fault], object]
"""What a preview does about outdated results: show them, and say so."""


@functools.cache
def fingerprint(source: str) -> str:
    """Return a hash of the code that makes the results and says what they must be.

    draw() and draw_…() only use them: changing a color does not ask for a new run.
    """
    lines = source.replace("\r\n", "\n").split("\n")
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.FunctionDef) and snippets.is_drawing(node.name):
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

    What else measure() may not return, measure/sandbox.py refuses.

    Args:
        snippet: the snippet's file.
        results: what its measure() returned.
        made_with: versions, for the reader of the file.
        figure: a hash of what its figure shows, if it has one.

    Raises:
        Fault: if a number is NaN or infinite, if they are too large, or if there is no
            room for them.
    """
    results = rounded(results)
    for keys, number in numbers(results):
        if isinstance(number, float) and not math.isfinite(number):
            remedy = "return None where there is no number, or fix measure()"
            raise Fault(snippet, f"the result {keys} is {number}", remedy)
    content = {
        "made_with": made_with,
        "snippet": fingerprint(files.read(snippet)),
        "digest": digest(results),
        "figure": figure,
        "results": results,
    }
    text = _compact(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False))
    if len(text) > MOST:
        problem = f"the results are {len(text):,} bytes of JSON, more than {MOST:,}"
        raise Fault(snippet, problem, "return only what figure and prose show")
    files.write(snippet.with_suffix(".json"), text + "\n")


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


_STRING = r'"(?:[^"\\]|\\.)*"'
_STRING_OR_FLAT_LIST = re.compile(rf'{_STRING}|\[(?:[^]["]|{_STRING})*\]')


def _compact(text: str) -> str:
    """Return the JSON with each innermost list on one line, so that diffs are short."""

    def one_line(found: re.Match[str]) -> str:
        if found[0][0] == '"':
            return found[0]
        inner = re.sub(r"\s*\n\s*", " ", found[0][1:-1])
        return f"[{inner.strip()}]"

    return _STRING_OR_FLAT_LIST.sub(one_line, text)


def load(snippet: Path, warn: Warn | None = None) -> dict[str, Any]:
    """Return a snippet's frozen results, a copy of its own for each caller.

    Args:
        snippet: the snippet's file.
        warn: what to do if the snippet has changed since, instead of raising.

    Raises:
        Fault: if the file is missing, damaged, edited by hand, or was made by another
            version of the snippet.
    """
    path = snippet.with_suffix(".json")
    if not path.is_file():
        raise Fault(path, "no such file", RERUN)
    text, made_by = _checked(path, path.read_bytes())
    try:
        current = fingerprint(files.read(snippet))
    except SyntaxError as error:
        place = Place(snippet, error.lineno or 1)
        raise Fault(place, f"not Python ({error.msg})", "fix this line") from None
    if made_by != current:
        problem = f"the code changed since {relative(path)} was measured"
        fault = Fault(snippet, problem, RERUN)
        if not warn:
            raise fault
        warn(fault)
    results: dict[str, Any] = json.loads(text)
    return results


@functools.lru_cache(maxsize=200)  # every number of a page asks
def _checked(path: Path, content: bytes) -> tuple[str, str]:
    """Return a file's results as JSON, and of which code they are."""
    try:
        found = json.loads(content.decode(), parse_constant=_refuse)
        results, made_by, checksum, *_ = (
            found[key]
            for key in ("results", "snippet", "digest", "figure", "made_with")
        )
    except json.JSONDecodeError as error:
        place = Place(path, error.lineno)
        raise Fault(place, f"not JSON ({error.msg})", RERUN) from None
    except (KeyError, TypeError, ValueError):
        raise Fault(path, "not a file of frozen results", RERUN) from None
    if not isinstance(results, dict) or checksum != digest(results):
        problem = "the numbers were changed since they were measured"
        raise Fault(path, problem, f"{RERUN} to measure them again")
    return json.dumps(results), made_by


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a result")


def about(snippet: Path) -> tuple[str, Any]:
    """Return with what the results were made, and the hash of what the figure shows."""
    content = json.loads(snippet.with_suffix(".json").read_text("utf-8"))
    return content["made_with"], content["figure"]


def look_up(results: dict[str, Any], keys: Iterable[str]) -> Any:  # noqa: ANN401
    """Return the value at keys such as ["factor", "relu", "he", "mean"].

    Raises:
        LookupError: naming the key that is not there and those that are.
    """
    value: Any = results
    for key in keys:
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.lstrip("-").isdigit():
            try:
                value = value[int(key)]
            except IndexError:
                problem = f"there is no item {key}; the list has {len(value)}"
                raise LookupError(problem) from None
        else:
            known = ", ".join(value) if isinstance(value, dict) else type(value)
            raise LookupError(f"there is no {key!r}; there is {known}")
    return value
