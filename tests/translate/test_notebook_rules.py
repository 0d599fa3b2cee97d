"""A notebook that cannot become a page is refused, with its line and the remedy."""

import pytest
from translated_page import CELLS, add_lab, change, write

from sitetools.content import notebooks
from sitetools.content.notebooks import Cell
from sitetools.fault import Fault
from sitetools.translate import notebook_rules


@pytest.fixture
def lab(translated):
    own = add_lab(translated.root)
    assert list(notebook_rules.problems(own)) == []
    return own


def line_of(path, text):
    lines = path.read_text("utf-8").split("\n")
    return next(n for n, line in enumerate(lines, 1) if text in line)


def with_cells(path, change_):
    """Write the lab with other cells."""
    cells = [Cell(c.ident, c.code, c.source, dict(c.metadata)) for c in CELLS]
    change_(cells)
    write(path, notebooks.dump(cells))


RULES = {
    "second heading": (
        lambda cells: setattr(
            cells[3], "source", f"{CELLS[3].source}\n\n```\n# no\n```\n\n## More"
        ),
        "## More",
        "'plot-seen' has a heading within its text; begin a new cell with it",
    ),
    "second heading below settings": (
        lambda cells: cells.append(Cell("x", False, "a\n\n## More", {"tags": ["b"]})),
        "## More",
        "'x' has a heading within its text",
    ),
    "figure before code": (
        lambda cells: cells.insert(3, Cell("next", True, "1", {})),
        '"id": "plot"',
        "no paragraph describes the figure of 'plot'; begin the cell after it",
    ),
    "figure before a heading": (
        lambda cells: setattr(cells[3], "source", f"# {'Heading' * 9}"),
        "plot-seen",
        "no paragraph describes the figure of 'plot'",
    ),
    "figure before a word": (
        lambda cells: setattr(cells[3], "source", "See?\n\nA longer paragraph here."),
        "plot-seen",
        "no paragraph describes the figure of 'plot'",
    ),
    "figure at the end": (
        lambda cells: cells.pop(),
        '"id": "plot"',
        "no paragraph describes the figure of 'plot'",
    ),
    "nothing is installed": (
        lambda cells: cells.pop(1),
        '"id": "plot"',
        "the first code cell does not install anything; begin with",
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_broken_rule_is_named_with_its_line(lab, rule):
    break_, line, message = RULES[rule]
    with_cells(lab, break_)
    (fault,) = notebook_rules.problems(lab)
    assert f"{fault.problem}; {fault.remedy}".count(message) == 1
    assert fault.place.line == line_of(lab, line)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"outputs": []', '"outputs": [{}]', "an editor left; run `.*clean docs/ko/la"),
        ('"id": "plot"', '"id": "Plot 1"', "cell 3 has the id 'Plot 1'"),
        ('"id": "plot"', '"id": "lab"', "two cells have the id 'lab'"),
        ('"cells": [', '"cells": [,', "not JSON"),
    ],
)
def test_notebook_that_cannot_be_read_is_named(lab, old, new, message):
    change(lab, old, new)
    with pytest.raises(Fault, match=message) as error:
        list(notebook_rules.problems(lab))
    assert error.value.place.path == lab


def test_outputs_that_cannot_be_read_are_not_the_translators_task(lab):
    (lab.parents[2] / "en" / "labs" / "lab.json").unlink()
    with_cells(lab, lambda cells: cells.pop())
    assert list(notebook_rules.problems(lab)) == []
