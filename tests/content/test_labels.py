"""A language's words: what is missing or odd is a fault with its line."""

import pytest
import small_site

from sitetools.content import labels
from sitetools.content.project import Project
from sitetools.fault import Fault

KO = "docs/ko/labels.yml"


def line_of(root, start):
    """Return the line of the Korean labels that begins so."""
    lines = (root / KO).read_text("utf-8").split("\n")
    (found,) = [n for n, line in enumerate(lines, 1) if line.startswith(start)]
    return found


ODD = {
    "no YAML": (small_site.change(KO, "site:\n", "site: [\n"), "  ", "not valid YAML"),
    "a list": (small_site.write(KO, "- a\n"), "- a", "no names"),
    "words a list": (
        small_site.change(KO, "\nexplorer:", "\nexplorer: [a]\nx:"),
        "explorer: [a]",
        "no names",
    ),
    "word no text": (
        small_site.change(KO, "  nav_labs:", "  nav_labs: 1\n  x:"),
        "  nav_labs: 1",
        "map text to text",
    ),
    "name no text": (
        small_site.change(KO, "  nav_labs:", "  404: a\n  nav_labs:"),
        "  404: a",
        "map text to text",
    ),
    "no word": (
        small_site.change(KO, "  nav_labs:", "  empty:\n  nav_labs:"),
        "  empty:",
        "map text to text",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_labels_are_a_fault(root, name):
    act, start, problem = ODD[name]
    act(root)
    with pytest.raises(Fault, match=problem.replace("+", r"\+")) as fault:
        labels.load(Project(root), "ko")
    assert fault.value.place.path == root / KO
    if start.strip():
        assert fault.value.place.line == line_of(root, start)


def test_missing_file_is_a_fault(root):
    (root / KO).unlink()
    with pytest.raises(Fault, match="no such file") as fault:
        labels.load(Project(root), "ko")
    assert fault.value.place.path == root / KO


def test_missing_words_name_the_part_to_add_them_to(root):
    own = labels.load(Project(root), "ko")
    for act, part in (
        (lambda: own.word("nowhere"), "site"),
        (lambda: own.word("nowhere", "explorer"), "explorer"),
        (lambda: own.translate("no such label", "a/small"), "figures"),
    ):
        with pytest.raises(Fault) as fault:
            act()
        assert fault.value.place.line == line_of(root, f"{part}:")
        assert f"`{part}:`" in fault.value.remedy


def test_words_are_found(root):
    own = labels.load(Project(root), "ko")
    assert own.word("language") == "한국어"
    label, word = next(iter(own.figures.items()))
    assert own.translate(label, "a/small") == word
    assert own.translate("0.1 $x$", "a/small") == "0.1 $x$"


@pytest.fixture
def japanese(root):
    """Return the labels of a language with one word and one label."""
    (root / "mkdocs.ja.yml").touch()
    (root / "docs" / "ja").mkdir()
    (root / "docs" / "ja" / "labels.yml").write_text(
        "site:\n  language: 日本語\nfigures:\n  layer: 層\n", "utf-8"
    )
    return labels.load(Project(root), "ja")


def test_language_that_may_lag_falls_back_to_english(root, japanese):
    english = labels.load(Project(root), "en")
    assert japanese.word("language") == "日本語"
    assert japanese.word("home") == english.word("home")
    assert japanese.translate("variance", "a/small") == "variance"
    missing = labels.missing(Project(root), "ja")
    assert "home" in missing
    assert "language" not in missing


def test_figure_is_in_one_language(japanese):
    assert japanese.speaks(["layer", "0.1"])
    assert not japanese.speaks(["layer", "variance"])


def test_each_caller_has_its_own_labels(root):
    labels.load(Project(root), "ko").site["home"] = "changed"
    assert labels.load(Project(root), "ko").word("home") != "changed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("layer", True),
        ("층", True),
        ("0.1", False),
        ("$\\sigma$", False),
        ("1e-3", True),
    ],
)
def test_words_are_told_from_numbers_and_formulas(text, expected):
    assert labels.has_words(text) is expected
