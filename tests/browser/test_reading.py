"""What a reader does, in a real browser."""

import blocks
import pytest
from project import PROJECT
from test_every_page import DESKTOP, LESSON, PHONE

from sitetools.measure import sandbox

both_schemes = pytest.mark.parametrize("scheme", ["light", "dark"])
both_widths = pytest.mark.parametrize(
    "viewport", [PHONE, DESKTOP], ids=["phone", "desktop"]
)


@pytest.mark.parametrize(
    ("locale", "language"),
    [("ko-KR", "ko"), ("ko", "ko"), ("en-GB", "en"), ("de-DE", "en")],
)
def test_root_picks_the_language(open_page, locale, language):
    opened = open_page(locale=locale)
    page = opened.go("")
    page.wait_for_url(f"**/some/path/{language}/")
    assert page.locator("html").get_attribute("lang") == language


def test_root_is_a_chooser_without_javascript(open_page):
    page = open_page(java_script_enabled=False).go("")
    names = page.locator("a").all_inner_texts()
    assert ["한국어" in name for name in names] == [
        c == "ko" for c in PROJECT.languages()
    ]
    page.get_by_text("한국어").click()
    assert page.url.endswith("/ko/")


def test_missing_page_is_answered_in_its_language(open_page):
    opened = open_page(locale="en-US")
    page = opened.go("ko/nothing/here/")
    page.wait_for_url("**/some/path/ko/404.html")
    assert page.get_by_text("이 주소에는 페이지가 없습니다").is_visible()
    assert page.locator("header").bounding_box()["height"] < 200, "styles are missing"
    page.locator("a.md-button").click()
    page.wait_for_url("**/some/path/ko/")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "residual-connections/"),
        ("#pre-norm", "residual-connections/#pre-norm"),
        ("#gates", "gates-in-recurrent-networks/#use-it"),
    ],
)
def test_the_old_address_of_a_page_leads_to_the_new_one(open_page, old, new):
    page = open_page(locale="en-US").go(f"ko/residual-connections-and-gates/{old}")
    page.wait_for_url(f"**/some/path/ko/{new}")
    assert page.locator("h1").is_visible()


def test_missing_page_without_a_language_offers_all(open_page):
    page = open_page(locale="en-US").go("nothing/")
    assert page.get_by_text("한국어").is_visible()


@both_widths
def test_language_switch_stays_on_the_page_and_the_section(open_page, viewport):
    page = open_page(viewport=viewport).go(f"ko/{LESSON}/#pytorch-default")
    page.locator(".md-select button").focus()
    page.locator("a[data-language][hreflang=en]").click()
    page.wait_for_url(f"**/some/path/en/{LESSON}/#pytorch-default")
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("language", PROJECT.having(f"{LESSON}.md"))
def test_copy_button_gives_exactly_the_tested_code(open_page, language):
    opened = open_page(permissions=["clipboard-read", "clipboard-write"])
    page = opened.go(f"{language}/{LESSON}/")
    page.evaluate(
        "document.querySelectorAll('details').forEach((d) => { d.open = true })"
    )
    tested = [
        block.code.text
        for block in blocks.blocks(PROJECT.docs / language / f"{LESSON}.md")
    ]
    for label in page.locator(".tabbed-labels label").all():
        label.click()
        _copy_visible(page, tested)
    _copy_visible(page, tested)
    assert not tested, f"no copy button gave:\n{tested[0]}"


def _copy_visible(page, waiting):
    """Press each visible copy button; strike its code off the list."""
    for button in page.locator(".language-python button[data-md-type=copy]").all():
        if not button.is_visible() or button.get_attribute("data-done"):
            continue
        button.click()
        copied = page.evaluate("navigator.clipboard.readText()")
        match = [code for code in waiting if code.strip("\n") == copied.strip("\n")]
        assert match, f"the copy button gave code that no test ran:\n{copied}"
        waiting.remove(match[0])
        button.evaluate("(b) => b.setAttribute('data-done', '1')")


@pytest.mark.torch
def test_copied_code_runs(open_page):
    opened = open_page(permissions=["clipboard-read", "clipboard-write"])
    page = opened.go(f"en/{LESSON}/")
    page.locator("#use-it ~ .tabbed-set button[data-md-type=copy]").first.click()
    outcome = sandbox.run(page.evaluate("navigator.clipboard.readText()"))
    shown = page.locator("#use-it ~ .tabbed-set .language-output").first.inner_text()
    assert outcome.error is None
    assert outcome.stdout.strip() == shown.strip()


CONTRASTS = """() => {
  const channel = (c) => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4 };
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => { const [r, g, b] = rgb(text).map(channel); return .2126 * r + .7152 * g + .0722 * b };
  const ground = light(getComputedStyle(document.body).backgroundColor);
  const contrast = (text) => { const l = light(text); return (Math.max(l, ground) + .05) / (Math.min(l, ground) + .05) };
  const result = [];
  for (const text of document.querySelectorAll("svg[role=img] text, math")) {
    const style = getComputedStyle(text);
    result.push([contrast(text.matches("math") ? style.color : style.fill), 4.5, text.textContent]);
  }
  for (const line of document.querySelectorAll("svg[role=img] :is(path, use, polyline)")) {
    const style = getComputedStyle(line);
    const faint = style.strokeOpacity < 1 || style.opacity < 1;
    if (style.stroke !== "none" && !faint) result.push([contrast(style.stroke), 3, "line"]);
  }
  return result;
}"""


