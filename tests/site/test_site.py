"""The built site: what a reader gets is what the tests have seen."""

import gzip
import json
import re
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import blocks
import html5lib
import project
import pytest
from bs4 import BeautifulSoup, Tag
from fontTools.ttLib import TTFont
from project import PROJECT

from sitetools.content import pages, snippets
from sitetools.render import labs

PAGES = [
    (language, path.relative_to(PROJECT.docs / language))
    for language in PROJECT.languages()
    for path in PROJECT.pages(language)
]
each_page = pytest.mark.parametrize(
    ("language", "page"), PAGES, ids=[f"{code}/{page}" for code, page in PAGES]
)


def built(site: Path, language: str, page: Path) -> Path:
    name = page.with_suffix("").as_posix().removesuffix("index")
    return site / language / name / "index.html"


def soup(path: Path) -> BeautifulSoup:
    """Parse a page, to change it."""
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


@cache
def document_of(path: Path) -> BeautifulSoup:
    """Parse a page, to read it."""
    return soup(path)


def test_every_language_is_built(site):
    assert set(PROJECT.languages()) >= {"en", "ko"}
    assert (site / "index.html").is_file()
    for language in PROJECT.languages():
        assert (site / language / "index.html").is_file()
        assert (site / language / "search" / "search_index.json").is_file()


@pytest.mark.parametrize("language", PROJECT.languages())
def test_search_reads_what_a_reader_would(site, language):
    """Each reader loads the index: text and names of functions, nothing drawn or run."""
    raw = (site / language / "search" / "search_index.json").read_bytes()
    assert len(gzip.compress(raw)) < 115_000
    entries = {entry["location"]: entry for entry in json.loads(raw)["docs"]}
    page = "weight-initialization/"
    meta = pages.front_matter(PROJECT.docs / language / "weight-initialization.md")
    assert entries[page]["text"] == f"<p>{meta['description'].strip()}</p>"
    assert "kaiming_normal_" in entries[page]["names"]
    text = entries[f"{page}#variance-forward"]["text"]
    assert "𝔼[x<sup>2</sup>]" in text
    assert "Var[w]=2/fan_in" in text, "a formula reads as it is written in a line"
    row = "<p> ReLU · 0.705 · 0.997 · 0.407"
    assert row in entries[f"{page}#which"]["text"], "a row of a table stays together"
    for location, entry in entries.items():
        for drawn in ("10−", "import torch", "\u2061", "<pre>", "</svg>"):
            assert drawn not in entry["text"], location


@each_page
def test_every_code_block_in_the_page_was_tested(site, language, page):
    """The closing guard: a fence that sybil passed over would show up here.

    How to cite the page (test_around) is no code to run.
    """
    shown = Counter(
        block.get_text().strip("\n")
        for block in document_of(built(site, language, page)).select(
            "pre:not(.cite pre)"
        )
    )
    source = PROJECT.docs / language / page
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
            tested[fence.text.strip("\n")] += 1
    tested = +tested
    missed = "\n---\n".join(shown - tested)
    assert not missed, f"docs/{language}/{page}: shown, but never tested:\n{missed}"
    lost = "\n---\n".join(tested - shown)
    assert not lost, f"docs/{language}/{page}: tested, but not shown as code:\n{lost}"


def test_no_page_was_passed_over(site):
    """Whatever is built was among the pages that the tests look at."""
    expected = {
        built(site, language, page)  # another language shows English where it lags
        for language in PROJECT.languages()
        for code, page in PAGES
        if code in (language, "en")
    }
    for language in PROJECT.languages():
        for path in (site / language).rglob("index.html"):
            assert path in expected, f"no test looks at {path.relative_to(site)}"


