"""The pages of the built site, for tests that look at each of them."""

import re
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from project import PROJECT

LANGUAGES = PROJECT.languages()
PAGES = [
    (language, path.relative_to(PROJECT.docs / language))
    for language in LANGUAGES
    for path in PROJECT.pages(language)
]
each_language = pytest.mark.parametrize("language", LANGUAGES)
each_page = pytest.mark.parametrize(
    ("language", "page"), PAGES, ids=[f"{code}/{page}" for code, page in PAGES]
)


def source_of(language: str, page: Path) -> Path:
    """Return the file that a page is made from."""
    return PROJECT.docs / language / page


def file_of(site: Path, language: str, page: Path) -> Path:
    """Return the file of the site that a page is in."""
    name = page.with_suffix("").as_posix().removesuffix("index")
    return site / language / name / "index.html"


@cache
def document(path: Path) -> BeautifulSoup:
    """Parse a page, to read it."""
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def head(path: Path) -> BeautifulSoup:
    """Parse a page's head, which costs a hundredth of the page."""
    return BeautifulSoup(path.read_text("utf-8").split("</head>")[0], "html.parser")


def part(path: Path, opening: str, closing: str) -> BeautifulSoup:
    """Parse one part of a page: parsing all of it takes a hundred times as long."""
    found = re.search(f"(?s){opening}.*?{closing}", path.read_text("utf-8"))
    return BeautifulSoup(found[0] if found else "", "html.parser")
