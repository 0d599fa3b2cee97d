"""What programs read: pages as Markdown, sitemap, robots.txt, llms.txt, the feed."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urljoin

import project
import pytest
from bs4 import BeautifulSoup
from mkdocs.exceptions import PluginError
from test_site import built, document_of, each_page

from sitetools.content import labels, pages
from sitetools.publish import feed, indexes, markdown

LINK = re.compile(r"\]\(([^)\s]+)\)")
XHTML = f"{{{indexes.XHTML}}}"
SITEMAP = f"{{{indexes.SITEMAP}}}"


def file_of(site: Path, address: str) -> Path:
    """Return the file that a whole address of the site leads to."""
    assert address.startswith(project.SITE_URL), address
    path = address.removeprefix(project.SITE_URL)
    path = re.split("[?#]", path)[0]
    return site / path / "index.html" if path.endswith("/") else site / path


def unmarked(copy: Path, folder: Path) -> Path:
    """Return a copy's copy without the mark that says it is UTF-8."""
    text = copy.read_text("utf-8")
    assert text.startswith("\ufeff---\n")
    own = folder / "copy.md"
    own.write_text(text[1:], "utf-8")
    return own


def head_of(path: Path) -> BeautifulSoup:
    """Parse a page's head, which costs a hundredth of the page."""
    return BeautifulSoup(path.read_text("utf-8").split("</head>")[0], "html.parser")


def words(text: str) -> str:
    """Return text without its marks: a page's and its copy's are the same."""
    return "".join(re.findall(r"\w", text))


def prose_of(path: Path) -> str:
    """Return a Markdown copy without its code."""
    return "\n".join(line for _, line in pages.prose(path))


@each_page
def test_markdown_says_what_the_page_says(site, tmp_path, language, page):
    path = built(site, language, page)
    copy = path.with_name("index.md")
    document = document_of(path)
    alternate = document.select_one("link[type='text/markdown']")
    shown = document.select_one("article a[type='text/markdown']")
    assert alternate
    assert shown
    assert alternate["href"] == shown["href"] == copy.name
    # The same code and the same headings, in the same order.
    own = unmarked(copy, tmp_path)
    code = [fence.text.strip("\n") for fence in pages.fences(own, False)]
    blocks = document.select("article pre:not(.cite pre)")
    wanted = [pre.get_text().strip("\n") for pre in blocks]
    assert code == wanted
    prose = prose_of(own)
    idents = re.findall(r"(?m)^#+ .*\{#([\w-]+)\}$", prose)
    headings = document.select("article :is(h1, h2, h3, h4)[id]")
    assert idents == [heading["id"] for heading in headings]
    # Nothing that only this site understands, every figure described.
    bare = re.sub(r"`+[^`]+`+|\$[^$]+\$", "", prose)
    odd = re.search(
        r"\{\{|--8<--|figure:|lab:[\w-]+:|!!!|\?\?\?|===|///|</?\w+|\{[:.]", bare
    )
    assert not odd, f"{copy.relative_to(site)}: {bare[odd.start() :][:80]}"
    for figure in document.select("article svg[role=img]"):
        by = str(figure.get("aria-labelledby", ""))  # a lab's, by the text behind it
        assert f"#{figure.get('id') or by})" in prose
        said = document.select_one(f"#{by}").get_text() if by else figure["aria-label"]
        assert words(str(said))[:40] in words(re.sub(r"\]\([^)]*\)", "", prose))
    # Links lead somewhere from where the copy stands.
    for link in LINK.findall(bare):
        target = re.split("[?#]", link)[0]
        if target and ":" not in target:
            found = copy.parent / target
            found = found / "index.html" if found.is_dir() else found
            assert found.is_file(), f"{copy.relative_to(site)}: {link}"
    meta = pages.front_matter(own)
    assert meta["title"] == pages.front_matter(pages.DOCS / language / page)["title"]
    assert meta["language"] == language
    assert "CC BY 4.0 (https://" in meta["licence"]