@pytest.mark.parametrize(
    ("language", "page"),
    [(code, page) for code, page in PAGES if page.suffix == ".md"],
    ids=lambda value: str(value),
)
def test_block_needs_only_what_is_said_above_it(language, page):
    packages = {"sklearn": "scikit-learn", "keras": "keras"}
    path = PROJECT.docs / language / page
    lines = pages.read(path).split("\n")
    for block in blocks.blocks(path):
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
    path = PROJECT.docs / language / page
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
    document = soup(built(site, language, page))
    source = pages.read(PROJECT.docs / language / page)
    title = re.search(r"(?m)^# (.*?) *\{#", source)
    heading = document.select_one("h1")
    assert title
    assert heading
    assert heading.get_text().removesuffix("#").strip() == title[1]
    for verbatim in document.select("pre, script"):
        verbatim.decompose()
    left = re.search(r"\{\{?[^}]*\w+/\w+:.*|\}\}|--8<--|figure:", document.get_text())
    assert not left, f"docs/{language}/{page}: shown as it is: {left[0]}"


@each_page
def test_no_number_in_prose_is_typed_by_hand(language, page):
    """A measured number has decimals; it comes from a frozen result."""
    path = PROJECT.docs / language / page
    torch = re.search(r"torch==(\d+\.\d+)", pages.read(PROJECT.root / "pyproject.toml"))
    assert torch
    allowed = {  # exact by definition
        torch[1]: "the version of PyTorch that everything runs with",
        "0.64": "(2·512/640)·(2·128/640)",
        "1.25": "1 + 0.5²",
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
        "4.1": "a section of Pascanu et al. 2013",
        "0.25": "the largest slope of the sigmoid",
        "0.69": "log 2, the loss of guessing",
        "2.30": "log 10, the loss of guessing",
        "6.91": "log 1000, the loss of guessing",
        "32%": "published by the authors of mnist1d",
        "68%": "published by the authors of mnist1d",
        "94%": "published by the authors of mnist1d",
        "2.11": "a version of Keras",
        "2.15": "a version of Keras",
    }
    for number, line in pages.prose(path):
        text = re.sub(r"\{\{.*?\}\}|`[^`]*`|\]\([^)]*\)", "", line)
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
    assert errors_of(built(site, language, page)) == []


def test_html_of_the_other_files_is_valid(site):
    """The chooser, and the pages for addresses without one."""
    for path in (site / "index.html", *sorted(site.rglob("404.html"))):
        assert errors_of(path) == []


@cache
def ids_of(path: Path) -> Counter[str]:
    """Count the ids of a built page."""
    return Counter(str(element["id"]) for element in document_of(path).select("[id]"))


@each_page
def test_ids_stand_once_and_links_lead_somewhere(site, language, page):
    path = built(site, language, page)
    document = document_of(path)
    assert [ident for ident, count in ids_of(path).items() if count > 1] == []
    for element in document.select("[href], [src]"):
        link = str(element.get("href") or element.get("src"))
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or link.startswith(("javascript:", "data:")):
            continue
        target = path if not parts.path else (path.parent / unquote(parts.path))
        if target.is_dir():
            target /= "index.html"
        assert target.is_file(), f"{path.relative_to(site)}: {link} leads nowhere"
        if parts.fragment and target.suffix == ".html":
            assert unquote(parts.fragment) in ids_of(target), (
                f"{path.relative_to(site)}: nothing has the id in {link}"
            )


@each_page
def test_page_links_to_itself_in_every_language(site, language, page):
    document = document_of(built(site, language, page))
    html = document.find("html")
    assert isinstance(html, Tag)
    assert html["lang"] == language
    here = f"/{language}/" + page.with_suffix("").as_posix().removesuffix("index")
    for selector in ("head link[hreflang]", "a[data-language]"):
        links = {
            str(link["hreflang"]): urljoin(here.rstrip("/") + "/", str(link["href"]))
            for link in document.select(selector)
        }
        wanted = {
            code: here.replace(f"/{language}/", f"/{code}/", 1).rstrip("/") + "/"
            for code in PROJECT.languages()
        }
        default = links.pop("x-default", None)
        if default:  # engines are told of what is translated, readers of all
            assert default == ("/" if page.as_posix() == "index.md" else wanted["en"])
            for code in PROJECT.languages():
                if not (PROJECT.docs / code / page).is_file():
                    del wanted[code]
        assert links == wanted


