"""The built site: what a reader gets is what the tests have seen."""

import gzip
import html
import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from urllib.parse import urljoin

import blocks
import html5lib
import project
import pytest
from bs4 import Tag
from built import PAGES, document, each_language, each_page, file_of, source_of
from fontTools.ttLib import TTFont
from project import PROJECT

from sitetools.content import labels, pages, snippets
from sitetools.publish import download
from sitetools.render import labs


PLACE = re.compile(r"\{(\w+)\}")


@each_page
def test_every_code_block_in_the_page_was_tested(site, language, page):
    """The closing guard: a fence that sybil passed over would show up here.

    How to cite the page (test_around) is no code to run.
    """
    shown = Counter(
        block.get_text().strip("\n")
        for block in document(file_of(site, language, page)).select(
            "pre:not(.cite pre)"
        )
    )
    source = source_of(language, page)
    tested = Counter[str]()
    if source.suffix == ".ipynb":  # test_labs runs it
        outputs = labs.load(source)
        for cell in labs.cells(source):
            tested[cell.source] += cell.code and not cell.hidden
            for output in outputs.get(cell.ident, []):
                tested[output.get("text", "")] += "text" in output
    for block in blocks.blocks(source) if source.suffix == ".md" else []:
        assert not block.wrong, block.wrong
        tested[block.code.text.strip("\n")] += 1
        if block.output:
            tested[block.output.text.strip("\n")] += 1
    for fence in pages.fences(source):
        if fence.language in blocks.NOT_RUN:
            tested[download.addressed(fence.text, "", language).strip("\n")] += 1
    tested = +tested
    missed = "\n---\n".join(shown - tested)
    assert not missed, f"docs/{language}/{page}: shown, but never tested:\n{missed}"
    lost = "\n---\n".join(tested - shown)
    assert not lost, f"docs/{language}/{page}: tested, but not shown as code:\n{lost}"


def test_no_page_was_passed_over(site):
    """Whatever is built was among the pages that the tests look at."""
    for language in PROJECT.languages():
        expected = {  # another language shows English where it lags
            file_of(site, language, page)
            for code, page in PAGES
            if code in (language, "en")
        }
        assert set((site / language).rglob("index.html")) == expected


@each_page
def test_block_needs_only_what_is_said_above_it(language, page):
    packages = {"sklearn": "scikit-learn", "pytorch_lightning": "pytorch-lightning"}
    path = source_of(language, page)
    lines = pages.read(path).split("\n")
    for block in blocks.blocks(path) if page.suffix == ".md" else []:
        above = next(line for line in reversed(lines[: block.code.line - 1]) if line)
        files = {path.stem: path.name for path in blocks.beside(block)}
        for name in snippets.imported(block.code.text).keys() - {"torch", "matplotlib"}:
            package = packages.get(name, files.get(name, name))
            assert f"`{package}`" in above, (
                f"{block.code.place}: the block imports {name}; the line above "
                f"must say that it needs `{package}`"
            )


@each_page
def test_title_of_a_block_is_the_file_that_it_shows(language, page):
    path = source_of(language, page)
    lines = pages.read(path).split("\n")
    for fence in pages.fences(path):
        title = re.search(r'title="([^"]*)"', fence.info)
        included = re.search(r"([\w.]+\.py)(?::[\w-]+)?\"", lines[fence.line])
        if title or included:
            assert title, f"{fence.place}: needs a title, the name of its file"
            assert included, f"{fence.place}: has the title of a file, but shows none"
            assert title[1] == included[1], f"{fence.place}: shows {included[1]}"


@each_page
def test_page_is_what_its_file_says(site, language, page):
    """The right language's text, and no placeholder left over."""
    source = pages.read(source_of(language, page))
    title = re.search(r"(?m)^# (.*?) *\{#", source)
    heading = document(file_of(site, language, page)).select_one("h1")
    assert title
    assert heading
    assert heading.get_text().removesuffix("#").strip() == title[1]
    text = without(file_of(site, language, page), "pre", "script", "svg")
    text = re.sub(r"<[^>]*>", "", text)
    left = re.search(r"\{\{?[^}]*\w+/\w+:.*|\}\}|--8<--|\(figure:", text)
    assert not left, f"docs/{language}/{page}: shown as it is: {left[0]}"


def test_no_text_has_a_place_that_was_not_filled(addressed):
    """Words in labels.yml have places such as {size}; whatever shows them fills them."""
    words = [labels.load(PROJECT, code).site.values() for code in PROJECT.languages()]
    places = {place for each in words for text in each for place in PLACE.findall(text)}
    assert {"code", "date", "size"} <= places
    code = re.compile(r"(?s)<(pre|code|script)\b.*?</\1>|(`+)[^`].*?\2|data-\w+=\"[^\"]*")
    seen = set()
    for path in sorted(addressed.rglob("*")):
        if path.suffix not in (".cff", ".html", ".md", ".txt", ".xml"):
            continue
        text = code.sub("", path.read_text("utf-8"))
        left = places.intersection(PLACE.findall(text))
        assert not left, f"{path.relative_to(addressed)} shows {left}"
        seen.add(path.suffix)
    assert len(seen) == 5


