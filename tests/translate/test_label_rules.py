"""The words in figures and around pages: complete, used, and about the same."""

import re
import unicodedata

import project
import pytest
import yaml
from translated_page import add_lab, change, write

from sitetools.content import labels
from sitetools.content.frozen import measuring_snippets
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
    assert list(label_rules.problems(path)) == []
    return path


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("  page: 쪽\n", "", 1, "no word for 'page'"),
        (
            "  page: 쪽",
            "  page: 쪽\n  pag: 쪽",
            4,
            "'pag' is not in docs/en/labels.yml",
        ),
        ("  page: 쪽", '  page: " "', 3, "'page' is empty"),
        ("{stale}/", "", 4, "'is_stale' has no {stale}"),
        ("  two layers", "  too layers", 10, "'too layers' is in no figure"),
        ("손실", '""', 9, "'loss' has no translation"),
        ("2개 층", "3개 층", 11, "'3개 층, tanh' has other numbers"),
        (", tanh\n", ", relu\n", 11, "'relu' is not in the English label"),
        ("가\n", "손실\n", 12, "'a: b\\nc' and 'loss' are both '손실'"),
        ('  "loss": 손실\n', "", 8, "no translation of 'loss'"),
        ("  page: 장", '  page: ""', 13, "'page' has no translation"),
    ],
)
def test_fault_is_named_with_its_line(own, old, new, line, message):
    change(own, old, new)
    faults = list(label_rules.problems(own))
    said = [f.problem for f in faults if f.place.line == line]
    assert message in "\n".join(said), faults


def test_language_that_lags_may_lack_words_and_one_in_latin_has_latin_words(
    translated, monkeypatch
):
    monkeypatch.setattr(label_rules, "drawn", lambda _: DRAWN)
    path = translated.docs / "es" / "labels.yml"
    text = "site:\n  language: español\nfigures:\n  loss: pérdida\n"
    write(path, f"{text}  2 layers, tanh: 2 capas, tanh\n")
    assert list(label_rules.problems(path)) == []


def test_zero_that_english_writes_as_a_word_may_be_a_number(own, monkeypatch):
    monkeypatch.setattr(label_rules, "drawn", lambda _: DRAWN | {"80% zeros"})
    for text, problems in (("0이 80%", 0), ("영이 80%", 0), ("0이 70%", 1)):
        write(own, f"{OWN}  80% zeros: {text}\n")
        assert len(list(label_rules.problems(own))) == problems, text


def test_labels_of_a_page_that_are_missing_are_named(translated, page):
    own = add_lab(translated.root)
    (fault,) = label_rules.missing(own)
    assert fault.problem == "'loss', in the figure lab, has no translation"
    assert fault.place.path == page.parent / "labels.yml"


def test_labels_of_a_drawn_figure_are_named(page, monkeypatch):
    monkeypatch.setattr(figures, "words", lambda snippet: {"layer", snippet.stem})
    change(page, "- 항목", '- 항목\n\n![x](figure:a/b "c")\n\n![x](figure:a/d "c")')
    found = [f.problem.split(", has")[0] for f in label_rules.missing(page)]
    assert found == [
        "'b', in the figure a/b",
        "'layer', in the figure a/b",
        "'d', in the figure a/d",
    ]


def test_figure_that_cannot_be_drawn_is_not_the_translators_task(page, monkeypatch):
    def fails(snippet):
        raise Fault(snippet, "no such snippet", "write it")

    monkeypatch.setattr(figures, "words", fails)
    change(page, "- 항목", '- 항목\n\n![x](figure:a/b "c")')
    assert list(label_rules.missing(page)) == []


def test_letters_that_are_taken_apart_are_named_first(own):
    write(own, unicodedata.normalize("NFD", OWN))
    assert "letters are taken apart (NFD" in check.check(own)[0].problem


def test_words_of_all_figures_are_known():
    """The figures' labels of the site are drawn ones: more than a handful."""
    drawn = label_rules.drawn(project.PROJECT)
    snippets = [s for s in measuring_snippets(project.PROJECT) if drawing.parts(s)]
    assert len(drawn) > len(snippets) > 10


def test_korean_labels_are_about_the_same():
    """The words of one label after another are noticed, such as those of two lines."""
    words = yaml.safe_load(WORDS.read_text("utf-8"))
    korean, english = (labels.load(project.PROJECT, code) for code in ("ko", "en"))
    for part in labels.PARTS:
        for label, own in getattr(korean, part).items():
            text = getattr(english, part).get(label, label)
            for word, wanted in words.items():
                said = unicodedata.normalize("NFC", own)
                assert re.search(wanted, said) or not re.search(word, text, re.I), (
                    f"docs/ko/labels.yml: {own!r} does not say {wanted}, though "
                    f"{text!r} has {word!r}; fix it, or add what it says to {WORDS}"
                )
