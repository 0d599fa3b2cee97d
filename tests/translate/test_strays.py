"""Files that are in the wrong place, and pages that are missing."""

import pytest
from translated_page import KOREAN, add_lab, places, write

from sitetools.translate import strays


def test_nothing_is_said_of_a_tidy_project(translated):
    assert list(strays.problems(translated)) == []


STRAYS = {
    "folder without config": (
        "docs/de/page.md",
        "docs/de:1",
        "there is no mkdocs.de.yml, so no one sees these pages",
    ),
    "config of an unknown language": (
        "mkdocs.xx.yml",
        "mkdocs.xx.yml:1",
        "the theme does not know the language 'xx'",
    ),
    "config without folder": (
        "mkdocs.de.yml",
        "mkdocs.de.yml:1",
        "there is no folder docs/de",
    ),
    "page missing in Korean": (
        "docs/en/more.md",
        "docs/ko/more.md:1",
        "this page is missing",
    ),
    "picture": (
        "docs/ko/picture.png",
        "docs/ko/picture.png:1",
        "is neither a page nor the words of a language",
    ),
}


@pytest.mark.parametrize("kind", STRAYS)
def test_stray_file_is_named(translated, kind):
    name, place, problem = STRAYS[kind]
    write(translated.root / name, KOREAN)
    (fault,) = strays.problems(translated)
    assert places([fault]) == [place]
    assert fault.problem == problem


def test_what_an_editor_leaves_is_no_stray(translated):
    for name in (".DS_Store", ".ipynb_checkpoints/page.ipynb"):
        write(translated.docs / "ko" / name, "x")
    assert list(strays.problems(translated)) == []


def test_outputs_belong_to_the_english_lab_alone(translated):
    own = add_lab(translated.root)
    assert list(strays.problems(translated)) == []
    write(own.with_suffix(".json"), "{}")
    assert places(strays.problems(translated)) == ["docs/ko/labs/lab.json:1"]
