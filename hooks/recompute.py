"""`make results`: run the snippets and labs that changed and freeze their results."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import alone
import figures
import frozen
import lab_runs
import labs
import pages
import partial_run

LIMIT = 300.0
"""Seconds after which a snippet counts as endless; a measure() takes 30 at most."""


class RecomputeError(Exception):
    """A snippet that fails or whose claims do not hold; the message names both."""


def measured(snippet: Path) -> tuple[dict[str, Any], dict[str, float | None]]:
    """Run the snippet as its reader would; return its results and its tolerances.

    Raises:
        RecomputeError: if it fails, warns, takes too long, returns something else
            than numbers, or if its claims do not hold.
    """
    name = pages.relative(snippet)
    outcome = alone.run(
        snippet.read_text("utf-8"),
        name,
        values=["results", "TOLERANCE"],
        limit=LIMIT,
    )
    if outcome.broken:
        raise RecomputeError(f"{name}:1: did not finish: {outcome.broken}.")
    if outcome.error:
        raise RecomputeError(
            f"{name}:{outcome.line or 1}: {outcome.error}\n{outcome.trace}"
        )
    if outcome.stderr.strip():
        raise RecomputeError(f"{name}:1: warns its reader:\n{outcome.stderr}")
    results, tolerances = outcome.values["results"], outcome.values["TOLERANCE"]
    if not isinstance(results, dict) or not isinstance(tolerances, dict):
        raise RecomputeError(
            f"{name}:1: its main part must set `results = measure()`, and the file "
            "needs TOLERANCE, a relative tolerance by name of result."
        )
    if set(results) != set(tolerances):
        odd = ", ".join(sorted(set(results) ^ set(tolerances)))
        raise RecomputeError(
            f"{name}:1: TOLERANCE must name each result once; look at {odd}."
        )
    rounded = frozen.rounded(results)
    assert isinstance(rounded, dict)
    check(snippet, rounded)
    return rounded, tolerances


def check(snippet: Path, results: dict[str, Any]) -> None:
    """Check the snippet's claims against results.

    Raises:
        RecomputeError: naming the claim that does not hold.
    """
    name = pages.relative(snippet)
    try:
        partial_run.function(snippet, "check")(results)
    except KeyError as error:
        raise RecomputeError(f"{name}:1: check(results) lacks {error}.") from None
    except AssertionError as error:
        line = 1
        trace = error.__traceback__
        while trace:
            if trace.tb_frame.f_code.co_filename == str(snippet):
                line = trace.tb_lineno
            trace = trace.tb_next
        raise RecomputeError(
            f"{name}:{line}: a claim does not hold: {error}."
        ) from None


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


def differences(
    old: dict[str, Any], new: dict[str, Any], tolerances: dict[str, float | None]
) -> list[str]:
    """Return a line for each frozen number that the new run does not confirm."""
    before, after = dict(numbers(old)), dict(numbers(new))
    lines = [f"{key}: only in one of the two" for key in before.keys() ^ after.keys()]
    for key in before.keys() & after.keys():
        tolerance = tolerances[key.partition(".")[0]]
        a, b = before[key], after[key]
        if a == b or tolerance is None:
            continue
        if (
            isinstance(a, str)
            or isinstance(b, str)
            or abs(a - b) > tolerance * max(abs(a), abs(b))
        ):
            lines.append(f"{key}: frozen {a}, now {b} (tolerance {tolerance:g})")
    return sorted(lines)


def problem(snippet: Path) -> str | None:
    """Run the snippet again; return how it disagrees with its frozen results."""
    name = pages.relative(snippet.with_suffix(".json"))
    try:
        old = frozen.load(snippet)
        check(snippet, old)
        new, tolerances = measured(snippet)
    except (frozen.FrozenError, RecomputeError) as error:
        return str(error)
    lines = differences(old, new, tolerances)
    if not lines:
        return None
    shown = "\n".join(lines[:10])
    return (
        f"{name}:1: {len(lines)} numbers are not what the snippet measures now:\n"
        f"{shown}\nIf the new ones are right, run `make results`."
    )


def stale() -> list[Path]:
    """Return the snippets whose frozen results are missing, damaged or outdated."""
    found = []
    for snippet in frozen.measuring_snippets():
        try:
            frozen.load(snippet)
        except frozen.FrozenError:
            found.append(snippet)
    return found


def figure_changed(snippet: Path) -> bool:
    """Tell whether the figure shows something else than when it was frozen.

    Raises:
        FigureError: if it cannot be drawn.
    """
    return figures.shown(snippet) != frozen.about(snippet)[1]


def main(force: bool) -> int:
    """Run and freeze what changed (`force`: everything); return an exit code."""
    from importlib.metadata import version

    from tqdm import tqdm

    measure = frozen.measuring_snippets() if force else stale()
    notebooks = labs.labs() if force else lab_runs.stale()
    todo = frozen.measuring_snippets()
    try:
        todo = [path for path in todo if path in measure or figure_changed(path)]
    except figures.FigureError as error:
        print(error, file=sys.stderr)
        return 1
    if not todo and not notebooks:
        print("All results are current. FORCE=1 measures everything again.")
        return 0
    made_with = f"Python {platform.python_version()}, torch {version('torch')}"
    failures = []
    bar = tqdm(
        [*todo, *notebooks],
        bar_format="{desc} {n}/{total} |{bar}| {remaining} left",
    )
    try:
        for snippet in bar:
            bar.set_description(snippet.stem)
            try:
                if snippet in notebooks:
                    labs.save(snippet, lab_runs.run(snippet), made_with)
                    continue
                if snippet in measure:
                    frozen.save(snippet, measured(snippet)[0], made_with)
                results, made_then = frozen.load(snippet), frozen.about(snippet)[0]
                frozen.save(snippet, results, made_then, figures.shown(snippet))
            except (RecomputeError, figures.FigureError, lab_runs.LabError) as error:
                failures.append(str(error))
            except ValueError as error:
                failures.append(f"{pages.relative(snippet)}:1: {error}")
    except KeyboardInterrupt:
        bar.close()
        print("Stopped. What was finished is saved; run it again for the rest.")
        return 130
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(force=os.environ.get("FORCE", "0") not in ("", "0")))
