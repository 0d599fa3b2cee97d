"""A notebook that cannot become a page is refused, with its line and the remedy."""

import pytest
from translated_page import CELLS, add_lab, change, line_of, write

from sitetools.content import notebooks
from sitetools.content.notebooks import Cell
from sitetools.translate import check


@pytest.fixture
def lab(translated):
    own = add_lab(translated.root)
    assert check.check(own, named=False) == []
    return own


NEXT = CELLS[3].source
RULES = {  # the cells that are written instead, the line, the message
    "second heading": (
        [*CELLS[:3], Cell("seen", False, f"{NEXT}\n\n```\n# no\n```\n\n## More", {})],
        "## More",
        "this heading is within the text of a cell; begin a new cell with it",
    ),
    "second heading below settings": (
        [*CELLS, Cell("x", False, "a\n\n## More", {"tags": ["b"]})],
        "## More",
        "this heading is within the text of a cell",
    ),
    "figure before code": (
        [*CELLS[:3], Cell("next", True, "1", {}), CELLS[3]],
        '"id": "plot"',
        "no paragraph describes the figure of 'plot'; begin the cell after it",
    ),
    "figure before a heading": (
        [*CELLS[:3], Cell("seen", False, f"# {'Heading' * 9}", {})],
        '"id": "seen"',
        "no paragraph describes the figure of 'plot'",
    ),
    "figure before a word": (
        [*CELLS[:3], Cell("seen", False, "See?\n\nA longer paragraph here.", {})],
        '"id": "seen"',
        "no paragraph describes the figure of 'plot'",
    ),
    "figure at the end": (
        CELLS[:3],
        '"id": "plot"',
        "no paragraph describes the figure of 'plot'",
    ),
    "nothing is installed": (
        [CELLS[0], *CELLS[2:]],
        '"id": "plot"',
        "the first code cell does not install anything; begin with",
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_broken_rule_is_named_with_its_line(lab, rule):
    cells, line, message = RULES[rule]
    write(lab, notebooks.dump(cells))
    (fault,) = check.check(lab, named=False)
    assert message in f"{fault.problem}; {fault.remedy}"
    assert fault.place.line == line_of(lab, line)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"outputs": []', '"outputs": [{}]', "sitetools clean docs/ko/labs/lab.ipynb`"),
        ('"id": "plot"', '"id": "Plot 1"', "cell 3 has the id 'Plot 1'"),
    ],
)
def test_notebook_that_cannot_be_read_is_named(lab, old, new, message):
    change(lab, old, new)
    (fault,) = check.check(lab)
    assert message in f"{fault.problem}; {fault.remedy}"


def test_description_is_the_first_paragraph(lab):
    source = notebooks.dump([Cell("lab", False, "# 실습\n\n짧습니다.", {}), *CELLS[1:]])
    write(lab, source)
    fault = check.check(lab)[0]
    assert fault.problem == "the first paragraph, the page's description, is too short"
    assert fault.place.line == line_of(lab, "짧습니다")


def test_outputs_that_cannot_be_read_are_not_the_translators_task(lab):
    (lab.parents[2] / "en" / "labs" / "lab.json").unlink()
    assert check.check(lab) == []
