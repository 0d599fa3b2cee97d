"""Figures in a page: drawn once, kept, and shown in the page's words."""

import re
import shutil
import sys

import pytest
from small_site import (  # fmt: skip
    FIGURE,
    PAGE,
    SMALL,
    add,
    built,
    change,
    figure,
    save,
    write,
)

from sitetools.content import labels
from sitetools.content.project import Project
from sitetools.fault import Fault, Place
from sitetools.render import drawing, figures
from sitetools.translate import staleness

SNIPPET = "snippets/a/small.py"
KOREAN = f"{PAGE}\n{FIGURE}\n".replace("# T", "# 제목").replace("text", "글")
IMAGE = '<img alt="a line that rises" src="figure:a/small" title="Two numbers">'


def filled(root, language="en", image=IMAGE, warn=None):
    page = root / "docs" / language / "index.md"
    own = labels.load(Project(root), language)
    return figures.fill(f"<p>{image}</p>", page, own, warn)


def test_figure_takes_the_place_of_its_image(root):
    html = filled(root)
    label = 'role="img" aria-label="Two numbers: a line that rises"'
    assert re.fullmatch(rf'<p><svg [^>]* id="fig-a-small" {label}>.*</svg></p>', html)
    assert ">variance</text>" in html
    assert filled(root, image="<img src='other.png'>") == "<p><img src='other.png'></p>"


def test_page_has_its_own_words_in_one_drawing(root):
    """Only words differ: the figure is laid out for all languages."""
    english, korean = filled(root), filled(root, "ko")
    words = labels.load(Project(root), "ko").figures
    for word in ("layer", "variance"):
        english = english.replace(f">{word}</text>", f">{words[word]}</text>")
    assert english == korean


def test_description_is_escaped(root):
    image = '<img src="figure:a/small" title="a &lt; &quot;b&quot;" alt="1 &gt; 0">'
    assert 'aria-label="a &lt; &quot;b&quot;: 1 &gt; 0"' in filled(root, image=image)


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        ('<img alt="a" src="figure:a/none" title="t">', "no snippet 'a/none'"),
        ('<img alt="" src="figure:a/small" title="t">', "no description"),
        ('<img alt="a" src="figure:a/small">', "no title"),
        ('<img alt="a" src="figure:a/small#part" title="t">', r"draw_part\(results\)"),
    ],
)
def test_wrong_image_has_its_line(root, image, problem):
    source = re.search('src="([^"]*)', image)[1]
    add(f"![a]({source})")(root)
    with pytest.raises(Fault, match=problem) as error:
        filled(root, image=image)
    assert error.value.place == Place(root / "docs/en/index.md", 10)


def test_part_of_a_snippet_is_a_figure_of_its_own(root):
    two = SMALL.replace("def draw(results: dict)", "def draw_one(results: dict)")
    two = two.replace(
        "\ndef check",
        "\ndef draw_two(results: dict) -> Figure:\n    figure = draw_one(results)\n"
        '    figure.axes[0].set_title("accuracy")\n    return figure\n\n\ndef check',
    )
    write(SNIPPET, two)(root)
    save(root)
    one, second = (
        filled(root, image=IMAGE.replace("small", f"small#{part}"))
        for part in ("one", "two")
    )
    assert 'id="fig-a-small-one"' in one
    assert 'id="fig-a-small-two"' in second
    assert "accuracy" not in one
    assert "accuracy" in second
    clips = [set(re.findall(r"url\(#([\w-]+)", html)) for html in (one, second)]
    assert clips[0].isdisjoint(clips[1]), "both may be on one page"
    assert figures.words(root / SNIPPET) == {"layer", "variance", "accuracy"}


# What is kept.


def kept(root):
    return list((root / ".cache" / "figures").iterdir())


@pytest.fixture
def draws(monkeypatch):
    """Return the list of what is drawn from now on."""
    drawn, printed = [], drawing.printed
    monkeypatch.setattr(
        drawing, "printed", lambda *a, **k: drawn.append(a[0]) or printed(*a, **k)
    )
    return drawn


def test_figure_is_drawn_once_for_all_languages_and_builds(root, draws):
    first = filled(root)
    assert [filled(root), filled(root, "ko"), filled(root)].count(first) == 2
    assert draws == [root / SNIPPET]
    assert len(kept(root)) == 1


@pytest.mark.parametrize(
    "act",
    [
        change(SNIPPET, "Two numbers", "Numbers"),
        change(SNIPPET, '"variance"', '"accuracy"'),
        change("docs/ko/labels.yml", "  variance: 분산\n", "  variance: 분산값\n"),
    ],
    ids=["snippet", "label", "translation"],
)
def test_figure_is_drawn_again_if_what_it_is_made_from_changed(root, draws, act):
    for times in (1, 2, 2):
        filled(root)
        assert len(draws) == times
        if times == 1:
            act(root)
            save(root)


def test_translation_of_another_label_draws_nothing_again(root, draws):
    filled(root)
    text = (root / "docs/ko/labels.yml").read_text("utf-8")
    (root / "docs/ko/labels.yml").write_text(f'{text}\n  "nowhere": "없음"\n', "utf-8")
    filled(root)
    assert len(draws) == 1


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: b"\xff"])
def test_damaged_cache_is_drawn_again(root, damage):
    right = filled(root)
    (path,) = kept(root)
    path.write_bytes(damage(path.read_bytes()))
    assert filled(root) == right
    shutil.rmtree(path.parent)
    path.parent.write_text("not a folder")
    assert filled(root) == right


def test_preview_shows_outdated_results_and_warns_once(root):
    change(SNIPPET, "[1.0", "[1.5")(root)
    with pytest.raises(Fault, match="changed since"):
        filled(root)
    warned = []
    assert "<svg" in filled(root, warn=warned.append)
    assert [fault.place for fault in warned] == [Place(root / SNIPPET, 1)]


# What the build says.

FAULTS = {  # what is done, and what is said
    "draw() raises": (
        figure('    axes.plot(results["x"])\n', "    1 / 0\n"),
        r"docs/en/index\.md:10: .*small\.py:16: draw\(\) failed: ZeroDivisionError",
    ),
    "no snippet": (
        add('![a](figure:a/none "t")'),
        r"docs/en/index\.md:10: there is no snippet 'a/none'; there are a/small",
    ),
    "label without translation": (
        lambda root: (
            write("docs/ko/index.md", KOREAN)(root),
            figure('"variance"', '"varianz"')(root),
            staleness.stamp(root / "docs/ko/index.md"),
        ),
        r"docs/ko/index\.md:\d+: docs/ko/labels\.yml:\d+: no translation of 'varianz'",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_build_names_the_fault_once(root, monkeypatch, fault):
    monkeypatch.setitem(sys.modules, "torch", None)  # a preview has none
    act, message = FAULTS[fault]
    act(root)
    language = "ko" if "translation" in fault else "en"
    (said,) = built(root, f"mkdocs.{language}.yml")
    assert re.match(message, said), said
