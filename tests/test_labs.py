"""Labs: each notebook runs top to bottom and prints and draws what its page shows."""

import gzip
import json
import re
from itertools import pairwise, zip_longest

import blocks
import pytest
from bs4 import BeautifulSoup

from sitetools.content import frozen, labels, notebooks, pages
from sitetools.measure import run_labs
from sitetools.render import labs

LABS = labs.labs()
NOTEBOOKS = [
    path
    for language in pages.LANGUAGES
    for path in pages.pages(language)
    if path.suffix == ".ipynb"
]
each_lab = pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=pages.relative)
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
WEIGHT = 20_000
"""Bytes of a lab's HTML as it is sent, compressed, not counting its figures."""


def same(old, new, metadata):
    """Tell whether an output is the frozen one, within the cell's tolerance.

    Without one, text is compared as on any page. A number is a relative tolerance;
    null compares words only, where training is chaotic.
    """
    if old.keys() != new.keys():
        return False
    if "svg" in old:
        texts = [re.findall(r"<text\b[^>]*>([^<]*)", out["svg"]) for out in (old, new)]
        if "tolerance" in metadata:
            texts = [sorted(filter(labels.has_words, found)) for found in texts]
        return texts[0] == texts[1]
    if "tolerance" not in metadata:
        return blocks.same(old["text"], new["text"])
    words = [" ".join(NUMBER.sub("0", out["text"]).split()) for out in (old, new)]
    numbers = [[float(n) for n in NUMBER.findall(out["text"])] for out in (old, new)]
    tolerance = metadata["tolerance"]
    return words[0] == words[1] and (
        tolerance is None
        or all(
            abs(a - b) <= tolerance * max(abs(a), abs(b))
            for a, b in zip(*numbers, strict=True)
        )
    )


@pytest.mark.torch
@each_lab
def test_lab_prints_and_draws_what_its_page_shows(path):
    old, new = labs.load(path), run_labs.run(path)
    assert old.keys() == new.keys()
    for cell in labs.cells(path):
        outputs = [found.get(cell.ident, []) for found in (old, new)]
        for before, now in zip_longest(*outputs, fillvalue={}):
            assert same(before, now, cell.metadata), (
                f"{run_labs.place(path, cell.ident)} shows something else than when it "
                f"was frozen:\n{now.get('text', 'a figure with other labels')}\n"
                f"before:\n{before.get('text', '')}\n"
                "If the new one is right, run `make results`."
            )


@pytest.mark.parametrize(
    ("new", "metadata", "expected"),
    [
        ("loss 0.51", {}, True),  # one in the last digit
        ("loss 0.52", {}, False),
        ("cost 0.50", {"tolerance": None}, False),
        ("loss 0.9", {"tolerance": None}, True),
        ("loss 0.54", {"tolerance": 0.1}, True),
        ("loss 0.60", {"tolerance": 0.1}, False),
        ("loss nan", {"tolerance": None}, False),
    ],
)
def test_comparison_can_fail(new, metadata, expected):
    assert same({"text": "loss 0.50"}, {"text": new}, metadata) is expected


def test_comparison_of_figures_can_fail():
    one = {"svg": "<svg><text>loss</text><text>1</text></svg>"}
    other = {"svg": "<svg><text>loss</text><text>2</text></svg>"}
    third = {"svg": "<svg><text>cost</text><text>1</text></svg>"}
    assert same(one, one, {})
    assert not same(one, other, {})
    assert same(one, other, {"tolerance": None})
    assert not same(one, third, {"tolerance": None})
    assert not same(one, {"text": "1"}, {})


@each_notebook
def test_notebook_holds_no_outputs_and_nothing_of_an_editor(path):
    text = path.read_bytes().decode("utf-8")
    assert notebooks.clean(text) == text, (
        f"{pages.relative(path)}:1: run "
        f"`python -m sitetools.content.notebooks {pages.relative(path)}`; it removes outputs and "
        "whatever Jupyter or Colab left in the file, and keeps the text."
    )


