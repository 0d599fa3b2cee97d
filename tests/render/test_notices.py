"""Notices below a title, in Markdown; tests/translate has when they are shown."""

import re

import markdown
import pytest
from project import PROJECT

from sitetools.content import labels
from sitetools.content.sections import Section
from sitetools.render import notices

PAGE = "# Title {#title}\n\ntext\n\n# Other {#other}\n"
WORDS = labels.load(PROJECT, "ja")


@pytest.mark.parametrize(
    ("notice", "word"),
    [(notices.missing, "missing"), (notices.unfinished, "unfinished")],
)
def test_notice_is_below_the_first_title(notice, word):
    title, _, rest = notice(PAGE, WORDS).partition("\n\n")
    assert title == "# Title {#title}"
    box, _, rest = rest.partition("\n\n")
    assert box == f'!!! warning notice "{WORDS.word(word)}"'
    assert rest == "text\n\n# Other {#other}\n"


def test_new_sections_are_linked_under_their_own_ids():
    sections = [
        Section("one", 2, 3, "## One `x` {#one}\n", ""),
        Section("two", 2, 9, "## Two\n", ""),
    ]
    text = notices.stale(PAGE, WORDS, sections, "labs/rescue/")
    assert re.findall(r'<a id="(\w+)" href="([^"]*)" lang="en">([^<]*)', text) == [
        ("one", "../../../en/labs/rescue/#one", "One `x`"),
        ("two", "../../../en/labs/rescue/#two", "Two"),
    ]
    assert WORDS.word("new_sections") in text
    assert WORDS.word("new_sections") not in notices.stale(PAGE, WORDS, [], "a/")


def test_notice_is_not_searched_and_has_its_language():
    html = markdown.markdown(
        notices.missing(PAGE, WORDS), extensions=["admonition", "attr_list"]
    )
    html = notices.marked(html, "ja")
    assert '<div class="admonition warning" data-search-exclude lang="ja"' in html
