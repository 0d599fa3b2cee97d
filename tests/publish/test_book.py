"""The book of a language: valid EPUB 3, and in it what the pages say."""

import re
import shutil
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from built import file_of
from project import PROJECT, absent

from sitetools.content.project import COMPLETE
from sitetools.fault import Fault
from sitetools.publish import book, chapter

DC = "{http://purl.org/dc/elements/1.1/}"
OPF = "{http://www.idpf.org/2007/opf}"
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Java for a run of seconds."""
each_book = pytest.mark.parametrize("language", COMPLETE)


def file(site: Path, language: str) -> Path:
    """Return the file of a language's book."""
    [path] = (site / language).glob("*.epub")
    return path


def contents(path: Path) -> dict[str, str]:
    """Return the files of a book."""
    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_books_are_valid(site):
    """By epubcheck, both at once: starting it takes longest."""
    if not (found := shutil.which("epubcheck")):
        absent("no epubcheck found; on Debian: apt install epubcheck")

    def check(language: str) -> subprocess.CompletedProcess[str]:
        # Debian's is a jar that starts only where the system knows jars.
        command = ["java", *QUICK, "-jar", found, "--failonwarnings"]
        book = str(file(site, language))
        return subprocess.run(
            [*command, book], capture_output=True, text=True, check=False
        )

    with ThreadPoolExecutor() as pool:
        for done in pool.map(check, COMPLETE):
            said = [line[:300] for line in (done.stdout + done.stderr).splitlines()]
            assert done.returncode == 0, "\n".join(said[:20])


@each_book
def test_book_has_all_pages_of_the_menu_and_what_they_show(site, language):
    files = contents(file(site, language))
    for page in PROJECT.pages(language):
        name = page.relative_to(PROJECT.docs / language)
        if name.as_posix() in book.LEFT_OUT:
            continue
        html = file_of(site, language, name).read_text("utf-8")
        article = html[html.index("<article") : html.index("</article>")]
        stem = name.with_suffix("").as_posix().removesuffix("/index").replace("/", "-")
        made = files[f"book/{stem if stem != 'index' else 'start'}.xhtml"]
        article = re.sub(
            r"(?s)<(?:a|button)\b[^>]*md-content__button.*?</svg>", "", article
        )
        for shown in ("<math", "<table", "<svg"):
            wanted = article.count(shown)
            assert made.count(shown) == wanted, f"{name}: {shown}"
        assert made.count("<pre>") == article.count("<pre") - article.count(
            '<pre dir="ltr">'  # how to cite it
        )
        assert made.count('role="img" aria-label') == article.count(
            'role="img" aria-label'
        )
        assert not re.search(r"<\w+-\w+", made), "an element that no e-reader knows"
        assert not re.search(r"<(?:script|button|input|iframe|link rel=.pre)", made)
        assert not re.search(r"var\(--|tabindex|\son\w+=|headerlink|data-", made)
        assert not re.search(r'<[^>]*\s(?:src|xlink:href)="', made), (
            "all is in the file"
        )


@each_book
def test_links_stay_in_the_book_where_they_can(site, language):
    files = contents(file(site, language))
    linked = 0
    for name, text in files.items():
        for link in re.findall(r'href="([^"]*)"', text if "xhtml" in name else ""):
            target, _, ident = link.partition("#")
            if ":" in target:
                assert re.match(r"https?://", target), link
                continue
            where = files[f"book/{target}"] if target else text
            assert not ident or f'id="{ident}"' in where, f"{name}: {link}"
            linked += 1
    assert linked > 500


@each_book
def test_package_says_what_the_book_is(site, language):
    files = contents(file(site, language))
    package = ET.fromstring(files["book/package.opf"])
    said = {node.tag.removeprefix(DC): node.text for node in package.iter()}
    assert said["title"] == PROJECT.site_name(language)
    assert said["language"] == language
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", said["identifier"])
    assert "CC BY 4.0" in said["rights"]
    properties = [node.get("property") for node in package.iter(f"{OPF}meta")]
    for name in ("accessMode", "accessibilityFeature", "accessibilitySummary"):
        assert f"schema:{name}" in properties
    order = [node.get("idref") for node in package.iter(f"{OPF}itemref")]
    assert len(order) == sum(name.endswith(".xhtml") for name in files)
    idents = [
        ET.fromstring(contents(file(site, code))["book/package.opf"]).findtext(
            f".//{DC}identifier"
        )
        for code in COMPLETE
    ]
    assert len(set(idents)) == len(COMPLETE)


BINDING = chapter.Binding(
    "en", "https://x.example/en/", {"": "start.xhtml", "a/b/": "a-b.xhtml"}, {"0": "#1"}
)


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("../..", "start.xhtml"),
        ("../../#x", "start.xhtml#x"),
        ("./", "a-b.xhtml"),
        ("#x", "#x"),
        ("?depth=9#explorer", "#explorer"),
        ("../c/#x", "https://x.example/en/a/c/#x"),
        ("../../../gradient_report.py", "https://x.example/gradient_report.py"),
        ("https://arxiv.org/abs/1", "https://arxiv.org/abs/1"),
    ],
)
def test_link_of_a_page_in_the_book(target, wanted):
    assert BINDING.resolved(target, "a/b/") == wanted
    unknown = chapter.Binding("en", "", BINDING.names, {})
    ours = wanted.startswith("https://x.example")
    assert unknown.resolved(target, "a/b/") == ("" if ours else wanted)


PAGE = """\
<h1 id="t">T<a class="headerlink" href="#t">#</a></h1>
<div class="tabbed-set"><input type="radio"><div class="tabbed-labels">\
<label>One</label><label>Two</label></div>
<div class="tabbed-content"><div>1</div><div>2</div></div></div>
<details class="note"><summary>More&nbsp;of it</summary><p>x<br>y</p></details>
<div class="highlight"><pre><code><span class="k">if</span> a &lt; b:
</code></pre></div>
<p><math><mi>x</mi><mfrac displaystyle="true"><mn>1</mn><mn>2</mn></mfrac></math> <svg viewBox="0 0 1 1"><path fill="var(--fig-0)"/></svg></p>
<p><a href="../nowhere/">gone</a></p>
"""


def test_page_becomes_a_chapter():
    binding = chapter.Binding("en", "", {}, {"0": "#1f5fc4", "ink": "#000000"})
    made = binding.xhtml(chapter.Chapter(Path("b.md"), "a/b/", "A & b", PAGE, []))
    for wanted in (
        "<title>A &amp; b</title>",
        '<h1 id="t">T</h1>',
        '<p class="tab"><strong>One</strong></p><div>1</div>',
        '<section class="details note"><p class="summary">More\N{NO-BREAK SPACE}of it</p>',
        "<pre><code>if a &lt; b:</code></pre>",
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi>'
        '<mstyle displaystyle="true"><mfrac><mn>1</mn><mn>2</mn></mfrac></mstyle></math>',
        'fill="#1f5fc4"',
        "<span>gone</span>",
    ):
        assert wanted in made, wanted
    ET.fromstring(made)


def test_page_that_is_not_well_formed_is_named_with_its_line(tmp_path):
    page = tmp_path / "b.md"
    page.write_text("# T\n\nan <b>open tag\n")
    html = "<p>\nan <b>open tag</p>"
    with pytest.raises(Fault, match="open tag") as caught:
        BINDING.xhtml(chapter.Chapter(page, "a/b/", "T", html, []))
    assert (caught.value.place.path, caught.value.place.line) == (page, 3)