@each_notebook
def test_cells_and_their_settings_are_those_of_the_english_notebook(path):
    source = labs.FOLDER / path.name
    own, wanted = (
        [(cell.ident, cell.code, cell.metadata) for cell in labs.cells(each)]
        for each in (path, source)
    )
    assert own == wanted


@each_lab
def test_first_cell_installs_what_the_lab_imports(path):
    code = [cell for cell in labs.cells(path) if cell.code]
    assert code[0].ident == "install"
    installed = set(code[0].source.split("pip install -q")[1].split())
    imported = set()
    for cell in code[1:]:
        assert not re.search(r"(?m)^\s*[%!]", cell.source), cell.ident
        imported |= set(blocks.imported(cell.source))
    packages = {"sklearn": "scikit-learn"}
    assert {packages.get(name, name) for name in imported} == installed


@each_lab
def test_gradient_report_in_a_lab_is_the_sites(path):
    """The lab must run alone, so it holds a copy; here is why that is none."""
    file = (frozen.SNIPPETS / "diagnose" / "gradient_report.py").read_text("utf-8")
    uses = any("GradientReport(" in cell.source for cell in labs.cells(path))
    copies = [c for c in labs.cells(path) if c.ident == "gradient-report"]
    assert len(copies) == uses
    for cell in copies:
        title, _, code = cell.source.partition("\n")
        assert title.startswith("# @title gradient_report.py"), title
        assert code.strip() == file.strip(), "copy the file into the cell again"
        assert cell.hidden


@each_notebook
def test_every_figure_is_followed_by_a_paragraph_that_describes_it(path, site):
    language = path.relative_to(pages.DOCS).parts[0]
    drawing = [
        k for k, outs in labs.load(path).items() if any("svg" in o for o in outs)
    ]
    cells = labs.cells(path)
    following = {a.ident: b for a, b in pairwise(cells)}
    for ident in drawing:
        text = following[ident]
        assert not text.code, f"{path.name}: no text behind the figure of {ident!r}"
        assert not text.source.startswith(("#", "|", "-")), text.ident
    page = site / language / "labs" / path.stem / "index.html"
    document = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    figures = document.select("figure svg[role=img]")
    assert len(figures) == len(drawing)
    for figure in figures:
        described = document.find(id=figure["aria-labelledby"])
        assert described
        assert described.name == "p"
        assert len(described.get_text(strip=True)) > 40
        assert not re.search(r"#[0-9a-fA-F]{6}\b", str(figure)), "a fixed colour"


@each_notebook
def test_page_of_a_lab_is_light_and_offers_the_notebook(path, site):
    folder = site / path.relative_to(pages.DOCS).with_suffix("")
    html = (folder / "index.html").read_text("utf-8")
    bare = re.sub(r"<svg\b[^>]*role=\"img\".*?</svg>", "", html, flags=re.DOTALL)
    weight = len(gzip.compress(bare.encode()))
    assert weight <= WEIGHT, f"{weight} bytes"
    button = BeautifulSoup(html, "html.parser").select_one("a.md-button[download]")
    assert button
    offered = json.loads((folder / str(button["href"])).read_text("utf-8"))
    assert offered == json.loads(path.read_text("utf-8"))


def test_links_of_a_downloaded_lab_lead_to_the_site():
    cell = notebooks.Cell(
        "a",
        code=False,
        metadata={},
        source="[a](../page.md#x) [b](lab.ipynb) [c](index.md) [d](https://e.org/f.md)",
    )
    text = labs.with_links(notebooks.dump([cell]), "https://s.org/p/en/labs/own.ipynb")
    assert notebooks.load(text)[0][0].source == (
        "[a](https://s.org/p/en/page/#x) [b](https://s.org/p/en/labs/lab/) "
        "[c](https://s.org/p/en/labs/) [d](https://e.org/f.md)"
    )


