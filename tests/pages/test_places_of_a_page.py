"""What wants to know of a page: the checklists in .github/CONTRIBUTING.md, as tests.

MkDocs itself names a page that is in no menu, and `check` one that is not in Korean.
"""

import re

import project
import pytest
import yaml
from queries import queries

DOCS = project.PROJECT.docs / "en"


def menu():
    """Return the pages of each section of the menu."""
    config = (project.ROOT / "mkdocs.yml").read_text("utf-8")
    nav = yaml.safe_load(config.partition("\nnav:")[2].partition("\n\n")[0])
    return {name: pages for part in nav[1:] for name, pages in part.items()}


def places(section):
    """Return the pages that link to each page of a section of the menu."""
    linking = {
        "nav_problem": ["index.md", "choosing.md"],
        "nav_techniques": ["index.md", "choosing.md", "glossary.md", "cheat-sheet.md"],
        "nav_labs": ["labs/index.md"],
    }
    return linking.get(section, [])


WANTED = [
    (page, place)
    for section, pages in menu().items()
    for page in pages
    for place in places(section)
    if page != place
    # There is nothing to look up in an explanation of a technique.
    and not (page.startswith("why-") and place == "cheat-sheet.md")
]
LESSONS = [*menu()["nav_problem"], *menu()["nav_techniques"]]


def links(page, place):
    """Return whether a page is linked from another one."""
    text = (DOCS / place).read_text("utf-8")
    name = page.removeprefix("labs/")
    return bool(re.search(rf"\]\((?:labs/)?{re.escape(name)}[)#]", text))


def is_searched(page, language):
    """Return whether a query expects a page to come first."""
    name = page.rpartition(".")[0]
    return any(name in places for places in queries(language).values())


@pytest.mark.parametrize(("page", "place"), WANTED)
def test_page_is_linked_where_readers_look_for_it(page, place):
    assert links(page, place), f"docs/en/{place} has no link to {page}; add one"


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("page", LESSONS)
def test_page_is_found_by_what_readers_type(page, language):
    assert is_searched(page, language), (
        f"tests/data/queries.{language}.yml: no query leads to {page}; add what readers type"
    )


def test_page_that_is_new_would_be_noticed():
    assert len(WANTED) > 20
    assert not links("new-page.md", "index.md")
    assert not links("clipping.md", "index.md"), "not the end of another name"
    assert not is_searched("new-page.md", "en")
