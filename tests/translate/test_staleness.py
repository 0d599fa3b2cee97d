"""Stamps: each translated page knows which English text it follows."""

import pytest
from translated_page import KOREAN, PAGE, add_lab, change, write

from sitetools.content.project import is_copy
from sitetools.fault import Fault
from sitetools.translate import staleness, structure


def test_stamped_page_is_current(page):
    assert staleness.stale(page) == []


@pytest.mark.parametrize(
    ("old", "new", "section"),
    [("title: T", "title: U", "top"), ("text", "words", "t"), ("item", "x", "one")],
)
def test_section_that_changed_is_stale(page, source, old, new, section):
    change(source, old, new)
    assert staleness.stale(page) == [section]
    assert staleness.has_changed(page)


def test_new_section_is_stale(page, source):
    change(source, "## One {#one}", "## Zero {#zero}\n\nx\n\n## One {#one}")
    assert staleness.stale(page) == ["zero"]
    assert [section.ident for section in staleness.new_sections(page)] == ["zero"]
    assert staleness.has_changed(page)


def test_section_that_english_gave_up_is_stale_while_it_is_there(page, source):
    change(source, "{#one}", "{#two}")
    assert staleness.stale(page) == ["two", "one"]
    change(page, "{#one}", "{#two}")
    assert staleness.stale(page) == ["two"]


def test_stamping_keeps_everything_else(page, source):
    change(page, "title: T\n", "title: T\nsearch:\n  boost: 2\n")
    before = page.read_text("utf-8").split("\n")
    change(source, "text", "words")
    staleness.stamp(page)
    after = page.read_text("utf-8").split("\n")
    stamps = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert len(stamps) == 1
    assert stamps[0][1].startswith('  t: "')
    assert staleness.stale(page) == []


def test_page_of_nothing_but_front_matter_can_be_stamped(page, source):
    write(source, PAGE.partition("\n\n# ")[0])
    write(page, KOREAN.partition("\n\n# ")[0])
    staleness.stamp(page)
    assert staleness.stale(page) == []


def test_one_section_can_be_stamped(page, source):
    change(source, "text", "words")
    change(source, "- item", "- thing")
    staleness.stamp(page, ["one"])
    assert staleness.stale(page) == ["t"]
    with pytest.raises(Fault, match="has no section 'two'; choose one of top, t, one"):
        staleness.stamp(page, ["two"])


def test_english_page_cannot_be_stamped(source):
    before = source.read_bytes()
    with pytest.raises(Fault, match="name its translation") as error:
        staleness.stamp(source)
    assert error.value.place.path == source
    assert source.read_bytes() == before


LONG = "These are words that someone is to translate."


def test_untouched_copy_cannot_be_stamped(page, source):
    change(source, "text", LONG)
    page.unlink()
    staleness.start(page)
    assert is_copy(page)
    with pytest.raises(Fault, match=r"still in English: \{#top\}, \{#t\}; translate"):
        staleness.stamp(page)
    with pytest.raises(Fault, match=r"still in English: \{#t\};") as error:
        staleness.stamp(page, ["t"])
    assert error.value.place.line == 6
    assert staleness.stamps(page) == {}
    change(page, LONG, "세 낱말이 넘는 번역한 문장입니다.")
    assert not is_copy(page)
    assert not staleness.has_changed(page), "it is only not finished"
    staleness.stamp(page)
    assert staleness.stale(page) == []


def test_page_without_a_section_cannot_be_stamped(page, source):
    change(source, "## One", "## New {#new}\n\nx\n\n## One")
    with pytest.raises(Fault, match=r"{#new} is missing here; .*docs/en/page\.md:10"):
        staleness.stamp(page)
    staleness.stamp(page, ["one"])


def test_english_page_is_no_copy(source):
    assert not is_copy(source)


def test_page_begins_as_a_copy_of_the_english_one(translated, source):
    path = translated.docs / "ja" / "page.md"
    staleness.start(path)
    assert path.read_text("utf-8") == source.read_text("utf-8")
    assert staleness.stale(path) == ["top", "t", "one"]
    assert translated.pages("ja") == [], "no one has begun to translate it"
    assert translated.having("page.md") == ["en", "ko"]
    with pytest.raises(Fault, match="exists already; edit it"):
        staleness.start(path)
    change(path, "text", "文")
    assert translated.pages("ja") == [path]
    assert translated.having("page.md") == ["en", "ja", "ko"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("docs/ja/pag.md", "no such page; you may mean docs/en/page.md"),
        ("docs/xx/page.md", "no language 'xx'; .* new-language xx NAME`, or choose"),
        ("docs/en/page.md", "this is the English page"),
        ("page.md", "is not below docs/"),
    ],
)
def test_wrong_name_is_answered_by_the_right_one(translated, name, message):
    with pytest.raises(Fault, match=message) as error:
        staleness.start(translated.root / name)
    assert error.value.place.path == translated.root / name
    assert (translated.root / name).exists() == (name == "docs/en/page.md")


def test_page_that_is_in_no_other_language_is_called_that(translated):
    alone = translated.docs / "ko" / "pages.md"
    write(alone, KOREAN)
    with pytest.raises(Fault, match=r"no English page .*; write docs/en/pages\.md, or"):
        staleness.source_of(alone)


def test_stamps_that_are_not_hashes_are_named(page):
    change(page, "source:\n", "source: 1\nx:\n")
    with pytest.raises(Fault, match="no hashes by section") as error:
        staleness.stamps(page)
    assert error.value.place.line == 4


def test_page_without_front_matter_is_named_and_kept(page):
    page.write_text("# T {#t}\n", "utf-8")
    with pytest.raises(Fault, match="no front matter"):
        staleness.stamp(page)
    assert page.read_text("utf-8") == "# T {#t}\n"


def test_lab_is_stamped_like_a_page(translated):
    own = add_lab(translated.root)
    assert staleness.stale(own) == []
    assert list(structure.differences(own)) == []
    change(translated.docs / "en" / "labs" / "lab.ipynb", "print(1)", "print(2)")
    assert staleness.stale(own) == ["lab"]
    staleness.stamp(own)
    assert staleness.stale(own) == []
    line = staleness.stamp_line(own, "lab")
    assert own.read_text("utf-8").split("\n")[line - 1].strip().startswith('"lab": "')