@each_page
def test_figures_are_inline_themed_and_described(site, language, page):
    document = document_of(built(site, language, page))
    source = pages.read(PROJECT.docs / language / page)
    figures = document.select("svg[role=img]")
    if page.suffix == ".ipynb":
        return  # test_labs looks at them
    assert len(figures) == source.count("](figure:")
    for figure in figures:
        title, _, description = str(figure["aria-label"]).partition(": ")
        assert title
        assert len(description) > 40
        assert not figure.select("title, desc"), "read besides the name"
        assert not re.search(r"#[0-9a-fA-F]{6}\b", str(figure)), "a fixed colour"
        assert len(figure.find_all("text")) > 5, "text must stay text"


@each_page
def test_formulas_are_mathml(site, language, page):
    html = built(site, language, page).read_text("utf-8")
    assert "arithmatex" not in html
    formulas = html.count("<math")
    source = "\n".join(line for _, line in pages.prose(PROJECT.docs / language / page))
    assert formulas == len(re.findall(r"\$\$.*?\$\$|\$[^$]+\$", source, re.DOTALL))


def test_font_has_every_character_of_the_formulas(site):
    """A browser shows a single letter in <mi> as its italic."""
    italic = {}
    for code in (*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C), 0x210E):
        plain = unicodedata.decomposition(chr(code)).split()[-1:]
        italic.update({chr(int(letter, 16)): chr(code) for letter in plain})
    known = TTFont(PROJECT.docs / "shared" / "fonts" / "math.woff2").getBestCmap()
    for path in site.rglob("index.html"):
        for formula in soup(path).select("math"):
            for mi in formula.select("mi:not([mathvariant])"):
                mi.string = italic.get(mi.get_text(), mi.get_text())
            for character in formula.get_text():
                hangul = "가" <= character <= "힣"
                assert ord(character) in known or hangul or character.isspace(), (
                    f"{path.relative_to(site)}: the font for formulas lacks "
                    f"{character!r} in {formula.get_text()}; see docs/shared/fonts"
                )


def test_korean_particles_stay_with_their_word(site):
    for path in (site / "ko").rglob("index.html"):
        article = soup(path).select_one("article")
        assert article
        for verbatim in article.select("pre, svg"):
            verbatim.decompose()
        loose = re.findall(r"\S*(?:\)|</(?:code|math)>)[가-힣]+", str(article))
        assert not loose, f"{path.relative_to(site)}: a line may break in {loose[0]}"


def test_japanese_punctuation_stays_with_its_word(site):
    joined = 0
    for path in (site / "ja").rglob("index.html"):
        html = path.read_text("utf-8")
        loose = re.findall(r"</(?:code|math)>[、。，．）」』]+", html)
        assert not loose, f"{path.relative_to(site)}: a line may break in {loose[0]}"
        joined += html.count("</math>\u2060")
    assert joined


def test_nothing_names_another_host_to_load_from(site):
    """Links may lead away; nothing is loaded from there."""
    for path in site.rglob("*.html"):
        for element in document_of(path).select("[src], link[href]"):
            rel = set(element.get("rel") or [])
            link = str(element.get("src") or element["href"])
            if rel.isdisjoint({"canonical", "alternate"}):
                assert "//" not in link, f"{path.relative_to(site)} loads {link}"
    for path in [*site.rglob("css/*.css")]:
        assert not re.search(r"url\(['\"]?(?:https?:)?//", path.read_text("utf-8")), (
            path
        )


def test_addresses_come_from_the_environment(addressed):
    document = soup(addressed / "ko" / "weight-initialization" / "index.html")
    canonical = document.select_one("link[rel=canonical]")
    root = project.SITE_URL.rstrip("/")
    assert canonical
    assert canonical["href"] == f"{root}/ko/weight-initialization/"
    alternate = document.select_one("head link[hreflang=en]")
    assert alternate
    assert alternate["href"] == f"{root}/en/weight-initialization/"
    default = document.select_one("head link[hreflang=x-default]")
    assert default
    assert default["href"] == f"{root}/en/weight-initialization/"
    edit = document.select_one("a[href*='/edit/main/']")
    assert edit
    assert str(edit["href"]).endswith("fork/edit/main/docs/ko/weight-initialization.md")
    folder = addressed / "ko" / "labs" / "small-batches"
    lab = soup(folder / "index.html")
    notebook = "someone/fork/blob/main/docs/ko/labs/small-batches.ipynb"
    colab = f"https://colab.research.google.com/github/{notebook}"
    assert lab.select_one(f'a.md-button[href="{colab}"]')
    assert (PROJECT.root / notebook.partition("main/")[2]).is_file()
    assert f"]({root}/ko/" in (folder / "small-batches.ipynb").read_text("utf-8")


