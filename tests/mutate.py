"""`make mutate`: change one thing at a time, and list the changes that no test notices.

A test that cannot fail proves nothing. A mutant is judged by the functions that the
tests themselves call, never by a run of all tests, and no file is written. What lives
for a good reason stands in data/mutants_that_live.yml.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import mutants_of_code  # noqa: E402
import mutants_of_data  # noqa: E402
import yaml  # noqa: E402
from mutants import Mutant  # noqa: E402
from tqdm import tqdm  # noqa: E402

from sitetools.content import pages  # noqa: E402

LIVING = HERE / "data" / "mutants_that_live.yml"
NUMBER = 200
"""How many mutants of a kind that takes long are tried, unless N says otherwise."""
KINDS: dict[str, tuple[Callable[[], Iterator[Mutant]], bool]] = {
    "outputs": (mutants_of_code.of_outputs, True),
    "frozen": (mutants_of_data.of_frozen, True),
    "measured": (mutants_of_data.of_measured, True),
    "formulas": (mutants_of_data.of_formulas, True),
    "labels": (mutants_of_data.of_labels, False),
    "names": (mutants_of_data.of_names, False),
    "blocks": (mutants_of_code.of_blocks, False),
    "claims": (mutants_of_data.of_claims, True),
    "snippets": (mutants_of_code.of_snippets, False),
}
"""What is changed, and whether all of it is quick enough to be tried each time."""
ADVISORY = ("claims", "snippets")
"""Kinds that only show what no claim guards: a claim leaves room on purpose."""


def _lot(seed: int, mutant: Mutant) -> str:
    """Return what draws a sample that stays the same when another page changes."""
    return hashlib.sha256(f"{seed} {mutant.name}".encode()).hexdigest()


def survivors(kind: str, number: int, seed: int) -> tuple[int, list[Mutant]]:
    """Try the mutants of a kind; return how many were tried, and those that live."""
    make, exhaustive = KINDS[kind]
    mutants = list(tqdm(make(), desc=f"{kind}, found", leave=False, mininterval=1))
    if number and not exhaustive:
        mutants = sorted(mutants, key=functools.partial(_lot, seed))[:number]
    bar = tqdm(mutants, desc=kind, leave=False, mininterval=1)
    return len(mutants), [mutant for mutant in bar if not mutant.noticed()]


def main() -> int:
    """Try the kinds that ONLY names, or all; return 1 if an unlisted mutant lives."""
    kinds = os.environ.get("ONLY", "").split() or list(KINDS)
    if odd := set(kinds) - set(KINDS):
        print(f"ONLY={' '.join(odd)}: write one of {', '.join(KINDS)}", file=sys.stderr)
        return 2
    number, seed = int(os.environ.get("N") or NUMBER), int(os.environ.get("SEED") or 0)
    listed = yaml.safe_load(LIVING.read_text("utf-8"))
    living = {name for entry in listed for name in entry["mutants"]}
    rows, new = [], 0
    for kind in kinds:
        tried, found = survivors(kind, number, seed)
        known = [mutant for mutant in found if mutant.name in living]
        score = (tried - len(found) + len(known)) / max(1, tried)
        rows.append(
            f"{kind:9} {tried:7,} {tried - len(found):7,} {len(known):7,} {score:7.1%}"
        )
        for mutant in found:
            if mutant not in known:
                place = f"{pages.relative(mutant.path)}:{mutant.line}"
                print(f"{place}: {kind}: no test notices\n    {mutant.name}")
                new += kind not in ADVISORY
    print(f"{'kind':9} {'mutants':>7} {'noticed':>7} {'listed':>7} {'score':>7}")
    print(*rows, sep="\n")
    if new:
        print(
            f"{new} mutants live that are not in {pages.relative(LIVING)}; let a test "
            "notice them, or list them there with a reason."
        )
    return 1 if new else 0


if __name__ == "__main__":
    # A run in a fresh process would import all this again, only to throw it away.
    del sys.modules["__main__"].__file__
    sys.exit(main())
