"""The backend: what matplotlib draws becomes a light SVG, in which any words fit."""

import re

import matplotlib.pyplot as plt
import pytest

from sitetools.content import labels
from sitetools.render import backend, drawing, svg


@pytest.fixture
def printed(monkeypatch):
    """Return a function that draws and returns the SVG, 4 inches wide."""
    monkeypatch.setattr(backend, "_WIDEST", 4)

    def act(draw, words=None, **options):
        with plt.rc_context(drawing.style()):
            figure, axes = plt.subplots(figsize=(4, 3), **options)
            draw(axes)
            plt.close(figure)
            return backend.Canvas(figure, words).svg()

    return act


def bare(axes):
    """Take away all that is drawn but for what a test adds."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_position((0, 0, 1, 1))  # 288 x 216


def elements(text, tag="path"):
    return [dict(re.findall(r'([\w-]+)="([^"]*)"', found)) for found in re.findall(f"<{tag}\\b[^>]*>", text)]  # fmt: skip


def test_line(printed):
    def draw(axes):
        bare(axes)
        axes.plot(
            [0, 0.5, 0.25], [0, 0.5, 0.5], color="C1", lw=2, ls="--", dashes=(2, 1)
        )

    (line,) = elements(printed(draw))
    assert line.pop("clip-path") == f"url(#{svg.CLIP}0)"
    assert line == {
        "fill": "none",
        "stroke": svg.CYCLE[1] and "var(--fig-1)",
        "stroke-width": "2",
        "stroke-dasharray": "4 2",
        "d": "M0 216l144-108l-72 0",
    }


def test_marks_of_a_line_are_one_element_if_none_shows_under_another(printed):
    def draw(axes, **options):
        bare(axes)
        axes.plot([0.25, 0.5], [0.5, 0.5], "s", color="C0", ms=4, **options)

    (marks,) = elements(printed(draw))
    assert marks["d"] == "M70 110l4 0l0-4l-4 0zM142 110l4 0l0-4l-4 0z"
    assert len(elements(printed(lambda axes: draw(axes, alpha=0.5)))) == 2
    assert len(elements(printed(lambda axes: draw(axes, mec="black")))) == 2


def test_areas_of_one_look_are_one_element_in_their_order(printed):
    def draw(axes):
        bare(axes)
        for left, color in ((0, "C0"), (0.2, "C0"), (0.4, "C1"), (0.6, "C0")):
            axes.axvspan(left, left + 0.1, color=color, lw=0)

    fills = [path["fill"] for path in elements(printed(draw))]
    assert fills == ["var(--fig-0)", "var(--fig-1)", "var(--fig-0)"]


def test_what_cannot_be_seen_is_not_written(printed):
    def draw(axes):
        bare(axes)
        axes.axvspan(0, 1, facecolor="none", edgecolor="none")

    assert elements(printed(draw)) == []


def test_opacity_is_of_fill_and_stroke(printed):
    def draw(axes):
        bare(axes)
        axes.fill_between([0, 1], [1, 1], color="C2", alpha=0.25, lw=0)
        axes.fill([0, 1, 1], [0, 0, 1], facecolor=("white", 0.5), edgecolor="black")

    area, triangle = elements(printed(draw))
    assert (area["fill"], area["fill-opacity"]) == ("var(--fig-2)", "0.25")
    assert (triangle["fill"], triangle["fill-opacity"]) == ("var(--fig-paper)", "0.5")
    assert triangle["stroke"] == svg.INK
    assert "stroke-opacity" not in triangle


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"x": "144", "y": "108"}),
        ({"ha": "center"}, {"x": "144", "y": "108", "text-anchor": "middle"}),
        ({"ha": "right"}, {"x": "144", "y": "108", "text-anchor": "end"}),
        (
            {"ha": "center", "rotation": 90, "rotation_mode": "anchor"},
            {
                "x": "144",
                "y": "108",
                "transform": "rotate(-90 144 108)",
                "text-anchor": "middle",
            },
        ),
        (
            {"color": "C3", "size": 12, "weight": "bold", "alpha": 0.5},
            {
                "x": "144",
                "y": "108",
                "fill": "var(--fig-3)",
                "opacity": "0.5",
                "font-size": "12px",
                "font-weight": "bold",
            },
        ),
    ],
)
def test_text_is_held_by_its_anchor(printed, options, expected):
    def draw(axes):
        bare(axes)
        axes.text(0.5, 0.5, "a < b", **options)

    text = printed(draw)
    assert elements(text, "text") == [expected]
    assert ">a &lt; b</text>" in text


@pytest.mark.parametrize(
    ("alignment", "anchor", "x"),
    [("left", None, 100.8), ("center", "middle", 144), ("right", "end", 187.2)],
)
def test_lines_of_a_text_have_one_anchor(printed, alignment, anchor, x):
    def draw(axes):
        bare(axes)
        axes.text(0.5, 0.5, "a\nlonger one", ha="center", ma=alignment)

    text = printed(draw)
    (element,) = elements(text, "text")
    assert element.get("text-anchor") == anchor
    first, second = elements(text, "tspan")
    assert element["x"] == first["x"] == second["x"]
    assert abs(float(element["x"]) - x) < 20
    assert first["dy"] == "0"
    assert 9 < float(second["dy"]) < 14


def test_lines_of_a_rotated_text_are_beside_each_other(printed):
    def draw(axes):
        bare(axes)
        axes.text(0.5, 0.5, "a\nlonger one", ha="center", va="center", rotation=90)

    text = printed(draw)
    (element,) = elements(text, "text")
    assert element["transform"] == f"rotate(-90 {element['x']} {element['y']})"
    assert element["text-anchor"] == "middle"
    assert element["y"] == "108"
    assert 9 < float(elements(text, "tspan")[1]["dy"]) < 14


def test_power_is_written_as_in_prose(printed):
    def draw(axes):
        axes.loglog([1e-4, 1e3], [2, 4])

    text = printed(draw)
    assert {"10⁻⁴", "10²", "2×10⁰"} <= set(re.findall(r">([^<]*)</text>", text))
    assert not labels.has_words("10⁻⁴"), "nothing to translate"


def test_other_formulas_are_refused(printed):
    with pytest.raises(ValueError, match="formula"):
        printed(lambda axes: axes.set_title(r"$\frac{1}{2}$"))


def left_edge(text):
    """Return where the axes begin: its label and ticks are left of it."""
    return min(float(path["d"][1:].split()[0]) for path in elements(text) if path.get("stroke-linecap") == "square")  # fmt: skip


def test_widest_language_decides_how_much_room_a_label_has(printed):
    def draw(axes):
        axes.set_yticks([0, 1], ["short", "two\nlines"])

    room = [
        left_edge(printed(draw, words, layout="constrained"))
        for words in ({}, {"short": ["x"]}, {"short": ["잔차, 마지막 층"]}, {"lines": ["a much longer line"]})
    ]  # fmt: skip
    assert room[0] == room[1] < room[2]
    assert room[0] < room[3]


def test_hangul_is_as_wide_as_it_is_shown(printed):
    """Matplotlib's font has no Hangul; a box would be half as wide."""

    def draw(axes):
        axes.set_yticks([0], ["가나다라마바사아자차"])

    assert left_edge(printed(draw, layout="constrained")) > 80


def test_figure_can_be_saved_by_matplotlib(tmp_path):
    """Labs show their figures so, no wider than a phone shows text of 12 px."""
    figure, axes = plt.subplots(figsize=(4, 3), dpi=200)
    axes.plot([1, 2], "C0o")
    with (tmp_path / "a.svg").open("wb") as file:
        backend.Canvas(figure).print_svg(file, metadata=None)
    plt.close(figure)
    text = (tmp_path / "a.svg").read_text("utf-8")
    assert 'viewBox="0 0 266.4 216"' in text
    places = [float(element["x"]) for element in elements(text, "text")]
    assert 0 < max(places) < 266
