"""What search engines and language models find at the root of the site."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest
from built import LANGUAGES, PAGES, each_language, file_of, head
from project import PROJECT, SITE_URL

from sitetools.content import pages
from sitetools.content.project import Project
from sitetools.publish import indexes

LINK = re.compile(r"\]\(([^)\s]+)\)")
XHTML = f"{{{indexes.XHTML}}}"
SITEMAP = f"{{{indexes.SITEMAP}}}"


def at(site: Path, address: str) -> Path:
    """Return the file that a whole address of the site leads to."""
    assert address.startswith(SITE_URL), address
    path = re.split("[?#]", address.removeprefix(SITE_URL))[0]
    return site / path / "index.html" if path.endswith("/") else site / path


@each_language
def test_each_page_has_a_description_of_its_own(language):
    found = Counter(
        pages.front_matter(path)["description"] for path in PROJECT.pages(language)
    )
    assert [text for text, number in found.items() if number > 1] == []


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("index.md", ""),
        ("a.md", "a/"),
        ("labs/index.md", "labs/"),
        ("b/c.ipynb", "b/c/"),
    ],
)
def test_address_of_a_page(name, url):
    assert indexes.url_of(name) == url


def test_menu_as_sections():
    nav = ["index.md", {"nav_labs": ["labs/a.md", "labs/b.ipynb"]}]
    sections = [("", ["index.md"]), ("nav_labs", ["labs/a.md", "labs/b.ipynb"])]
    assert indexes.sections_of(nav) == sections


def test_page_is_listed_in_the_languages_that_have_it(root):
    (root / "docs" / "ko" / "labs" / "lab.ipynb").unlink()
    nav = ["index.md", {"nav_labs": ["labs/lab.ipynb"]}]
    found = indexes.of(Project(root), nav, SITE_URL, {})
    addresses = re.findall("<loc>(.*)</loc>", found["sitemap.xml"])
    wanted = ["", "en/", "ko/", "en/labs/lab/"]
    assert addresses == [SITE_URL + path for path in wanted]
    assert LINK.findall(found["llms.txt"]) == [
        f"{SITE_URL}{path}index.md" for path in ("en/", "en/labs/lab/", "ko/")
    ]
    assert indexes.of(Project(root), nav, "", {}).keys() == {"robots.txt", "llms.txt"}


def test_without_an_address_nothing_pretends_to_have_one(site):
    assert not list(site.rglob("sitemap.xml*"))
    assert "Sitemap" not in (site / "robots.txt").read_text("utf-8")
    for link in LINK.findall((site / "llms.txt").read_text("utf-8")):
        assert (site / link).is_file(), link


def test_sitemap_names_every_page_and_its_translations(addressed):
    lines = (addressed / "robots.txt").read_text("utf-8").splitlines()
    assert lines[-1] == f"Sitemap: {SITE_URL}sitemap.xml"
    assert [path.parent for path in addressed.rglob("sitemap*")] == [addressed]
    entries = {}
    for url in ET.parse(addressed / "sitemap.xml").getroot():
        address = url.findtext(f"{SITEMAP}loc")
        assert address not in entries
        links = [link for link in url[1:] if link.tag != f"{SITEMAP}lastmod"]
        others = {link.get("hreflang"): link.get("href") for link in links}
        assert {link.tag for link in links} == {f"{XHTML}link"}
        entries[address] = others
    root = entries.pop(SITE_URL)
    assert root["x-default"] == SITE_URL
    files = {at(addressed, address) for address in entries}
    assert files == {file_of(addressed, language, page) for language, page in PAGES}
    for address, others in entries.items():
        # The page says the same of itself, and so do those that it names.
        document = head(at(addressed, address))
        canonical = document.select_one("link[rel=canonical]")
        assert canonical
        assert canonical["href"] == address
        links = document.select("link[hreflang]")
        assert {str(link["hreflang"]): link["href"] for link in links} == others
        assert all(link["rel"] == ["alternate"] for link in links)
        assert all(entries.get(other, root) == others for other in others.values())


def test_page_that_stands_in_is_announced_as_the_english_one(addressed):
    document = head(addressed / "ja" / "choosing" / "index.html")
    canonical = document.select_one("link[rel=canonical]")
    assert canonical
    assert canonical["href"] == f"{SITE_URL}en/choosing/"
    announced = {str(link["hreflang"]) for link in document.select("link[hreflang]")}
    assert announced == {"en", "ko", "x-default"}


def test_llms_txt_lists_the_markdown_of_every_page(addressed):
    lines = (addressed / "llms.txt").read_text("utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert lines[2].startswith("> ")
    text = "\n".join(lines)
    listed = Counter(at(addressed, link) for link in LINK.findall(text))
    assert listed == Counter(
        file_of(addressed, language, page).with_name("index.md")
        for language, page in PAGES
    )
    # Below its headings the format has lists of links, each with a note.
    body = text[text.index("\n## ") :].split("\n")
    form = re.compile(r"|## .+|- \[[^\]]+\]\([^)]+\): .{10,}")
    assert all(form.fullmatch(line) for line in body)
    lagging = [f"/{code}/" for code in LANGUAGES if code not in ("en", "ko")]
    places = [text.index(part) for part in ("/en/", "/ko/", *lagging)]
    assert places == sorted(places)
