"""What a translator does, and what can go wrong with it, in a project of its own."""

import json
import shutil
import subprocess

import pytest

from sitetools.content import labels, notebooks, pages
from sitetools.render import figures
from sitetools.translate import (
    new_language,
    prose_only,
    staleness,
    status,
    structure,
    terms,
)

PAGE = """\
---
title: T
description: D
---

# T {#t}

text $x^2$ [a](b.md)

## One {#one}

```python
--8<-- "snippets/a.py"
```

- item

  ```output
  1
  ```
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a project with one English page, one lab, Korean set up and git."""
    shutil.copy(pages.ROOT / "mkdocs.yml", tmp_path)
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(pages, "LANGUAGES", ["en", "ko"])
    pages._preprocessor.cache_clear()  # it reads mkdocs.yml
    words = (
        "site:\n  language: L\n  page: Page\n  sections_current: now\n"
        '  is_current: ok\n  is_missing: none\n  is_stale: "{stale}/{total}"\n'
    )
    for code in ("en", "ko"):
        folder = tmp_path / "docs" / code
        folder.mkdir(parents=True)
        (folder / "labels.yml").write_text(words, "utf-8")
    (tmp_path / "docs" / "en" / "page.md").write_text(PAGE, "utf-8")
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets" / "a.py").write_text("print(1)\n", "utf-8")
    (tmp_path / "mkdocs.en.yml").write_text(
        "site_name: S\ndocs_dir: docs/en\nsite_dir: site/en\ntheme:\n  language: en\n"
    )
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    yield tmp_path
    pages._preprocessor.cache_clear()


def git(folder, *arguments):
    settings = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True)


def commit(folder):
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "change")


def change(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def page(project):
    """Return a Korean page that is up to date."""
    path = project / "docs" / "ko" / "page.md"
    staleness.start(path)
    change(path, "text", "글")
    staleness.stamp(path)
    commit(project)
    return path


def run(*arguments, capsys):
    code = staleness.main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    return code, out + err


def test_status_counts_and_shows_what_changed(project, page, capsys):
    source = project / "docs" / "en" / "page.md"
    assert run("status", capsys=capsys)[1] == (
        "ko: 100 % of the sections are current (1 current)\n"
    )
    change(source, "- item", "- new item")
    commit(project)
    change(source, "- new item", "- newer item")
    (project / "docs" / "en" / "more.md").write_text(PAGE, "utf-8")
    assert run("status", capsys=capsys)[1].split("\n") == [
        "ko: 33 % of the sections are current (1 stale, 1 missing)",
        "  missing  docs/ko/more.md",
        "  stale    docs/ko/page.md",
        "    docs/en/page.md:10: {#one} has changed",
        "      - - item",
        "      + - newer item",
        "",
    ]


def test_status_names_words_that_are_english_still(project, page, capsys):
    labels_file = project / "docs" / "ko" / "labels.yml"
    change(labels_file, "  page: Page\n", "")
    out = run("status", capsys=capsys)[1]
    assert "  words    docs/ko/labels.yml lacks page\n" in out
    labels_file.write_bytes("site:\n  language: 한국어\n".encode("euc-kr"))
    code, out = run("status", capsys=capsys)
    assert code == 1
    assert out.startswith("docs/ko/labels.yml:2: not UTF-8; save the file again")


def test_status_names_sections_that_came_and_went(project, page, capsys):
    change(project / "docs" / "en" / "page.md", "{#one}", "{#two}")
    out = run("status", capsys=capsys)[1]
    assert "docs/en/page.md:10: {#two} is new, or not stamped yet" in out
    assert "{#one} is gone from the English page" in out


def test_page_begins_as_a_copy_that_counts_as_untranslated(project, capsys):
    path = project / "docs" / "ko" / "page.md"
    code, out = run("start", path, capsys=capsys)
    assert code == 0
    assert "docs/ko/page.md: is a copy of the English page now" in out
    assert staleness.stale(path) == ["top", "t", "one"]
    code, out = run("start", path, capsys=capsys)
    assert code == 1
    assert out == "docs/ko/page.md:1: exists already; edit it, or rename it first.\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("docs/ko/pag.md", "there is no docs/en/pag.md; did you mean docs/en/page.md?"),
        ("docs/xx/page.md", "there is no language 'xx'; add it by `make language"),
        ("page.md", "is not below docs/; name a page such as docs/ko/index.md."),
    ],
)
def test_wrong_name_is_answered_by_the_right_one(project, capsys, name, message):
    code, out = run("start", project / name, capsys=capsys)
    assert code == 1
    assert message in out
    assert not (project / name).exists()


