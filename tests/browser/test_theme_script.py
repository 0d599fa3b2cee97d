"""What the theme's script does on this site, and what it does not do."""

import pytest

PATH = "en/weight-initialization/"
LOW = {"width": 1280, "height": 400}  # the table of contents scrolls
RECORD = """window.behaviors = [];
for (const name of ["scrollTo", "scrollBy"]) {
  const scroll = Element.prototype[name];
  Element.prototype[name] = function (to) {
    if (to.behavior) behaviors.push(to.behavior);
    scroll.apply(this, arguments);
  };
}"""


@pytest.mark.parametrize(
    ("motion", "behavior"), [("reduce", "instant"), ("no-preference", "smooth")]
)
def test_contents_follow_the_page_smoothly_or_at_once(open_page, motion, behavior):
    opened = open_page(viewport=LOW, reduced_motion=motion)
    opened.page.add_init_script(RECORD)
    page = opened.go(PATH)
    page.wait_for_load_state("networkidle")
    headings = page.locator("article h2")
    for number in range(headings.count()):  # each makes the contents scroll on
        headings.nth(number).evaluate("(heading) => heading.scrollIntoView()")
        page.wait_for_timeout(300)
        if page.evaluate("behaviors.length"):
            break
    assert set(page.evaluate("behaviors")) == {behavior}


def test_menu_of_languages_needs_no_sitemaps(open_page):
    opened = open_page()
    page = opened.go(PATH)
    page.wait_for_load_state("networkidle")
    assert page.locator("head link[rel=alternate][hreflang]").count() > 2
    assert not [url for url in opened.requests if "sitemap" in url]
    assert opened.errors == []
