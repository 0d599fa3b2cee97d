"""The accessibility tree: what a screen reader makes of a page, in the page's language."""

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from project import PROJECT
from test_every_page import DESKTOP, LESSON, PHONE
from test_reading import both_widths

from sitetools.content import labels
from sitetools.content.project import COMPLETE, SOURCE_LANGUAGE

PATHS = [LESSON, "why-gradients-vanish-and-explode", "labs/small-batches"]
CONTROLS = {"button", "checkbox", "combobox", "link", "radio", "slider", "textbox"}
CONTROLS |= {"DisclosureTriangle"}
LANDMARKS = {"banner", "contentinfo", "dialog", "main", "navigation", "search"}
NAMES = {"CC BY 4.0", "Keras", "MIT", "Material for MkDocs", "PyTorch"}
OWN = {
    labels.load(PROJECT, language).site["language"] for language in PROJECT.languages()
}


def opened(open_page, path, viewport):
    """Open a page, its explorer loaded, its folded parts open."""
    page = open_page(viewport=viewport, reduced_motion="reduce").go(path)
    explorer = page.locator("gradient-explorer")
    if explorer.count():
        explorer.first.scroll_into_view_if_needed()
        page.locator("gradient-explorer[data-verdict]").first.wait_for()
    page.evaluate(
        "document.querySelectorAll('details').forEach((d) => { d.open = true })"
    )
    return page


def tree(page) -> list[dict[str, Any]]:
    """Return what is read, in order: role, name and description, level of headings."""
    session = page.context.new_cdp_session(page)
    return [
        {
            "role": node["role"]["value"],
            "name": node.get("name", {}).get("value", "").strip(),
            "description": node.get("description", {}).get("value", "").strip(),
            **{p["name"]: p["value"].get("value") for p in node.get("properties", [])},
        }
        for node in session.send("Accessibility.getFullAXTree")["nodes"]
        if not node["ignored"]
    ]


@both_widths
@pytest.mark.parametrize("path", PATHS)
def test_all_has_one_name_and_its_place(open_page, path, viewport):
    page = opened(open_page, f"ko/{path}/", viewport)
    if viewport == PHONE:
        page.locator("button[for=__drawer]").click()
    found = tree(page)

    before = "the top"
    for node in found:
        role, name = node["role"], node["name"]
        if role not in CONTROLS | {"heading", "image"}:
            continue
        # What has no role of its own is an icon; its button has the name.
        assert name or role == "image", f"{role} without a name, behind {before!r}"
        before = name or before
        twice = name and node["description"] in name.split(": ")
        half = name[: len(name) // 2]
        assert not twice, f"{role} {name!r} has its name as its description, too"
        assert name != f"{half} {half}", f"{role} {name!r} has its name twice"
    roles = {n["role"][0].lower() + n["role"][1:] for n in found}
    assert "mathMLMath" in roles, "no formula is read"
    figures = page.locator("article svg[role=img]").count()
    named = [n["name"] for n in found if n["role"] == "image" and n["name"]]
    assert len(named) == figures, f"{figures} figures, of which are read: {named}"

    marks = Counter((n["role"], n["name"]) for n in found if n["role"] in LANDMARKS)
    assert set(marks.values()) == {1}, marks.most_common(1)
    assert ("navigation", "") not in marks, "a navigation without a name"
    assert {"banner", "contentinfo", "main"} <= {role for role, _ in marks}
    assert len(marks) <= 14, f"too many to choose from: {sorted(marks)}"

    headings = [node for node in found if node["role"] == "heading"]
    assert [n["name"] for n in headings if n["level"] == 1] == [headings[0]["name"]]
    skips = [
        f"{after['name']!r} of level {after['level']} below {before['name']!r}"
        for before, after in pairwise(headings)
        if after["level"] > before["level"] + 1
    ]
    assert not skips
    links = page.locator("article .headerlink").count()
    assert len(headings) >= links > 5, f"{links} links beside headings"
    assert not [n["name"] for n in headings if n["name"].endswith("#")]


@pytest.mark.parametrize(
    "language", [code for code in COMPLETE if code != SOURCE_LANGUAGE]
)
@pytest.mark.parametrize("path", PATHS)
def test_no_control_speaks_another_language(open_page, language, path):
    """What is the same on the English page is not translated."""
    controls, around = [], []
    for code in (SOURCE_LANGUAGE, language):
        page = opened(open_page, f"{code}/{path}/", DESKTOP)
        controls.append(
            {n["name"] for n in tree(page) if n["role"] in CONTROLS - {"link"}}
        )
        page.evaluate("document.querySelector('article').remove()")
        around.append({n["name"] for n in tree(page)})
    for english, other in (controls, around):
        same = {name for name in english & other if any(map(str.isalpha, name))}
        same -= {name for name in same if name.endswith(".py")}
        assert same <= NAMES | OWN, same - NAMES - OWN


def test_current_page_and_language_are_marked(open_page):
    page = open_page(viewport=DESKTOP).go(f"ko/{LESSON}/")
    title = page.locator("h1").evaluate("(h) => h.firstChild.textContent.trim()")
    marked = page.locator("a[aria-current=page]")
    assert [text.strip() for text in marked.all_inner_texts()] == [title]
    assert page.locator("a[aria-current=true]").get_attribute("hreflang") == "ko"
    page.set_viewport_size(PHONE)
    assert page.get_by_role("checkbox", name=title, include_hidden=True).get_attribute(
        "aria-current"
    )


@pytest.mark.parametrize("language", PROJECT.languages())
def test_scheme_switch_says_what_it_chooses(open_page, language):
    words = labels.load(PROJECT, language).site
    page = open_page(color_scheme="light").go(f"{language}/")
    assert page.get_by_role("radio", name=words["light"], exact=True).is_checked()
    dark = page.get_by_role("radio", name=words["dark"], exact=True)
    dark.focus()
    page.keyboard.press("Space")
    assert dark.is_checked()
    assert page.locator("body").get_attribute("data-md-color-scheme") == "slate"


def test_search_says_how_much_it_found(open_page):
    page = open_page(viewport=DESKTOP).go(f"en/{LESSON}/")
    page.keyboard.press("Control+k")
    page.keyboard.type("variance")
    status = page.locator(".md-search-result__meta[role=status]")
    status.filter(has_text="matching documents").wait_for()


MOVING = """() => [...document.querySelectorAll("*")].flatMap((element) =>
  [null, "::before", "::after"].map((part) => getComputedStyle(element, part)))
  .filter((s) => s.transitionDuration.split(", ").some((t) => parseFloat(t))
    || s.animationName !== "none" || s.scrollBehavior !== "auto").length"""


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_who_wants_less_motion(open_page, motion):
    page = open_page(viewport=PHONE, reduced_motion=motion).go(f"en/{LESSON}/")
    assert bool(page.evaluate(MOVING)) == (motion != "reduce")
