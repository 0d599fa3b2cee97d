"""Search finds what readers type. The theme's own worker answers, without a page."""

import blocks
import pytest
import yaml
from project import PROJECT, ROOT

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
QUERIES = yaml.safe_load((ROOT / "tests/data/queries.yml").read_text("utf-8"))
each_language = pytest.mark.parametrize("language", QUERIES)


@each_language
def test_what_readers_type_is_found(open_page, language):
    expected = QUERIES[language]
    page = open_page().go(f"{language}/")
    answers = page.evaluate(ASK, [page.url, list(expected)])
    right = 0
    for (query, wanted), found in zip(expected.items(), answers, strict=True):
        found = [location.partition("#")[0] for location in found]
        names = [location.rstrip("/") or "home" for location in found]
        first, *others = wanted.split()
        firsts = first.split("|")
        assert any(name in names for name in firsts), f"{query}: found {names}"
        assert set(others) <= set(names), f"{query}: found {names}"
        right += names[0] in firsts
        if names[0] not in firsts:
            print(f"{query}: first is {names[0]}")  # shown if too many are
    assert right >= 0.94 * len(expected)


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
@pytest.mark.parametrize("prefix", ["", "RuntimeError: ", "UserWarning: "])
def test_a_pasted_message_finds_its_section(open_page, language, prefix):
    page = open_page().go(f"{language}/")
    wanted = dict(messages(language))
    pasted = [prefix + message for message in wanted.values()]
    answers = page.evaluate(ASK, [page.url, pasted])
    wrong = [
        f"{query}: found {found[:3]}"
        for ident, query, found in zip(wanted, pasted, answers, strict=True)
        if found[:1] != [f"error-messages/#{ident}"]
    ]
    assert not wrong, "\n".join(wrong)
    assert len(wanted) > 25


def test_every_language_but_new_ones_has_queries():
    assert set(QUERIES) <= set(PROJECT.languages())
    assert {"ko", "en"} <= set(QUERIES)


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
