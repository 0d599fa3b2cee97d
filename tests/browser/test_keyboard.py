"""Keyboard alone, zoomed in, with more space between letters: nothing is out of reach."""

import pytest
from project import PROJECT
from test_every_page import DESKTOP, LESSON, PHONE

ZOOMED = {"width": 640, "height": 450}  # a desktop of 1280 × 900 at 200 %
PATHS = ["en/", f"ko/{LESSON}/", "en/labs/small-batches/"]
FOCUS = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const labels = [...(element.labels ?? []), element.nextElementSibling]
    .filter((l) => l?.matches("label"));
  const shown = element.matches(".md-option, .md-toggle, .tabbed-set > input")
    ? labels.find((l) => l.checkVisibility({ visibilityProperty: true })
      && l.getBoundingClientRect().width)
    : element;
  if (!shown) return [element.outerHTML.slice(0, 200), false, false];
  const box = shown.getBoundingClientRect();
  const look = (e) => {
    const s = getComputedStyle(e);
    return [s.outlineStyle, s.outlineWidth, s.color, s.boxShadow].join();
  };
  const rings = () => [...labels, element].map(look).join("|");
  const ring = rings();
  element.blur();
  const differs = ring !== rings();
  element.focus({ preventScroll: true });
  const inside = box.width > 0 && box.right > 0 && box.left < innerWidth
    && box.bottom > 0 && box.top < innerHeight
    && shown.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  return [shown.outerHTML.slice(0, 200), differs, inside];
}"""


# The browser's own ring is as good as ours: it has two colors, seen on any ground.
@pytest.mark.parametrize("viewport", [DESKTOP, ZOOMED], ids=["desktop", "zoomed"])
@pytest.mark.parametrize("path", PATHS)
def test_what_has_the_focus_is_seen(open_page, path, viewport):
    page = open_page(viewport=viewport, reduced_motion="reduce").go(path)
    stops = 0
    for _ in range(200):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS)
        if found is None:
            break
        what, ring, inside = found
        stops += 1
        if "md-search__" in what:
            continue  # opens when it has the focus, and shows where the text goes
        assert ring, f"no ring: {what}"
        assert inside, f"out of sight: {what}"
    assert stops > 30


@pytest.mark.parametrize("viewport", [PHONE, ZOOMED], ids=["phone", "zoomed"])
def test_menu_opens_by_keyboard(open_page, viewport):
    page = open_page(viewport=viewport, reduced_motion="reduce").go(f"en/{LESSON}/")
    link = page.locator(".md-nav--primary a", has_text="Gradient clipping")
    assert not link.is_visible()
    button = page.get_by_role("button", name="Navigation")
    assert button.get_attribute("aria-expanded") == "false"
    button.focus()
    page.keyboard.press("Space")
    assert page.locator(".md-nav--primary").is_visible(), "Space opens no menu"
    assert button.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    focused = button.evaluate("(e) => e === document.activeElement")
    assert focused, "Escape does not bring back the focus"
    assert not page.locator("#__drawer").is_checked()
    page.keyboard.press("Space")
    for _ in range(60):
        if link.evaluate("(e) => e === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/gradient-clipping/")


def test_search_opens_by_its_button_on_a_phone(open_page):
    page = open_page(viewport=PHONE, reduced_motion="reduce").go(f"ko/{LESSON}/")
    button = page.get_by_role("button", name="검색", exact=True).first
    for press in (lambda: button.press("Enter"), button.click):
        assert button.get_attribute("aria-expanded") == "false"
        press()
        page.locator("#__search:checked").wait_for(state="attached")
        assert button.get_attribute("aria-expanded") == "true"
        assert page.evaluate("document.activeElement.name") == "query"
        page.keyboard.press("Escape")
        page.locator("#__search:not(:checked)").wait_for(state="attached")
    button.click()
    page.get_by_role("button", name="검색", exact=True, expanded=True).last.click()
    page.locator("#__search:not(:checked)").wait_for(state="attached")


def test_menu_of_languages_says_whether_it_is_open(open_page):
    page = open_page(viewport=DESKTOP, reduced_motion="reduce").go(f"ko/{LESSON}/")
    button = page.get_by_role("button", name="언어 선택")
    first = page.locator("[data-language]").first
    for act, shown in (
        (lambda: None, "false"),
        (button.focus, "true"),
        (lambda: page.keyboard.press("Tab"), "true"),
        (lambda: first.evaluate("(e) => e.blur()"), "false"),
        (button.hover, "true"),
        (lambda: page.keyboard.press("Escape"), "false"),
        (button.click, "true"),
        (lambda: first.press("Escape"), "false"),
    ):
        act()
        assert button.get_attribute("aria-expanded") == shown
        seen = "(e) => e.checkVisibility({ checkOpacity: true })"
        assert first.evaluate(seen) == (shown == "true")
    assert button.evaluate("(e) => e === document.activeElement"), "the focus is lost"


def test_skip_link_leads_to_the_text(open_page):
    page = open_page(viewport=DESKTOP, reduced_motion="reduce").go(f"ko/{LESSON}/")
    page.keyboard.press("Tab")
    skip = page.locator(".md-skip:focus")
    assert skip.count(), "the first stop is the link that skips what is above the text"
    assert skip.evaluate("(link) => getComputedStyle(link).opacity") == "1"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator("article :focus").count(), "it does not lead to the text"


def test_key_opens_search_and_letters_do_nothing(open_page):
    """A single letter is pressed by accident, above all by voice: WCAG 2.1.4."""
    page = open_page(viewport=DESKTOP, reduced_motion="reduce").go(f"ko/{LESSON}/")
    address = page.url
    page.keyboard.type("abcdefghijklmnopqrstuvwxyz0123456789/?.,;'[]-=")
    assert not page.locator("#__search").is_checked()
    assert page.url == address
    page.keyboard.press("Control+k")
    page.locator("#__search:checked").wait_for(state="attached")
    assert page.evaluate("document.activeElement.name") == "query"
    page.keyboard.press("Escape")
    page.locator("#__search:not(:checked)").wait_for(state="attached")
    page.wait_for_function("document.activeElement.name !== 'query'")


def test_tabs_by_keyboard_are_linked_and_remembered(open_page):
    page = open_page().go(f"en/{LESSON}/")
    inputs = page.locator("#use-it ~ .tabbed-set").first.locator("> input")
    inputs.first.focus()
    page.keyboard.press("ArrowRight")
    assert inputs.nth(1).is_checked(), "the arrow does not choose the next tab"
    shown = page.locator(".tabbed-block:visible", has_text="import keras")
    assert shown.count(), "the chosen tab's text is not shown"
    page.goto(page.url.split("#")[0].replace(LESSON, "batch-normalization"))
    tab = page.locator(".tabbed-labels label", has_text="Keras").first
    chosen = page.locator(f"#{tab.get_attribute('for')}")
    assert chosen.is_checked(), "the same tab on the next page"


SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important } p { margin-bottom: 2em !important }"""