def without(path: Path, *elements: str) -> str:
    """Return a page's HTML without some elements."""
    pattern = rf"(?s)<({'|'.join(elements)})\b.*?</\1>"
    return re.sub(pattern, "", path.read_text("utf-8"))


@each_page
def test_no_number_in_prose_is_typed_by_hand(language, page):
    """A measured number has decimals; it comes from a frozen result."""
    path = source_of(language, page)
    torch = re.search(r"torch==(\d+\.\d+)", pages.read(PROJECT.root / "pyproject.toml"))
    keras = re.search(r"keras==(\d+\.\d+)", pages.read(PROJECT.root / "constraints.txt"))
    assert torch
    assert keras
    allowed = {  # exact by definition
        torch[1]: "the version of PyTorch that everything runs with",
        keras[1]: "the version of Keras that the blocks run with",
        "0.64": "(2·512/640)·(2·128/640)",
        "0.02": "the standard deviation that GPT-2 draws with",
        **dict.fromkeys(("0.50", "0.73", "0.95", "5%"), "σ(0), σ(1), σ(3), 1 - σ(3)"),
        "10.82": "log 50257",
        "0.1": "a learning rate; a derivative that counts as flat",
        "0.001": "a learning rate",
        "1.25": "1 + 0.5²",
        "25%": "guessing among four classes",
        "0.5": "a slope that an exercise gives",
        "0.01": "the slope of Leaky ReLU",
        "4.26": "1/0.235, the factor of sigmoid",
        "4.8": "a quotient of two logarithms",
        "0.9": "eigenvalues that an exercise gives",
        "0.4": "1/√(2π), to one digit",
        "1.0507": "SELU's scale",
        "1.6733": "SELU's alpha",
        "11.3": "√128, to three digits",
        "3.4": "float32's largest number",
        "36.6": "a quotient of two logarithms",
        "2.1": "a section of a paper",
        "4.6": "a section of a paper",
        "2.3": "log 10, the loss of guessing; a section of Pascanu et al. 2013",
        "3.2": "a section of Pascanu et al. 2013",
        "4.2": "a section of He et al. 2016a",
        **dict.fromkeys(("8.75", "6.97"), "errors in table 6 of He et al. 2016a"),
        "4.1": "a section of Pascanu et al. 2013",
        "0.25": "the largest slope of the sigmoid",
        "0.6": "3/5, a gradient shortened by hand",
        "0.8": "4/5, a gradient shortened by hand",
        "0.3": "a gradient that an example gives",
        "2.2": "0.9 · 2 + 0.5 · 0.8, a step of an LSTM by hand",
        "0.69": "log 2, the loss of guessing",
        "2.30": "log 10, the loss of guessing",
        "6.91": "log 1000, the loss of guessing",
        "32%": "published by the authors of mnist1d",
        "68%": "published by the authors of mnist1d",
        "94%": "published by the authors of mnist1d",
        **dict.fromkeys(("0.0625", "0.0156", "0.0039"), "powers of ¼"),
        **dict.fromkeys(("1.5", "2.25", "3.38", "5.06"), "powers of 1.5"),
        **dict.fromkeys(("0.125", "0.03125", "0.0078125"), "½ · ¼ · …, by hand"),
        **dict.fromkeys(("0.04", "1.1", "17"), "0.9 and 1.1 to the power of 30"),
        "1.2": "eigenvalues that an experiment sets",
        **dict.fromkeys(("0.71", "0.707", "1.41"), "roots of ½ and 2"),
        "2%": "checked by the claim that theory holds",
        **dict.fromkeys(("4.9", "1.22"), "√24 and 6/√24, by hand"),
        **dict.fromkeys(("0.2", "1.4"), "1/5 and 7/5, by hand; a learning rate"),
        **dict.fromkeys(("7%", "64%"), "published by Zhang and Sennrich 2019"),
        "0.003": "a learning rate",
        "0.05": "a learning rate",
        "0.03": "a learning rate",
        "1.0": "the limit that libraries have by default",
        "0.005": "a limit that the authors of AGC publish",
        "0.999": "Adam's default of beta 2",
        "0.0005": "a gradient that an exercise gives",
        "0.00002": "0.0005 · 0.04, of an exercise",
        "95%": "a share that an experiment sets",
        "98%": "the share of norms that a band is made to hold",
        "100%": "guessing, in a figure that measures in shares of it",
        "99%": "a share that an exercise gives",
        **dict.fromkeys(("0.2", "1.4", "1.8", "3.8", "8.2"), "a batch by hand"),
        "0.0001": "an angle that an example sets",
        "2.11": "a version of Keras",
        "2.15": "a version of Keras",
        "2.6": "a version of PyTorch",
    }
    for number, line in pages.prose(path):
        code = r"``.*?``(?!`)|`[^`]*`"
        text = re.sub(rf"\{{\{{.*?\}}\}}|{code}|\]\([^)]*\)", "", line)
        for match in re.finditer(r"(?<![\d.])\d+\.\d+(?!\.?\d)|\d+ ?%", text):
            assert match[0] in allowed, (
                f"docs/{language}/{page}:{number}: {match[0]} is typed by hand; insert "
                "it from a frozen result, or allow it here with its reason"
            )


