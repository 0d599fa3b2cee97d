"""The words of a language: which to use, which to avoid."""

import project
import pytest
from translated_page import change, line_of, write

from sitetools.content import pages
from sitetools.translate import check, terms

TERMS = """\
- avoid: 그래디언트
  use: 기울기
  why: 한 가지 말
- avoid: '(?<!니)다\\.(?=\\s|$)'
  use: ‑습니다
  why: 합쇼체
"""


@pytest.fixture
def worded(page):
    write(page.parent / "terms.yml", TERMS)
    return page


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ("그래디언트를 봅니다.", "기울기 (한 가지 말)"),
        ("기울기가 크다.", "‑습니다 (합쇼체)"),
        ("그래디언트 <!-- allow 경사: 다른 말 -->", "기울기 (한 가지 말)"),
        ("그래디언트 <!-- allow 그래디언트 -->", "기울기 (한 가지 말)"),
    ],
)
def test_word_to_avoid_is_named_with_the_one_to_use(worded, text, use):
    change(worded, "글", f"글\n{text}")
    (fault,) = check.check(worded)
    assert fault.place.line == line_of(worded, text)
    assert fault.remedy == f"write {use}"


@pytest.mark.parametrize(
    "text",
    [
        "`그래디언트`를 {{ 그래디언트 }} [봅니다](그래디언트.md).",
        "“그래디언트”와 ‘기울기가 크다.’를 봅니다.",
        "> 그래디언트가 크다.",
        "그래디언트 <!-- allow 그래디언트: 책 제목 -->",
        "```text\n그래디언트\n```",
    ],
)
def test_code_links_quotations_and_excuses_are_left_alone(worded, text):
    change(worded, "글", text)
    assert list(terms.problems(worded)) == []


def test_whole_page_can_be_excused(worded):
    change(worded, "글", "그래디언트")
    change(worded, "title: T", "title: T\nallow_terms: a list of words")
    assert check.check(worded) == []


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("- avoid: [", 1, "not valid YAML"),
        ("- avoid: a\n  use: b\n", 1, "not `avoid`, `use` and `why`"),
        ("avoid: a\n", 1, "not `avoid`, `use` and `why`"),
        ("- a\n", 1, "not `avoid`, `use` and `why`"),
        (f"{TERMS}- avoid: '('\n  use: b\n  why: c\n", 7, "not a regular expression"),
        (f"{TERMS}- avoid: x*\n  use: b\n  why: c\n", 7, "matches everywhere"),
        ("# 말\u200b\n", 1, "U+200B"),
    ],
)
def test_broken_list_is_named(page, text, line, message):
    path = page.parent / "terms.yml"
    write(path, text)
    (fault,) = check.check(path)
    assert message in fault.problem
    assert fault.place.line == line


def test_glossaries_of_both_languages_agree():
    tables = {}
    for language in ("en", "ko"):
        text = pages.read(project.PROJECT.docs / language / "glossary.md")
        rows = [
            line.strip("|").split(" | ") for line in text.split("\n") if "|" in line
        ]
        tables[language] = [[cell.strip() for cell in row] for row in rows if row[3:]]
    for english, korean in zip(tables["en"], tables["ko"], strict=True):
        if english[0] != "English":  # the head of a table
            assert english[:3] == [korean[1], korean[0], korean[2]]
