"""MkDocs' warnings of links and of the menu name file and line."""

import logging

import pytest
from small_site import PAGE

from sitetools.content.project import Project
from sitetools.publish import link_warnings

DEAD = "Doc file 'index.md' contains a link '{}', but the target is not found"
CASES = [
    (DEAD.format("nowhere.md"), "docs/en/index.md:11"),
    (DEAD.format("on-no-line.md"), "docs/en/index.md:1"),
    (DEAD.format("x").replace("index", "none"), "docs/en/none.md:1"),
]


@pytest.mark.parametrize(("message", "place"), CASES)
def test_place_comes_before_the_warning(root, caplog, message, place):
    """What it says of the menu, tests/test_mkdocs_hooks.py sees."""
    path = root / "docs" / "en" / "index.md"
    path.write_text(f"{PAGE}\n\n[x](nowhere.md)\n", "utf-8")
    with link_warnings.with_place(Project(root), "en"):
        logging.getLogger("mkdocs.structure.pages").warning(message)
    assert caplog.messages == [f"{place}: {message}"]


def test_other_warnings_and_other_times_are_left_alone(root, caplog):
    log = logging.getLogger("mkdocs.structure.pages")
    with link_warnings.with_place(Project(root), "en"):
        log.warning("something else")
    log.warning(CASES[0][0])
    assert caplog.messages == ["something else", CASES[0][0]]
