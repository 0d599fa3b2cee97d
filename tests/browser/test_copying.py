"""Copy a page as Markdown, by keyboard, and hear that it is done."""

from pathlib import Path

from project import PROJECT

from sitetools.content import pages

PATH = "ko/weight-initialization/"


def test_button_copies_the_page_and_says_so(open_page, site):
    opened = open_page(permissions=["clipboard-read", "clipboard-write"])
    page = opened.go(PATH)
    button = page.locator("article button[data-copied].ready")
    button.focus()
    page.keyboard.press("Enter")
    page.locator(".md-dialog--active").wait_for()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text == (site / PATH / "index.md").read_text("utf-8-sig")
    said = page.locator("[data-md-component=dialog][role=status]").inner_text()
    assert said == button.get_attribute("data-copied")
    name = button.get_attribute("title")
    assert page.get_by_role("button", name=name, exact=True).count() == 1
    assert opened.errors == []


def test_page_opens_as_markdown_where_it_cannot_be_copied(open_page):
    page = open_page().go(PATH)  # without the permission
    page.evaluate("() => { navigator.clipboard.write = null }")
    page.locator("[data-copied].ready").click()
    page.wait_for_url("**/index.md")


def test_without_javascript_the_link_stands_alone(open_page):
    page = open_page(java_script_enabled=False).go(PATH)
    assert not page.locator("[data-copied]").is_visible()
    page.locator("article a[type='text/markdown']").click()
    page.wait_for_url("**/index.md")
    first = pages.front_matter(Path(PROJECT.docs / "ko" / "weight-initialization.md"))
    assert str(first["title"]) in page.locator("body").inner_text()
