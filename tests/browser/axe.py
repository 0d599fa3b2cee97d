"""axe-core on an open page: WCAG 2.2 AA and good practice, quick enough for every page.

It reads every element many times, and most are words of listings and lines of figures.
But what looks the same on the same ground has the same contrast: so of all texts with
equal colors, size and weight, axe looks at the first, in each scheme. Listings without
such a text become plain, and figures keep their names only.
"""

import json
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

SCHEMES: dict[Literal["dark", "light"], str] = {"dark": "slate", "light": "default"}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
STRUCTURE = {
    "resultTypes": ["violations"],
    "runOnly": TAGS,
    "rules": {"color-contrast": {"enabled": False}, "target-size": {"enabled": True}},
}
CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
RUN = """async ([selector, options]) => {
  const { violations } = await axe.run(document.querySelectorAll(selector), options);
  return violations.flatMap(({ id, nodes }) => nodes.map(
    ({ target, failureSummary }) => [`${id}: ${failureSummary}`, target.join(" ")]));
}"""
# Marks one element of each look: its color and font, and the grounds behind it.
MARK = """([scheme, within]) => {
  const seen = new Set();
  const grounds = new Map([[null, ""]]);
  const ground = (element) => {
    if (!grounds.has(element)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
      const own = [backgroundColor, backgroundImage, opacity].join()
        .replace("rgba(0, 0, 0, 0),none,1", "");
      grounds.set(element, ground(element.parentElement) + own);
    }
    return grounds.get(element);
  };
  const texts = document.createTreeWalker(
    document.querySelector(within), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    // axe does not judge what has to be scrolled to.
    const listing = element.closest("pre")?.getBoundingClientRect();
    if (element.getBoundingClientRect().right > listing?.right) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const look = [color, fontSize, fontWeight, ground(element)].join();
    if (seen.has(look)) continue;
    element.dataset.look = `${element.dataset.look || ""} ${scheme}`;
    seen.add(look);
  }
}"""
THIN = """() => {
  for (const code of document.querySelectorAll("pre code")) {
    if (!code.querySelector("[data-look]")) code.textContent = code.textContent;
  }
  for (const part of document.querySelectorAll("svg[role=img] > :not(title, desc)")) {
    part.remove();
  }
}"""

# Takes away what is not marked and holds nothing marked.
BARE = """() => {
  for (const part of document.querySelectorAll("article *")) {
    // Without its inputs, a set of tabs shows none.
    if (!part.matches("[data-look], input, :has([data-look])")) part.remove();
  }
}"""


def show(page: Page, scheme: Literal["dark", "light"]) -> None:
    """Change the scheme as the switch does; the system is asked only at first."""
    body = "document.body.dataset.mdColorScheme"
    page.evaluate(f"(name) => {{ {body} = name }}", SCHEMES[scheme])


def load(page: Page, within: str = "body") -> None:
    """Bring axe into the page and make the page thin; what axe sees stays the same."""
    page.evaluate(AXE_SCRIPT)
    for scheme in SCHEMES:
        show(page, scheme)
        page.evaluate(MARK, [scheme, within])
    page.evaluate(THIN)


def contrasts(page: Page) -> None:
    """Fail on text that stands out too little from its ground, in either scheme.

    Of the article, only the marked texts are left: the last thing to look at.
    """
    page.evaluate(BARE)
    for scheme in SCHEMES:
        show(page, scheme)
        _none(page, f"[data-look~={scheme}]", CONTRAST)


def structure(page: Page, within: str = "html") -> None:
    """Fail on whatever else axe finds."""
    _none(page, within, STRUCTURE)


def _none(page: Page, selector: str, options: dict[str, Any]) -> None:
    found = page.evaluate(RUN, [selector, options])
    assert found == [], json.dumps(found, indent=1, ensure_ascii=False)[:4000]
