"""Formulas: LaTeX in a page becomes MathML; one that is wrong names page and line."""

from pathlib import Path
from types import SimpleNamespace

import formulas
import markdown
import pytest
from bs4 import BeautifulSoup
from mkdocs.exceptions import PluginError


def built(path: Path, text: str) -> BeautifulSoup:
    """Write a page, render it as the site does, and return what the reader gets."""
    path.write_text(text, "utf-8")
    html = markdown.markdown(
        text.removeprefix("---\ntitle: x\n---\n"),
        extensions=["tables", "pymdownx.superfences", "pymdownx.arithmatex"],
        extension_configs={"pymdownx.arithmatex": {"generic": True}},
    )
    page = SimpleNamespace(
        file=SimpleNamespace(abs_src_path=str(path), src_uri=path.name)
    )
    config = SimpleNamespace(extra={"words": {"formula": "수식"}})
    html = formulas.on_page_content(html, page, config, None)  # type: ignore[arg-type]
    return BeautifulSoup(html, "html.parser")


def test_inline_and_display(tmp_path: Path) -> None:
    page = built(tmp_path / "p.md", "A $x$ and \\(y\\).\n\n$$\nz\n$$\n\n\\[ w \\]\n")
    shown = {m.get_text().strip(): m.get("display") for m in page.find_all("math")}
    assert shown == {"x": None, "y": None, "z": "block", "w": "block"}
    for block in page.find_all("math", display="block"):
        group = block.parent
        assert group is not None
        assert group["class"] == ["formula"]
        assert (group["tabindex"], group["aria-label"]) == ("0", "수식")
    assert "\\" not in page.get_text()


def test_characters_that_html_escapes(tmp_path: Path) -> None:
    page = built(
        tmp_path / "p.md",
        "$a < b$\n\n$$\n\\begin{aligned} x &= 1 \\\\ y &> 2 \\end{aligned}\n$$\n",
    )
    assert page.find_all("math")[0].get_text() == "a<b"
    assert [row.get_text() for row in page.find_all("mtr")] == ["x=1", "y>2"]


def test_code_stays_code(tmp_path: Path) -> None:
    page = built(tmp_path / "p.md", "`$x$`\n\n```tex\n$y$ \\(z\\)\n```\n")
    assert page.find("math") is None
    assert [c.get_text() for c in page.find_all("code")] == ["$x$", "$y$ \\(z\\)\n"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\ntitle: x\n---\n\n# A\n\ntext $\\foo x$ text\n", 7),
        ("# A\n\n```tex\n$\\foo x$\n```\n\n`$\\foo x$`\n\nHere $\\foo x$.\n", 9),
        ("\\foo x\n\n- item\n\n    $$\n    \\foo\n    x\n    $$\n", 6),
        ("> $$\n> \\foo\n> x\n> $$\n", 2),
        ("$x$\n\n| a |\n|---|\n| $\\foo x$ |\n\n$\\foo x$\n", 5),
        ("\n\\begin{align}\n\\foo x\n\\end{align}\n", 2),
    ],
    ids=["front matter", "code first", "list", "quote", "twice", "environment"],
)
def test_a_wrong_formula_names_page_and_line(
    tmp_path: Path, text: str, line: int
) -> None:
    with pytest.raises(PluginError) as error:
        built(tmp_path / "p.md", text)
    message = str(error.value)
    assert message.startswith(f"{tmp_path / 'p.md'}:{line}: the formula ")
    assert r'Unknown command "\foo"' in message
    assert "\n" not in message


def test_the_reason_counts_characters_as_an_author_does() -> None:
    with pytest.raises(formulas.FormulaError, match=r"\(at character 3\)"):
        formulas.to_mathml("a } b", display=False)


def test_words_keep_the_spaces_around_an_operator() -> None:
    mathml = formulas.to_mathml(r"\frac{1}{\text{in} + \text{out}}", display=True)
    assert "<mi>in</mi><mo>+</mo><mi>out</mi>" in mathml