def test_one_section_can_be_stamped(project, page):
    source = project / "docs" / "en" / "page.md"
    change(source, "text", "words")
    change(source, "- item", "- thing")
    staleness.main(["stamp", f"{page}#one"])
    assert staleness.stale(page) == ["t"]
    with pytest.raises(pages.PageError, match="has no section 'two'; it has top, t"):
        staleness.stamp(page, ["two"])


def test_typo_in_the_source_can_be_declared_to_need_nothing(project, page, capsys):
    source = project / "docs" / "en" / "page.md"
    change(source, "text", "words")
    commit(project)
    change(source, "- item", "- itme")
    commit(project)
    staleness.stamp(page, ["one"])
    commit(project)
    change(source, "- itme", "- item")
    assert staleness.stale(page) == ["t", "one"]
    code, out = run("unchanged", source, capsys=capsys)
    assert (code, out) == (0, "docs/ko/page.md: one\n")
    assert staleness.stale(page) == ["t"], "what was stale before stays stale"


def test_only_an_english_page_can_be_declared_unchanged(page, capsys):
    code, out = run("unchanged", page, capsys=capsys)
    assert code == 1
    assert "is no English page" in out


def test_fix_takes_code_and_ids_from_the_source_and_keeps_a_copy(page):
    right = page.read_text("utf-8")
    change(page, 'a.py"', 'b.py"')
    change(page, "  1\n", "  2\n")
    change(page, "## One {#one}", "## 하나")
    change(page, "# T {#t}", "# 제목 {#x}")
    wrong = page.read_text("utf-8")
    mended, copy = structure.fix(page)
    assert mended == 4
    fixed = right.replace("# T {#t}", "# 제목 {#t}").replace("## One {", "## 하나 {")
    assert page.read_text("utf-8") == fixed
    assert copy.read_text("utf-8") == wrong
    assert structure.fix(page)[0] == 0
    change(page, "{#t}", "{#u}")
    assert structure.fix(page)[1] != copy, "an earlier copy is not overwritten"


def test_fix_refuses_what_nobody_could_match(page):
    change(page, "## One {#one}\n", "")
    before = page.read_bytes()
    with pytest.raises(pages.PageError, match=r"page\.md:1: has 1 headings, docs/en"):
        structure.fix(page)
    assert page.read_bytes() == before


def test_lab_is_translated_like_a_page(project):
    cells = [
        notebooks.Cell("t", False, "# T\n\ntext", {}),
        notebooks.Cell("code", True, "print(1)", {"tolerance": 0.1}),
    ]
    source = project / "docs" / "en" / "labs" / "lab.ipynb"
    source.parent.mkdir()
    source.write_text(notebooks.dump(cells), "utf-8")
    own = project / "docs" / "ko" / "labs" / "lab.ipynb"
    staleness.start(own)
    change(own, "# T", "# 실습")
    staleness.stamp(own)
    assert staleness.stale(own) == []
    assert list(structure.differences(own)) == []
    change(own, "print(1)", "print(2)")
    change(own, '"id": "t"', '"id": "u"')
    assert "lab.ipynb:" in "\n".join(structure.differences(own))
    assert structure.fix(own)[0] == 2
    assert list(structure.differences(own)) == []
    assert "# 실습" in own.read_text("utf-8")
    assert staleness.stale(own) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: T", "title: [", "page.md:2: the front matter is not valid YAML"),
        ("title: T", "- T", "page.md:2: the front matter is not valid YAML"),
        ("{#one}", "{#t}", "page.md:14: the id 't' stands on this page before"),
        ("{#one}", "", "page.md:14: this heading needs an id"),
        ("```output", "````output", "page.md:22: this fence is never closed"),
        ("글", "<<<<<<< ours\n글\n=======\n말\n>>>>>>> theirs", "page.md:12: a merge"),
        ("글", "\t글", "page.md:12: has a tab; write spaces."),
        ("글", "그\u1100\u1173\u11af", "page.md:12: letters are taken apart (NFD"),
        ('a.py"', 'none.py"', "page.md:17: "),
        ("source:\n", "source: 1\nx:\n", "page.md:4: `source` holds the hashes"),
    ],
)  # fmt: skip
def test_bad_input_is_named_with_file_line_and_remedy(page, capsys, old, new, message):
    change(page, old, new)
    code, out = run("check", page, capsys=capsys)
    assert code == 1
    assert message in out
    assert "Traceback" not in out


@pytest.mark.parametrize("encoding", ["euc-kr", "utf-16"])
def test_wrong_encoding_is_named_and_nothing_is_written(page, capsys, encoding):
    page.write_bytes("---\ntitle: 제목\n---\n# 제목 {#t}\n".encode(encoding))
    before = page.read_bytes()
    for command in ("check", "fix", "stamp"):
        code, out = run(command, page, capsys=capsys)
        assert code == 1
        assert "docs/ko/page.md:" in out
        assert "UTF-8" in out
        assert page.read_bytes() == before


