"""What is mechanical is taken from the English page."""

import pytest
from translated_page import add_lab, change

from sitetools.fault import Fault
from sitetools.translate import fix


def test_code_and_ids_come_from_the_source(page):
    right = page.read_text("utf-8")
    change(page, 'a.py"', 'b.py"')
    change(page, "  1\n", "  2\n")
    change(page, "## One {#one}", "## 하나")
    change(page, "# T {#t}", "# 제목 {#x}")
    assert fix.fix(page) == 4
    now = right.replace("# T {#t}", "# 제목 {#t}").replace("## One {", "## 하나 {")
    assert page.read_text("utf-8") == now
    assert fix.fix(page) == 0


def test_code_and_ids_of_a_lab_come_from_the_source(translated):
    own = add_lab(translated.root)
    before = own.read_text("utf-8")
    change(own, "print(1)", "print(2)")
    change(own, '"id": "plot"', '"id": "draw"')
    change(own, '"tolerance": 0.1', '"tolerance": 0.2')
    change(own, '"id": "plot-seen"', '"id": "seen"')
    assert fix.fix(own) == 2
    assert own.read_text("utf-8") == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("## One {#one}\n", "", r"has 1 headings, docs/en/page\.md has 2"),
        ("- 항목", "```text\n```\n- 항목", r"has 3 fences, docs/en/page\.md has 2"),
    ],
)
def test_what_does_not_match_is_refused(page, old, new, message):
    change(page, old, new)
    before = page.read_bytes()
    with pytest.raises(Fault, match=message):
        fix.fix(page)
    assert page.read_bytes() == before


def test_cell_of_another_kind_is_refused(translated):
    own = add_lab(translated.root)
    kind = '"cell_type": "{}",\n   "id": "plot-seen"'
    change(own, kind.format("markdown"), kind.format("code"))
    with pytest.raises(Fault, match="'plot-seen' is not a cell of the same kind"):
        fix.fix(own)
