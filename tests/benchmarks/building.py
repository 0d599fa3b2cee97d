"""How long the site takes to build, and how that grows with pages and languages."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import project

LANGUAGES = ("fr", "de", "es", "it", "pt", "nl", "pl")
PREVIEW = """
import sys, tempfile, time
from pathlib import Path
from mkdocs.commands.build import build
from mkdocs.config import load_config
folder, page = tempfile.mkdtemp(), Path(sys.argv[1])
# A build without a change is the one by which a preview goes on.
for change in ("", "", "One more line.", "", "Another line.", ""):
    if change:
        page.write_text(page.read_text("utf-8") + f"\\n\\n{change}\\n", "utf-8")
    start = time.perf_counter()
    config = load_config("mkdocs.yml", site_dir=folder)
    config.plugins.on_startup(command="serve", dirty=False)
    build(config)
    print(time.perf_counter() - start)
"""
"""What `mkdocs serve` does when a page is saved, without a browser and its pauses."""


def built(copy: Path) -> tuple[float, int]:
    """Return the seconds that a build takes, and the number of its pages."""
    site = copy.parent / "site"
    shutil.rmtree(site, ignore_errors=True)
    start = time.perf_counter()
    result = project.build(site, copy)
    seconds = time.perf_counter() - start
    assert result.returncode == 0, result.stderr
    return seconds, len(list(site.rglob("index.html")))


def rebuilt(copy: Path, page: str) -> tuple[float, float]:
    """Return the seconds until a preview shows a saved page, and until all follows."""
    printed = subprocess.run(
        [sys.executable, "-c", PREVIEW, page],
        cwd=copy,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    shown, followed = map(float, printed.split()[-2:])
    return shown, followed


def with_languages(copy: Path) -> None:
    """Add copies of the English pages as other languages."""
    english = (copy / "mkdocs.en.yml").read_text("utf-8")
    for code in LANGUAGES:
        shutil.copytree(copy / "docs" / "en", copy / "docs" / code)
        own = re.sub(r"\ben\b", code, english)
        (copy / f"mkdocs.{code}.yml").write_text(own, "utf-8")


def with_pages(copy: Path, times: int) -> None:
    """Add copies of each page, in every language."""
    for page in sorted(copy.glob("docs/??/*.md")):
        for number in range(2, times + 1):
            shutil.copy(page, page.with_stem(f"{page.stem}-{number}"))
    config = copy / "mkdocs.yml"
    allowed = config.read_text("utf-8").replace(
        "omitted_files: warn", "omitted_files: ignore"
    )
    config.write_text(allowed, "utf-8")


def line(what: str, seconds: float, pages: int) -> None:
    """Print a row of the table."""
    print(f"{what:44} {seconds:6.1f} s {pages:6} {1000 * seconds / pages:6.0f} ms")


def main() -> None:
    """Print what each kind of build takes, and for each page of it."""
    print(f"{'a build':44} {'':8} {'pages':>6} {'a page':>9}")
    with tempfile.TemporaryDirectory() as folder:
        copy = project.copy_project(Path(folder))
        shutil.rmtree(copy / ".cache", ignore_errors=True)
        line("first build: every figure is drawn", *built(copy))
        seconds, pages = built(copy)
        line("again", seconds, pages)
        for page in ("docs/ko/myths.md", "docs/en/myths.md"):
            shown, followed = rebuilt(copy, page)
            line(f"the preview, {page} saved", shown, 1)
            line("and all that depends on it", followed, pages)
        with_languages(copy)
        line("10 languages, first build", *built(copy))
        line("10 languages, again", *built(copy))
    with tempfile.TemporaryDirectory() as folder:
        copy = project.copy_project(Path(folder))
        with_pages(copy, 10)
        line("10 times the pages, first build", *built(copy))
        line("10 times the pages, again", *built(copy))


if __name__ == "__main__":
    main()
