"""MkDocs' warnings of links and of the menu name file and line."""

import logging

import pytest
from small_site import PAGE

from sitetools.content.project import Project
from sitetools.publish import link_warnings

DEAD = "Doc file 'index.md' contains a link '{}', but the target is not found"
CASES = [
    ("pages", DEAD.format("nowhere.md"), "docs/en/index.md:11"),
    ("pages", DEAD.format("on-no-line.md"), "docs/en/index.md:1"),
    ("pages", DEAD.format("x").replace("index", "none"), "docs/en/none.md:1"),
    (
        "nav",
        "A reference to 'labs/lab.ipynb' is included in the 'nav' configuration, which "
        "is not found",
        "mkdocs.yml:{labs/lab.ipynb}",
    ),
    (
        "nav",
        'The following pages exist in the docs directory, but are not included in the "nav" '
        "configuration:\n  - more.md",
        "mkdocs.yml:{nav:}",
    ),
]


@pytest.mark.parametrize(("module", "message", "place"), CASES)
def test_place_comes_before_the_warning(root, caplog, module, message, place):
    path = root / "docs" / "en" / "index.md"
    path.write_text(f"{PAGE}\n\n[x](nowhere.md)\n", "utf-8")
    config = (root / "mkdocs.yml").read_text("utf-8").split("\n")
    if "{" in place:
        part = place[place.index("{") + 1 : -1]
        number = next(n for n, line in enumerate(config, 1) if part in line)
        place = f"mkdocs.yml:{number}"
    with link_warnings.with_place(Project(root), "en"):
        logging.getLogger(f"mkdocs.structure.{module}").warning(message)
    assert caplog.messages == [f"{place}: {message}"]


def test_other_warnings_and_other_times_are_left_alone(root, caplog):
    log = logging.getLogger("mkdocs.structure.pages")
    with link_warnings.with_place(Project(root), "en"):
        log.warning("something else")
    log.warning(CASES[0][1])
    assert caplog.messages == ["something else", CASES[0][1]]
