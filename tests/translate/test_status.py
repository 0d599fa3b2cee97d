"""The status of each language: as lines, and as the table of a page."""

import shutil

import pytest
from translated_page import KOREAN, PAGE, change, commit, write

from sitetools.content import labels
from sitetools.translate import new_page, status


@pytest.fixture
def two(translated):
    """Return the project in English and Korean only."""
    shutil.rmtree(translated.docs / "ja")
    (translated.root / "mkdocs.ja.yml").unlink()
    current = ["ko: 100 % of the sections are current (1 current)"]
    assert status.lines(translated) == (current, True)
    return translated


@pytest.mark.parametrize("with_git", [True, False])
def test_status_counts_and_shows_what_changed(two, source, monkeypatch, with_git):
    change(source, "- item", "- new item")
    commit(two.root)
    change(source, "- new item", "- newer item")
    write(two.docs / "en" / "more.md", PAGE)
    write(two.docs / "en" / "other.md", PAGE)
    new_page.start(two.docs / "ko" / "other.md")
    change(two.docs / "ko" / "labels.yml", "  page: Page\n", "")
    if not with_git:
        monkeypatch.setenv("PATH", "")
    assert status.lines(two)[0] == [
        "ko: 22 % of the sections are current (1 stale, 2 missing)",
        "  words    docs/ko/labels.yml has no page",
        "  missing  docs/ko/more.md",
        "  missing  docs/ko/other.md",
        "  stale    docs/ko/page.md",
        "    docs/ko/page.md:14: {#one} has changed in English, at docs/en/page.md:10",
        *(["      - - item", "      + - newer item"] if with_git else []),
    ]


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
    own, asked = labels.load(two, "en"), f"a\n{status.PLACEHOLDER}\n"
    assert status.fill(asked, two, own, "").split("\n") == [
        "a",
        "| Page | 한국어 |",
        "| --- | --- |",
        "| now | **33\u00a0%** |",
        "| [T](more.md) | none |",
        "| [T](page.md) | 1/3 |",
        "",
    ]
    linked = status.fill(asked, two, own, "https://github.com/a/b/")
    assert "(https://github.com/a/b/new/main/docs/ko?filename=more.md)" in linked
    assert "(https://github.com/a/b/edit/main/docs/ko/page.md)" in linked