def test_no_owner_is_hard_coded(site):
    html = (site / "en" / "weight-initialization" / "index.html").read_text("utf-8")
    assert "/edit/" not in html
    assert "md-source" not in html
    lab = (site / "en" / "labs" / "small-batches" / "index.html").read_text("utf-8")
    assert "colab.research" not in lab


def test_language_that_lags_shows_english_and_says_so(tmp_path):
    copy = project.copy_project(tmp_path)
    config = (copy / "mkdocs.en.yml").read_text("utf-8").replace("/en", "/fr")
    (copy / "mkdocs.fr.yml").write_text(config.replace("language: en", "language: fr"))
    folder = copy / "docs" / "fr"
    folder.mkdir()
    (folder / "labels.yml").write_text("site:\n  language: Français\n", "utf-8")
    home = (copy / "docs" / "en" / "index.md").read_text("utf-8")
    stamped = 'source:\n  top: "00000000"\n---\n\n# '
    home = home.replace("title: Home", "title: Accueil")
    (folder / "index.md").write_text(home.replace("---\n\n# ", stamped, 1), "utf-8")
    lesson = "why-gradients-vanish-and-explode"
    text = (copy / "docs" / "en" / f"{lesson}.md").read_text("utf-8")
    # Translated before English had this section, which other pages link to.
    older = re.sub(r"(?s)\n## [^\n]*\{#explorer\}.*?(?=\n## )", "", text)
    assert len(older) < len(text)
    older = older.replace("---\n\n# ", stamped, 1)
    (folder / f"{lesson}.md").write_text(older, "utf-8")
    result = project.build(tmp_path / "site", copy)
    assert result.returncode == 0, result.stderr
    new = soup(tmp_path / "site" / "fr" / lesson / "index.html").select_one("#explorer")
    assert new
    assert new["href"] == f"../../en/{lesson}/#explorer"
    assert (tmp_path / "site" / "fr" / lesson / str(new["href"]).split("#")[0]).is_dir()
    missing = soup(tmp_path / "site" / "fr" / "weight-initialization" / "index.html")
    assert "not translated yet" in missing.select(".admonition.warning")[0].get_text()
    assert missing.select_one("div[lang=en] svg[role=img]")
    stale = soup(tmp_path / "site" / "fr" / "index.html")
    assert "has changed since" in stale.select(".admonition.warning")[0].get_text()
    current = soup(tmp_path / "site" / "ko" / "index.html")
    assert not current.select(".admonition.warning")
    links = {str(link["hreflang"]) for link in current.select("a[data-language]")}
    assert links == {*PROJECT.languages(), "fr"}


def test_properdocs_builds_the_site_too(tmp_path):
    result = project.build(tmp_path / "site", tool="properdocs")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "site" / "ko" / "weight-initialization" / "index.html").is_file()


@pytest.mark.parametrize("language", ["ko", "ja"])
def test_english_terms_and_titles_are_marked_as_english(site, language):
    page = document_of(
        built(site, language, Path("why-gradients-vanish-and-explode.md"))
    )
    marked = [span.get_text() for span in page.select("article span[lang=en]")]
    assert "activation function" in marked
    titles = [link.get_text() for link in page.select("article a[lang=en]")]
    assert any(title.startswith("Understanding the difficulty") for title in titles)
    assert not [title for title in titles if re.search("[가-힣ぁ-ヿ一-鿿]", title)]
    assert not page.select("article :is(code, svg, math) span[lang=en]")
    for text in marked:
        assert text.replace(" ", "").replace("-", "").isalpha(), text


def test_hangul_on_other_pages_is_marked_as_korean(site):
    article = soup(site / "en" / "glossary" / "index.html").find("article")
    assert isinstance(article, Tag)
    hangul = [
        text for text in article.find_all(string=True) if re.search("[가-힣]", text)
    ]
    assert hangul
    for text in hangul:
        marked = text.find_parent(attrs={"lang": True})
        assert marked, text
        assert marked["lang"] == "ko", text
