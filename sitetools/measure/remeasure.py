"""`make results`: run the snippets and labs that changed and freeze their results."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Any

from sitetools.content import atomic, frozen, pages, snippets
from sitetools.measure import run_labs, sandbox
from sitetools.render import figures, labs

LIMIT = 300.0
"""Seconds after which a snippet counts as endless; a measure() takes 30 at most."""


class RecomputeError(Exception):
    """A snippet that fails or whose claims do not hold; the message names both."""


FAILURES = (
    RecomputeError,
    figures.FigureError,
    frozen.FrozenError,
    run_labs.LabError,
    pages.PageError,
    atomic.WriteError,
)
"""What the author of one snippet or lab has to mend: the others are run still."""


def measured(snippet: Path) -> tuple[dict[str, Any], dict[str, float | None]]:
    """Run the snippet as its reader would; return its results and its tolerances.

    Raises:
        RecomputeError: if it fails, warns, takes too long, returns something else
            than numbers, or if its claims do not hold.
    """
    name = pages.relative(snippet)
    outcome = sandbox.run(
        frozen.source(snippet),
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
        odd = ", ".join(sorted(map(str, set(results) ^ set(tolerances))))
        raise RecomputeError(
            f"{name}:1: TOLERANCE must name each result once; look at {odd}."
        )
    for key, tolerance in tolerances.items():
        if isinstance(tolerance, (str, list, dict)):
            raise RecomputeError(
                f"{name}:1: TOLERANCE[{key!r}] is {tolerance!r}; it must be a number, "
                "or None where single values are chaotic."
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
        function = snippets.function(snippet, "check")
    except KeyError:
        raise RecomputeError(
            f"{name}:1: has no check(results); write one that asserts its claims."
        ) from None
    except Exception as error:
        raise RecomputeError(_failed(error, snippet)) from None
    try:
        function(results)
    except AssertionError as error:
        line = snippets.line_in(error, snippet)
        claim = str(error) or frozen.source(snippet).split("\n")[line - 1].strip()
        raise RecomputeError(
            f"{name}:{line}: a claim does not hold: {claim}."
        ) from None
    except Exception as error:
        raise RecomputeError(_failed(error, snippet)) from None


def _failed(error: Exception, snippet: Path) -> str:
    """Return what to say of a check() that raises something else than a claim."""
    return (
        f"{pages.relative(snippet)}:{snippets.line_in(error, snippet)}: check() "
        f"failed: {type(error).__name__}: {error} (it may use the results, the "
        "standard library and constants only)."
    )


def differences(
    old: dict[str, Any], new: dict[str, Any], tolerances: dict[str, float | None]
) -> list[str]:
    """Return a line for each frozen number that the new run does not confirm."""
    before, after = dict(frozen.numbers(old)), dict(frozen.numbers(new))
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

    try:
        measure = frozen.measuring_snippets() if force else stale()
        notebooks = labs.labs() if force else run_labs.stale()
        todo = frozen.measuring_snippets()
        todo = [path for path in todo if path in measure or figure_changed(path)]
    except (figures.FigureError, frozen.FrozenError) as error:
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
                    labs.save(snippet, run_labs.run(snippet), made_with)
                    continue
                if snippet in measure:
                    frozen.save(snippet, measured(snippet)[0], made_with)
                results, made_then = frozen.load(snippet), frozen.about(snippet)[0]
                frozen.save(snippet, results, made_then, figures.shown(snippet))
            except FAILURES as error:
                failures.append(str(error))
    except KeyboardInterrupt:
        bar.close()
        print("Stopped. What was finished is saved; run it again for the rest.")
        return 130
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(force=os.environ.get("FORCE", "0") not in ("", "0")))
