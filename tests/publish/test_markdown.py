"""Each page as Markdown: it says what the page says, and its links lead somewhere."""

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from built import document, each_page, file_of, source_of
from project import PROJECT, SITE_URL

from sitetools.content import labels, pages
from sitetools.publish import markdown

LINK = re.compile(r"\]\(([^)\s]+)\)")


def unmarked(copy: Path, folder: Path) -> Path:
    """Return a copy's copy without the mark that says it is UTF-8."""
    text = copy.read_text("utf-8")
    assert text.startswith("\ufeff---\n")
    own = folder / "copy.md"
    own.write_text(text[1:], "utf-8")
    return own


def meta_of(copy: Path) -> dict[str, str]:
    """Return a copy's front matter."""
    head = copy.read_text("utf-8").split("---\n")[1]
    return dict(re.findall(r"(?m)^(\w+): '?(.*?)'?$", head))


def letters(text: str) -> str:
    """Return text without its marks: a page's and its copy's are the same."""
    return "".join(re.findall(r"\w", text))


def prose_of(path: Path) -> str:
    """Return a Markdown copy without its code."""
    return "\n".join(line for _, line in pages.prose(path))


@each_page
def test_markdown_says_what_the_page_says(site, tmp_path, language, page):
    path = file_of(site, language, page)
    copy = path.with_name("index.md")
    html = document(path)
    alternate = html.select_one("link[type='text/markdown']")
    shown = html.select_one("article a[type='text/markdown']")
    assert alternate
    assert shown
    assert alternate["href"] == shown["href"] == copy.name
    # The same code and the same headings, in the same order.
    (tmp_path / "mkdocs.yml").touch()
    own = unmarked(copy, tmp_path)
    code = [fence.text.strip("\n") for fence in pages.fences(own, False)]
    blocks = html.select("article pre:not(.cite pre)")
    assert code == [pre.get_text().strip("\n") for pre in blocks]
    prose = prose_of(own)
    idents = re.findall(r"(?m)^#+ .*\{#([\w-]+)\}$", prose)
    headings = html.select("article :is(h1, h2, h3, h4)[id]")
    assert idents == [heading["id"] for heading in headings]
    # Nothing that only this site understands, every figure described.
    bare = re.sub(r"`+[^`]+`+|\$[^$]+\$", "", prose)
    odd = re.search(
        r"\{\{|--8<--|figure:|lab:[\w-]+:|!!!|\?\?\?|===|///|</?\w+|\{[:.]", bare
    )
    assert not odd, f"{copy.relative_to(site)}: {bare[odd.start() :][:80]}"
    for figure in html.select("article svg[role=img]"):
        by = str(figure.get("aria-labelledby", ""))  # a lab's, by the text after it
        assert f"#{figure.get('id') or by})" in prose
        said = html.select_one(f"#{by}").get_text() if by else figure["aria-label"]
        assert letters(str(said))[:40] in letters(re.sub(r"\]\([^)]*\)", "", prose))
    # Links lead somewhere from where the copy is.
    for link in LINK.findall(bare):
        target = re.split("[?#]", link)[0]
        if target and ":" not in target:
            found = copy.parent / target
            found = found / "index.html" if found.is_dir() else found
            assert found.is_file(), f"{copy.relative_to(site)}: {link}"
    meta = meta_of(copy)
    assert meta["title"] == pages.front_matter(source_of(language, page))["title"]
    assert meta["language"] == language
    assert "CC BY 4.0 (https://" in meta["license"]


def test_markdown_of_a_page_that_stands_in_is_english_and_says_so(site):
    missing = "choosing"
    assert not (PROJECT.docs / "ja" / f"{missing}.md").is_file()
    copy = site / "ja" / missing / "index.md"
    assert meta_of(copy)["language"] == "en"
    notice = labels.load(PROJECT, "ja").word("missing")
    assert f"\n\n**{notice}**\n\n" in copy.read_text("utf-8")


def test_links_are_whole_where_the_address_is_known(addressed, tmp_path):
    (tmp_path / "mkdocs.yml").touch()
    for copy in addressed.rglob("index.md"):
        prose = prose_of(unmarked(copy, tmp_path))
        for link in LINK.findall(re.sub(r"`+[^`]+`+", "", prose)):
            assert re.match(r"https?:|#", link), f"{copy}: {link}"
            if link.startswith(SITE_URL):
                path = re.split("[?#]", link.removeprefix(SITE_URL))[0]
                file = addressed / path
                file = file / "index.html" if path.endswith("/") else file
                assert file.is_file(), f"{copy}: {link}"
    meta = meta_of(addressed / "ko" / "labs" / "small-batches" / "index.md")
    assert meta["address"] == f"{SITE_URL}ko/labs/small-batches/"


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

<a id="new" href="../../../en/a/#new">New</a>, [a state](?depth=9#explorer)
"""
AS_COPY = """\
# Title {#title}

[Figure: Its title](./#fig-some-topic-a-name)

What it shows

What to notice.

**The code**

Some `![x](y.md)` text, [a
link](../b/index.md#part).

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

A [button](x.md)

[New](../../../en/a/#new), [a state](./?depth=9#explorer)
"""


COPY = markdown.Copy(
    src_uri="labs/a.md",
    url="labs/a/",
    site_url="",
    pages={"labs/a.md": "labs/a/", "labs/other.md": "labs/b/", "index.md": ""},
    figure="Figure",
)


def test_plain_markdown_keeps_all_that_is_said():
    assert COPY.plain(PLAIN) == AS_COPY


@pytest.mark.parametrize(
    ("target", "relative", "whole"),
    [
        ("other.md#part", "../b/index.md#part", "labs/b/index.md#part"),
        ("../index.md", "../../index.md", "index.md"),
        ("other.md?depth=9#x", "../b/?depth=9#x", "labs/b/?depth=9#x"),
        ("a.png", "a.png", "labs/a/a.png"),
        ("../../../en/a/#x", "../../../en/a/#x", "../en/a/#x"),
        ("#part", "#part", None),
        ("https://arxiv.org/abs/1", "https://arxiv.org/abs/1", None),
    ],
)
def test_link_leads_to_the_copy_of_a_page(target, relative, whole):
    assert COPY.resolved(target) == relative
    site_url = f"{SITE_URL}en/"
    there = markdown.Copy(COPY.src_uri, COPY.url, site_url, COPY.pages, COPY.figure)
    expected = target if whole is None else urljoin(site_url, whole)
    assert there.resolved(target) == expected


def test_front_matter_says_what_may_be_done_with_the_page():
    license_ = (
        'Code: <a href="{code}">MIT</a>. Text: <a href="https://c.org/" rel="x">BY</a>'
    )
    assert COPY.made("text\n", {"title": "t: 1", "language": "ko"}, license_) == (
        "\ufeff---\ntitle: 't: 1'\nlanguage: ko\n"
        "license: 'Code: MIT (../../assets/LICENSE.txt). Text: BY (https://c.org/)'\n"
        "---\n\ntext\n"
    )
