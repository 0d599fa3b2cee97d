"""A reader is told, in the page's language, whether it is translated and current."""

import json

import pytest
from bs4 import BeautifulSoup
from small_site import PAGE, built, write
from translated_page import change

from sitetools.content import labels
from sitetools.content.project import Project
from sitetools.translate import new_language, staleness

LONGER = f"{PAGE}\nEnglish words to translate.\n"


def notice(page):
    """Build a language's site; return its home page's notice, its HTML, its search."""
    root = page.parents[2]
    assert built(root, f"mkdocs.{page.parent.name}.yml") == []
    html = (root.parent / "site" / "index.html").read_text("utf-8")
    index = root.parent / "site" / "search" / "search_index.json"
    found = [entry["text"] for entry in json.loads(index.read_text("utf-8"))["docs"]]
    whole = BeautifulSoup(html, "html.parser").html
    return whole.select_one(".admonition.warning"), whole, " ".join(found)


def test_page_says_whether_it_is_translated_finished_and_current(root):
    """And search does not; see tests/content and translate for when it is which."""
    write("docs/en/index.md", LONGER)(root)
    new_language.add(Project(root), "ja", "日本語")
    change(root / "docs/ja/labels.yml", "site:\n", "site:\n  missing: 未訳です。\n")
    page, words = root / "docs" / "ja" / "index.md", labels.load(Project(root), "ja")
    box, html, searched = notice(page)
    assert box.get_text(strip=True) == "未訳です。"
    assert (box["lang"], box["dir"]) == ("ja", "auto"), "within the English page"
    assert html.select_one("article div[lang=en] h1")
    assert "未訳です" not in searched
    assert "English words" in searched

    change(page, "English words", "日本語")
    box, html, searched = notice(page)
    assert box.get_text(strip=True) == words.word("unfinished")
    assert not html.select("article div[lang=en]")
    assert words.word("unfinished") not in searched

    staleness.stamp(page)
    assert notice(page)[0] is None
    new = "\n\n## An unheard-of section {#new}\n\nx\n"
    write("docs/en/index.md", LONGER + new)(root)
    box, _, searched = notice(page)
    assert box.a.get_text() == "An unheard-of section"
    assert (box.a["id"], box.a["href"]) == ("new", "../en/#new"), "as links expect it"
    assert "has changed since" in box.get_text()
    assert "unheard" not in searched
    assert "changed since" not in searched


@pytest.mark.parametrize(
    ("code", "name", "text", "direction"),
    [
        ("es", "español", "texto con 0,5 y ñ", "ltr"),
        ("ar", "العربية", "نص من اليمين إلى اليسار 0.5", "rtl"),
    ],
)
def test_new_language_is_built_at_once(root, code, name, text, direction):
    write("docs/en/index.md", LONGER.replace("words", "words 0.5"))(root)
    new_language.add(Project(root), code, name)
    home = root / "docs" / code / "index.md"
    change(home, "English words 0.5", text)
    staleness.stamp(home)
    box, html, _ = notice(home)
    assert (html["lang"], html.body["dir"]) == (code, direction)
    assert text in html.article.get_text()
    assert not box
