"""Stamps: each translated page knows which English text it follows."""

import pytest
from translated_page import KOREAN, PAGE, add_lab, change, line_of, write

from sitetools.content.project import is_copy
from sitetools.fault import Fault
from sitetools.translate import check, new_page, staleness


@pytest.mark.parametrize(
    ("old", "new", "section"),
    [
        ("title: T", "title: U", "top"),
        ("text", "words", "t"),
        ("item", "x", "one"),
        ("## One", "## Zero {#zero}\n\nx\n\n## One", "zero"),
    ],
)
def test_section_that_changed_or_is_new_is_stale(page, source, old, new, section):
    assert staleness.stale(page) == []
    change(source, old, new)
    assert staleness.stale(page) == [section]
    assert staleness.has_changed(page)


def test_section_that_english_gave_up_is_stale_while_it_is_there(page, source):
    change(source, "{#one}", "{#two}")
    assert staleness.stale(page) == ["two", "one"]
    assert [section.ident for section in staleness.new_sections(page)] == ["two"]
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
    staleness.stamp(page, "one")
    assert staleness.stale(page) == ["t"]
    with pytest.raises(Fault, match="has no section 'two'; choose one of top, t, one"):
        staleness.stamp(page, "two")


LONG = "These are words that someone is to translate."


def test_untouched_copy_cannot_be_stamped(page, source):
    change(source, "text", LONG)
    page.unlink()
    new_page.start(page)
    assert is_copy(page)
    with pytest.raises(Fault, match=r"still in English: \{#top\}, \{#t\}; translate"):
        staleness.stamp(page)
    with pytest.raises(Fault, match=r"still in English: \{#t\};") as error:
        staleness.stamp(page, "t")
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
    staleness.stamp(page, "one")


@pytest.mark.parametrize("command", [new_page.start, staleness.stamp])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("docs/ja/pag.md", r"no English page .*; write docs/en/pag\.md"),
        ("docs/en/page.md", "this is the English page; name its translation"),
        ("page.md", "is not below docs/"),
    ],
)
def test_page_of_another_place_is_refused(translated, name, message, command):
    path = translated.root / name
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(Fault, match=message) as error:
        command(path)
    assert error.value.place.path == path
    assert (path.read_bytes() if path.is_file() else None) == before


def test_lab_is_stamped_like_a_page(translated):
    own = add_lab(translated.root)
    assert staleness.stale(own) == []
    change(translated.docs / "en" / "labs" / "lab.ipynb", "print(1)", "print(2)")
    assert staleness.stale(own) == ["lab"]
    wanted = check.check(own, named=False)[0].remedy.partition("write `")[2]
    staleness.stamp(own)
    assert staleness.stale(own) == []
    place, text = staleness.stamp_of(own, "lab")
    assert wanted == f"{text}` in {place}"
    assert place.line == line_of(own, text)