TERMS = """\
- avoid: 그래디언트
  use: 기울기
  why: 한 가지 말
- avoid: '(?<!니)다\\.(?=\\s|$)'
  use: ‑습니다
  why: 합쇼체
"""


@pytest.fixture
def worded(page):
    (page.parent / "terms.yml").write_text(TERMS, "utf-8")
    return page


@pytest.mark.parametrize(
    "text",
    [
        "그래디언트를 봅니다.",
        "기울기가 크다.",
        "그래디언트 <!-- allow 경사: 다른 말 -->",
    ],
)
def test_word_to_avoid_is_named_with_the_one_to_use(worded, text):
    change(worded, "글", text)
    found = list(terms.problems(worded))
    assert len(found) == 1
    assert found[0].startswith("docs/ko/page.md:12: ")
    assert ": write " in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "`그래디언트`를 [봅니다](그래디언트.md).",
        "“그래디언트”와 ‘기울기가 크다.’를 봅니다.",
        "> 그래디언트가 크다.",
        "그래디언트 <!-- allow 그래디언트: 책 제목 -->",
        "```text\n그래디언트\n```",
    ],
)
def test_code_links_quotations_and_excuses_are_left_alone(worded, text):
    change(worded, "글", text)
    assert list(terms.problems(worded)) == []


def test_excuse_needs_a_reason(worded):
    change(worded, "글", "그래디언트 <!-- allow 그래디언트 -->")
    found = "\n".join(terms.problems(worded))
    assert "gives no reason; add one behind a colon" in found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- avoid: [", "terms.yml:1: not YAML"),
        ("- avoid: a\n  use: b\n", "terms.yml:1: each entry needs `avoid`"),
        ("avoid: a\n", "terms.yml:1: each entry needs `avoid`"),
        ("- avoid: '('\n  use: b\n  why: c\n", "terms.yml:1: '(' is no pattern"),
    ],
)
def test_broken_list_of_terms_is_named(page, text, message):
    (page.parent / "terms.yml").write_text(text, "utf-8")
    with pytest.raises(pages.PageError) as error:
        list(terms.problems(page))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("層を通る\n勾配です。", ["13"]),
        ("- 層を通る。\n  「勾配」です。", ["13"]),
        ("層です。\n\n勾配です。", []),
        ("層です。\n- 勾配です。", []),
        ("층을 지나는\n기울기", []),
        ("층(層\nlayer)", []),
    ],
)
def test_line_break_that_would_become_a_space_is_named(page, text, found):
    change(page, "글", text)
    lines = [line for line in terms.problems(page) if "a line break is a space" in line]
    assert [line.split(":")[1] for line in lines] == found


def test_page_that_is_named_is_compared_before_it_is_stamped(project, capsys):
    path = project / "docs" / "ko" / "page.md"
    staleness.start(path)
    change(path, "(b.md)", "(c.md)")
    assert run("check", path, capsys=capsys)[0] == 1
    assert run("check", capsys=capsys)[0] == 0, "what lags is none of the others' work"


@pytest.mark.parametrize(
    "number", ["10億分の1", "10亿分之1", "1000分の1", "10억분의 1"]
)
def test_numeral_that_english_writes_as_a_word_is_no_number(page, number):
    change(page, "글", number)
    assert not list(structure.differences(page))


def test_labels_missing_in_the_figures_of_a_page_are_named(
    project, page, monkeypatch, capsys
):
    monkeypatch.setattr(figures, "words", lambda snippet: {"layer", "step"})
    for path in (page, project / "docs" / "en" / "page.md"):
        change(path, "- item", '- item\n\n![x](figure:a/b "c")')
    staleness.stamp(page)
    with (page.parent / "labels.yml").open("a", encoding="utf-8") as file:
        file.write("figures:\n  layer: 층\n")
    code, out = run("check", page, capsys=capsys)
    assert code == 1
    assert out == (
        "docs/ko/labels.yml:1: 'step', in the figure a/b, has no translation.\n"
    )


@pytest.mark.parametrize(
    ("word", "number", "found"),
    [
        ("Twelve layers", "12層", 0),
        ("a tenth", "10", 0),
        ("two hundredths", "100", 0),
        ("Often", "10", 1),
        ("Twelve layers", "13", 1),
    ],
)
def test_number_that_english_writes_as_a_word_may_be_a_number(
    project, page, word, number, found
):
    change(project / "docs" / "en" / "page.md", "text", word)
    change(page, "글", number)
    assert len(list(structure.differences(page))) == found


