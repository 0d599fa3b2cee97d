"""A lab's page shows its outputs, described and light, and offers the notebook."""

import gzip
import json
import re

import pytest
import small_site
from bs4 import BeautifulSoup
from project import PROJECT

from sitetools.content import notebooks
from sitetools.content.project import language_of
from sitetools.fault import Fault, relative
from sitetools.render import labs

NOTEBOOKS = [
    path
    for language in PROJECT.languages()
    for path in PROJECT.pages(language)
    if path.suffix == ".ipynb"
]
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=relative)
WEIGHT = 20_600
"""Bytes of a lab's HTML as it is sent, compressed, not counting its figures."""


def page_of(site, path):
    return site / path.relative_to(PROJECT.docs).with_suffix("") / "index.html"


@each_notebook
def test_every_figure_is_followed_by_a_paragraph_that_describes_it(path, site):
    drawing = [
        k for k, outs in labs.load(path).items() if any("svg" in o for o in outs)
    ]
    html = page_of(site, path).read_text("utf-8")
    document = BeautifulSoup(html, "html.parser")
    figures = document.select("figure svg[role=img]")
    assert len(figures) == len(drawing)
    for figure in figures:
        described = document.find(id=figure["aria-labelledby"])
        assert described
        assert described.name == "p"
        assert len(described.get_text(strip=True)) > 40
        assert not re.search(r"#[0-9a-fA-F]{6}\b", str(figure)), "a fixed color"


@each_notebook
def test_page_of_a_lab_is_light_and_offers_the_notebook(path, site):
    page = page_of(site, path)
    html = page.read_text("utf-8")
    bare = re.sub(r"<svg\b[^>]*role=\"img\".*?</svg>", "", html, flags=re.DOTALL)
    weight = len(gzip.compress(bare.encode()))
    assert weight <= WEIGHT, f"{weight} bytes"
    button = BeautifulSoup(html, "html.parser").select_one("a.md-button[download]")
    assert button
    offered = json.loads((page.parent / str(button["href"])).read_text("utf-8"))
    assert offered == json.loads(path.read_text("utf-8"))
    assert language_of(path) in page.parts


def test_links_of_a_downloaded_lab_lead_to_the_site(root):
    source = "[a](../page.md#x) [b](lab.ipynb) [c](index.md) [d](https://e.org/f.md)"
    path = root / small_site.LAB
    path.write_text(notebooks.dump([notebooks.Cell("a", False, source, {})]), "utf-8")
    text = labs.with_links(path, "https://s.org/p/en/labs/own.ipynb")
    assert notebooks.load(text, path)[0][0].source == (
        "[a](https://s.org/p/en/page/#x) [b](https://s.org/p/en/labs/lab/) "
        "[c](https://s.org/p/en/labs/) [d](https://e.org/f.md)"
    )


OUTPUTS = "docs/en/labs/lab.json"
DAMAGE = {
    "missing": (small_site.remove(OUTPUTS), "lab.json", "no such file"),
    "cut": (small_site.cut(OUTPUTS), "lab.json", "not a file"),
    "a list": (small_site.write(OUTPUTS, "[]"), "lab.json", "not a file"),
    "not UTF-8": (small_site.write(OUTPUTS, b"\xff"), "lab.json", "not a file"),
    "edited by hand": (
        small_site.change(OUTPUTS, '"text": "1"', '"text": "2"'),
        "lab.json",
        "changed",
    ),
    "of other code": (
        small_site.change(small_site.LAB, "print(1)", "print(2)"),
        "lab.ipynb",
        "code changed",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_outputs_are_trusted_only_if_they_are_whole_and_of_the_code(root, name):
    path = root / small_site.LAB
    assert labs.load(path) == {"one": [{"text": "1"}]}
    act, file, problem = DAMAGE[name]
    act(root)
    with pytest.raises(Fault, match=problem) as fault:
        labs.load(path)
    assert fault.value.place.path == path.with_name(file)
    assert "make results" in fault.value.remedy


@pytest.mark.parametrize(("name", "shown"), [("missing", {}), ("of other code", None)])
def test_preview_shows_what_there_is_and_says_so(root, name, shown):
    DAMAGE[name][0](root)
    warned = []
    found = labs.load(root / small_site.LAB, warned.append)
    assert found == ({"one": [{"text": "1"}]} if shown is None else shown)
    assert len(warned) == 1


def test_words_of_figures_are_found():
    svg = "<svg><text>loss</text><text x='1'>0.1</text><text>a &amp; b</text></svg>"
    assert labs.words({"one": [{"svg": svg}, {"text": "no"}]}) == {"loss", "a & b"}
