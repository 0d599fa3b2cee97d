"""The explorer in a frame of another site, sandboxed as learning platforms do it."""

import axe
import pytest
from project import PROJECT

from sitetools.content import pages
from sitetools.content.project import COMPLETE
from sitetools.publish import download

PAGE = "why-gradients-vanish-and-explode.md"
TRAINS = "training-explorer.md"


def snippet(address, language, page=PAGE):
    """Return what a page gives readers to paste, with the site's address."""
    fences = pages.fences(PROJECT.docs / language / page)
    [fence] = [fence for fence in fences if fence.language == "html"]
    return download.addressed(fence.text, address, language)


@pytest.mark.parametrize(("language", "verdict"), [("en", "stable"), ("ko", "유지")])
def test_explorer_works_in_a_sandboxed_frame(open_page, language, verdict):
    """Of no origin: it may store nothing, and load neither modules nor data."""
    opened = open_page(color_scheme="dark", viewport={"width": 390, "height": 844})
    page = opened.page
    page.set_content(f"<h1>Lecture</h1>\n{snippet(opened.address, language)}")
    frame = page.frames[1]
    assert page.locator("iframe").get_attribute("sandbox") == "allow-scripts"
    page.locator("iframe").scroll_into_view_if_needed()
    frame.locator("gradient-explorer[data-verdict]").wait_for()
    assert frame.evaluate("origin") == "null"
    assert frame.locator("[name=init]").input_value() == "he"  # as its address says
    assert verdict in frame.locator(".verdict strong").inner_text()
    frame.locator("[name=activation]").select_option("sigmoid")
    frame.locator("gradient-explorer[data-verdict=vanishes]").wait_for()
    ground = "getComputedStyle(document.body).backgroundColor"
    assert frame.evaluate(ground) == "rgb(30, 34, 41)", "the system is dark"
    page.set_viewport_size({"width": 800, "height": 844})
    inner = "[document.body.scrollHeight, innerHeight, document.body.scrollWidth]"
    height, room, width = frame.evaluate(inner)
    assert height <= room, "it would scroll in its frame"
    assert width <= 800
    assert opened.errors == []
    assert all(url.startswith(opened.address) for url in opened.requests)


@pytest.mark.parametrize("language", COMPLETE)
def test_explorer_that_trains_works_in_a_sandboxed_frame(open_page, language):
    opened = open_page(color_scheme="dark", viewport={"width": 390, "height": 844})
    page = opened.page
    page.set_content(f"<h1>Lecture</h1>\n{snippet(opened.address, language, TRAINS)}")
    page.locator("iframe").scroll_into_view_if_needed()
    assert page.locator("iframe").get_attribute("sandbox") == "allow-scripts"
    frame = page.frames[1]
    frame.locator("training-explorer[data-ready]").wait_for()
    assert frame.evaluate("origin") == "null"
    assert frame.locator("[name=activation]").input_value() == "relu", "its address"
    assert len(page.workers) == 1, "it trains in a worker also here"
    frame.locator("[name=data]").select_option("mnist1d")
    frame.locator("[name=keep]").click()
    frame.locator("[name=activation]").select_option("sigmoid")
    frame.locator("[name=many]").click()
    frame.locator("training-explorer[data-step='100']").wait_for()
    verdicts = frame.locator(".verdict").evaluate_all(
        "(all) => all.map((verdict) => verdict.dataset.verdict)"
    )
    assert verdicts[1] == "vanishing"
    assert verdicts[0] != "vanishing", "the kept one, with ReLU"
    frame.locator("[name=share]").click()
    frame.locator(".said").filter(has_text="kept=activation.relu").wait_for()
    ground = "getComputedStyle(document.body).backgroundColor"
    assert frame.evaluate(ground) == "rgb(30, 34, 41)", "the system is dark"
    assert frame.evaluate("document.body.scrollWidth") <= 390
    assert opened.errors == []
    assert all(
        url.startswith((opened.address, "blob:null/")) for url in opened.requests
    )


@pytest.mark.parametrize("language", COMPLETE)
def test_page_with_the_explorer_that_trains_alone_is_accessible(open_page, language):
    page = open_page(reduced_motion="reduce").go(f"{language}/training.html")
    page.locator("training-explorer[data-ready]").wait_for()
    page.locator("[name=one]").click()
    page.locator("training-explorer[data-step='1']").wait_for()
    axe.load(page)
    axe.structure(page)
    axe.contrasts(page)


@pytest.mark.parametrize("language", COMPLETE)
def test_page_with_the_explorer_alone_is_accessible(open_page, language):
    page = open_page(reduced_motion="reduce").go(f"{language}/explorer.html")
    page.locator("gradient-explorer[data-verdict]").wait_for()
    assert page.locator("nav, header, footer").count() == 0
    axe.load(page)
    axe.structure(page)
    axe.contrasts(page)
