"""CITATION.cff has what version 1.2.0 of its format asks for, and nothing it forbids."""

import re

import yaml
from project import PROJECT, ROOT, SITE_URL

from sitetools.content.project import Project
from sitetools.publish import citation

# https://github.com/citation-file-format/citation-file-format, schema-guide.md, 1.2.0
REQUIRED = {"authors", "cff-version", "message", "title"}
ALLOWED = REQUIRED | {
    *("abstract", "commit", "contact", "date-released", "doi", "identifiers"),
    *("keywords", "license", "license-url", "preferred-citation", "references"),
    *("repository", "repository-artifact", "repository-code", "type", "url", "version"),
}


def test_file_is_valid():
    text = citation.of(PROJECT, SITE_URL, "2026-11-23")
    assert text.startswith((ROOT / "CITATION.cff").read_text("utf-8"))
    said = yaml.safe_load(text)
    assert said.keys() >= REQUIRED
    assert said.keys() <= ALLOWED
    assert said["cff-version"] == "1.2.0"
    assert said["type"] in ("dataset", "software")
    assert said["title"] == PROJECT.site_name("en")
    assert [*said["authors"][0]] == ["name"]
    assert said["license"] == ["CC-BY-4.0", "MIT"]
    assert said["url"] == SITE_URL
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", said["date-released"])


def test_what_is_not_known_is_left_out(tmp_path):
    said = yaml.safe_load(citation.of(PROJECT, "", ""))
    assert said.keys().isdisjoint({"url", "date-released"})
    assert citation.of(Project(tmp_path), "", "") == ""


def test_every_page_leads_to_it(site):
    assert (site / "CITATION.cff").is_file()
    for path in site.glob("*/*/index.html"):
        cite = path.read_text("utf-8").partition('<details class="cite')[2]
        assert 'href="../../CITATION.cff"' in cite.partition("</details>")[0], path
