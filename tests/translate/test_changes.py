"""What changed in English since a translation, and what of it needs none."""

import shutil

import pytest
from translated_page import change, commit, places, write

from sitetools.fault import Fault
from sitetools.translate import changes, check, staleness


@pytest.fixture
def japanese(translated, page):
    """Return a Japanese page that is as current as the Korean one."""
    return shutil.copy(page, translated.docs / "ja" / "page.md")


def test_change_is_shown_over_several_commits(translated, page, source):
    """Also over one in which the page was broken; no copy of it is left."""
    right = source.read_text("utf-8")
    write(source, "no front matter\n")
    commit(translated.root)
    write(source, right.replace("- item", "- new item"))
    commit(translated.root)
    change(source, "- new item", "- newer item")
    assert changes.changes(page) == {"one": ["- - item", "+ - newer item"]}
    assert places(check.check(page)) == ["docs/ko/page.md:14"]
    assert not list((translated.cache / "as-it-was").iterdir())


def test_text_that_git_does_not_know_is_left_out(page, source, monkeypatch):
    change(source, "- item", "- thing")
    staleness.stamp(page)
    change(source, "- thing", "- other thing")
    assert changes.changes(page) == {}
    monkeypatch.setenv("PATH", "")
    assert changes.changes(page) == {}
    assert places(check.check(page)) == ["docs/ko/page.md:14"]


@pytest.mark.parametrize("state", ["changed", "committed", "without git"])
def test_typo_needs_no_translation(
    translated, page, source, japanese, monkeypatch, state
):
    change(source, "- item", "- itme")
    if state == "committed":
        commit(translated.root)
    shown = ["  - - item", "  + - itme"]
    if state == "without git":
        monkeypatch.setenv("PATH", "")
        shown = ["  (git does not know the earlier text)"]
    stamped = "  stamped in docs/ja/page.md, docs/ko/page.md"
    assert changes.unchanged(source) == ["docs/en/page.md#one", *shown, stamped]
    assert staleness.stale(page) == staleness.stale(japanese) == []
    assert changes.unchanged(source) == []


def test_what_another_language_did_not_follow_stays_stale(source, page, japanese):
    change(source, "text", "words")
    staleness.stamp(page)
    change(source, "words", "other words")
    change(source, "- item", "- itme")
    changes.unchanged(source)
    assert staleness.stale(page) == []
    assert staleness.stale(japanese) == ["t"]


def test_one_section_can_be_declared(source, page):
    change(source, "text", "words")
    change(source, "- item", "- itme")
    changes.unchanged(source, "one")
    assert staleness.stale(page) == ["t"]
    with pytest.raises(Fault, match="no section 'two'; choose one of top, t, one"):
        changes.unchanged(source, "two")


def test_new_section_is_never_unchanged(source, page):
    change(source, "## One", "## Zero {#zero}\n\nx\n\n## One")
    assert changes.unchanged(source) == []
    assert staleness.stale(page) == ["zero"]


def test_only_an_english_page_can_be_declared(page):
    with pytest.raises(Fault, match="not an English page"):
        changes.unchanged(page)


def test_what_to_write_in_a_browser_is_what_unchanged_writes(source, page):
    change(source, "- item", "- itme")
    (fault,) = check.check(page)
    wanted, place = fault.remedy.partition("write `")[2].split("` in ")
    number = int(place.partition(":")[2])
    lines = page.read_text("utf-8").split("\n")
    lines[number - 1] = f"  {wanted}"
    changes.unchanged(source)
    assert page.read_text("utf-8") == "\n".join(lines)
