"""`make mutate`: change one thing at a time, and list the changes that no test notices.

A test that cannot fail proves nothing; see mutants.py.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mutants import KINDS, Mutant
from tqdm import tqdm

from sitetools.fault import Place

NUMBER = 200
"""How many mutants of a kind that takes long are tried, unless N says otherwise."""


def survivors(kind: str, number: int, seed: int) -> tuple[int, list[Mutant]]:
    """Try the mutants of a kind; return how many were tried, and those that live."""

    def lot(mutant: Mutant) -> str:
        """Return what draws a sample that is the same when another page changes."""
        return hashlib.sha256(f"{seed} {mutant.name}".encode()).hexdigest()

    make, all_of_them = KINDS[kind]
    mutants = list(tqdm(make(), desc=f"{kind}, found", leave=False, mininterval=1))
    if not all_of_them:
        mutants = sorted(mutants, key=lot)[:number]
    bar = tqdm(mutants, desc=kind, leave=False, mininterval=1)
    return len(mutants), [mutant for mutant in bar if not mutant.noticed()]


def main() -> int:
    """Try the kinds that ONLY names, or all; return 1 if a mutant lives."""
    kinds = os.environ.get("ONLY", "").split() or list(KINDS)
    if odd := set(kinds) - set(KINDS):
        print(f"ONLY={' '.join(odd)}: write one of {', '.join(KINDS)}", file=sys.stderr)
        return 2
    number, seed = int(os.environ.get("N") or NUMBER), int(os.environ.get("SEED") or 0)
    rows, lived = [], False
    for kind in kinds:
        tried, found = survivors(kind, number, seed)
        for mutant in found:
            place = Place(mutant.path, mutant.line)
            print(f"{place}: {kind}: no test notices {mutant.change}")
        rows.append(f"{kind:9} {tried:7,} {tried - len(found):7,}")
        lived |= bool(found)
    print(f"{'kind':9} {'mutants':>7} {'noticed':>7}", *rows, sep="\n")
    return int(lived)


if __name__ == "__main__":
    sys.exit(main())
