"""Drawing a snippet's figures: what is drawn, and what is wrong with draw()."""

import matplotlib as mpl
import pytest
from project import PROJECT
from small_site import SMALL, change, save

from sitetools.content import frozen, snippets
from sitetools.fault import Fault
from sitetools.render import drawing

SNIPPET = "snippets/a/small.py"
PLOT = '    axes.plot(results["x"])\n'
TWO = SMALL.replace("def draw(results: dict)", "def draw_line(results: dict)").replace(
    "\ndef check",
    '\ndef draw_marks(results: dict[str, list[float]]) -> Figure:\n'
    '    return draw_axes(results["x"], "s")\n\n\n'
    "def draw_axes(values: list, style: str) -> Figure:\n"
    "    figure, axes = plt.subplots()\n"
    "    axes.plot(values, style)\n"
    '    axes.set(xlabel="layer", ylabel="accuracy")\n'
    "    return figure\n\n\ndef check",
)  # fmt: skip


def changed(root, *replacements):
    """Return the small snippet after a change, with its results frozen."""
    for old, new in replacements:
        change(SNIPPET, old, new)(root)
    save(root)
    return root / SNIPPET


FAULTS = {  # what changes in the snippet, the line of it, and what is wrong
    "it raises": (PLOT, "    1 / 0\n", 16, r"draw\(\) failed: ZeroDivisionError"),
    "it exits": (PLOT, "    raise SystemExit(3)\n", 16, r"draw\(\) failed: SystemExit"),
    "it draws nothing": (PLOT, "", 14, "does not return a figure"),
    "it returns something else": ("return figure", "return axes", 14, "does not return"),
    "it uses torch": (PLOT, "    axes.plot(torch.ones(2))\n", 16, "torch is not avail"),
    "it is missing": ("def draw", "def paint", 1, r"has no draw\(results\)"),
    "an axis without label": (', ylabel="variance"', "", 14, "axis has no label"),
    "a color of its own": ('results["x"]', 'results["x"], color="red"', 14, "#ff0000"),
    "a color of its own for text": (PLOT, PLOT + '    axes.text(0, 1, "a", color="red")\n', 14, "#ff0000"),
    "an image": (PLOT, PLOT + "    axes.imshow([[1, 2]])\n", 14, "image"),
    "a hatch": (PLOT, PLOT + '    axes.axhspan(0, 1, hatch="/")\n', 14, "hatch"),
    "a formula": ('"variance"', '"$x$ of layers"', 14, "formula"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_of_draw_has_its_line(root, fault):
    old, new, line, problem = FAULTS[fault]
    snippet = changed(root, (old, new))
    with pytest.raises(Fault, match=problem) as error:
        drawing.printed(snippet)
    assert (error.value.place.path, error.value.place.line) == (snippet, line)
    if fault == "a color of its own":
        assert "C0 to C5, black, gray or white" in error.value.remedy


@pytest.mark.parametrize("fault", ["a color of its own", "an image", "a formula"])
def test_fault_is_found_when_results_are_frozen_not_only_by_the_build(root, fault):
    old, new, *_ = FAULTS[fault]
    with pytest.raises(Fault):
        drawing.shown(changed(root, (old, new)))


def test_default_legend_can_be_shown(root):
    """Its frame is light gray in matplotlib, which is none of our colors."""
    legend = '    axes.plot(results["x"], label="layer")\n    axes.legend()\n'
    assert "var(--fig-muted)" in drawing.printed(changed(root, (PLOT, legend)))


@pytest.mark.parametrize("color", ["C0", "C5", "black", "gray", "white"])
def test_allowed_colors_are_the_pages(root, color):
    snippet = changed(root, ('results["x"]', f'results["x"], color="{color}"'))
    assert "#" not in drawing.printed(snippet).replace("url(#", "")


def test_a_snippet_has_one_figure_or_several_and_helpers_are_none(root):
    snippet = root / SNIPPET
    assert drawing.parts(snippet) == [""]
    snippet.write_text(TWO, "utf-8")
    assert drawing.parts(snippet) == ["line", "marks"]
    save(root)
    line, marks = (drawing.printed(snippet, part) for part in drawing.parts(snippet))
    assert "variance" in line
    assert "accuracy" in marks
    with pytest.raises(Fault, match=r"has no draw_bars\(results\)"):
        drawing.printed(snippet, "bars")


def test_fault_of_a_part_is_that_of_its_function(root):
    snippet = root / SNIPPET
    snippet.write_text(TWO.replace(', ylabel="accuracy"', ""), "utf-8")
    save(root)
    with pytest.raises(Fault, match=r"draw_marks\(\): an axis has no label") as error:
        drawing.printed(snippet, "marks")
    assert error.value.place.line == 1 + TWO[: TWO.index("def draw_marks")].count("\n")


def test_what_is_shown_changes_with_words_and_data_not_with_looks(root):
    snippet = root / SNIPPET
    before = drawing.shown(snippet)
    assert before == drawing.shown(
        changed(root, ('results["x"])', 'results["x"], lw=3)'))
    )
    assert before != drawing.shown(changed(root, ('"variance"', '"accuracy"')))
    other = drawing.shown(
        changed(root, ('results["x"]', '[v * 2 for v in results["x"]]'))
    )
    assert other not in (before, None)
    assert drawing.shown(changed(root, ("def draw", "def paint"))) is None


def test_what_is_shown_covers_all_parts(root):
    snippet = root / SNIPPET
    snippet.write_text(TWO, "utf-8")
    save(root)
    before = drawing.shown(snippet)
    assert before != drawing.shown(changed(root, ('"accuracy"', '"loss"')))
    assert before != drawing.shown(changed(root, ('"variance"', '"loss"')))


def test_what_is_shown_is_what_was_frozen():
    """One snippet of the site: its hash does not depend on how this is written."""
    snippet = snippets.find(PROJECT, "residual/pre_norm")
    assert drawing.shown(snippet) == frozen.about(snippet)[1]


def test_drawing_leaves_nothing_behind(root):
    settings = dict(mpl.rcParams)
    drawing.printed(root / SNIPPET)
    assert dict(mpl.rcParams) == settings
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []
