"""What a page weighs: bytes and requests, exact, and so the same on every machine.

Compressed as hosts do, with gzip. The limits are the design's; where a page is longer
than that, what it reaches.
"""

import gzip
import re
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from project import PROJECT

TEXT = 16_000
"""Of a page's HTML, without its figures and code."""
LONG = {  # the most prose and formulas; Hangul takes three bytes; with room for a sentence
    "why-gradients-vanish-and-explode": 18_400,
    "relu-and-variants": 18_400,
    "residual-connections-and-gates": 18_000,
    "weight-initialization": 19_600,
    "batch-normalization": 16_900,
    "layer-normalization": 16_300,
}
FIGURE = 20_000
PAGE = 160_000
REQUESTS = 16
FIGURES = re.compile(r'<svg\b[^>]*\brole="img".*?</svg>', re.DOTALL)
CODE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)

each_language = pytest.mark.parametrize("language", PROJECT.languages())


def compressed(content):
    return len(gzip.compress(content, 6, mtime=0))


@cache
def size(path):
    """Return a file's bytes as sent; a font is compressed already."""
    content = path.read_bytes()
    return len(content) if path.suffix == ".woff2" else compressed(content)


def built(site, language):
    """Yield the name, file and HTML of every page."""
    for path in sorted((site / language).rglob("index.html")):
        name = path.parent.relative_to(site / language).as_posix()
        yield name, path, path.read_text("utf-8")


def loaded(site, path, html):
    """Return the files that a page loads at once, with those that its styles name."""
    found = [path]
    for element in BeautifulSoup(html, "html.parser").select("[src], head link[href]"):
        rel = set(element.get("rel") or [])
        if element.name != "link" or rel & {
            "stylesheet",
            "icon",
            "preload",
            "manifest",
        }:
            found.append(_file(path, str(element.get("src") or element["href"])))
    return [*dict.fromkeys(found)]


def _file(page: Path, link: str) -> Path:
    path = (page.parent / link).resolve()
    assert path.is_file(), f"{page}: loads {link}, which is not there"
    return path


@each_language
def test_html_is_light(site, language):
    for name, _, html in built(site, language):
        plain = CODE.sub("", FIGURES.sub("", html))
        weight = compressed(plain.encode())
        assert weight <= LONG.get(name, TEXT), f"{language}/{name}: {weight} bytes"


@each_language
def test_figures_are_light(site, language):
    for name, _, html in built(site, language):
        for figure in FIGURES.findall(html):
            assert compressed(figure.encode()) <= FIGURE, f"{language}/{name}"


@each_language
def test_page_in_all_is_light_and_asks_for_few_files(site, language):
    for name, path, html in built(site, language):
        files = loaded(site, path, html)
        weight = sum(map(size, files))
        assert weight <= PAGE, f"{language}/{name}: {weight} bytes in {files}"
        assert len(files) <= REQUESTS, f"{language}/{name}: {files}"
        assert any(file.suffix == ".css" for file in files)
        assert any(file.suffix == ".js" for file in files)


@each_language
def test_formulas_need_no_second_font(site, language):
    """The small one has what pages use; see docs/shared/fonts."""
    css = (PROJECT.docs / "shared" / "css" / "formulas.css").read_text("utf-8")
    small, large = re.findall(r"unicode-range: (.*);", css)
    in_small, in_large = (
        {
            code
            for first, last in re.findall(r"U\+(\w+)(?:-(\w+))?", ranges)
            for code in range(int(first, 16), int(last or first, 16) + 1)
        }
        for ranges in (small, large)
    )
    assert not in_small & in_large
    for name, _, html in built(site, language):
        for formula in BeautifulSoup(html, "html.parser").select("math"):
            for character in formula.get_text():
                assert ord(character) not in in_large, (
                    f"{language}/{name}: {character!r} in {formula.get_text()} loads a "
                    "second font; docs/shared/fonts/README.md says how to add it"
                )
