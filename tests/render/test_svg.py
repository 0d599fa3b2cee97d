"""The text of a figure: its words in any language, its ids and its colors."""

import pytest
from project import PROJECT

from sitetools.content import labels
from sitetools.content.labels import Labels
from sitetools.fault import Fault
from sitetools.render import svg

LINES = (
    '<text x="1" y="2"><tspan x="1" dy="0">batch norm,</tspan>'
    '<tspan x="1" dy="9">shared</tspan></text>'
)
FIGURE = (
    f'<svg xmlns="{svg.NAMESPACE}"><text x="1" y="2">loss &amp; layer</text>'
    f'<text x="1" y="2">0.5</text>{LINES}'
    '<text x="1" y="2">10⁻⁴</text></svg>'
)


def own(language="ko", **figures):
    words = figures or {
        "loss & layer": "손실 < 층",
        "batch norm,\nshared": "배치\n(공유)",
    }
    path = PROJECT.docs / "ko" / "labels.yml"
    return Labels(language, path, {}, {}, {}, words)


def test_words_are_those_to_translate():
    """Numbers and powers are not; lines of one text belong together."""
    assert svg.words(FIGURE) == ["loss & layer", "batch norm,\nshared"]


def test_words_are_exchanged_and_nothing_else():
    said = svg.in_language(FIGURE, own(), "a/small")
    assert svg.words(said) == ["손실 < 층", "배치\n(공유)"]
    assert said == (
        FIGURE.replace("loss &amp; layer", "손실 &lt; 층")
        .replace("batch norm,", "배치")
        .replace("shared", "(공유)")
    )


def test_english_stays_what_it_is():
    english = labels.load(PROJECT, "en")
    assert svg.in_language(FIGURE, english, "a/small") == FIGURE


def test_language_that_may_lag_shows_all_of_a_figure_or_nothing():
    half = own("ja", **{"loss & layer": "損失"})
    assert svg.in_language(FIGURE, half, "a/small") == FIGURE
    assert "손실" in svg.in_language(FIGURE, own("ja"), "a/small")


def test_missing_word_of_a_complete_language_is_a_fault():
    with pytest.raises(Fault, match="no translation of 'batch norm") as error:
        svg.in_language(FIGURE, own(**{"loss & layer": "손실"}), "a/small")
    assert error.value.place.path == PROJECT.docs / "ko" / "labels.yml"


def test_translation_must_have_as_many_lines(root):
    path = root / "docs/ko/labels.yml"
    label = "batch norm,\\nshared"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace(f'"{label}": "배치 정규화\\n(공유)"', f'"{label}": "배치"')
    )
    words = labels._parsed(path, path.read_text("utf-8"))["figures"]
    with pytest.raises(Fault, match="another number of lines") as error:
        svg.in_language(LINES, Labels("ko", path, {}, {}, {}, words), "a/small")
    line = path.read_text("utf-8").split("\n")[error.value.place.line - 1]
    assert label in line


def test_ids_of_a_figure_are_its_own():
    clipped = (
        f'<svg><path clip-path="url(#{svg.CLIP}0)"/><text>clip-0</text>'
        f'<clipPath id="{svg.CLIP}0"></clipPath></svg>'
    )
    assert svg.named(clipped, "a/small_one") == (
        '<svg><path clip-path="url(#a-small-one-0)"/><text>clip-0</text>'
        '<clipPath id="a-small-one-0"></clipPath></svg>'
    )


def test_color_that_a_page_cannot_change_is_named():
    with pytest.raises(ValueError, match="#cc0000"):
        svg.named('<svg><path fill="#cc0000"/></svg>', "a")


def test_every_color_of_a_figure_is_in_the_stylesheet():
    style = (PROJECT.shared / "css" / "site.css").read_text("utf-8")
    for color in svg.COLORS.values():
        name = color.removeprefix("var(").removesuffix(")")
        assert style.count(f"{name}:") >= 2, f"{name}, light and dark"
