"""Tell whether a change touches words only, so that CI can leave torch out.

    python -m sitetools.translate.prose_only BASE          prints `true` or `false`, and why

Words are: prose in pages and notebooks, label and term files, Markdown elsewhere. Code,
outputs, frozen results and numbers taken from them are not.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sitetools.content import pages
from sitetools.render import numbers
from sitetools.translate.staleness import as_it_was, git

WORDS = {"labels.yml", "terms.yml"}


def _code(path: Path | None) -> list[str]:
    """Return what a page holds that is not words; nothing if there is no page."""
    if not path:
        return []
    found = [f"{fence.info}\n{fence.text}" for fence in pages.fences(path, False)]
    return [*found, *numbers.PLACEHOLDER.findall(pages.read(path))]


def reason(base: str) -> str | None:
    """Return why a change is more than words, naming the first such file, or None."""
    start = (git("merge-base", base, "HEAD") or "").strip()
    names = git("diff", "--name-only", "-z", start, "HEAD") if start else None
    if names is None:
        return f"git does not know {base}"
    for name in filter(None, names.split("\0")):
        path = pages.ROOT / name
        if path.name in WORDS or (
            path.suffix == ".md" and not name.startswith("docs/")
        ):
            continue
        if not name.startswith("docs/") or path.suffix not in (".md", ".ipynb"):
            return f"{name} is no page"
        if not path.is_file() or not name.startswith("docs/en/"):
            continue  # a translation's code must be the English page's: a test says so
        try:
            with as_it_was(start, path) as old:
                if _code(path) != _code(old):
                    return f"{name} has other code, output or numbers"
        except pages.PageError as error:
            return str(error)
    return None


def main(arguments: list[str]) -> int:
    """Print the verdict for the base that the arguments name."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    why = reason(arguments[0])
    print("false" if why else "true")
    if why:
        print(why, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
