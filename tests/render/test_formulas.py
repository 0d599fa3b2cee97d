"""Formulas: LaTeX in a page becomes MathML; one that is wrong names page and line."""

import contextlib
import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import markdown
import pytest
from bs4 import BeautifulSoup
from project import PROJECT

from sitetools.content import pages
from sitetools.fault import Fault, Place
from sitetools.measure import sandbox
from sitetools.render import formulas


def built(path: Path, text: str) -> BeautifulSoup:
    """Write a page, render it as the site does, and return what the reader gets."""
    path.write_text(text, "utf-8")
    html = markdown.markdown(
        text.removeprefix("---\ntitle: x\n---\n"),
        extensions=["tables", "pymdownx.superfences", "pymdownx.arithmatex"],
        extension_configs={"pymdownx.arithmatex": {"generic": True}},
    )
    return BeautifulSoup(formulas.fill(html, path, "수식"), "html.parser")


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
    with pytest.raises(Fault, match="the formula ") as error:
        built(tmp_path / "p.md", text)
    assert error.value.place == Place(tmp_path / "p.md", line)
    assert r'Unknown command "\foo"' in error.value.problem
    assert "\n" not in str(error.value)


def test_the_reason_counts_characters_as_an_author_does() -> None:
    with pytest.raises(ValueError, match=r"\(at character 3\)"):
        formulas.to_mathml("a } b", display=False)


@pytest.mark.parametrize(
    ("latex", "meant"),
    [
        (r"W^\top", '<msup intent="transpose($a)"><mi arg="a">W</mi>'),
        (
            r"J_{l-1}^\top",
            '<msubsup intent="transpose(sub:infix($a,$i))"><mi arg="a">J</mi>'
            '<mrow arg="i">',
        ),
        (
            r"\sigma_l^2 + W_i^\top",
            "<msubsup><mi>σ</mi><mi>l</mi><mn>2</mn></msubsup><mo>+</mo>"
            '<msubsup intent="transpose(sub:infix($a,$i))"><mi arg="a">W</mi>',
        ),
        (
            r"(A + \alpha J_l)^\top",
            '<msup intent="transpose($a)"><mrow arg="a"><mo stretchy="false">(</mo>'
            "<mi>A</mi><mo>+</mo><mi>α</mi><msub><mi>J</mi><mi>l</mi></msub>"
            '<mo stretchy="false">)</mo></mrow><mi mathvariant="normal">T</mi></msup>',
        ),
        (r"((A) B)^\top", ')</mo><mi mathvariant="normal">T</mi></msup>'),
        # Not φ' times z²: the square of a value of φ'.
        (
            r"\varphi'(z)^2",
            '<mo>′</mo></msup><mo>\u2061</mo><mo stretchy="false">(</mo><mi>z</mi>',
        ),
        (r"\sigma(z)", "<mi>σ</mi><mo>\u2061</mo>"),
        (r"a \odot b", 'largeop="false" intent="elementwise-times">⊙</mo>'),
    ],
)
def test_speech_says_what_is_meant(latex: str, meant: str) -> None:
    mathml = formulas.to_mathml(latex, display=False)
    assert meant in mathml
    assert "⊤" not in mathml, "a down tack"
    ElementTree.fromstring(mathml)


def test_words_keep_the_spaces_around_an_operator() -> None:
    mathml = formulas.to_mathml(r"\frac{1}{\text{in} + \text{out}}", display=True)
    assert "<mi>in</mi><mo>+</mo><mi>out</mi>" in mathml


_INNER = r"\{([^{}\\]*)\}"
_RULES = (
    (r"\\text\{fan\\_(in|out)\}", r" fan_\1 "),
    (r"\\,", " "),
    (r"\\cdot", "*"),
    (r"\\pi", " pi "),
    (r"\^", "**"),
    (rf"\*\*{_INNER}", r"**(\1)"),
    (r"\\infty", " inf "),
    (rf"\\sqrt{_INNER}", r" sqrt(\1) "),
    (rf"\\frac{_INNER}{_INNER}", r" ((\1)/(\2)) "),
    (r"\\log *(?=\()", "log"),
    (r"\\log *([\d.]+)", r"log(\1)"),
)


def value(latex: str, **names: float) -> float:
    """Compute a formula of numbers, and of names that the caller knows.

    Raises:
        NameError, SyntaxError: if there is more in it.
    """
    text, before = latex, ""
    while text != before:  # from the inside out
        before = text
        for pattern, python in _RULES:
            text = re.sub(pattern, python, text)
    text = re.sub(r"(?<=[\d)])\s*(?=[a-z(])|(?<=fan_in|an_out)\s+(?=\()", "*", text)
    known = {"sqrt": math.sqrt, "log": math.log, "pi": math.pi, "inf": math.inf}
    try:
        return float(eval(text.strip(), {"__builtins__": {}}, known | names))
    except ZeroDivisionError:  # what a page says of 1/0
        return math.inf


def equations(path: Path) -> Iterator[tuple[int, str, str, str]]:
    """Yield (line, one side, sign, other side) of whatever a page says of numbers alone."""
    prose = pages.prose(path)
    text = "\n".join(line for _, line in prose)
    for match in re.finditer(r"\$\$?([^$]+)\$\$?", text):
        line = prose[text.count("\n", 0, match.start())][0]
        parts = re.split(r"(=|\\approx)", " ".join(match[1].split()))
        for left, sign, right in zip(
            parts[::2], parts[1::2], parts[2::2], strict=False
        ):
            with contextlib.suppress(NameError, SyntaxError):
                value(left), value(right)
                yield line, left, sign, right


