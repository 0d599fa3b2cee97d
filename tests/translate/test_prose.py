"""What no page may hold: odd characters, open formulas, odd HTML, each with its line."""

import pytest
from translated_page import change

from sitetools.translate import check

TEXT = "text $x^2$ [a](b.md)"


def named(page):
    """Return (line, what is said) for each problem of the page."""
    found = check.check(page, named=False)
    return [(fault.place.line, f"{fault.problem}; {fault.remedy}") for fault in found]


ODD = {
    "zero width": ("a\u200bb", "U+200B (ZERO WIDTH SPACE) in column 6; delete it"),
    "joiner": ("a\u200db", "U+200D (ZERO WIDTH JOINER)"),
    "byte order mark": ("a\ufeff", "U+FEFF"),
    "direction": ("a\u202e", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
    "replaced": ("a\ufffd", "U+FFFD (REPLACEMENT CHARACTER)"),
    "soft hyphen": ("a\u00adb", "U+00AD (SOFT HYPHEN)"),
    "private": ("a\ue000", "U+E000"),
    "NFD": ("그\u1100\u1173\u11af", "letters are taken apart (NFD"),
    "tab": ("\ta", "has a tab; write spaces"),
    "open formula": ("$x^2 a", "this $ is not part of a formula; add the other $"),
    "open after another": ("$x$ and $y a", "this $ is not part of a formula"),
    "open block": ("$$\nx\n", "this $$ is not part of a formula; add the other $$"),
    "script": ("<script>alert(1)</script>", "may not have <script>"),
    "frame": ("<iframe src='a'></iframe>", "may not have <iframe src='a'>"),
    "handler": ('<b onclick="x()">a</b>', "may not have <b onclick"),
    "bold": ("<b>a", "<b> is never closed; add </b>"),
    "closed twice": ("<b>a</b></b>", "</b> closes nothing"),
    "crossed": ("<b><i>a</b>", "<i> is never closed"),
    "comment": ("<!-- a", "this comment is never closed; add -->"),
    "image": ("![a](https://a.org/b.png)", "loads https://a.org/b.png from another host"),
    "protocol": ("![a](//a.org/b.png)", "loads //a.org/b.png from another host"),
    "img": ('<img alt="a" src="http://a.org/b">', "loads http://a.org/b from another"),
    "Japanese": ("層を通る\n勾配です。", "write the paragraph on one line"),
    "Japanese list": ("\n- 層を\n  「勾配」", "write the paragraph on one line"),
}  # fmt: skip
LINES = {"Japanese": 11, "Japanese list": 12}


@pytest.mark.parametrize("kind", ODD)
def test_odd_text_is_named_with_its_line(source, kind):
    text, said = ODD[kind]
    change(source, TEXT, f"text\n\nand {text}\ntext")
    ((line, problem),) = named(source)
    assert said in problem
    assert line == LINES.get(kind, 10)


@pytest.mark.parametrize(
    "text",
    [
        r"\$5",
        "`$HOME` and ``a ` $``",
        "$a$, $b$ and $$c$$",
        "$$\nx = 1\n$$",
        "`<b>` and <https://a.org/b.png> and a < b",
        "[a](https://a.org/b.png)",
        '![a](assets/b.png) <img alt="a" src="assets/b.png">',
        "<b>a</b><br>\n<i>a\nb</i>",
        "<!-- <script> $ -->",
        "한 번에 👨\u200d👩\u200d👧 모두",
        "```text\n$ <b>\t\n```",
        "fi\u00a0le",
        "層です。\n\n勾配です。\n- 層を\n```text\nx\n```\n通る\n\n층을\n기울기",
    ],
)
def test_ordinary_text_is_left_alone(source, text):
    change(source, TEXT, text)
    assert named(source) == []


@pytest.mark.parametrize(("code", "found"), [("fa", 0), ("ar", 0), ("zh", 1)])
def test_joiners_belong_to_some_scripts(translated, code, found):
    path = translated.docs / code / "terms.yml"
    path.parent.mkdir()
    path.write_text("# می\u200cروم\n", "utf-8")
    (translated.root / f"mkdocs.{code}.yml").touch()
    assert len(named(path)) == found
