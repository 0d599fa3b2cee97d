"""Search finds what readers type. The theme's own worker answers, without a page."""

import blocks
import pytest
from project import PROJECT
from queries import LANGUAGES, queries

from sitetools.content import pages, sections

ASK = """async ([base, queries]) => {
  const config = JSON.parse(document.getElementById("__config").textContent);
  const index = await (await fetch(`${base}search/search_index.json`)).json();
  const worker = new Worker(new URL(config.search, location.href));
  const ask = (type, data) => new Promise((answer) => {
    worker.onmessage = (event) => answer(event.data.data);
    worker.postMessage({ type, data });
  });
  await ask(0, { ...index, options: { suggest: false } });
  const answers = [];
  for (const query of queries) {
    const { items } = await ask(2, query);
    answers.push(items.map((page) => page[0].location));
  }
  return answers;
}"""
each_language = pytest.mark.parametrize("language", LANGUAGES)
FIRST, THREE = 0.95, 0.99
"""The share of queries whose page comes first, or is among the first three."""
NOTHING, NOISE = "nothing", 0.2
"""What the site has no page for, and of how much of it search may offer one."""
PASTED = [
    ("", ""),
    # The end of a traceback, with what the theme would take for operators.
    (
        'Traceback (most recent call last):\n  File "/home/me/train.py", line 83, in <module>\n'
        "    loss = -criterion(model(x)*2 + 1, y~z)\n"
        "    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        '  File "/usr/lib/python3.12/site-packages/torch/nn/modules/module.py", line 1773, in'
        " _call_impl\n    return forward_call(*args, **kwargs)\nRuntimeError: ",
        "\n",
    ),
]
"""What is pasted before and after a message."""


def is_one_of(location, places):
    """Return whether a result is a page, or the very section, of those wanted."""
    page, _, ident = location.partition("#")
    name = page.rstrip("/") or "home"
    return name in places or f"{name}#{ident}" in places


@each_language
def test_what_readers_type_is_found(open_page, language):
    expected = queries(language)
    page = open_page().go(f"{language}/")
    answers = page.evaluate(ASK, [page.url, list(expected)])
    first = three = 0
    ranked = [
        (query, places, found)
        for (query, places), found in zip(expected.items(), answers, strict=True)
        if NOTHING not in places
    ]
    for query, places, found in ranked:
        right = [is_one_of(location, places) for location in found[:3]]
        first += right[:1] == [True]
        three += any(right)
        if right[:1] != [True]:
            print(f"{query}: found {found[:3]}")  # shown if too many are
    assert first >= FIRST * len(ranked)
    assert three >= THREE * len(ranked)
    noise = [
        (query, found[:3])
        for (query, places), found in zip(expected.items(), answers, strict=True)
        if NOTHING in places and found and not is_one_of(found[0], places)
    ]
    assert len(noise) <= NOISE * (len(expected) - len(ranked)), noise


def messages(language):
    """Yield each message that a page shows, whole, and the id of its section."""
    path = PROJECT.docs / language / "error-messages.md"
    outputs = {block.code.line: block.expected for block in blocks.blocks(path)}
    lines = pages.read(path).split("\n")
    for number, line in enumerate(lines, 1):
        found = sections.HEADING.match(line)
        if found and found["level"] == "###":
            title = found["text"].removeprefix("### ").strip("` ")
            output = next(outputs[at] for at in sorted(outputs) if at > number)
            assert title in output, f"{path}:{number}: no block prints this"
            start = output.index(title)
            yield found["id"], output[start:].partition("\n")[0]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_pasted_message_finds_its_section(open_page, language):
    page = open_page().go(f"{language}/")
    wanted = dict(messages(language))
    assert len(wanted) > 25
    pasted = {
        prefix + message + suffix: f"error-messages/#{ident}"
        for ident, message in wanted.items()
        for prefix, suffix in PASTED
    }
    answers = page.evaluate(ASK, [page.url, list(pasted)])
    wrong = [
        f"{query}: found {found[:3]}"
        for (query, place), found in zip(pasted.items(), answers, strict=True)
        if found[:1] != [place]
    ]
    assert not wrong, "\n".join(wrong)


def test_every_language_but_new_ones_has_queries():
    assert set(LANGUAGES) <= set(PROJECT.languages())
    assert {"ko", "en"} <= set(LANGUAGES)


def results(page):
    """Return where the results lead once they have come."""
    links = page.locator(".md-search-result__link")
    links.first.wait_for()
    return [link.get_attribute("href") for link in links.all()]


@pytest.mark.parametrize(
    ("language", "query", "name"),
    [
        ("ko", "배치정규화", "batch-normalization"),
        ("en", "clip_grad_norm_", "gradient-clipping"),
        ("ja", "重み初期化", "weight-initialization"),
    ],
)
def test_typed_query_finds_the_page_in_its_language(open_page, language, query, name):
    page = open_page().go(f"{language}/")
    page.keyboard.press("Control+k")
    page.keyboard.type(query)
    assert f"/{language}/{name}/" in results(page)[0]


def test_pasted_and_composed_text_is_searched(open_page):
    page = open_page().go("ko/")
    page.keyboard.press("Control+k")
    page.keyboard.insert_text("기울기클리핑")  # no key goes up
    assert "/ko/gradient-clipping/" in results(page)[0]
    page.locator("button[type=reset]").first.click()
    page.locator(".md-search-result__link").first.wait_for(state="detached")
    keyboard = page.context.new_cdp_session(page)
    for text in ("ㅊ", "초", "촉", "초기", "초기호", "초기화"):
        keyboard.send(
            "Input.imeSetComposition",
            {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
        )
    assert "/ko/weight-initialization/" in results(page)[0], "while it is composed"
    keyboard.send("Input.insertText", {"text": "초기화"})
    assert page.locator("input[name=query]").input_value() == "초기화"


def test_where_nothing_is_found_other_ways_are_offered(open_page):
    page = open_page().go("ko/diagnose/")
    help_ = page.locator(".nothing-found")
    page.keyboard.press("Control+k")
    page.keyboard.type("qk norm")
    help_.wait_for()
    links = [link.get_attribute("href") for link in help_.locator("a").all()]
    assert links == ["../glossary/", "..#by-symptom"]
    page.keyboard.press("Enter")
    assert page.url.endswith("ko/diagnose/"), "there is no result to open"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ko/#by-symptom")
    page.keyboard.press("Control+k")
    page.keyboard.type('"-1" + [x]: ~loss* nan')  # no operators
    assert "/ko/where-nan-comes-from/" in results(page)[0]
    assert help_.count() == 0


def test_results_read_well(open_page):
    page = open_page().go("en/")
    page.keyboard.press("Control+k")
    page.keyboard.type("variance kaiming_normal_")
    results(page)
    first = page.locator(".md-search-result__article").all_inner_texts()
    assert first, "no results"
    for text in first:
        assert "\u2061" not in text, "a formula's invisible characters"
        assert "import torch" not in text, "a listing"
    page.keyboard.press("Escape")
    page.locator(".md-search-result__link").first.wait_for(state="hidden")