def test_markdown_of_a_page_that_stands_in_is_english_and_says_so(site, tmp_path):
    missing = "choosing"
    assert not (pages.DOCS / "ja" / f"{missing}.md").is_file()
    copy = unmarked(site / "ja" / missing / "index.md", tmp_path)
    assert pages.front_matter(copy)["language"] == "en"
    notice = labels.load("ja")["site"]["missing"]
    assert f"\n\n**{notice}**\n\n" in copy.read_text("utf-8")


PLAIN = """\
# Title {#title}

![What it
shows](figure:some_topic/a_name "Its title")
/// caption
What to notice.
///

<div class="cards" markdown>

??? example "The code"

    Some `![x](y.md)` text, [a
    link](other.md#part).

    ```python title="x.py"
    one = [1](2)


    two = 2
    ```

</div>

=== "PyTorch"

    !!! note "Inside"

        Deep.

- A list

    ```output
    === "not a tab"
    ```

A [button](x.md){ .md-button }
{ .flow-end }
"""
AS_COPY = """\
# Title {#title}

[Figure: Its title](../x/#fig-some-topic-a-name)

What it shows

What to notice.

**The code**

Some `![x](y.md)` text, [a
link](<other.md#part>).

```python title="x.py"
one = [1](2)


two = 2
```

**PyTorch**

**Inside**

Deep.

- A list

    ```text
    === "not a tab"
    ```

A [button](<x.md>)
"""


def test_plain_markdown_keeps_all_that_is_said():
    def link(target):
        return target if ":" in target else f"<{target}>"

    found = markdown.plain(PLAIN, "Figure", "../x/", link)
    assert found == AS_COPY


def test_without_an_address_nothing_pretends_to_have_one(site):
    assert not list(site.rglob("sitemap.xml*"))
    assert not list(site.rglob("feed.xml"))
    assert "Sitemap" not in (site / "robots.txt").read_text("utf-8")
    for language in pages.LANGUAGES:
        home = head_of(site / language / "index.html")
        assert not home.select("link[type='application/rss+xml']")
    for link in LINK.findall((site / "llms.txt").read_text("utf-8")):
        assert (site / link).is_file(), link


def test_sitemap_names_every_page_and_its_translations(addressed):
    lines = (addressed / "robots.txt").read_text("utf-8").splitlines()
    assert lines[-1] == f"Sitemap: {project.SITE_URL}sitemap.xml"
    assert [path.parent for path in addressed.rglob("sitemap*")] == [addressed]
    entries = {}
    for url in ET.parse(addressed / "sitemap.xml").getroot():
        address = url.findtext(f"{SITEMAP}loc")
        assert address not in entries
        others = {link.get("hreflang"): link.get("href") for link in url[1:]}
        assert {link.tag for link in url[1:]} == {f"{XHTML}link"}
        entries[address] = others
    root = entries.pop(project.SITE_URL)
    assert root["x-default"] == project.SITE_URL
    files = {file_of(addressed, address) for address in entries}
    assert files == {
        built(addressed, language, path.relative_to(pages.DOCS / language))
        for language in pages.LANGUAGES
        for path in pages.pages(language)
    }
    for address, others in entries.items():
        # The page says the same of itself, and so do those that it names.
        document = head_of(file_of(addressed, address))
        canonical = document.select_one("link[rel=canonical]")
        assert canonical
        assert canonical["href"] == address
        links = document.select("link[hreflang]")
        assert {str(link["hreflang"]): link["href"] for link in links} == others
        assert all(entries.get(other, root) == others for other in others.values())


def test_page_that_stands_in_is_announced_as_the_english_one(addressed):
    document = head_of(addressed / "ja" / "choosing" / "index.html")
    canonical = document.select_one("link[rel=canonical]")
    assert canonical
    assert canonical["href"] == f"{project.SITE_URL}en/choosing/"
    announced = {str(link["hreflang"]) for link in document.select("link[hreflang]")}
    assert announced == {"en", "ko", "x-default"}


