"""Figures are drawn in other processes, and a page waits for its own."""

import re
import subprocess
import sys
import time

import pytest
from small_site import FIGURE, SMALL, add, built, change, write

from sitetools.content import frozen
from sitetools.content.project import Project
from sitetools.render import draw_ahead, figures

SNIPPET = "snippets/a/small.py"
NAMES = ["small", *(f"small{number}" for number in range(2, 6))]


@pytest.fixture
def five(root):
    """Return a project whose page shows five figures, which is enough."""
    for name in NAMES:
        write(f"snippets/a/{name}.py", SMALL)(root)
        snippet = root / "snippets" / "a" / f"{name}.py"
        frozen.save(snippet, {"x": [1.0, 2.0]}, "test")
    add("\n\n".join(FIGURE.replace("small", name) for name in NAMES))(root)
    return Project(root)


def drawn(project):
    return {path.stem for path in (project.cache / "figures").glob("*.svg")}


def test_missing_are_the_figures_of_pages_in_their_order(five):
    missing = draw_ahead.missing(five)
    assert missing == [(five.snippets / "a" / f"{name}.py", "") for name in NAMES]
    figures.drawn(*missing[1], figures.in_other_languages(five))
    assert draw_ahead.missing(five) == [missing[0], *missing[2:]]


def test_names_are_found_in_markdown_and_html_wrong_ones_left_to_the_page(root):
    two = SMALL.replace("def draw(", "def draw_one(")
    write(SNIPPET, two)(root)
    text = '![a](figure:a/small#one "t") ![a](figure:a/none "t") <img src="figure:a/small">'
    assert list(draw_ahead.named(text, Project(root))) == [(root / SNIPPET, "one")]


def test_all_are_drawn_and_waited_for(five):
    ahead = draw_ahead.start(five, draw_ahead.missing(five))
    assert ahead.running
    page = "".join(f'<img src="figure:a/{name}">' for name in NAMES)
    ahead.wait(page, five)
    assert drawn(five) == {f"fig-a-{name}" for name in NAMES}
    assert draw_ahead.missing(five) == []


def test_page_does_not_wait_for_the_figures_of_others(five):
    figures.drawn(*draw_ahead.missing(five)[0], figures.in_other_languages(five))
    endless = [sys.executable, "-c", "import time; time.sleep(60)"]
    ahead = draw_ahead.Ahead([subprocess.Popen(endless)])
    try:
        ahead.wait('<img src="figure:a/small">', five)
        assert ahead.running, "it still draws"
    finally:
        ahead.running[0].kill()
        ahead.running[0].wait()
    ahead.wait('<img src="figure:a/small2">', five)  # no process is left to draw it
    assert not ahead.running


def test_few_are_not_worth_a_process(root):
    add(FIGURE)(root)
    project = Project(root)
    missing = draw_ahead.missing(project)
    assert len(missing) == 1
    assert not draw_ahead.start(project, missing).running


def test_what_cannot_be_drawn_is_left_to_its_page(five):
    change("snippets/a/small3.py", '    axes.plot(results["x"])', "    1 / 0")(
        five.root
    )
    frozen.save(five.snippets / "a" / "small3.py", {"x": [1.0, 2.0]}, "test")
    (said,) = built(five.root)
    assert re.match(r"docs/en/index\.md:14: .*small3\.py:16: draw\(\) failed", said)
    deadline = time.monotonic() + 60
    while len(drawn(five)) < 4 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert drawn(five) == {f"fig-a-{name}" for name in NAMES if name != "small3"}


def test_build_shows_them(five):
    assert built(five.root) == []
    html = (five.root.parent / "site" / "en" / "index.html").read_text("utf-8")
    assert html.count('role="img"') == 5
