"""What search reads; tests/browser/test_searching.py sees what it finds."""

import gzip
import json
from pathlib import Path

import pytest
from built import LANGUAGES, each_language
from project import PROJECT
from small_site import built

from sitetools.content import pages
from sitetools.content.project import Project
from sitetools.publish import search, search_words

GLOSSARY = """\
---
title: Terms
description: D
---

# Terms {#terms}

| 한국어 | English | 다른 이름 | 페이지 |
|---|---|---|---|
| 배치 정규화 | batch normalization | BN | [배치 정규화](batch.md) |
| 학습률 | learning rate | | |
| 학습 | training | | [x](batch.md#part) |
| 언더플로, 오버플로 | underflow, overflow | 언더플로우, 오버플로우 | |
| 탄젠트(tanh) | tanh | 학습, 쌍곡탄젠트 | |
"""


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h1>T</h1><p>x</p>", "<h1>T</h1><p>About &amp; more</p><p>x</p>"),
        # Of code, the names that a reader may look for.
        (
            '<pre><code>x = torch.<span class="n">nn</span>.init.kaiming_normal_(w)\n'
            "ax.set_xlabel('y'); loss.zero_grad(); BatchNorm1d(3)</code></pre>",
            "<p><code>torch.nn.init.kaiming_normal_ zero_grad BatchNorm1d</code></p>",
        ),
        ("<pre>x = 1</pre>", ""),
        # Of what it prints, the words.
        (
            '<div class="language-output x"><pre><code>step 10: loss 2.3e-01, loss nan\n'
            "'NoneType' has no attribute 'norm'; see optimizer.step()</code></pre></div>",
            "<p><code>step loss nan NoneType has no attribute norm see optimizer.step</code></p>",
        ),
        ('<div class="language-output x"><pre>1.0e+00</pre></div>', ""),
        (
            '<details class="example"><p>Why</p><pre>nn.Linear</pre>'
            '<div class="language-output x"><pre>nan</pre></div></details>',
            '<details class="example"><p>Why</p></details>',
        ),
        ("<svg><text>0.1</text></svg>", ""),
        ('<div class="tabbed-labels"><label>Keras</label></div>', ""),
        ("<summary>Proof</summary>", ""),
        ('<p class="lab-run"><a>Download</a></p>', ""),
        # Rows of a table one by one, with what separates their cells.
        (
            "<tr><th>a</th>\n<th>b</th></tr><tr><td>1</td>\n<td>2</td></tr>",
            "<p><th>a · b</th></p><p><td>1 · 2</td></p>",
        ),
        # Formulas in letters.
        (
            "<math><mi>f</mi>&#8289;<mfrac><mn>1</mn><mrow><mi>n</mi><mo>+</mo>"
            "<mn>2</mn></mrow></mfrac></math>",
            "f1/(n+2)",
        ),
        (
            "<math><msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup><mo>&lt;</mo>"
            "<msqrt><mi>n</mi></msqrt></math>",
            "x<sub>i</sub><sup>2</sup>&lt;√n",
        ),
    ],
)  # fmt: skip
def test_search_reads_words_only(html, text):
    head = "" if "<h1>" in html else "<h1>T</h1><p>About &amp; more</p>"
    found = search.readable(head + html, "About & more")
    assert found.removeprefix(head).replace(" <", "<").replace("> ", ">") == text


def test_description_is_read_once():
    lab = "<h1>T</h1><p>About this</p>"
    assert search.readable(lab, "About this") == lab
    assert search.readable(lab.replace(" ", "\n"), "About this") == lab, "a new line"


def small_glossary(root: Path) -> Project:
    """Return the small site with a glossary in Korean."""
    (root / "docs" / "ko" / "glossary.md").write_text(GLOSSARY, "utf-8")
    return Project(root)


def test_glossary_names_what_pages_explain(root):
    project = small_glossary(root)
    assert search_words.glossary(project, "en") == [], "it has none"
    found = search_words.glossary(project, "ko")
    assert found[:3] == [
        (["배치 정규화", "batch normalization", "BN"], "batch/"),
        (["학습률", "learning rate"], ""),
        (["학습", "training"], "batch/#part"),
    ]


def test_glossary_knows_what_means_the_same(root):
    project = small_glossary(root)
    found = search_words.synonyms(project, "ko", [["손실", "loss"]])
    assert found == [
        ["손실", "loss"],
        ["배치 정규화", "batch normalization", "BN"],
        ["학습률", "learning rate"],
        ["학습", "training"],
        ["언더플로", "underflow", "언더플로우"],
        ["오버플로", "overflow", "오버플로우"],
        ["탄젠트", "tanh", "쌍곡탄젠트"],  # 학습 means something else
    ]


def test_word_of_the_glossary_has_a_border_but_not_in_a_longer_one(root):
    separator = search_words.separator(small_glossary(root), "ko")
    assert "학습(?!률)" in separator
    assert "정규화" in separator
    assert "학습" not in search_words.separator(Project(root), "en")


