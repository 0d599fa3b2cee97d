"""The words in figures and around pages: complete, used, and about the same."""

import re
import unicodedata

import project
import pytest
import yaml
from translated_page import add_lab, change, write

from sitetools.content import labels, snippets
from sitetools.fault import Fault
from sitetools.render import drawing, figures
from sitetools.translate import check, label_rules

WORDS = project.ROOT / "tests" / "data" / "words_of_labels.yml"
OWN = """\
site:
  language: 한국어
  page: 쪽
  is_stale: "{stale}/{total}"
  sections_current: 지금
  is_current: 네
  is_missing: 없음
figures:
  "loss": 손실
  two layers: 층 둘
  "2 layers, tanh": 2개 층, tanh
  "a: b\\nc": 가
  page: 장
"""
DRAWN = {"page", "loss", "two layers", "2 layers, tanh", "a: b\nc"}


@pytest.fixture
def own(translated, monkeypatch):
    """Return Korean labels with nothing to say of them."""
    monkeypatch.setattr(label_rules, "drawn", lambda _: DRAWN)
    path = translated.docs / "ko" / "labels.yml"
    write(path, OWN)
    assert check.check(path) == []
    return path


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("  page: 쪽\n", "", 1, "no translation of 'page'"),
        ("  page: 쪽", "  page: 쪽\n  pag: 쪽", 4, "'pag' is in no figure and not in"),
        ("  page: 쪽", '  page: " "', 3, "'page' has no translation"),
        ("{stale}/", "", 4, "'is_stale' has no {stale}"),
        ("  two layers", "  too layers", 10, "'too layers' is in no figure"),
        ("손실", '""', 9, "'loss' has no translation"),
        ("2개 층", "3개 층", 11, "'2 layers, tanh' has no 2"),
        (", tanh\n", ", relu\n", 11, "'relu' is not in the English label"),
        ("가\n", "손실\n", 12, "'a: b\\nc' and 'loss' are both '손실'"),
        ('  "loss": 손실\n', "", 8, "no translation of 'loss'"),
        ("  page: 장", '  page: ""', 13, "'page' has no translation"),
        ("site:\n", "site:\n- a\n", 3, "not valid YAML"),
        (OWN, "- a\n", 1, "`site:` has no names"),
    ],
)
def test_fault_is_named_with_its_line(own, old, new, line, message):
    change(own, old, new)
    said = [fault.problem for fault in check.check(own) if fault.place.line == line]
    assert message in "\n".join(said)


def test_language_that_lags_may_miss_words_and_one_in_latin_has_latin_words(
    translated, own
):
    path = translated.docs / "es" / "labels.yml"
    text = "site:\n  language: español\nfigures:\n  loss: pérdida\n"
    write(path, f"{text}  2 layers, tanh: 2 capas, tanh\n")
    assert list(label_rules.problems(path)) == []


def test_labels_of_a_page_that_are_missing_are_named(translated, page, monkeypatch):
    """Those of a figure that cannot be drawn are not the translator's task."""

    def words(snippet):
        if snippet.stem == "none":
            raise Fault(snippet, "no such snippet", "write it")
        return {"layer", snippet.stem}

    monkeypatch.setattr(figures, "words", words)
    shown = [f'![x](figure:a/{name} "c")' for name in ("b", "none", "d")]
    change(page, "- 항목", "\n\n".join(shown))
    found = [fault.problem.split(", has")[0] for fault in label_rules.missing(page)]
    assert found == [
        "'b', in the figure a/b",
        "'layer', in the figure a/b",
        "'d', in the figure a/d",
    ]
    own = add_lab(translated.root)
    (fault,) = check.check(own)
    assert fault.problem == "'loss', in the figure lab, has no translation"
    assert fault.place.path == page.parent / "labels.yml"
    assert check.check(own, named=False) == []


def test_words_of_all_figures_are_known():
    """The figures' labels of the site are drawn ones: more than a handful."""
    drawn = label_rules.drawn(project.PROJECT)
    shown = [s for s in snippets.measuring(project.PROJECT) if drawing.parts(s)]
    assert len(drawn) > len(shown) > 10


def test_korean_labels_are_about_the_same():
    """The words of one label after another are noticed, such as those of two lines."""
    words = yaml.safe_load(WORDS.read_text("utf-8"))
    korean, english = (labels.load(project.PROJECT, code) for code in ("ko", "en"))
    for part in labels.PARTS:
        for label, own in getattr(korean, part).items():
            text = getattr(english, part).get(label, label)
            if part == "training" and text.endswith((".", "?")):
                continue  # a sentence, which Korean says in its own way
            for word, wanted in words.items():
                said = unicodedata.normalize("NFC", own)
                assert re.search(wanted, said) or not re.search(word, text, re.I), (
                    f"docs/ko/labels.yml: {own!r} does not say {wanted}, though "
                    f"{text!r} has {word!r}; fix it, or add what it says to {WORDS}"
                )
