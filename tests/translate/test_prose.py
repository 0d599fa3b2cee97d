"""What no page may hold: odd characters, open formulas, odd HTML, each with its line."""

import pytest
from translated_page import change

from sitetools.content import files
from sitetools.translate import prose


def named(page):
    """Return (line, what is said) for each problem of the page."""
    lines = list(enumerate(files.read(page).split("\n"), 1))
    found = [*prose.characters(page, lines, "ko"), *prose.problems(page)]
    return [(fault.place.line, f"{fault.problem}; {fault.remedy}") for fault in found]


ODD = {
    "zero width": ("말\u200b이", "U+200B (ZERO WIDTH SPACE)"),
    "joiner": ("말\u200d이", "U+200D (ZERO WIDTH JOINER)"),
    "byte order mark": ("말\ufeff", "U+FEFF"),
    "direction": ("말\u202e", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
    "replaced": ("말\ufffd", "U+FFFD (REPLACEMENT CHARACTER)"),
    "soft hyphen": ("말\u00ad이", "U+00AD (SOFT HYPHEN)"),
    "line separator": ("말\u2028이", "U+2028"),
    "private": ("말\ue000", "U+E000"),
    "NFD": ("그\u1100\u1173\u11af", "letters are taken apart (NFD"),
    "tab": ("\t말", "has a tab; write spaces"),
    "open formula": ("$x^2 크기", "this $ is not part of a formula; add the other $"),
    "open after another": ("$x$와 $y 크기", "this $ is not part of a formula"),
    "open block": ("$$\nx\n", "this $$ is not part of a formula; add the other $$"),
    "script": ("<script>alert(1)</script>", "may not have <script>"),
    "frame": ("<iframe src='a'></iframe>", "may not have <iframe src='a'>"),
    "style": ("<style>p {}</style>", "may not have <style>"),
    "handler": ('<b onclick="x()">말</b>', "may not have <b onclick"),
    "bold": ("<b>말", "<b> is never closed; add </b>"),
    "closed twice": ("<b>말</b></b>", "</b> closes nothing"),
    "crossed": ("<b><i>말</b>", "<i> is never closed"),
    "comment": ("<!-- 말", "this comment is never closed; add -->"),
    "image": ("![a](https://a.org/b.png)", "loads https://a.org/b.png from another host"),
    "protocol": ("![a](//a.org/b.png)", "loads //a.org/b.png from another host"),
    "img": ('<img alt="a" src="http://a.org/b">', "loads http://a.org/b from another"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_odd_text_is_named_with_its_line(page, kind):
    text, said = ODD[kind]
    assert named(page) == []
    change(page, "글 $x^2$ [a](b.md)", f"글\n\n글 {text}\n글")
    lines = [number for number, message in named(page) if said in message]
    assert lines == [14], named(page)
    assert len(named(page)) == 1


@pytest.mark.parametrize(
    "text",
    [
        r"\$5",
        "`$HOME` and ``a ` $``",
        "$a$, $b$ and $$c$$",
        "$$\nx = 1\n$$",
        "`<b>` and <https://a.org/b.png> and a < b",
        "[a](https://a.org/b.png)",
        "![a](assets/b.png)",
        '<img alt="a" src="assets/b.png">',
        "<b>말</b><br>\n<i>말\n말</i>",
        "<!-- <script> $ -->",
        "한 번에 👨\u200d👩\u200d👧 모두",
        "```text\n$ <b>\t\n```",
        "fi\u00a0le",
    ],
)
def test_ordinary_text_is_left_alone(page, text):
    change(page, "글 $x^2$ [a](b.md)", text)
    assert named(page) == []


@pytest.mark.parametrize(("code", "found"), [("fa", 0), ("ar", 0), ("en", 1)])
def test_joiners_belong_to_some_scripts(page, code, found):
    lines = [(1, "می\u200cروم")]
    assert len(list(prose.characters(page, lines, code))) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("層を通る\n勾配です。", [13]),
        ("- 層を通る。\n  「勾配」です。", [13]),
        ("層です。\n\n勾配です。", []),
        ("層です。\n- 勾配です。", []),
        ("層を\n```text\nx\n```\n通る", []),
        ("층을 지나는\n기울기", []),
        ("층(層\nlayer)", []),
    ],
)
def test_line_break_that_would_become_a_space_is_named(page, text, found):
    change(page, "글 $x^2$ [a](b.md)", text)
    assert [line for line, said in named(page) if "a line break is" in said] == found
