"""Every page is looked at in a real browser, unless it passed as it is now.

What a visit finds depends on the page's HTML and on the assets of its language alone.
"""

from functools import partial
from pathlib import Path

import axe
import pytest
from project import PROJECT
from remembered import Memory, Once

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
LESSON = "weight-initialization"
PATHS = [
    f"{path.relative_to(PROJECT.docs).with_suffix('').as_posix()}/".replace(
        "index/", ""
    )
    for language in PROJECT.languages()
    for path in PROJECT.pages(language)
]


def assets_of(path):
    """Return the folder of what all pages of a page's language share."""
    return f"{path.partition('/')[0]}/assets"


def files_of(site, path):
    """Return all that a visit loads: name and content of each file."""
    assets = (site / assets_of(path)).rglob("*")
    files = [site / path / "index.html", *sorted(filter(Path.is_file, assets))]
    return [part for f in files for part in (f.relative_to(site).as_posix(), f)]


SHOWN = """() => [...document.querySelectorAll(
  "article :is(h1, h2, h3, p, li, td, figcaption, math, svg[role=img], svg text, pre)")]
  .filter((e) => !e.closest("details:not([open]), .tabbed-block:not(:first-child)"))
  .filter((e) => { const box = e.getBoundingClientRect();
    return e.textContent.trim() && (!box.width || !box.height
      || parseFloat(getComputedStyle(e).fontSize) < 5
      || !e.checkVisibility({ opacityProperty: true, visibilityProperty: true })
      || [...function* () { for (let n = e; n; n = n.parentElement) yield n }()]
        .some((n) => getComputedStyle(n).opacity < 1)) })
  .map((e) => e.outerHTML.slice(0, 200))"""
WORDS = """() => [...document.querySelectorAll("article :is(h1, h2, h3, p, td, pre, text)")]
  .filter((e) => !e.closest("gradient-explorer, training-explorer"))
  .map((e) => e.textContent.trim())"""


SMALL = """() => [...document.querySelectorAll("body *")]
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
  .filter((e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
  .map((e) => { const ctm = e.ownerSVGElement ? e.getScreenCTM() : { a: 1, b: 0 };
    return [parseFloat(getComputedStyle(e).fontSize) * Math.hypot(ctm.a, ctm.b), e] })
  .filter(([size]) => size < 11.99)
  .map(([size, e]) => `${size.toFixed(1)} px: ${e.outerHTML.slice(0, 120)}`)"""
UNNAMED = """() => [...document.querySelectorAll(".md-typeset__scrollwrap")]
  .filter((box) => box.scrollWidth > box.clientWidth
    && !(box.tabIndex === 0 && box.role === "region" && box.ariaLabel.length > 3
      && getComputedStyle(box).backgroundImage !== "none"))
  .map((box) => box.textContent.trim().slice(0, 80))"""
USUAL = {"width": 390, "height": 844}
"""The phone on which no text is smaller than 12 px."""


SHIFT = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 50);
})"""
STILL = 0.005
FRAMES = (
    "() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))"
)
"""The theme learns of another size in the next frame."""


@pytest.mark.parametrize("path", PATHS)
def test_page_is_sound(remembered, chromium, site, open_page, without_script, path):
    inputs = [path, chromium.version, *files_of(site, path)]
    remembered("pages", inputs, partial(visit, open_page, without_script, path))


def visit(open_page, without_script, path):
    """Look at all of a page in one visit: loading it takes as long as looking at it.

    Nothing fails and nothing comes from elsewhere; nothing scrolls sideways but tables,
    which say so to the eye, the keyboard and a screen reader; text, formulas, figures
    and outputs are visible, and the same without script, and not too small for a phone;
    axe finds nothing on a phone, nor on a desktop in either scheme.
    """
    opened = open_page(viewport=DESKTOP, reduced_motion="reduce")
    page = opened.go(path)
    assert page.evaluate(SHIFT) <= STILL, "it moves while it loads"
    without_script.goto(page.url)

    for width in (768, 360, 320):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size(DESKTOP)

    assert page.evaluate(SHOWN) == []
    assert without_script.evaluate(SHOWN) == []
    assert page.evaluate(WORDS) == without_script.evaluate(WORDS)

    far = page.locator("#explorer, article h2[id]").evaluate_all(
        "(all) => (all.find((e) => e.id === 'explorer') ?? all.at(-1))?.id ?? ''"
    )

    page.evaluate(
        "document.querySelectorAll('details').forEach((d) => { d.open = true })"
    )
    page.set_viewport_size(USUAL)
    assert page.evaluate(SMALL) == []
    page.set_viewport_size(DESKTOP)
    axe.load(page)
    axe.structure(page)  # takes the texts out of figures
    page.set_viewport_size(PHONE)
    page.evaluate(FRAMES)
    assert page.evaluate(UNNAMED) == []
    axe.structure(page)
    axe.contrasts(page)
    page.set_viewport_size(DESKTOP)
    axe.contrasts(page)

    assert opened.errors == []
    assert page.context.cookies() == []

    opened_again = open_page(viewport=PHONE)
    phone = opened_again.go(f"{path}#{far}")
    if phone.locator(f"#{far} ~ gradient-explorer").count():
        phone.locator("gradient-explorer").scroll_into_view_if_needed()
        phone.locator("gradient-explorer[data-verdict]").wait_for()
    assert phone.evaluate(SHIFT) <= STILL, f"#{far} moves away on a phone"
    phone.set_viewport_size(USUAL)
    assert phone.evaluate(SMALL) == []

    # Nothing comes from elsewhere, nor from what files_of() leaves out; a worker may come
    # from text that the page has.
    assets = f"{opened.address}{assets_of(path)}/"
    made = f"blob:{page.evaluate('origin')}/"
    for url in opened.requests + opened_again.requests:
        own = url.partition("#")[0] == page.url or url.startswith((assets, made))
        assert own, url


@pytest.mark.parametrize(("scheme", "faint"), [("default", "#bbb"), ("slate", "#555")])
def test_axe_would_find_faults(open_page, scheme, faint):
    page = open_page(reduced_motion="reduce", bypass_csp=True).go(f"en/{LESSON}/")
    rule = f"[data-md-color-scheme={scheme}] pre .nb {{ color: {faint} !important }}"
    page.add_style_tag(content=rule)
    page.evaluate(
        "document.querySelector('article').append(document.createElement('button'))"
    )
    axe.load(page)
    with pytest.raises(AssertionError, match="button-name"):
        axe.structure(page)
    with pytest.raises(AssertionError, match="color-contrast"):
        axe.contrasts(page)


def test_only_what_a_visit_depends_on_makes_it_again(tmp_path):
    html, asset = tmp_path / "en/a/index.html", tmp_path / "en/assets/css/site.css"
    others = [tmp_path / "en/b/index.html", tmp_path / "ko/assets/css/site.css"]
    for file in (html, asset, *others):
        file.parent.mkdir(parents=True)
        file.write_text("old")
    once, visits = Once(Memory(tmp_path / "memory"), []), []

    def is_visited(path="en/a/"):
        before = len(visits)
        once("pages", [path, *files_of(tmp_path, path)], lambda: visits.append(path))
        return len(visits) > before

    assert is_visited()
    for file in others:
        file.write_text("new")
        assert not is_visited()
    for file in (html, asset):
        file.write_text("new")
        assert is_visited()
        assert not is_visited()
    asset.rename(asset.with_name("other.css"))
    assert is_visited()
    html.parent.rename(tmp_path / "en/moved")  # its links lead elsewhere
    assert is_visited("en/moved/")
    assert [kind for _, kind in once.properties] == ["pages"] * 4
