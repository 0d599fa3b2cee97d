"""The status of each language: as lines, and as the table of a page."""

import shutil

import pytest
from translated_page import KOREAN, PAGE, change, commit, write

from sitetools.content import labels
from sitetools.translate import staleness, status


@pytest.fixture
def two(translated):
    """Return the project in English and Korean only."""
    shutil.rmtree(translated.docs / "ja")
    (translated.root / "mkdocs.ja.yml").unlink()
    return translated


def test_status_counts_and_shows_what_changed(two, page, source):
    assert status.lines(two) == (
        ["ko: 100 % of the sections are current (1 current)"],
        True,
    )
    change(source, "- item", "- new item")
    commit(two.root)
    change(source, "- new item", "- newer item")
    write(two.docs / "en" / "more.md", PAGE)
    write(two.docs / "en" / "other.md", PAGE)
    staleness.start(two.docs / "ko" / "other.md")
    assert status.lines(two)[0] == [
        "ko: 22 % of the sections are current (1 stale, 2 missing)",
        "  missing  docs/ko/more.md",
        "  missing  docs/ko/other.md",
        "  stale    docs/ko/page.md",
        "    docs/en/page.md:10: {#one} has changed",
        "      - - item",
        "      + - newer item",
    ]


def test_status_names_words_that_are_still_english(two):
    change(two.docs / "ko" / "labels.yml", "  page: Page\n", "")
    lines, _ = status.lines(two)
    assert "  words    docs/ko/labels.yml has no page" in lines


def test_status_names_sections_that_came_and_went(two, source):
    change(source, "{#one}", "{#two}")
    lines, _ = status.lines(two)
    assert "    docs/en/page.md:10: {#two} is new, or not stamped yet" in lines
    assert "    {#one} is gone from the English page" in lines


def test_status_goes_on_after_a_broken_page(two, page):
    write(two.docs / "en" / "another.md", PAGE)
    write(page.with_name("another.md"), KOREAN.replace("title: T\n", ""))
    (page.parent / "labels.yml").write_bytes("site:\n  page: 쪽\n".encode("euc-kr"))
    lines, readable = status.lines(two)
    assert not readable
    assert lines[0].endswith("(1 current, 1 broken)")
    broken = [line.split(": ")[0] for line in lines[1:]]
    assert broken == [
        "  broken   docs/ko/another.md:1",
        "  broken   docs/ko/labels.yml:2",
    ]


def test_table_links_to_the_editor(two, source):
    write(two.docs / "en" / "more.md", PAGE)
    change(source, "- item", "- thing")
    own = labels.load(two, "en")
    assert status.table(two, own, "").split("\n") == [
        "| Page | 한국어 |",
        "| --- | --- |",
        "| now | **33\u00a0%** |",
        "| [T](more.md) | none |",
        "| [T](page.md) | 1/3 |",
    ]
    linked = status.table(two, own, "https://github.com/a/b/")
    assert "(https://github.com/a/b/new/main/docs/ko?filename=more.md)" in linked
    assert "(https://github.com/a/b/edit/main/docs/ko/page.md)" in linked
    asked = f"a\n{status.PLACEHOLDER}\n"
    assert status.fill(asked, two, own, "") == f"a\n{status.table(two, own, '')}\n"


def test_git_is_not_needed(two, source, monkeypatch):
    monkeypatch.setenv("PATH", "")
    change(source, "- item", "- thing")
    lines, _ = status.lines(two)
    assert "    docs/en/page.md:10: {#one} has changed" in lines
