"""A language is added by files of its own, and removed by deleting them."""

import pytest
from translated_page import PAGE, change, write

from sitetools.content import labels
from sitetools.content.project import is_copy
from sitetools.fault import Fault
from sitetools.translate import check, label_rules, new_language, staleness


@pytest.fixture
def site(translated, monkeypatch):
    """Return the project with a home page, and labels that are hard to write."""
    monkeypatch.setattr(label_rules, "drawn", lambda _: {"a: b", "two\nlines"})
    write(translated.docs / "en" / "index.md", PAGE)
    with (translated.docs / "ko" / "labels.yml").open("a", encoding="utf-8") as file:
        file.write("figures:\n  'a: b': 가\n  \"two\\nlines\": 나\n")
    return translated


def test_nothing_of_a_language_is_in_another_file(site):
    before = {path for path in site.root.rglob("*") if ".git" not in path.parts}
    written = new_language.add(site, "zh-Hant", "繁體中文")
    after = {path for path in site.root.rglob("*") if ".git" not in path.parts}
    assert after - before == {*written, site.docs / "zh-Hant"}
    config = (site.root / "mkdocs.zh-Hant.yml").read_text("utf-8")
    for line in ("docs_dir: docs/", "site_dir: site/", "language: "):
        assert f"{line}zh-Hant\n" in config
    own = labels.load(site, "zh-Hant")
    assert own.word("language") == "繁體中文"
    assert own.word("page") == "Page", "English until translated"
    assert is_copy(site.docs / "zh-Hant" / "index.md")
    with pytest.raises(Fault, match="exists already"):
        new_language.add(site, "zh-Hant", "繁體中文")


@pytest.mark.parametrize(
    ("code", "name"), [("zh", "中文"), ("es", "español"), ("ar", "العربية")]
)
def test_new_language_has_nothing_to_do_but_to_be_translated(site, code, name):
    before = [str(fault) for fault in check.check_all(site)]
    written = new_language.add(site, code, name)
    for path in written[:2]:
        assert check.check(path) == []
    file = site.docs / code / "labels.yml"
    file.write_text(file.read_text("utf-8").replace("  # ", "  "), "utf-8")
    assert set(labels.load(site, code).figures) == {"a: b", "two\nlines"}
    home = site.docs / code / "index.md"
    change(home, "text", "textos")
    english = PAGE.split("\n")[2]
    own = "Lo que se aprende en esta página, en una sola frase"
    change(home, english, f"description: {own}")
    staleness.stamp(home, "top")
    staleness.stamp(home, "t")
    assert [str(fault) for fault in check.check_all(site)] == before


MEANT = {
    "zh-Hans": "write zh or zh-Hant or zh-TW",
    "PT_BR": "write pt or pt-BR",
    "JA": "write ja",
    "de-AT": "write de",
    "xx": "write its code as in BCP 47, such as ja, pt-BR or zh-Hant",
    "../ja": "write its code as in BCP 47, such as ja, pt-BR or zh-Hant",
    "": "write its code as in BCP 47, such as ja, pt-BR or zh-Hant",
}


@pytest.mark.parametrize("code", MEANT)
def test_unknown_code_is_answered_by_the_one_that_is_meant(site, code):
    with pytest.raises(Fault, match="the theme does not know") as error:
        new_language.add(site, code, "name")
    assert error.value.remedy == MEANT[code]


def test_language_needs_a_name(site):
    with pytest.raises(Fault, match="has no name"):
        new_language.add(site, "fr", " ")
    assert not (site.docs / "fr").exists()