def errors_of(path: Path) -> list[str]:
    """Return where a page is not valid HTML."""
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(path.read_text("utf-8"))
    return [f"{path}:{place[0]}: {code}" for place, code, _ in parser.errors]


@each_page
def test_html_is_valid(site, language, page):
    assert errors_of(file_of(site, language, page)) == []


def test_html_of_the_other_files_is_valid(site):
    """The chooser, and the pages for addresses without one."""
    for path in (site / "index.html", *sorted(site.rglob("404.html"))):
        assert errors_of(path) == []


@each_page
def test_page_links_to_itself_in_every_language(site, language, page):
    whole = document(file_of(site, language, page))
    assert whole.select_one(f'html[lang="{language}"]')
    here = f"/{language}/" + page.with_suffix("").as_posix().removesuffix("index")
    for selector in ("head link[hreflang]", "a[data-language]"):
        links = {
            str(link["hreflang"]): urljoin(here.rstrip("/") + "/", str(link["href"]))
            for link in whole.select(selector)
        }
        wanted = {
            code: here.replace(f"/{language}/", f"/{code}/", 1).rstrip("/") + "/"
            for code in PROJECT.languages()
        }
        default = links.pop("x-default", None)
        if default:  # engines are told of what is translated, readers of all
            assert default == ("/" if page.as_posix() == "index.md" else wanted["en"])
            known = PROJECT.having(page.as_posix())
            wanted = {code: wanted[code] for code in known}
        assert links == wanted


PHONE, SMALLEST = 358, 12
"""Pixels: how wide a figure is on a phone of 390, and its smallest text there."""


def smallest(figure: Tag) -> float:
    """Return the size of a figure's smallest text on a phone."""
    css = (PROJECT.shared / "css" / "site.css").read_text("utf-8")
    usual = re.search(r'svg\[role="img"\] \{[^}]*font-size: ([\d.]+)px', css)
    assert usual
    sizes = [float(str(each["font-size"])[:-2]) for each in figure.select("[font-size]")]
    scale = PHONE / float(str(figure["width"]))
    return round(scale * min(sizes + [float(usual[1])]), 1)


@each_page
def test_figures_are_inline_themed_and_described(site, language, page):
    figures = document(file_of(site, language, page)).select("svg[role=img]")
    for figure in figures:
        assert smallest(figure) >= SMALLEST, figure["id"]
    source = pages.read(source_of(language, page))
    if page.suffix == ".ipynb":
        return  # test_labs looks at them
    assert len(figures) == source.count("](figure:")
    for figure in figures:
        title, _, description = str(figure["aria-label"]).partition(": ")
        assert title
        assert len(description) > 40
        assert not figure.select("title, desc"), "read besides the name"
        assert not re.search(r"#[0-9a-fA-F]{6}\b", str(figure)), "a fixed colour"
        assert len(figure.find_all("text")) > 1, "text must stay text"


@each_page
def test_formulas_are_mathml(site, language, page):
    text = file_of(site, language, page).read_text("utf-8")
    assert "arithmatex" not in text
    source = "\n".join(line for _, line in pages.prose(source_of(language, page)))
    wanted = len(re.findall(r"\$\$.*?\$\$|\$[^$]+\$", source, re.DOTALL))
    assert text.count("<math") == wanted


