"""What a page weighs: bytes and requests, exact, and so the same on every machine.

Compressed as hosts do, with gzip. The limits are the design's; where a page is longer
than that, what it reaches.
"""

import gzip
import re
from functools import cache

from built import document, each_language

TEXT = 16_000
"""Of a page's HTML, without its figures and code."""
LONG = {  # the most prose and formulas; Hangul takes three bytes; with room for a sentence
    "why-gradients-vanish-and-explode": 21_100,
    "relu-and-variants": 20_400,
    "residual-connections": 18_400,
    "weight-initialization": 20_800,
    "gradient-clipping": 17_200,
    "batch-normalization": 17_800,
    "layer-normalization": 18_100,
    "where-nan-comes-from": 17_700,
    "why-batch-normalization-helps": 16_800,
    "error-messages": 23_500,  # each message three times: heading, menu, index
}
FIGURE = 20_000
PAGE = 160_000
TRAINS = 190_000
"""A page with the explorer that trains."""
REQUESTS = 16
FIGURES = re.compile(r'<svg\b[^>]*\brole="img".*?</svg>', re.DOTALL)
CODE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)


def compressed(content):
    return len(gzip.compress(content, 6, mtime=0))


@cache
def size(path):
    """Return a file's bytes as sent; a font is compressed already."""
    content = path.read_bytes()
    return len(content) if path.suffix == ".woff2" else compressed(content)


def pages_of(site, language):
    """Yield the name, file and HTML of every page."""
    for path in sorted((site / language).rglob("index.html")):
        name = path.parent.relative_to(site / language).as_posix()
        yield name, path, path.read_text("utf-8")


def loaded(path):
    """Return the files that a page loads at once, with those that its styles name."""
    found = {path: None}
    kinds = {"stylesheet", "icon", "preload", "manifest"}
    for element in document(path).select("[src], head link[href]"):
        if element.name != "link" or kinds & set(element.get("rel") or []):
            link = str(element.get("src") or element["href"])
            found[(path.parent / link).resolve(strict=True)] = None
    return list(found)


@each_language
def test_html_is_light(site, language):
    for name, _, html in pages_of(site, language):
        plain = CODE.sub("", FIGURES.sub("", html))
        weight = compressed(plain.encode())
        assert weight <= LONG.get(name, TEXT), f"{language}/{name}: {weight} bytes"


@each_language
def test_figures_are_light(site, language):
    for name, _, html in pages_of(site, language):
        for figure in FIGURES.findall(html):
            assert compressed(figure.encode()) <= FIGURE, f"{language}/{name}"


@each_language
def test_page_in_all_is_light_and_asks_for_few_files(site, language):
    for name, path, _ in pages_of(site, language):
        files = loaded(path)
        weight = sum(map(size, files))
        most = TRAINS if name == "training-explorer" else PAGE
        assert weight <= most, f"{language}/{name}: {weight} bytes in {files}"
        assert len(files) <= REQUESTS, f"{language}/{name}: {files}"
        assert any(file.suffix == ".css" for file in files)
        assert any(file.suffix == ".js" for file in files)
