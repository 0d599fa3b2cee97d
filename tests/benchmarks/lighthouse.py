"""What Lighthouse says of the site on a phone: scores, times, weight.

It comes from npm into the user's cache; the site and the tests do not need it.
"""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import served

LIGHTHOUSE = "lighthouse@13.5.0"
RUNS = 5
PAGES = [
    f"{language}/{page}"
    for language in ("ko", "en")
    for page in (
        "",
        "weight-initialization/",
        "why-gradients-vanish-and-explode/",  # the heaviest
        "labs/rescue-a-deep-network/",
    )
]
SCORES = {
    "performance": "fast",
    "accessibility": "a11y",
    "best-practices": "best",
    "seo": "seo",
}
CHROMIUM = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)


def report(address: str) -> dict[str, Any]:
    """Return what one run finds."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "report.json"
        subprocess.run(
            [
                *(
                    shutil.which("npx") or "npx",
                    "--yes",
                    LIGHTHOUSE,
                    address,
                    "--quiet",
                    "--output=json",
                ),
                *(f"--output-path={result}", f"--chrome-flags={CHROMIUM}"),
                *("--no-enable-error-reporting", "--locale=en"),
            ],
            env=os.environ | {"CHROME_PATH": served.chromium()},
            stderr=subprocess.DEVNULL,
            check=True,
        )
        found: dict[str, Any] = json.loads(result.read_text("utf-8"))
    return found


def numbers(found: dict[str, Any]) -> list[float]:
    """Return a row of the table: scores, times, shift, kilobytes and requests."""
    audits = found["audits"]
    requests = audits["network-requests"]["details"]["items"]
    return [
        *(100 * (found["categories"][name]["score"] or 0) for name in SCORES),
        audits["largest-contentful-paint"]["numericValue"] / 1000,
        audits["total-blocking-time"]["numericValue"],
        audits["cumulative-layout-shift"]["numericValue"],
        sum(request["transferSize"] for request in requests) / 1000,
        len(requests),
    ]


def main() -> None:
    """Print medians, and what each page is missing."""
    if not shutil.which("npx"):
        raise SystemExit(
            "Lighthouse needs Node.js: install it, or name other benchmarks."
        )
    heads = [*SCORES.values(), "paint s", "block ms", "shift", "kB", "requests"]
    title = f"Lighthouse, phone, median of {RUNS}"
    print(f"{title:45}" + "".join(f"{head:>9}" for head in heads))
    missing: dict[str, set[str]] = {}
    with served.site() as address:
        for page in PAGES:
            found = [report(address + page) for _ in range(RUNS)]
            row = [statistics.median(n) for n in zip(*map(numbers, found), strict=True)]
            digits = [0, 0, 0, 0, 2, 0, 3, 1, 0]
            cells = (f"{n:9.{d}f}" for n, d in zip(row, digits, strict=True))
            print(f"{page:45}" + "".join(cells), flush=True)
            for name in SCORES:
                for part in found[0]["categories"][name]["auditRefs"]:
                    audit = found[0]["audits"][part["id"]]
                    if part["weight"] and (audit["score"] or 0) < 0.9:
                        missing.setdefault(audit["title"], set()).add(page)
    for title, where in missing.items():
        print(f"  {title}: {', '.join(sorted(where))}")


if __name__ == "__main__":
    main()