def test_first_font_has_every_character_of_the_formulas(site):
    """A browser shows a single letter in <mi> as its italic."""
    italic = {}
    for code in (*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C), 0x210E):
        plain = unicodedata.decomposition(chr(code)).split()[-1:]
        italic.update({chr(int(letter, 16)): chr(code) for letter in plain})
    shared = PROJECT.docs / "shared"
    known = set(TTFont(shared / "fonts" / "math.woff2").getBestCmap())
    css = (shared / "css" / "formulas.css").read_text("utf-8")
    _, ranges = re.findall(r"unicode-range: (.*);", css)
    second = set[int]()  # what would load another font
    for first, last in re.findall(r"U\+(\w+)(?:-(\w+))?", ranges):
        second |= set(range(int(first, 16), int(last or first, 16) + 1))
    for path in site.rglob("index.html"):
        for formula in re.findall(r"(?s)<math.*?</math>", path.read_text("utf-8")):
            shown = re.sub(r"<mi>(.)</mi>", lambda m: italic.get(m[1], m[1]), formula)
            for text in (formula, shown):
                for character in html.unescape(re.sub(r"<[^>]*>", "", text)):
                    code, other = ord(character), re.match(r"[가-힣\s]", character)
                    fine = other or code in known or text is formula
                    assert fine and code not in second, (
                        f"{path.relative_to(site)}: the font for formulas has no "
                        f"{character!r}, in {text}; see docs/shared/fonts/README.md"
                    )


@pytest.mark.parametrize(
    ("language", "loose"),
    [
        ("ko", r"\S*(?:\)|</(?:code|math)>)[가-힣]+"),
        ("ja", r"</(?:code|math)>[、。，．）」』]+"),
    ],
)
def test_particles_and_punctuation_stay_with_their_word(site, language, loose):
    joined = 0
    for path in (site / language).rglob("index.html"):
        article = re.search(r"(?s)<article.*</article>", without(path, "pre", "svg"))
        assert article
        found = re.search(loose, article[0])
        assert not found, f"{path.relative_to(site)}: a line may break in {found[0]}"
        joined += article[0].count("</math>\u2060")
    assert joined


def test_nothing_names_another_host_to_load_from(site):
    """Links may lead away; nothing is loaded from there."""
    for path in site.rglob("*.html"):
        for element in document(path).select("[src], link[href]"):
            rel = set(element.get("rel") or [])
            link = str(element.get("src") or element["href"])
            if rel.isdisjoint({"canonical", "alternate"}):
                assert "//" not in link, f"{path.relative_to(site)} loads {link}"
    for path in [*site.rglob("css/*.css")]:
        assert not re.search(r"url\(['\"]?(?:https?:)?//", path.read_text("utf-8")), (
            path
        )


def test_addresses_come_from_the_environment(addressed):
    root = project.SITE_URL.rstrip("/")
    page = document(addressed / "ko" / "weight-initialization" / "index.html")
    for selector, language in (
        ("link[rel=canonical]", "ko"),
        ("head link[hreflang=en]", "en"),
        ("head link[hreflang=x-default]", "en"),
    ):
        (link,) = page.select(selector)
        assert link["href"] == f"{root}/{language}/weight-initialization/"
    edit = "someone/fork/edit/main/docs/ko/weight-initialization.md"
    assert page.select_one(f'a[href$="{edit}"]')
    folder = addressed / "ko" / "labs" / "small-batches"
    notebook = "someone/fork/blob/main/docs/ko/labs/small-batches.ipynb"
    colab = f"https://colab.research.google.com/github/{notebook}"
    assert document(folder / "index.html").select_one(f'a.md-button[href="{colab}"]')
    assert (PROJECT.root / notebook.partition("main/")[2]).is_file()
    assert f"]({root}/ko/" in (folder / "small-batches.ipynb").read_text("utf-8")


def test_no_owner_is_hard_coded(site):
    html = (site / "en" / "weight-initialization" / "index.html").read_text("utf-8")
    assert "/edit/" not in html
    assert "md-source" not in html
    lab = (site / "en" / "labs" / "small-batches" / "index.html").read_text("utf-8")
    assert "colab.research" not in lab


def test_properdocs_builds_the_site_too(tmp_path):
    result = project.build(tmp_path / "site", tool="properdocs")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "site" / "ko" / "weight-initialization" / "index.html").is_file()


@pytest.mark.parametrize("language", ["ko", "ja"])
def test_english_terms_and_titles_are_marked_as_english(site, language):
    page = Path("why-gradients-vanish-and-explode.md")
    article = document(file_of(site, language, page)).select_one("article")
    assert article
    marked = [span.get_text() for span in article.select("span[lang=en]")]
    assert "chain rule" in marked
    assert all(re.fullmatch("[A-Za-z -]+", text) for text in marked)
    titles = [link.get_text() for link in article.select("a[lang=en]")]
    assert any(title.startswith("Understanding the difficulty") for title in titles)
    assert not [title for title in titles if re.search("[가-힣ぁ-ヿ一-鿿]", title)]
    assert not article.select(":is(code, svg, math) span[lang=en]")


def test_hangul_on_other_pages_is_marked_as_korean(site):
    article = document(site / "en" / "glossary" / "index.html").select_one("article")
    assert article
    hangul = article.find_all(string=re.compile("[가-힣]"))
    assert hangul
    assert {text.find_parent(lang=True)["lang"] for text in hangul} == {"ko"}
