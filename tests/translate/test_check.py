"""`check` is the contributor's one answer: what is to do, and where."""

import project
import pytest
from translated_page import KOREAN, PAGE, add_lab, change, places, write

from sitetools.content.notebooks import Cell, dump
from sitetools.fault import relative
from sitetools.translate import check, label_rules, staleness, strays

ALL = [
    path for code in project.PROJECT.languages() for path in project.PROJECT.pages(code)
]
WORDS = sorted(
    [
        *project.PROJECT.docs.glob("*/labels.yml"),
        *project.PROJECT.docs.glob("*/terms.yml"),
    ]
)


@pytest.mark.parametrize("path", [*ALL, *WORDS], ids=relative)
def test_nothing_is_to_do_on_our_site(path):
    found = check.check(path, named=False)
    assert not found, "\n".join(map(str, found))


def test_no_file_of_our_site_is_in_the_wrong_place():
    found = list(strays.problems(project.PROJECT))
    assert not found, "\n".join(map(str, found))


@pytest.fixture
def site(translated, monkeypatch):
    """Return the project, with labels as if its figures had none."""
    monkeypatch.setattr(label_rules, "drawn", lambda _: set())
    assert list(check.check_all(translated)) == []
    return translated


def test_page_that_is_current_has_nothing_to_do(site, page, source):
    add_lab(site.root)
    assert list(check.check_all(site)) == []
    assert check.check(page) == check.check(source) == []


# Staleness.


def test_stale_section_is_named_with_both_lines_and_both_ways(page, source):
    change(source, "- item", "- itme")
    for path, place in ((page, page), (source, page)):
        (fault,) = check.check(path)
        assert (fault.place.path, fault.place.line) == (place, 14)
        assert fault.problem == "{#one} has changed in English, at docs/en/page.md:10"
        assert "-m sitetools stamp docs/ko/page.md#one`" in fault.remedy
        assert "-m sitetools unchanged docs/en/page.md#one`" in fault.remedy
        assert "in docs/ko/page.md:7" in fault.remedy
        assert fault.detail == "  - - item\n  + - itme"


def test_stale_lab_is_named_with_what_to_write(translated):
    own = add_lab(translated.root)
    source = translated.docs / "en" / "labs" / "lab.ipynb"
    change(source, "The line", "A line")
    (fault,) = check.check(own, named=False)
    assert '`"lab": "' in fault.remedy


def test_labels_are_missed_when_the_page_is_named(translated):
    own = add_lab(translated.root)
    (fault,) = check.check(own)
    assert fault.problem == "'loss', in the figure lab, has no translation"
    assert check.check(own, named=False) == []


def test_new_and_lost_sections_are_named(page, source):
    change(source, "## One {#one}", "## New {#new}\n\nx\n\n## One {#two}")
    problems = [fault.problem for fault in check.check(page)]
    assert "{#new} of docs/en/page.md:10 is new" in problems
    assert "{#two} of docs/en/page.md:14 is new" in problems
    assert "the English page has no section {#one} any more" in problems


def test_untouched_copy_is_not_translated_yet(translated):
    own = translated.docs / "ja" / "page.md"
    staleness.start(own)
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
        ("글", "그\u1100\u1173\u11af", 12, "letters are taken apart (NFD"),
        ('a.py"', 'none.py"', 17, "none.py"),
        ("source:\n", "source: 1\nx:\n", 4, "no hashes by section"),
        ("## One {#one}\n", "", 23, "the section {#one} is missing above this line"),
    ],
)  # fmt: skip
def test_one_cause_is_one_message(page, old, new, line, message):
    change(page, old, new)
    (fault,) = check.check(page)
    assert message in fault.problem
    assert (fault.place.path, fault.place.line) == (page, line)


@pytest.mark.parametrize("encoding", ["euc-kr", "utf-16"])
def test_other_encodings_are_named(page, encoding):
    page.write_bytes(KOREAN.encode(encoding))
    (fault,) = check.check(page)
    assert fault.problem == "not UTF-8"


@pytest.mark.parametrize("text", ["", "\r".join(PAGE.split("\n"))])
def test_page_of_nothing_or_of_old_newlines_is_named(page, text):
    page.write_bytes(text.encode())
    found = check.check(page)
    assert found
    assert {fault.place.path for fault in found} == {page}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("글", "글 <script>x</script>", "may not have <script>"),
        ("글", "글 <b>말", "<b> is never closed"),
        ("글", "글 ![a](https://a.org/b.png)", "from another host"),
        ("글 $x^2$", "글 $x^2$ $y", "is not part of a formula"),
        ("글", "글\n\n다른 글", "{#t} has 2 paragraphs"),
        ("이 페이지를 읽으면", "이", "the description has 32 letters"),
    ],
)
def test_odd_text_is_named_by_check(page, old, new, message):
    change(page, old, new)
    assert message in "\n".join(fault.problem for fault in check.check(page))


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


def test_lab_is_checked_by_its_own_rules(translated):
    own = add_lab(translated.root)
    write(own, dump([Cell("lab", False, "# 실습\n\n짧습니다.\n\n## 둘째", {})]))
    (fault,) = check.check(own)
    assert fault.place.line == 12
    assert "begin a new cell" in fault.remedy
    write(own, dump([Cell("lab", False, "# 실습\n\n짧습니다.", {})]))
    (fault, *_) = check.check(own)
    assert fault.problem == "the first paragraph, the page's description, has 5 letters"


# Other files.


@pytest.mark.parametrize(
    ("name", "problem", "remedy"),
    [
        ("docs/ko/pag.md", "there is no such page", "you may mean docs/ko/page.md"),
        ("docs/ja/page.md", "this page is not translated", "start docs/ja/page.md` to"),
        ("docs/de/page.md", "there is no language 'de'", "new-language de NAME`"),
        ("mkdocs.yml", "this is not a page", "name a page such as docs/ko/index.md"),
        ("docs/ko", "this is not a page", "name a page such as docs/ko/index.md"),
        ("nowhere", "there is no such page", "name a page such as docs/ko/index.md"),
    ],
)
def test_what_cannot_be_checked_is_said(translated, name, problem, remedy):
    (fault,) = check.check(translated.root / name)
    assert fault.problem.startswith(problem)
    assert remedy in fault.remedy


def test_page_that_is_only_in_korean_has_no_english_one(site, page):
    write(page.with_name("pages.md"), KOREAN)
    (fault,) = check.check_all(site)
    assert places([fault]) == ["docs/ko/pages.md:1"]
    assert fault.problem == "there is no English page of this name"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("labels.yml", "- a\n", "`site:` has no names"),
        ("labels.yml", "site: [\n", "not valid YAML"),
        ("labels.yml", "site:\n  language: 말\u200b\n", "U+200B"),
        ("terms.yml", "- a\n", "not `avoid`, `use` and `why`"),
        ("terms.yml", "- avoid: 말\u200b\n", "U+200B"),
    ],
)
def test_words_can_be_checked(site, name, text, message):
    path = site.docs / "ko" / name
    write(path, text)
    assert message in check.check(path)[0].problem
    assert f"docs/ko/{name}" in places(check.check_all(site))[0]
