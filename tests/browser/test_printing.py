"""What a printer gets: sheets of A4, nothing cut off, and no more of them than needed."""

import engines
import pypdfium2
import pytest

from sitetools.content.project import COMPLETE

LONGEST = "weight-initialization"
SHEETS = 16
"""What the longest page may take; with all that is folded opened it took 42."""
TEXT = {"width": 673, "height": 1017}  # of A4, within the margins in site.css


def printed(page):
    """Return the sheets of A4 that a page takes."""
    return pypdfium2.PdfDocument(page.pdf(format="A4", prefer_css_page_size=True))


def sheets(page):
    """Return how many they are."""
    return len(printed(page))


FULL = 0.6
"""How far down there is ink on every sheet but the last."""


def filled(sheet):
    """Return how far down there is ink: 1 is the sheet's lower end."""
    ink = sheet.render(scale=0.4, grayscale=True).to_numpy().squeeze() < 225
    return (ink.any(axis=1).nonzero()[0].max() + 1) / len(ink)


def last_line(sheet):
    """Return the last words on a sheet."""
    return sheet.get_textpage().get_text_bounded().split("\r\n")[-1].strip()


def wrong_with(pdf, headings):
    """Yield the sheets that are half empty, and those at whose foot a heading is."""
    for number, sheet in enumerate(list(pdf)[:-1], 1):
        if filled(sheet) < FULL:
            yield f"sheet {number} is empty below {filled(sheet):.0%}"
        if last_line(sheet) in headings:
            yield f"sheet {number} ends with the heading {last_line(sheet)}"


def names(headings):
    """Return the texts of headings without the sign that links to them."""
    return [heading.removesuffix("#").strip() for heading in headings]


@pytest.mark.parametrize("language", COMPLETE)
def test_longest_page_prints_without_what_is_folded(open_page, language):
    page = open_page(color_scheme="dark").go(f"{language}/{LONGEST}/")
    page.wait_for_load_state("networkidle")
    pdf = printed(page)
    assert len(pdf) <= SHEETS
    headings = page.locator("article :is(h2, h3, h4)").all_inner_texts()
    assert list(wrong_with(pdf, names(headings))) == []
    assert page.locator("article details").count() > 3
    assert page.locator("article details[open]").count() == 0
    page.emulate_media(media="print")
    for selector in (
        "header",
        ".md-sidebar",
        ".md-footer",
        ".md-path",
        ".md-code__nav",
        ".md-top",
    ):
        for element in page.locator(selector).all():
            assert not element.is_visible(), selector
    ink = page.locator("h1").evaluate("(h1) => getComputedStyle(h1).color")
    assert ink.startswith("rgba(0, 0, 0"), "paper is white, so ink is dark"


def test_what_the_reader_opened_is_printed(open_page):
    page = open_page().go(f"en/{LONGEST}/")
    folded = sheets(page)
    page.locator("article summary").first.click()
    assert sheets(page) > folded


# A line that breaks within inline code hangs out by its padding, some 3 px.
WIDER = """(width) => [...document.querySelectorAll("article *")]
  .filter((e) => e.checkVisibility() && !e.closest("svg, math"))
  .filter((e) => e.getBoundingClientRect().right > width + 4
    || (getComputedStyle(e).display !== "inline" && e.scrollWidth > e.clientWidth + 4))
  .map((e) => `${e.scrollWidth} px: ${e.outerHTML.slice(0, 200)}`)"""


@pytest.mark.parametrize(
    "path",
    [
        f"en/{LONGEST}/",
        "en/batch-normalization/",
        "ko/layer-normalization/",
        "ko/labs/small-batches/",
        "en/glossary/",
        "ja/why-gradients-vanish-and-explode/",
    ],
)
def test_nothing_is_wider_than_the_sheet(open_page, path):
    page = open_page(viewport=TEXT).go(path)
    page.emulate_media(media="print")
    page.evaluate(
        "document.querySelectorAll('details').forEach((d) => { d.open = true })"
    )
    for code in page.locator("article pre > code").all()[:1]:
        code.evaluate("(code) => code.append('x'.repeat(200))")  # a long address
    assert page.evaluate(WIDER, TEXT["width"]) == []


@pytest.mark.parametrize("language", COMPLETE)
def test_cheat_sheet_prints_on_one_sheet(open_page, language):
    page = open_page(color_scheme="dark").go(f"{language}/cheat-sheet/")
    assert sheets(page) == 1
    page.emulate_media(media="print")
    assert page.locator(".sheet table").first.is_visible()


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    """Return a running Firefox, which knows fewer rules of how sheets break."""
    with engines.firefox(tmp_path_factory.mktemp("firefox")) as found:
        yield found


HEADINGS = """() =>
  [...document.querySelectorAll("article :is(h2, h3, h4)")].map((h) => h.innerText)"""


@pytest.mark.parametrize("language", COMPLETE)
@pytest.mark.parametrize(("name", "most"), [(LONGEST, SHEETS), ("cheat-sheet", 1)])
def test_firefox_leaves_no_sheet_half_empty(firefox, address, language, name, most):
    firefox.go(f"{address}{language}/{name}/")
    pdf = pypdfium2.PdfDocument(firefox.pdf())
    assert len(pdf) <= most
    assert list(wrong_with(pdf, names(firefox.ask(HEADINGS)))) == []
    assert firefox.errors() == []
