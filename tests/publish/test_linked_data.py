"""What search engines read of each page: all that schema.org's types need."""

import json
import re
from pathlib import Path
from typing import Any

from built import each_language
from project import PROJECT, SITE_URL

from sitetools.content import labels
from sitetools.publish import linked_data
from sitetools.publish.history import About, History

WORDS = labels.load(PROJECT, "en")
KNOWN = History("2026-11-23", ["Ada"], "2026-01-02")
PAGE = About("Site", "Title </script>", "page/", f"{SITE_URL}en/page/", KNOWN)
AROUND = linked_data.Around(
    language="en",
    description="What it is about.",
    image=f"{SITE_URL}card.png",
    path=[("Site", f"{SITE_URL}en/"), ("Title", f"{SITE_URL}en/page/")],
    elsewhere={"ko": f"{SITE_URL}ko/page/"},
)
# What Google, schema.org and learning catalogs ask of an article that teaches.
REQUIRED = {
    *("@id", "headline", "name", "description", "url", "image", "inLanguage"),
    *("author", "publisher", "license", "isPartOf", "mainEntityOfPage"),
    "isAccessibleForFree",
}
DATED = {"datePublished", "dateModified", "contributor"}


def test_data_of_a_page_cannot_end_its_script():
    text = linked_data.of_page(PAGE, AROUND, WORDS)
    assert "</script>" not in text
    assert json.loads(text)["@graph"][0]["headline"] == "Title </script>"


def test_page_has_its_dates_people_and_place():
    [page, path] = json.loads(linked_data.of_page(PAGE, AROUND, WORDS))["@graph"]
    assert page.keys() >= REQUIRED | DATED
    assert (page["datePublished"], page["dateModified"]) == ("2026-01-02", "2026-11-23")
    assert page["contributor"] == [{"@type": "Person", "name": "Ada"}]
    assert page["workTranslation"][0]["inLanguage"] == "ko"
    last = path["itemListElement"][1]
    assert last == {
        "@type": "ListItem",
        "position": 2,
        "name": "Title",
        "item": f"{SITE_URL}en/page/",
    }


def test_home_page_is_the_site_and_what_is_not_known_is_left_out():
    home = About("Site", "", "", f"{SITE_URL}en/", None)
    around = linked_data.Around("en", "About.", "x.png", AROUND.path[:1], {})
    [site] = json.loads(linked_data.of_page(home, around, WORDS))["@graph"]
    assert (site["@type"], site["name"]) == ("WebSite", "Site")
    assert site.keys().isdisjoint({"headline", "workTranslation", *DATED})


def data_of(path: Path) -> dict[str, dict[str, Any]]:
    """Return what a page says of itself, by type."""
    text = path.read_text("utf-8")
    [found] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)
    graph = json.loads(found)["@graph"]
    assert all(value not in ("", [], None) for node in graph for value in node.values())
    return {str(node["@type"]): node for node in graph}


@each_language
def test_every_page_says_all_that_is_asked_of_it(addressed, language):
    for path in sorted((addressed / language).rglob("index.html")):
        data = data_of(path)
        address = f"{SITE_URL}{path.parent.relative_to(addressed).as_posix()}/"
        if address == f"{SITE_URL}{language}/":
            assert data["WebSite"]["url"] == address
            continue
        page = data["['TechArticle', 'LearningResource']"]
        assert page.keys() >= REQUIRED, path
        # Where the translation is missing, the page says that it is the English one.
        assert page["inLanguage"] in (language, "en")
        assert page["url"] == address.replace(
            f"/{language}/", f"/{page['inLanguage']}/"
        )
        others = [*page.get("workTranslation", []), page.get("translationOfWork")]
        for other in filter(None, others):
            folder = addressed / other["@id"].removeprefix(SITE_URL)
            assert (folder / "index.html").is_file()
            assert other["@id"] != page["url"]
        steps = data["BreadcrumbList"]["itemListElement"]
        assert [step["position"] for step in steps] == [*range(1, len(steps) + 1)]
        assert steps[0]["item"] == f"{SITE_URL}{language}/"
        assert steps[-1]["item"] == page["url"]
        for step in steps:
            folder = addressed / step["item"].removeprefix(SITE_URL)
            assert (folder / "index.html").is_file()
