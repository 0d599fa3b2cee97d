"""`check` is the contributor's one answer: what is to do, and where."""

import project
import pytest
from translated_page import KOREAN, PAGE, add_lab, change, places, write

from sitetools.fault import relative
from sitetools.translate import check, label_rules, new_page, staleness, strays

DOCS = project.PROJECT.docs
ALL = [
    path for code in project.PROJECT.languages() for path in project.PROJECT.pages(code)
]
ALL += [*DOCS.glob("*/labels.yml"), *DOCS.glob("*/terms.yml")]


@pytest.mark.parametrize("path", sorted(ALL), ids=relative)
def test_nothing_is_to_do_on_our_site(path):
    found = check.check(path, named=False)
    assert not found, "\n".join(map(str, found))


def test_no_file_of_our_site_is_in_the_wrong_place():
    found = list(strays.problems(project.PROJECT))
    assert not found, "\n".join(map(str, found))


@pytest.fixture
def site(translated, monkeypatch):
    """Return the project with a lab, and labels as if its figures had none."""
    monkeypatch.setattr(label_rules, "drawn", lambda _: set())
    add_lab(translated.root)
    assert list(check.check_all(translated)) == []
    return translated


# Staleness.


def test_stale_section_is_named_with_both_lines_and_both_ways(page, source):
    change(source, "- item", "- itme")
    for path in (page, source):
        (fault,) = check.check(path)
        assert str(fault.place) == "docs/ko/page.md:14"
        assert fault.problem == "{#one} has changed in English, at docs/en/page.md:10"
        assert "-m sitetools stamp docs/ko/page.md#one`" in fault.remedy
        assert "-m sitetools unchanged docs/en/page.md#one`" in fault.remedy
        assert "in docs/ko/page.md:7" in fault.remedy
        assert fault.detail == "  - - item\n  + - itme"


def test_new_and_lost_sections_are_named(page, source):
    change(source, "## One {#one}", "## New {#new}\n\nx\n\n## One {#two}")
    problems = [fault.problem for fault in check.check(page)]
    assert "{#new} of docs/en/page.md:10 is new" in problems
    assert "{#two} of docs/en/page.md:14 is new" in problems
    assert "the English page has no section {#one} any more" in problems


def test_untouched_copy_is_not_translated_yet(translated):
    own = translated.docs / "ja" / "page.md"
    new_page.start(own)
    (fault,) = check.check(own)
    assert "counts as not translated" in fault.problem
    assert fault.remedy.endswith("-m sitetools stamp docs/ja/page.md`")


def test_language_may_lag_unless_its_page_is_named(site, page, source):
    own = site.docs / "ja" / "page.md"
    write(own, page.read_text("utf-8"))
    change(source, "- item", "- itme")
    staleness.stamp(page)
    assert list(check.check_all(site)) == []
    assert places(check.check(own)) == ["docs/ja/page.md:14"]
    change(own, "  1\n", "  2\n")
    assert places(check.check_all(site)) == ["docs/ja/page.md:23"]


# What stops everything else is said alone.


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("title: T\n", "", 1, "the front matter has no title"),
        ("title: T", "title:", 2, "the front matter has no title"),
        ("title: T", "title: a: b", 2, "not valid YAML"),
        ("title: T", "title: a\x07b", 2, "U+0007"),
        ("---\n\n", "\n", 1, "the front matter is never closed"),
        ("---\ntitle", "\n---\ntitle", 1, "does not begin on line 1"),
        ("{#one}", "{#t}", 14, "the id 't' is on this page already"),
        ("{#one}", "", 14, "this heading has no id"),
        ("  ```output", "  ````output", 22, "this fence is never closed"),
        ("글", "<<<<<<< ours\n글\n=======\n말\n>>>>>>> theirs", 12, "a merge left its"),
        ("글", "글\u200b", 12, "U+200B"),
        ('a.py"', 'none.py"', 17, "none.py"),
        ("source:\n", "source: 1\nx:\n", 4, "no hashes by section"),
        ("## One {#one}\n", "", 23, "the section {#one} is missing above this line"),
        ("이 페이지를 읽으면", "이", 3, "the description is too short"),
        ("이 페이지를 읽으면", "이 페이지를 읽으면 " * 9, 3, "the description is too long"),
        (KOREAN[4:], "", 1, "the front matter is never closed"),
    ],
)  # fmt: skip
def test_one_cause_is_one_message(page, old, new, line, message):
    if old == KOREAN[4:]:
        write(page, KOREAN)
    change(page, old, new)
    (fault,) = check.check(page)
    assert message in fault.problem
    assert (fault.place.path, fault.place.line) == (page, line)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (KOREAN.encode("euc-kr"), "not UTF-8"),
        (KOREAN.encode("utf-16"), "not UTF-8"),
        (b"", "the page has no front matter"),
        (PAGE.replace("\n", "\r").encode(), "a carriage return alone ends no line"),
    ],
)
def test_page_that_no_one_can_read_is_named(page, content, problem):
    page.write_bytes(content)
    (fault,) = check.check(page)
    assert fault.problem == problem


def test_broken_english_page_is_named_once(site, page, source):
    write(site.docs / "ja" / "page.md", page.read_text("utf-8"))
    change(source, "{#one}", "")
    assert places(check.check_all(site)) == ["docs/en/page.md:10"]


def test_check_goes_on_after_a_broken_page(site, page):
    write(page.with_name("a.md"), "x")
    write(site.docs / "en" / "a.md", PAGE)
    change(page, "- 항목", "- <b>항목")
    found = places(check.check_all(site))
    assert found == ["docs/ko/a.md:1", "docs/ko/page.md:20"]


# Other files.


@pytest.mark.parametrize(
    ("name", "problem", "remedy"),
    [
        ("docs/ko/pag.md", "there is no such page", "you may mean docs/ko/page.md"),
        ("docs/ja/page.md", "this page is not translated", "start docs/ja/page.md` to"),
        ("docs/de/page.md", "this page is not translated", "start docs/de/page.md` to"),
        ("mkdocs.yml", "this is not a page", "name a page such as docs/ko/index.md"),
        ("docs/ko", "this is not a page", "name a page such as docs/ko/index.md"),
        ("nowhere", "there is no such page", "name a page such as docs/ko/index.md"),
    ],
)
def test_what_cannot_be_checked_is_said(translated, name, problem, remedy):
    (fault,) = check.check(translated.root / name)
    assert fault.problem.startswith(problem)
    assert remedy in fault.remedy


@pytest.mark.parametrize(
    ("name", "place", "problem"),
    [
        ("docs/de/page.md", "docs/de:1", "there is no mkdocs.de.yml, so no one sees"),
        ("mkdocs.xx.yml", "mkdocs.xx.yml:1", "the theme does not know the language"),
        ("mkdocs.de.yml", "mkdocs.de.yml:1", "there is no folder docs/de"),
        ("docs/en/more.md", "docs/ko/more.md:1", "this page is missing"),
        ("docs/ko/more.md", "docs/ko/more.md:1", "there is no English page of this"),
    ],
)
def test_stray_or_missing_file_is_named(site, name, place, problem):
    write(site.root / name, PAGE)
    (fault,) = check.check_all(site)
    assert str(fault.place) == place
    assert fault.problem.startswith(problem)
