"""Translations are current, and say the same in the same structure."""

import re

import pytest
import yaml

from sitetools.content import frozen, labels, pages
from sitetools.render import figures, labs
from sitetools.translate import staleness, structure, terms

WORDS = pages.ROOT / "tests" / "data" / "words_of_labels.yml"
TRANSLATED = [
    path
    for language in pages.LANGUAGES
    if language != labels.SOURCE_LANGUAGE
    for path in pages.pages(language)
]
each_page = pytest.mark.parametrize("path", TRANSLATED, ids=pages.relative)


def test_korean_is_complete():
    source = {path.relative_to(pages.DOCS / "en") for path in pages.pages("en")}
    own = {path.relative_to(pages.DOCS / "ko") for path in pages.pages("ko")}
    assert not source - own, f"docs/ko lacks the pages {source - own}"
    assert not own - source, f"docs/en has no such pages as docs/ko: {own - source}"


complete_page = pytest.mark.parametrize(
    "path",
    [path for path in TRANSLATED if staleness.language_of(path) in labels.COMPLETE],
    ids=pages.relative,
)


@complete_page
def test_page_is_current(path):
    old = staleness.stale(path)
    source = staleness.counterpart(path, labels.SOURCE_LANGUAGE)
    lines = {section.ident: section.line for section in staleness.sections(source)}
    changed = [
        f"{pages.relative(source)}:{lines.get(ident, 1)}: {{#{ident}}}" for ident in old
    ]
    assert not old, (
        f"{pages.relative(path)}: the English text changed since it was translated, in\n"
        + "\n".join(changed)
        + "\nBring these sections up to date, then run\n"
        f"python -m sitetools.translate.staleness stamp {pages.relative(path)}"
    )


@each_page
def test_structure_is_the_sources(path):
    if staleness.stale(path):
        pytest.skip("a language that lags; the status page says so")
    found = list(structure.differences(path))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "path",
    [path for code in pages.LANGUAGES for path in pages.pages(code)],
    ids=pages.relative,
)
def test_words_are_those_of_the_language(path):
    found = list(terms.problems(path))
    assert not found, "\n".join(found)


def test_labels_of_all_languages_have_the_same_words():
    for part in ("site", "explorer"):
        wanted = set(labels.load(labels.SOURCE_LANGUAGE)[part])
        for language in pages.LANGUAGES:
            other = sorted(wanted ^ set(labels.load(language)[part]))
            assert not other, (
                f"{labels.place(language, part)}: {other} not here or not in docs/en; "
                "give both the same words"
            )


def test_labels_are_those_of_the_figures():
    """A label is used, is not empty, and keeps the names and numbers of the English."""
    drawn = set()
    for snippet in frozen.measuring_snippets():
        drawn |= figures.words(snippet)
    for lab in labs.labs():
        drawn |= labs.words(labs.load(lab))
    for language in pages.LANGUAGES:
        found = labels.load(language)["figures"]
        path = pages.DOCS / language / "labels.yml"
        for label, own in found.items():
            where = f"{pages.relative(path)}:{pages.line_of(path, label)}: {label!r}"
            assert label in drawn, f"{where} stands in no figure; remove the line"
            assert own.strip(), f"{where} has no translation"
            assert re.findall(r"\d+", own) == re.findall(r"\d+", label), (
                f"{where}: the numbers of {own!r} are others"
            )
            for name in re.findall(r"[A-Za-z]+", own):
                assert name in label, f"{where}: {name!r} is not in the English label"
        for part in ("site", "explorer"):
            for word, own in labels.load(language)[part].items():
                assert own.strip(), f"{pages.relative(path)}: {word!r} is empty"
                text = labels.load(labels.SOURCE_LANGUAGE)[part][word]
                for pattern in (r"\{\w+\}", r"\d+"):
                    wanted = set(re.findall(pattern, text))
                    assert set(re.findall(pattern, own)) >= wanted, (
                        f"{pages.relative(path)}: {own!r} lacks one of {wanted}"
                    )
        assert len(set(found.values())) == len(found), f"{pages.relative(path)}: twice"