def test_markdown_links_are_whole_where_the_address_is_known(addressed, tmp_path):
    for copy in addressed.rglob("index.md"):
        prose = prose_of(unmarked(copy, tmp_path))
        for link in LINK.findall(re.sub(r"`+[^`]+`+", "", prose)):
            assert re.match(r"https?:|#", link), f"{copy}: {link}"
            if link.startswith(project.SITE_URL):
                assert file_of(addressed, link).is_file(), f"{copy}: {link}"
    copy = addressed / "ko" / "labs" / "small-batches" / "index.md"
    address = f"{project.SITE_URL}ko/labs/small-batches/"
    assert pages.front_matter(unmarked(copy, tmp_path))["address"] == address


def test_llms_txt_lists_the_markdown_of_every_page(addressed):
    lines = (addressed / "llms.txt").read_text("utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert lines[2].startswith("> ")
    text = "\n".join(lines)
    listed = Counter(file_of(addressed, link) for link in LINK.findall(text))
    assert listed == Counter(
        built(addressed, code, path.relative_to(pages.DOCS / code)).with_name(
            "index.md"
        )
        for code in pages.LANGUAGES
        for path in pages.pages(code)
    )
    # Below its headings the format has lists of links, each with a note.
    body = text[text.index("\n## ") :].split("\n")
    form = re.compile(r"|## .+|- \[[^\]]+\]\([^)]+\): .{10,}")
    assert all(form.fullmatch(line) for line in body)
    assert text.index("/en/") < text.index("/ko/") < text.index("/ja/")


@pytest.mark.parametrize("language", labels.COMPLETE)
def test_feed_has_the_sections_of_the_page_of_changes(addressed, language):
    channel = ET.parse(addressed / language / "feed.xml").getroot()[0]
    page = f"{project.SITE_URL}{language}/changes/"
    assert channel.findtext("link") == page
    assert channel.findtext("language") == language
    own = channel.find(f"{{{feed.ATOM}}}link")
    assert own is not None
    assert own.get("href") == f"{project.SITE_URL}{language}/feed.xml"
    source = pages.read(pages.DOCS / language / "changes.md")
    wanted = re.findall(r"(?m)^## (\S+) · (.*) \{#([\w-]+)\}", source)
    assert len(wanted) > 4
    items = channel.findall("item")
    for item, (day, title, ident) in zip(items, wanted, strict=True):
        assert item.findtext("title") == title
        assert item.findtext("link") == item.findtext("guid") == f"{page}#{ident}"
        date = parsedate_to_datetime(item.findtext("pubDate") or "")
        assert date.date().isoformat() == day
        content = BeautifulSoup(item.findtext("description") or "", "html.parser")
        assert content.select("p")
        for link in content.select("a"):
            assert file_of(addressed, str(link["href"])).is_file()
    days = [day for day, _, _ in wanted]
    assert days == sorted(days, reverse=True)
    # The head of every page and the page of changes lead to it.
    document = document_of(file_of(addressed, page))
    for selector in ("head link[type='application/rss+xml']", "article h1 + p a"):
        link = document.select_one(selector)
        assert link, selector
        assert urljoin(page, str(link["href"])) == own.get("href")


def test_language_without_a_page_of_changes_leads_to_the_english_feed(addressed):
    assert not (addressed / "ja" / "feed.xml").exists()
    link = head_of(addressed / "ja" / "index.html").select_one(
        "link[type='application/rss+xml']"
    )
    assert link
    assert link["href"] == f"{project.SITE_URL}en/feed.xml"


@pytest.mark.parametrize("heading", ["23 November · New", "2026-13-01 · New"])
def test_change_without_its_day_fails_the_build_and_is_named(tmp_path, heading):
    source = tmp_path / "changes.md"
    source.write_text(f"# Changes {{#changes}}\n\n## {heading} {{#new}}\n", "utf-8")
    file = SimpleNamespace(src_uri="changes.md", abs_src_path=str(source))
    page = SimpleNamespace(file=file, url="changes/")
    config = SimpleNamespace(
        docs_dir=str(pages.DOCS / "en"),
        site_url="",
        site_name="Site",
        site_description="About",
    )
    html = f'<h1>Changes</h1><h2 id="new">{heading}</h2><p>Text.</p>'
    with pytest.raises(PluginError, match=r"changes\.md:3: .*needs the day"):
        feed.on_page_content(html, page, config, None)