@both_schemes
@pytest.mark.parametrize("language", PROJECT.languages())
def test_figures_and_formulas_are_legible(open_page, language, scheme):
    page = open_page(color_scheme=scheme).go(f"{language}/{LESSON}/")
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 100
    for contrast, least, what in contrasts:
        assert contrast >= least, f"{what}: contrast {contrast:.2f} < {least}"


def test_link_of_a_heading_takes_no_line_on_a_phone(open_page):
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True).go("ko/changes/")
    heights = "(all) => all.map((h) => [h.textContent, h.offsetHeight])"
    headings = page.locator("article h2")
    boxes = [link.bounding_box() for link in page.locator("h2 .headerlink").all()]
    assert all(b["width"] >= 24 and b["x"] + b["width"] <= 360 for b in boxes), boxes
    before = headings.evaluate_all(heights)
    page.evaluate(
        "for (const e of document.querySelectorAll('.headerlink')) e.remove()"
    )
    assert len(before) == len(boxes) > 3
    assert headings.evaluate_all(heights) == [[t[:-1], height] for t, height in before]


@pytest.mark.parametrize("language", PROJECT.languages())
def test_labels_stay_inside_their_figure(open_page, language):
    page = open_page().go(f"{language}/{LESSON}/")
    outside = page.evaluate("""() => [...document.querySelectorAll("svg[role=img]")].flatMap(
      (svg) => { const box = svg.getBoundingClientRect();
        return [...svg.querySelectorAll("text")].filter((text) => {
          const t = text.getBoundingClientRect();
          return t.left < box.left - 2 || t.right > box.right + 2 || t.top < box.top - 2 || t.bottom > box.bottom + 2;
        }).map((text) => text.textContent) })""")
    assert outside == []


DARK, LIGHT = "rgb(30, 34, 41)", "rgb(255, 255, 255)"
GROUND = "() => getComputedStyle(document.body).backgroundColor"
FIRST = """requestAnimationFrame(function see() {
  if (!document.body) return requestAnimationFrame(see);
  window.first = getComputedStyle(document.body).backgroundColor;
});"""


@pytest.mark.parametrize("path", [f"ko/{LESSON}/", "en/", "en/404.html"])
def test_dark_system_never_sees_white(open_page, path):
    """Neither without script, nor before the theme's script has come."""
    plain = open_page(color_scheme="dark", java_script_enabled=False).go(path)
    assert plain.evaluate(GROUND) == DARK, "without script"
    opened = open_page(color_scheme="dark")
    opened.page.route("**/bundle.*.js", lambda route: route.abort())
    opened.page.add_init_script(FIRST)
    page = opened.go(path)
    assert page.evaluate(GROUND) == DARK, "before the theme's script"
    assert page.evaluate("window.first") == DARK, "in the first frame"
    assert page.locator("meta[name=color-scheme]").get_attribute("content") == "dark"


def test_scheme_follows_the_system_until_the_reader_chooses(open_page):
    page = open_page(color_scheme="light").go("en/changes/")
    for scheme, ground in (("dark", DARK), ("light", LIGHT), ("dark", DARK)):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"() => ({GROUND})() === '{ground}'")
        page.reload()
        assert page.evaluate(GROUND) == ground, "on the next visit"
    page.locator("label[for=__palette_0]").click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(GROUND) == LIGHT
        page.reload()
        assert page.evaluate(GROUND) == LIGHT, "the reader chose"
    content = page.locator("meta[name=color-scheme]").first.get_attribute("content")
    assert content == "light"


def test_way_to_the_top_covers_no_heading(open_page):
    """The theme shows it when a reader scrolls up."""
    for viewport in (PHONE, DESKTOP):
        page = open_page(viewport=viewport, reduced_motion="reduce").go(f"ko/{LESSON}/")
        covered = page.evaluate("""async () => {
          const frame = () => new Promise(requestAnimationFrame);
          const top = document.querySelector(".md-top");
          const found = [];
          for (const heading of [...document.querySelectorAll("article h2")].reverse()) {
            heading.scrollIntoView();
            for (let n = 0; n < 4; n++) await frame();
            const [a, b] = [heading, top].map((e) => e.getBoundingClientRect());
            if (a.bottom > b.top && a.top < b.bottom && a.right > b.left && a.left < b.right) {
              found.push(heading.textContent);
            }
          }
          return found;
        }""")
        assert covered == [], viewport
        button = page.locator(".md-top")
        button.scroll_into_view_if_needed()
        button.click()
        page.wait_for_function("() => scrollY === 0")


@both_schemes
def test_scheme_follows_the_system_then_the_switch(open_page, scheme):
    page = open_page(color_scheme=scheme).go(f"ko/{LESSON}/")
    names = {"light": "default", "dark": "slate"}
    body = page.locator("body")
    assert body.get_attribute("data-md-color-scheme") == names.pop(scheme)
    page.locator("form[data-md-component=palette] label:visible").click()
    (other,) = names.values()
    assert body.get_attribute("data-md-color-scheme") == other
    page.goto(page.url.replace("/ko/", "/en/"))
    assert page.locator("body").get_attribute("data-md-color-scheme") == other
