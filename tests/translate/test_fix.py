"""What is mechanical is taken from the English page."""

import pytest
from translated_page import add_lab, change

from sitetools.fault import Fault
from sitetools.translate import fix, structure


def test_code_and_ids_come_from_the_source_and_a_copy_is_kept(page):
    right = page.read_text("utf-8")
    change(page, 'a.py"', 'b.py"')
    change(page, "  1\n", "  2\n")
    change(page, "## One {#one}", "## 하나")
    change(page, "# T {#t}", "# 제목 {#x}")
    wrong = page.read_text("utf-8")
    fixed, copy = fix.fix(page)
    assert fixed == 4
    now = right.replace("# T {#t}", "# 제목 {#t}").replace("## One {", "## 하나 {")
    assert page.read_text("utf-8") == now
    assert copy.read_text("utf-8") == wrong
    assert fix.fix(page)[0] == 0
    change(page, "{#t}", "{#u}")
    assert fix.fix(page)[1] != copy, "an earlier copy is not overwritten"


def test_what_does_not_match_is_refused(page):
    change(page, "## One {#one}\n", "")
    before = page.read_bytes()
    with pytest.raises(Fault, match=r"has 1 headings, docs/en/page\.md has 2"):
        fix.fix(page)
    assert page.read_bytes() == before


def test_english_page_is_refused(source):
    with pytest.raises(Fault, match="this is the English page"):
        fix.fix(source)


def test_lab_is_fixed_like_a_page(translated):
    own = add_lab(translated.root)
    before = own.read_text("utf-8")
    change(own, "print(1)", "print(2)")
    change(own, '"id": "plot"', '"id": "draw"')
    change(own, '"tolerance": 0.1', '"tolerance": 0.2')
    change(own, '"id": "plot-seen"', '"id": "seen"')
    assert fix.fix(own)[0] == 2
    assert own.read_text("utf-8") == before
    assert list(structure.differences(own)) == []


def test_cell_of_another_kind_is_refused(translated):
    own = add_lab(translated.root)
    change(
        own,
        '"cell_type": "markdown",\n   "id": "plot-seen"',
        '"cell_type": "code",\n   "id": "plot-seen"',
    )
    with pytest.raises(Fault, match="'plot-seen' is not of the same kind"):
        fix.fix(own)