def test_korean_labels_are_about_the_same():
    """The words of one label behind another are noticed, such as those of two lines."""
    words = yaml.safe_load(WORDS.read_text("utf-8"))
    korean, english = (labels.load(language) for language in ("ko", "en"))
    for part in korean:
        for label, own in korean[part].items():
            text = english[part].get(label, label)
            for word, wanted in words.items():
                assert re.search(wanted, own) or not re.search(word, text, re.I), (
                    f"docs/ko/labels.yml: {own!r} does not say {wanted}, though "
                    f"{text!r} has {word!r}; mend it, or add what it says to {WORDS}"
                )


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """Return a source page and its translation in a project of their own."""
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "DOCS", tmp_path / "docs")
    text = (
        "---\ntitle: T\n---\n\n# T {#t}\n\ntext $x^2$ [a](b.md)\n\n"
        "## One {#one}\n\n```python\nprint(1)\n```\n\n```output\n1\n```\n"
    )
    source, own = (tmp_path / "docs" / code / "page.md" for code in ("en", "ko"))
    for path in (source, own):
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
    staleness.stamp(own)
    return source, own


def change(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_stamped_page_is_current(pair):
    assert staleness.stale(pair[1]) == []
    assert list(structure.differences(pair[1])) == []


@pytest.mark.parametrize(
    ("old", "new", "section"),
    [("title: T", "title: U", "top"), ("text", "words", "t"), ("print(1)", "1", "one")],
)
def test_status_names_the_section_that_changed(pair, old, new, section):
    change(pair[0], old, new)
    assert staleness.stale(pair[1]) == [section]


def test_new_section_is_stale(pair):
    change(pair[0], "## One {#one}", "## Zero {#zero}\n\nx\n\n## One {#one}")
    assert staleness.stale(pair[1]) == ["zero"]


def test_stamping_keeps_everything_else(pair):
    before = pages.read(pair[1])
    change(pair[0], "text", "words")
    staleness.stamp(pair[1])
    after = pages.read(pair[1])
    keep = [line for line in before.split("\n") if not line.startswith("  ")]
    assert [line for line in after.split("\n") if not line.startswith("  ")] == keep
    assert staleness.stale(pair[1]) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "print(1)",
            "print(2)",
            r"ko/page.md:16: this fence is not the one at docs/en",
        ),
        ("```output\n1", "```output\n2", "ko/page.md:20: this fence"),
        ("$x^2$", "$x^3$", "lacks the formula 'x^2'"),
        ("(b.md)", "(c.md)", "has 'c.md' in place of 'b.md' as link"),
        ("text $x^2$", "text 12 $x^2$", "alone has the number '12'"),
        ("text $x^2$", "text `a` $x^2$", "alone has the code 'a'"),
        ("text $x^2$", "text 1{{ a }} $x^2$", "alone has the value '1{{a}}'"),
        ("title: T\n", "", "page.md:2: the front matter must have 'title'"),
        ("{#one}", "{#eins}", "ko/page.md:13: the heading is ## {#eins}"),
        ("## One", "### One", "the heading is ### {#one}"),
        (
            "\n## One",
            '\n<gradient-explorer init="he">\n\n## One',
            "in place of 'nothing' as explorer",
        ),
        (
            "\n## One",
            "\n!!! note\n\n    x\n\n## One",
            "has '!!! note' in place of 'nothing' as admonition",
        ),
    ],
)
def test_difference_is_named_with_its_place(pair, old, new, message):
    change(pair[1], old, new)
    assert message in "\n".join(structure.differences(pair[1]))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{#one}", "", "page.md:13: this heading needs an id"),
        ("{#one}", "{#t}", "page.md:13: the id 't' stands on this page before"),
        ("title: T", "title: [", "page.md:2: the front matter is not valid YAML"),
    ],
)
def test_broken_page_is_named(pair, old, new, message):
    change(pair[1], old, new)
    with pytest.raises(pages.PageError) as error:
        staleness.sections(pair[1])
    assert message in str(error.value)


def test_page_without_front_matter_is_named_and_kept(pair):
    pair[1].write_text("# T {#t}\n", "utf-8")
    with pytest.raises(pages.PageError, match=r"page\.md:1: has no front matter"):
        staleness.stamp(pair[1])
    assert pages.read(pair[1]) == "# T {#t}\n"


@pytest.mark.parametrize("encoding", ["euc-kr", "utf-16"])
def test_other_encodings_are_named(pair, encoding):
    pair[1].write_bytes("# 제목 {#t}\n".encode(encoding))
    with pytest.raises(pages.PageError, match=r"page\.md:1: .*UTF-8"):
        pages.read(pair[1])


def test_glossaries_of_both_languages_agree():
    tables = {}
    for language in ("en", "ko"):
        text = pages.read(pages.DOCS / language / "glossary.md")
        rows = [
            line.strip("|").split(" | ") for line in text.split("\n") if "|" in line
        ]
        tables[language] = [[cell.strip() for cell in row] for row in rows if row[3:]]
    for english, korean in zip(tables["en"], tables["ko"], strict=True):
        if english[0] != "English":  # the head of a table
            assert english[:3] == [korean[1], korean[0], korean[2]]