@pytest.mark.parametrize("path", PATHS)
def test_text_spacing_and_zoom_lose_nothing(open_page, path):
    page = open_page(viewport=ZOOMED, bypass_csp=True).go(path)
    for spacing in (" ", SPACED):  # WCAG 1.4.10 and 1.4.12
        page.add_style_tag(content=spacing)
        assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED["width"]
        cut = page.evaluate("""() => [...document.querySelectorAll("article :is(p, li, td, h1, h2, h3, summary)")]
          .filter((e) => e.checkVisibility() && getComputedStyle(e).overflow !== "visible"
            && (e.scrollHeight > e.clientHeight + 2 || e.scrollWidth > e.clientWidth + 2))
          .map((e) => e.outerHTML.slice(0, 100))""")
        assert cut == []


def test_forced_colors_keep_figures_visible(open_page):
    page = open_page(forced_colors="active").go(f"en/{LESSON}/")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    shapes = page.locator("svg[role=img]").first.evaluate(
        """(svg) => [...svg.querySelectorAll("text, path")].map((e) => {
          const s = getComputedStyle(e);
          return [e.localName, s.stroke === "none" ? s.fill : s.stroke] })"""
    )
    for kind in ("text", "path"):
        colors = [color for name, color in shapes if name == kind]
        unseen = sum(color in (ground, "none") for color in colors)
        assert len(colors) > 10
        assert not unseen, f"{unseen} of {len(colors)} {kind}s are not seen"


def test_lab_gives_the_notebook_and_shows_outputs(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"]).go(PATHS[2])
    with page.expect_download() as download:
        page.locator(".lab-run a").first.click()
    assert download.value.suggested_filename == "small-batches.ipynb"
    assert download.value.failure() is None
    notebook = PROJECT.docs / "en" / "labs" / "small-batches.ipynb"
    assert download.value.path().read_bytes() == notebook.read_bytes()
    assert page.locator(".language-output").first.is_visible()
    page.locator("pre").first.hover()
    page.locator("button[data-md-type=copy]").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == page.locator("pre code").first.inner_text().strip()