def test_index_has_the_names_of_pages_and_no_escapes(root):
    index = {
        "config": {},
        "docs": [
            {"location": "batch/", "title": "배치 정규화"},
            {"location": "batch/#part", "title": "x"},
            {"location": "batch/#other", "title": "x"},
            {"location": "diagnose/#non-finite", "title": "y"},
        ],
    }
    for entry in index["docs"]:
        entry["text"] = "<p></p> <p> a <code>b</code> </p> <ul> <li>c</li> </ul>"
    folder = root / "search"
    folder.mkdir()
    path = folder / "search_index.json"
    path.write_text(json.dumps(index), "utf-8")
    search.finish(small_glossary(root), "ko", root)
    text = path.read_text("utf-8")
    assert '"배치 정규화"' in text
    batch, part, other, finite = json.loads(text)["docs"]
    assert batch["names"] == "배치 정규화 batch normalization BN"
    assert batch["text"] == "<p>a <code>b</code></p><ul><li>c</li></ul>"
    assert part["names"] == "학습 training", "its page is about something else"
    assert "names" not in other
    assert finite["names"] == search.words()["names"]["diagnose/#non-finite"]


@pytest.mark.parametrize(
    ("language", "known"),
    [("ko", {"차이", "difference"}), ("en", {"difference"}), ("xx", {"difference"})],
)
def test_index_has_the_little_words_of_its_language_and_of_english(
    root, language, known
):
    folder = root / "search"
    folder.mkdir()
    path = folder / "search_index.json"
    path.write_text('{"config": {}, "docs": []}', "utf-8")
    (root / "docs" / language).mkdir(exist_ok=True)
    search.finish(Project(root), language, root)
    words = json.loads(path.read_text("utf-8"))["config"]["little_words"]
    assert {"차이", "difference"} & set(words) == known
    assert len(set(words)) == len(words)


def test_of_a_message_search_reads_code_and_what_is_printed():
    text = "<p>Cut by <code>a.b</code>. Or <code>a b</code>, <code>a.b</code>.</p>"
    assert search._messages(text) == "<p><code>a.b</code></p><p><code>a b</code></p>"
    assert search._messages("<p>One.</p>") == ""


def test_site_without_search_is_left_alone(root):
    search.finish(Project(root), "en", root)


def test_page_ranks_as_its_front_matter_says_and_labs_come_after(root):
    path = root / "docs" / "en" / "index.md"
    text = path.read_text("utf-8").replace(
        "description: D", "description: D\nsearch: {boost: 0.5}"
    )
    path.write_text(text, "utf-8")
    assert built(root, "mkdocs.en.yml") == []
    index = (root.parent / "site" / "search" / "search_index.json").read_text("utf-8")
    boosts = {doc["location"]: doc["boost"] for doc in json.loads(index)["docs"]}
    assert boosts == {"": 0.5, "labs/lab/": search.LAB["boost"]}


def entries(site: Path, language: str) -> dict[str, dict[str, str]]:
    """Return a language's index by location."""
    text = (site / language / "search" / "search_index.json").read_text("utf-8")
    return {entry["location"]: entry for entry in json.loads(text)["docs"]}


@each_language
def test_index_is_light_and_holds_nothing_drawn_or_run(site, language):
    """Each reader who searches loads it.

    Words of outputs are 4 kB of it, code in error messages 4, names and synonyms 6.
    """
    raw = (site / language / "search" / "search_index.json").read_bytes()
    assert len(gzip.compress(raw)) < 170_000
    for location, entry in entries(site, language).items():
        for drawn in ("10−", "import torch", "\u2061", "<pre>", "</svg>"):
            assert drawn not in entry["text"], location


@pytest.mark.parametrize("language", PROJECT.having("weight-initialization.md"))
def test_index_holds_what_a_reader_would_look_for(site, language):
    found = entries(site, language)
    page = "weight-initialization/"
    meta = pages.front_matter(PROJECT.docs / language / "weight-initialization.md")
    assert f"<p>{meta['description'].strip()}</p>" in found[page]["text"]
    assert "kaiming_normal_" in found[page]["names"]
    text = found[f"{page}#variance-forward"]["text"]
    assert "𝔼[x<sup>2</sup>]" in text
    assert "Var[w]=2/fan_in" in text, "a formula reads as it is written in a line"
    row = "<p>ReLU · 0.705 · 0.997 · 0.407"
    assert row in found[f"{page}#which"]["text"], "a row of a table stays together"


def test_every_name_belongs_to_a_page(site):
    for language in LANGUAGES:
        found = entries(site, language)
        glossary = search_words.glossary(PROJECT, language)
        explained = {place.partition("#")[0] for _, place in glossary if place}
        named = search.words()["names"].keys() | explained
        if language not in ("en", "ko"):  # sections of others may lag
            named = {name for name in named if "#" not in name}
        lost = named - found.keys()
        assert not lost, f"{language}: search knows names of {lost}, which is not there"