def test_language_is_added_and_nothing_of_it_is_in_another_file(project):
    (project / "docs" / "en" / "index.md").write_text(PAGE, "utf-8")
    (project / "docs" / "ko" / "labels.yml").write_text(
        "site:\n  language: K\nfigures:\n  'a: b': c\n  \"two\\nlines\": d\n", "utf-8"
    )
    before = {path for path in project.rglob("*") if ".git" not in path.parts}
    written = new_language.add("zh-Hant", "繁體中文")
    after = {path for path in project.rglob("*") if ".git" not in path.parts}
    assert after - before == {*written, project / "docs" / "zh-Hant"}
    config = (project / "mkdocs.zh-Hant.yml").read_text("utf-8")
    assert "docs_dir: docs/zh-Hant" in config
    assert "site_dir: site/zh-Hant" in config
    assert "language: zh-Hant" in config
    assert labels.load("zh-Hant")["site"]["language"] == "繁體中文"
    assert labels.load("zh-Hant")["site"]["page"] == "Page", "English until translated"
    assert staleness.stale(project / "docs" / "zh-Hant" / "index.md")
    file = project / "docs" / "zh-Hant" / "labels.yml"
    file.write_text(file.read_text("utf-8").replace("  # ", "  "), "utf-8")
    assert set(labels.load("zh-Hant")["figures"]) == {"a: b", "two\nlines"}
    with pytest.raises(new_language.LanguageError, match="exists already"):
        new_language.add("zh-Hant", "繁體中文")


@pytest.mark.parametrize("code", ["xx", "JA", "../ja", "", "japanese"])
def test_unknown_language_is_refused(project, code):
    with pytest.raises(new_language.LanguageError, match="the theme knows af, ar,"):
        new_language.add(code, "name")


def test_table_of_the_status_links_to_the_editor(project, page):
    (project / "docs" / "en" / "more.md").write_text(PAGE, "utf-8")
    change(project / "docs" / "en" / "page.md", "- item", "- thing")
    bare = status.table("en", "")
    assert bare.split("\n") == [
        "| Page | L |",
        "| --- | --- |",
        "| now | **33\u00a0%** |",
        "| [T](more.md) | none |",
        "| [T](page.md) | 1/3 |",
    ]
    linked = status.table("en", "https://github.com/a/b/")
    assert "(https://github.com/a/b/new/main/docs/ko?filename=more.md)" in linked
    assert "(https://github.com/a/b/edit/main/docs/ko/page.md)" in linked


def test_git_is_not_needed(project, page, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    change(project / "docs" / "en" / "page.md", "- item", "- thing")
    code, out = run("status", capsys=capsys)
    assert code == 0
    assert "{#one} has changed" in out
    code, out = run("unchanged", project / "docs" / "en" / "page.md", capsys=capsys)
    assert code == 1
    assert "git has no earlier version" in out


def test_file_is_json_still(project):
    """The notebook's stamp does not leave the format."""
    cells = [notebooks.Cell("t", False, "# T", {})]
    text = notebooks.dump(cells, {"t": "12345678"})
    assert json.loads(text)["metadata"]["source"] == {"t": "12345678"}


@pytest.mark.parametrize(
    ("name", "old", "new", "words_only"),
    [
        ("docs/ko/page.md", "글", "말", True),
        ("docs/ko/labels.yml", "Page", "Seite", True),
        ("docs/en/page.md", "text", "words", True),
        ("docs/en/page.md", "  1\n", "  2\n", False),
        ("docs/en/page.md", "a.py", "b.py", False),
        ("docs/en/page.md", "text", "{{ a/b:c | d }}", False),
        ("snippets/a.py", "1", "2", False),
        ("mkdocs.en.yml", "site_name: S", "site_name: T", False),
    ],
)
def test_ci_leaves_torch_out_only_if_words_changed(
    project, page, capsys, name, old, new, words_only
):
    change(project / name, old, new)
    commit(project)
    assert prose_only.main(["HEAD~1"]) == 0
    out, why = capsys.readouterr()
    assert out == f"{str(words_only).lower()}\n"
    assert bool(why) != words_only
    assert words_only or name in why


def test_figure_is_in_one_language(monkeypatch):
    known = {"figures": {"layer": "couche"}}
    monkeypatch.setattr(labels, "load", lambda language: known)
    assert not labels.untranslated(["layer", "10"], "fr")
    assert labels.untranslated(["layer", "variance"], "fr")
    assert not labels.untranslated(["layer", "variance"], "ko"), "the build says so"


def test_check_of_something_else_than_a_page_says_so(project, capsys):
    code, out = run("check", project / "mkdocs.yml", capsys=capsys)
    assert code == 1
    assert out.endswith("is not below docs/; name a page such as docs/ko/index.md.\n")
