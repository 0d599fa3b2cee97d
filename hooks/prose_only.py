"""Tell whether a change touches words only, so that CI can leave torch out.

    python hooks/prose_only.py BASE          prints `true` or `false`, and why

Words are: prose in pages and notebooks, label and term files, Markdown elsewhere. Code,
outputs, frozen results and numbers taken from them are not.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pages
import values

WORDS = {"labels.yml", "terms.yml"}


def _git(*arguments: str) -> bytes:
    return subprocess.run(
        ["git", *arguments], cwd=pages.ROOT, capture_output=True, check=True
    ).stdout


def _code(path: Path) -> list[str]:
    """Return what a page holds that is not words."""
    text = pages.read(path)
    found = [f"{fence.info}\n{fence.text}" for fence in pages.fences(path, False)]
    return [*found, *values.PLACEHOLDER.findall(text)]


def _code_at(commit: str, name: str) -> list[str]:
    """Return the same of the page as it was in a commit; nothing if there was none."""
    try:
        text = _git("show", f"{commit}:{name}")
    except subprocess.CalledProcessError:
        return []
    with tempfile.TemporaryDirectory() as folder:
        old = Path(folder) / Path(name).name
        old.write_bytes(text)
        return _code(old)


def reason(base: str) -> str | None:
    """Return the first file that is more than words, with the reason, or None.

    Raises:
        CalledProcessError: if git does not know the base.
    """
    start = _git("merge-base", base, "HEAD").decode().strip()
    names = _git("diff", "--name-only", "-z", start, "HEAD").decode().split("\0")
    for name in filter(None, names):
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
            if _code(path) != _code_at(start, name):
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
