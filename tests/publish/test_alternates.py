"""Where a page is in the other languages."""

from sitetools.publish import alternates

NAMES = {"en": "English", "ko": "한국어"}


def test_reader_follows_a_relative_link_and_engines_a_whole_one():
    site_url = "https://someone.example/path/en/"
    english, korean = alternates.of(NAMES, "labs/one/", site_url)
    assert korean == {
        "lang": "ko",
        "name": "한국어",
        "here": "../ko/labs/one/",
        "link": "https://someone.example/path/ko/labs/one/",
    }
    assert english["link"] == f"{site_url}labs/one/"


def test_without_an_address_both_links_are_relative():
    for entry in alternates.of(NAMES, "", None):
        assert entry["link"] == entry["here"] == f"../{entry['lang']}/"
