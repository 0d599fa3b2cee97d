"""A page's translation begins as a copy that counts as not translated."""

import pytest
from translated_page import change

from sitetools.fault import Fault
from sitetools.translate import new_page, staleness


def test_page_begins_as_a_copy_of_the_english_one(translated, source):
    path = translated.docs / "ja" / "page.md"
    new_page.start(path)
    assert path.read_text("utf-8") == source.read_text("utf-8")
    assert staleness.stale(path) == ["top", "t", "one"]
    assert translated.pages("ja") == [], "no one has begun to translate it"
    assert translated.having("page.md") == ["en", "ko"]
    with pytest.raises(Fault, match="exists already; edit it"):
        new_page.start(path)
    change(path, "text", "文")
    assert translated.pages("ja") == [path]
    assert translated.having("page.md") == ["en", "ja", "ko"]


def test_page_of_an_unknown_language_does_not_begin(translated):
    path = translated.docs / "xx" / "page.md"
    with pytest.raises(Fault, match=r"no language 'xx'; .* new-language xx NAME`, or"):
        new_page.start(path)
    assert not path.parent.exists()