def problems(path: Path) -> Iterator[str]:
    """Yield the equations of a page that do not hold, to the digits that it gives."""
    for line, left, sign, right in equations(path):
        digits = len(right.strip().partition(".")[2])
        room = 1e-9 if sign == "=" else 0.5001 * 10**-digits
        if not math.isclose(value(left), value(right), rel_tol=0, abs_tol=room):
            yield f"{Place(path, line)}: {left} is {value(left):.6g}"


def test_equations_of_numbers_hold() -> None:
    found = [path for path in PROJECT.pages("en") if path.suffix == ".md"]
    assert sum(len(list(equations(path))) for path in found) >= 8
    assert [problem for path in found for problem in problems(path)] == []


@pytest.mark.parametrize(
    ("formula", "right"),
    [
        (r"\log 1000 / \log 4.26 \approx 4.8", True),
        (r"\log 1000 / \log 4.26 \approx 4.9", False),
        (r"\log(3 \cdot 10^{2}) \approx 5.7", True),
        (r"\frac{2 \cdot 3}{4} \cdot \sqrt{\frac{1}{4}} = 0.75", True),
        (r"\sqrt{5^2 + 12^2} = 14", False),
        (r"2^{15} = 32768", True),
    ],
)
def test_wrong_equation_is_found(tmp_path: Path, formula: str, right: bool) -> None:
    page = tmp_path / "p.md"
    page.write_text(f"# P\n\nSo $x = {formula}$.\n", "utf-8")
    assert len(list(equations(page))) == 1
    assert bool(list(problems(page))) is not right


def formulas_in_tables(page: str, heading: str) -> Iterator[tuple[str, list[str]]]:
    """Yield (first cell, formulas) of each row of a section's tables."""
    text = pages.read(PROJECT.docs / "en" / page).partition(f"{{#{heading}}}\n")[2]
    for line in text.partition("\n#")[0].split("\n"):
        if re.match(r"\|.*\\text\{fan", line):
            cells = line.strip("| ").split(" | ")
            yield cells[0], [cell.strip("$ ") for cell in cells[1:]]


TABLES = [
    ("weight-initialization.md", "formulas"),
    ("cheat-sheet.md", "initialization"),
]
# What PyTorch draws for a name, of which the page gives the variance and the bound.
DRAWS = """
import torch
from torch import nn

torch.manual_seed(0)
w = torch.empty(900, 400)  # fan_out, fan_in
draws = {
    "LeCun": (nn.init.kaiming_normal_, nn.init.kaiming_uniform_, "linear"),
    "Xavier": (nn.init.xavier_normal_, nn.init.xavier_uniform_, None),
    "He": (nn.init.kaiming_normal_, nn.init.kaiming_uniform_, "relu"),
}
results = {"Leaky": (nn.init.kaiming_normal_(w, a=0.5).std().item(), 0.0)}
for name, (normal, uniform, kind) in draws.items():
    kind = {"nonlinearity": kind} if kind else {}
    results[name] = normal(w, **kind).std().item(), uniform(w, **kind).max().item()
results["last layer"] = nn.init.normal_(w, std=0.1 * 400**-0.5).std().item(), 0.0
w = nn.Linear(400, 900).weight
results["PyTorch's default"] = w.std().item(), w.max().item()
selu = nn.functional.selu(torch.tensor([1.0, -1e9])).tolist()
"""


@cache
def drawn() -> dict[str, Any]:
    """Return what PyTorch draws."""
    outcome = sandbox.run(DRAWS, values=["results", "selu"])
    assert outcome.error is None, outcome.trace
    return outcome.values


@pytest.mark.torch
def test_formulas_of_initializations_and_selu_are_those_of_pytorch() -> None:
    results = drawn()["results"]
    fans = {"fan_in": 400.0, "fan_out": 900.0, "a": 0.5}
    rows = list(formulas_in_tables(*TABLES[0]))
    assert len(rows) == 4
    for name, (variance, sigma, bound) in rows:
        std, largest = results[name.partition(" (")[0]]
        for formula, right in ((variance, std**2), (sigma, std), (bound, largest)):
            if formula != "–":
                assert abs(value(formula, **fans) / right - 1) < 0.01, (name, formula)
    sheet = list(formulas_in_tables(*TABLES[1]))
    assert len(sheet) == 6
    for name, (variance, *_) in sheet:
        known = ("last layer", "Leaky", "Xavier", "LeCun", "He")
        find = next((n for n in known if n in name), None)
        formula = re.sub(r"^PyTorch \$|\$,.*", "", variance)
        std, _ = results[find or "PyTorch's default"]
        assert abs(value(formula, **fans) / std**2 - 1) < 0.01, (name, formula)
    scale, low = drawn()["selu"]
    page = pages.read(PROJECT.docs / "en" / "relu-and-variants.md")
    assert (
        rf"$\lambda \approx {scale:.4f}$, $\alpha \approx {-low / scale:.4f}$" in page
    )