def test_lines_of_the_page_are_those_of_the_notebook():
    cells = [
        notebooks.Cell("title", False, "# T\n\ntext", {}),
        notebooks.Cell("empty", False, "", {}),
        notebooks.Cell(
            "code", True, 'print("```")\n\nx = 1', {"tags": ["remove-input"]}
        ),
        notebooks.Cell("more", False, "## M", {}),
    ]
    file = notebooks.dump(cells)
    page = notebooks.markdown(file).split("\n")
    lines = file.split("\n")
    assert len(page) == len(lines)
    for shown, line in zip(page, lines, strict=True):
        if shown and not shown.startswith("````"):
            assert shown.split(" {#")[0] in json.loads(line.strip().rstrip(","))
    assert [line for line in page if line.startswith("````")] == ["````python", "````"]
    assert "# T {#title}" in page
    assert "## M {#more}" in page


def test_cleaning_keeps_the_text_and_takes_colabs_ids():
    messy = {
        "nbformat": 4,
        "nbformat_minor": 0,
        "metadata": {"colab": {"provenance": []}, "source": {"top": "1"}},
        "cells": [
            {
                "cell_type": "code",
                "execution_count": 7,
                "metadata": {"id": "one", "outputId": "x", "tolerance": 0.1},
                "outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}],
                "source": "print(1)\n",
            },
            {"cell_type": "markdown", "metadata": {"id": "two"}, "source": ["# 글"]},
        ],
    }
    clean = notebooks.clean(json.dumps(messy))
    assert notebooks.clean(clean) == clean
    cells, metadata = notebooks.load(clean)
    assert [(c.ident, c.code, c.source, c.metadata) for c in cells] == [
        ("one", True, "print(1)", {"tolerance": 0.1}),
        ("two", False, "# 글", {}),
    ]
    assert metadata["source"] == {"top": "1"}
    assert "outputId" not in clean
    assert '"outputs": []' in clean


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Return a function that makes a lab of one code cell and the given code."""
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(labs, "FOLDER", tmp_path)

    def make(code):
        path = tmp_path / "lab.ipynb"
        cell = notebooks.Cell("one", True, code, {})
        path.write_text(notebooks.dump([cell]), "utf-8")
        return path

    return make


@pytest.mark.torch
def test_magics_are_left_out_and_figures_are_themed(lab):
    path = lab(
        "%pip install -q nothing-at-all\nimport matplotlib.pyplot as plt\n"
        "print('a')\nplt.plot([1, 2])\nplt.xlabel('loss')\nplt.show()\nprint('b')"
    )
    text, figure = run_labs.run(path)["one"]
    assert text == {"text": "a\nb"}
    assert "var(--fig-0)" in figure["svg"]
    assert ">loss</text>" in figure["svg"]
    assert labs.words({"one": [figure]}) == {"loss"}


def test_outputs_are_trusted_only_if_nobody_changed_them(lab):
    path = lab("print(1)")
    with pytest.raises(frozen.FrozenError, match=r"lab\.json: no such file"):
        labs.load(path)
    labs.save(path, {"one": [{"text": "1"}]}, "Python")
    assert labs.load(path) == {"one": [{"text": "1"}]}
    file = path.with_suffix(".json")
    good = file.read_text("utf-8")
    file.write_text(good.replace('"text": "1"', '"text": "2"'), "utf-8")
    with pytest.raises(frozen.FrozenError, match=r"lab\.json:1: the outputs were"):
        labs.load(path)
    file.write_text(good[:40], "utf-8")
    with pytest.raises(frozen.FrozenError, match=r"lab\.json:1: not a file of"):
        labs.load(path)
    file.write_text(good, "utf-8")
    lab("print(2)")
    with pytest.raises(frozen.FrozenError, match=r"lab\.ipynb:1: the code changed"):
        labs.load(path)
