"""Run snippets and labs, compare with their frozen results, or freeze them again."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sitetools.content import files, frozen, snippets, stand_ins
from sitetools.content.project import Project
from sitetools.fault import Fault, Place, relative
from sitetools.measure import run_labs, sandbox
from sitetools.render import drawing, labs

LIMIT = 600.0
"""Seconds of computing after which a snippet counts as endless, on a slow processor."""
Tolerances = dict[str, float | None]


def measured(snippet: Path) -> tuple[dict[str, Any], Tolerances]:
    """Run the snippet as its reader would; return its results and its tolerances.

    Raises:
        Fault: if it fails, warns, takes too long, returns anything but plain data,
            or if its claims do not hold.
    """
    outcome = sandbox.run(
        files.read(snippet),
        relative(snippet),
        values=["results", "TOLERANCE"],
        limit=LIMIT,
    )
    if outcome.broken:
        remedy = "make it shorter, or fix it"
        raise Fault(snippet, f"did not finish: {outcome.broken}", remedy)
    if outcome.error:
        place = Place(snippet, outcome.line or 1)
        raise Fault(place, outcome.error, "fix this line", outcome.trace)
    if outcome.stderr.strip():
        remedy = "remove what causes the warning"
        raise Fault(snippet, "warns its reader", remedy, outcome.stderr)
    results, tolerances = outcome.values["results"], outcome.values["TOLERANCE"]
    if not isinstance(results, dict) or not isinstance(tolerances, dict):
        problem = "does not set `results` in its main part, and TOLERANCE"
        remedy = (
            "write `results = measure()`, and a relative tolerance by name of result"
        )
        raise Fault(snippet, problem, remedy)
    if set(results) != set(tolerances):
        odd = ", ".join(sorted(map(str, set(results) ^ set(tolerances))))
        problem = f"TOLERANCE and the results do not both have {odd}"
        raise Fault(snippet, problem, "name each result once in TOLERANCE")
    for key, tolerance in tolerances.items():
        if isinstance(tolerance, (str, list, dict)):
            problem = f"TOLERANCE[{key!r}] is {tolerance!r}"
            remedy = "make it a number, or None where single values are chaotic"
            raise Fault(snippet, problem, remedy)
    rounded: dict[str, Any] = frozen.rounded(results)
    check(snippet, rounded)
    return rounded, tolerances


def check(snippet: Path, results: dict[str, Any]) -> None:
    """Check the snippet's claims against results.

    Raises:
        Fault: naming the claim that does not hold.
    """
    try:
        stand_ins.function(snippet, "check")(results)
    except KeyError as error:
        if error.args == ("check",):
            remedy = "write one that asserts its claims"
            raise Fault(snippet, "has no check(results)", remedy) from None
        raise _failed(error, snippet) from None
    except AssertionError as error:
        line = stand_ins.line_in(error, snippet)
        claim = str(error) or files.read(snippet).split("\n")[line - 1].strip()
        problem = f"a claim does not hold: {claim}"
        remedy = "change the claim, or what makes it wrong"
        raise Fault(Place(snippet, line), problem, remedy) from None
    except Exception as error:
        raise _failed(error, snippet) from None


def _failed(error: Exception, snippet: Path) -> Fault:
    """Return the fault of a check() that raises anything but a claim."""
    place = Place(snippet, stand_ins.line_in(error, snippet))
    problem = f"check() failed: {type(error).__name__}: {error}"
    remedy = "use the results, the standard library and constants only"
    return Fault(place, problem, remedy)


def differences(
    old: dict[str, Any], new: dict[str, Any], tolerances: Tolerances
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


def confirm(snippet: Path) -> None:
    """Run the snippet again.

    Raises:
        Fault: as measured(), or if a frozen result is not confirmed.
    """
    old = frozen.load(snippet)
    check(snippet, old)
    new, tolerances = measured(snippet)
    if lines := differences(old, new, tolerances):
        problem = f"{len(lines)} numbers are not what the snippet measures now"
        remedy = "if the new ones are right, run `make results`"
        shown = "\n".join(lines[:10])
        raise Fault(snippet.with_suffix(".json"), problem, remedy, shown)


def stale(project: Project) -> list[Path]:
    """Return the snippets whose frozen results are missing, damaged or outdated."""
    found = []
    for snippet in snippets.measuring(project):
        try:
            frozen.load(snippet)
        except Fault:
            found.append(snippet)
    return found


def figure_changed(snippet: Path) -> bool:
    """Return whether the figure shows something else than when it was frozen.

    Raises:
        Fault: if it cannot be drawn.
    """
    return bool(drawing.shown(snippet) != frozen.about(snippet)[1])


def _draw_again(snippet: Path) -> bool:
    """Return whether a figure changed, or cannot be drawn: then drawing says why."""
    try:
        return figure_changed(snippet)
    except Fault:
        return True


def freeze(project: Project, force: bool = False) -> int:
    """Run and freeze what changed; return an exit code.

    Args:
        project: the project.
        force: whether to run everything.
    """
    from tqdm import tqdm

    known, all_labs = snippets.measuring(project), labs.labs(project)
    measure = known if force else stale(project)
    notebooks = all_labs if force else run_labs.stale(project)
    todo = [path for path in known if path in measure or _draw_again(path)]
    if not todo and not notebooks:
        print("All results are current. FORCE=1 measures everything again.")
        return 0
    made_with = f"Python {platform.python_version()}, torch {version('torch')}"
    faults = []
    bar = tqdm(
        [*todo, *notebooks],
        bar_format="{desc} {n}/{total} |{bar}| {remaining} left",
    )
    try:
        for path in bar:
            bar.set_description(path.stem)
            try:
                if path in notebooks:
                    labs.save(path, run_labs.run(path), made_with)
                    continue
                if path in measure:
                    frozen.save(path, measured(path)[0], made_with)
                results, made_then = frozen.load(path), frozen.about(path)[0]
                frozen.save(path, results, made_then, drawing.shown(path))
            except Fault as fault:  # the others still run
                faults.append(fault)
    except KeyboardInterrupt:
        bar.close()
        print("Stopped. What was finished is saved; run it again for the rest.")
        return 130
    for each in faults:
        print(each, file=sys.stderr)
    return 1 if faults else 0
