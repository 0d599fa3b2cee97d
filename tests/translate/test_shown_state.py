"""A reader is told, in the page's language, whether it is translated and current."""

import json
import shutil

import pytest
from bs4 import BeautifulSoup
from small_site import PAGE, built, write
from translated_page import change

from sitetools.content import labels
from sitetools.content.project import Project
from sitetools.translate import new_language, staleness

LONGER = f"{PAGE}\nEnglish words to translate.\n"


@pytest.fixture
def japanese(root):
    """Return the small site's home page in Japanese, of which nothing is translated."""
    write("docs/en/index.md", LONGER)(root)
    new_language.add(Project(root), "ja", "日本語")
    change(root / "docs/ja/labels.yml", "site:\n", "site:\n  missing: 未訳です。\n")
    return root / "docs" / "ja" / "index.md"


def notice(page):
    """Build the Japanese site; return its home page's notice, its article, its search."""
    root = page.parents[2]
    assert built(root, "mkdocs.ja.yml") == []
    html = (root.parent / "site" / "index.html").read_text("utf-8")
    index = root.parent / "site" / "search" / "search_index.json"
    found = [entry["text"] for entry in json.loads(index.read_text("utf-8"))["docs"]]
    article = BeautifulSoup(html, "html.parser").article
    return article.select_one(".admonition.warning"), article, " ".join(found)


def test_untouched_copy_is_shown_as_the_english_page(japanese):
    box, article, searched = notice(japanese)
    assert box.get_text(strip=True) == "未訳です。"
    assert (box["lang"], box["dir"]) == ("ja", "auto"), "within the English page"
    assert article.select_one("div[lang=en] h1")
    assert "未訳です" not in searched
    assert "English words" in searched


def test_page_that_no_one_stamped_is_not_finished(japanese):
    change(japanese, "English words", "日本語")
    words = labels.load(Project(japanese.parents[2]), "ja")
    box, article, searched = notice(japanese)
    assert box.get_text(strip=True) == words.word("unfinished")
    assert not article.select("div[lang=en]")
    assert words.word("unfinished") not in searched
    staleness.stamp(japanese, ["top"])
    assert notice(japanese)[0].get_text(strip=True) == words.word("unfinished")


def test_page_whose_source_has_changed_says_so_and_search_does_not(japanese):
    change(japanese, "English words", "日本語")
    staleness.stamp(japanese)
    assert notice(japanese)[0] is None
    new = "\n\n## An unheard-of section {#new}\n\nx\n"
    write("docs/en/index.md", LONGER + new)(japanese.parents[2])
    box, _, searched = notice(japanese)
    assert box.a.get_text() == "An unheard-of section"
    assert "has changed since" in box.get_text()
    assert "unheard" not in searched
    assert "changed since" not in searched


@pytest.mark.parametrize(
    ("code", "name", "text", "direction"),
    [
        ("zh", "中文", "没有空格的文字", "ltr"),
        ("es", "español", "texto con 0,5 y ñ", "ltr"),
        ("ar", "العربية", "نص من اليمين إلى اليسار", "rtl"),
    ],
)
def test_new_language_is_built_at_once(root, code, name, text, direction):
    write("docs/en/index.md", LONGER.replace("words", "words 0.5"))(root)
    new_language.add(Project(root), code, name)
    home = root / "docs" / code / "index.md"
    change(home, "English words 0.5", text if "0,5" in text else f"{text} 0.5")
    staleness.stamp(home)
    assert built(root, f"mkdocs.{code}.yml") == []
    page = (root.parent / "site" / "index.html").read_text("utf-8")
    html = BeautifulSoup(page, "html.parser").html
    assert (html["lang"], html.body["dir"]) == (code, direction)
    assert text in html.article.get_text()
    assert not html.select(".admonition.warning")


def test_language_that_the_theme_does_not_know_is_named(root):
    shutil.copytree(root / "docs" / "ko", root / "docs" / "xx")
    config = (root / "mkdocs.ko.yml").read_text("utf-8").replace("ko", "xx")
    write("mkdocs.xx.yml", config)(root)
    assert built(root) == [
        "mkdocs.xx.yml:1: the theme does not know the language 'xx'; write its code as "
        "in BCP 47, such as ja, pt-BR or zh-Hant."
    ]
