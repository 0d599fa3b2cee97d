"""Labs are notebooks that hold text and code only, with ids that are words."""

import json
import re

import pytest
import small_site
from project import PROJECT

from sitetools.content import files, notebooks, snippets
from sitetools.fault import Fault
from sitetools.render import labs

each_lab = pytest.mark.parametrize(
    "path", labs.labs(PROJECT), ids=lambda path: path.stem
)


def cells(path):
    return notebooks.load(files.read(path), path)[0]


@each_lab
def test_first_cell_installs_what_the_lab_imports(path):
    code = [cell for cell in cells(path) if cell.code]
    assert code[0].ident == "install"
    installed = set(code[0].source.split("pip install -q")[1].split())
    imported = set()
    for cell in code[1:]:
        assert not re.search(r"(?m)^\s*[%!]", cell.source), cell.ident
        imported |= set(snippets.imported(cell.source))
    packages = {"sklearn": "scikit-learn"}
    assert {packages.get(name, name) for name in imported} == installed


@each_lab
def test_gradient_report_in_a_lab_is_the_sites(path):
    """The lab must run alone, so it holds a copy."""
    file = files.read(PROJECT.snippets / "diagnose" / "gradient_report.py")
    uses = any("GradientReport(" in cell.source for cell in cells(path))
    copies = [cell for cell in cells(path) if cell.ident == "gradient-report"]
    assert len(copies) == uses
    for cell in copies:
        title, _, code = cell.source.partition("\n")
        assert title.startswith("# @title gradient_report.py"), title
        assert code.strip() == file.strip(), "copy the file into the cell again"
        assert cell.hidden


@pytest.fixture
def lab(root):
    return root / small_site.LAB


def line_of(lab, text):
    """Return the only line of the lab that contains the text."""
    lines = lab.read_text("utf-8").split("\n")
    (found,) = [number for number, line in enumerate(lines, 1) if text in line]
    return found


IDS = ["3f2a9c1b", "a1b2c3d4", "a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d", "1-first"]
IDS += ["First", "two_words", "-x", "글", "kX3abcDEF"]


@pytest.mark.parametrize("ident", IDS)
def test_id_that_is_not_words_is_a_fault(root, lab, ident):
    small_site.change(small_site.LAB, '"id": "one"', f'"id": "{ident}"')(root)
    with pytest.raises(Fault) as fault:
        cells(lab)
    assert fault.value.place.path == lab
    assert fault.value.place.line == line_of(lab, f'"id": "{ident}"')
    assert ident in fault.value.problem


@pytest.mark.parametrize("ident", ["one", "two-words", "facade", "lr-0-1", "deadbeef"])
def test_id_that_is_words_is_fine(root, lab, ident):
    small_site.change(small_site.LAB, '"id": "one"', f'"id": "{ident}"')(root)
    assert [cell.ident for cell in cells(lab)] == ["title", ident]


def test_cell_without_an_id_and_a_duplicate_are_named_with_their_line(root, lab):
    text = lab.read_text("utf-8")
    line = line_of(lab, '"id": "one"')
    lab.write_text(text.replace('"id": "one"', '"ident": "one"'), "utf-8")
    with pytest.raises(Fault, match="cell 2 has the id ''") as fault:
        cells(lab)
    assert fault.value.place.line == line_of(lab, '"cell_type": "code"')
    lab.write_text(text.replace('"id": "one"', '"id": "title"'), "utf-8")
    with pytest.raises(Fault, match="two cells have the id 'title'") as fault:
        cells(lab)
    assert fault.value.place.line == line


ODD = {
    "no JSON": (small_site.change(small_site.LAB, '"title"', '"title'), 5, "not JSON"),
    "a list": (small_site.write(small_site.LAB, "[]"), 1, "not a notebook"),
    "no cells": (small_site.write(small_site.LAB, "{}"), 1, "not a notebook"),
    "no source": (
        small_site.change(small_site.LAB, '"source"', '"text"'),
        1,
        "not a notebook",
    ),
    "odd metadata": (
        small_site.change(small_site.LAB, '"metadata": {}', '"metadata": ["ab", 1]'),
        1,
        "not a notebook",
    ),
    "metadata no mapping": (
        small_site.write(small_site.LAB, '{"cells": [], "metadata": ["a"]}'),
        1,
        "not a notebook",
    ),
    "empty": (small_site.write(small_site.LAB, ""), 1, "not JSON"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_notebook_is_a_fault(root, lab, name):
    act, line, problem = ODD[name]
    act(root)
    with pytest.raises(Fault, match=problem) as fault:
        cells(lab)
    assert (fault.value.place.path, fault.value.place.line) == (lab, line)


@pytest.mark.parametrize("source", ["text", "# T", "T\n\ntext"])
def test_first_cell_must_be_title_and_description(lab, source):
    text = notebooks.dump([notebooks.Cell("title", False, source, {})])
    with pytest.raises(Fault, match="title and a description") as fault:
        notebooks.front_matter(text, lab)
    assert fault.value.place.path == lab


def test_place_of_a_cell(lab):
    assert notebooks.place_of(lab, "one").line == line_of(lab, '"id": "one"')


def test_lines_of_the_page_are_those_of_the_notebook(lab):
    found = [
        notebooks.Cell("title", False, "# T\n\ntext", {}),
        notebooks.Cell("empty", False, "", {}),
        notebooks.Cell(
            "code", True, 'print("```")\n\nx = 1', {"tags": ["remove-input"]}
        ),
        notebooks.Cell("more", False, "## M", {}),
    ]
    file = notebooks.dump(found)
    page, lines = notebooks.markdown(file, lab).split("\n"), file.split("\n")
    assert len(page) == len(lines)
    for shown, line in zip(page, lines, strict=True):
        if shown and not shown.startswith("````"):
            assert shown.split(" {#")[0] in json.loads(line.strip().rstrip(","))
    assert [line for line in page if line.startswith("````")] == ["````python", "````"]
    assert "# T {#title}" in page
    assert "## M {#more}" in page
    assert [cell.hidden for cell in found] == [False, False, True, False]


def test_cleaning_keeps_the_text_and_takes_colabs_ids(lab):
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
    clean = notebooks.clean(json.dumps(messy), lab)
    assert notebooks.clean(clean, lab) == clean
    found, metadata = notebooks.load(clean, lab)
    assert [(c.ident, c.code, c.source, c.metadata) for c in found] == [
        ("one", True, "print(1)", {"tolerance": 0.1}),
        ("two", False, "# 글", {}),
    ]
    assert metadata["source"] == {"top": "1"}
    assert "outputId" not in clean
    assert '"outputs": []' in clean
