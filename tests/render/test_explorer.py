"""The explorer's data, words and weight; what it does is in browser/test_exploring.py."""

import gzip
import json
import math
import re

import pytest
from bs4 import BeautifulSoup
from project import PROJECT
from small_site import change

from sitetools.content import files, frozen, labels, snippets, stand_ins
from sitetools.content.project import COMPLETE, Project
from sitetools.fault import Fault, Place
from sitetools.render import explorer, training

SNIPPET = snippets.find(PROJECT, explorer.SNIPPET)
SCRIPT = PROJECT.docs / "shared" / "js" / "explorer.js"
STYLE = PROJECT.docs / "shared" / "css" / "explorer.css"
PRESETS = {
    "relu-and-variants",
    "weight-initialization",
    "batch-normalization",
    "layer-normalization",
    "residual-connections",
}
GOOD = ' activation="relu" init="he" depth="30" norm="none" residual="off"'
each_language = pytest.mark.parametrize("language", PROJECT.languages())


def words_of(language):
    return labels.words(PROJECT, labels.load(PROJECT, language), "explorer")


@pytest.fixture(scope="module")
def results():
    return frozen.load(SNIPPET)


def test_choices_are_those_that_the_issue_asks_for(results):
    found = explorer.choices(results)
    sizes = {name: len(values) for name, values in found.items()}
    assert sizes == {"activation": 6, "init": 6, "norm": 4, "residual": 2, "depth": 12}
    assert (found["depth"][0], found["depth"][-1]) == ("2", "100")


@each_language
def test_parts_hold_all_that_was_frozen(site, language, results):
    folder = site / language / "assets" / "explorer"
    decode = stand_ins.function(SNIPPET, "decode")
    known = explorer.choices(results)
    files = {path.name for path in folder.iterdir()}
    assert len(files) == len(known["activation"]) * len(known["norm"])
    for norm in known["norm"]:
        for activation in known["activation"]:
            part = json.loads((folder / f"{activation}-{norm}.json").read_text())
            for skip in known["residual"]:
                for init in known["init"]:
                    found = part[skip][init]
                    for name, value in found.items():
                        assert value == results[name][norm][skip][init][activation]
                    for depth, text in zip(
                        known["depth"], found["gradient"], strict=True
                    ):
                        whole = found["factor"][depth] ** (int(depth) - 1)
                        assert abs(decode(text)[0] - math.log10(whole)) < 0.03


@each_language
def test_rounding_is_finer_than_the_promised_resolution(language):
    encode, decode = (
        stand_ins.function(SNIPPET, name) for name in ("encode", "decode")
    )
    values = [3.21e-90, 7.7e-3, 1.0, 1.01, 5e120]
    for value, power in zip(values, decode(encode(values)), strict=True):
        assert abs(math.log10(value) - power) < math.log10(1.025) / 2


@each_language
def test_script_has_every_word_and_no_other(language, results):
    script = SCRIPT.read_text("utf-8")
    used = set(re.findall(r'word\(\s*"(\w+)"', script))
    used |= set(re.findall(r'"(\w+)"', " ".join(re.findall(r"\[(.*?)\]\.map", script))))
    known = explorer.choices(results)
    used |= set(known) | {"gradient", "signal"}
    for name in ("activation", "init", "norm"):
        used |= {f"{name}_{value}" for value in known[name]}
    used |= {f"with_{norm}" for norm in known["norm"] if norm != "none"}
    used |= {f"verdict_{word}" for word in ("vanishes", "stable", "explodes")}
    used |= {
        f"{c}_{p}" for c in ("gradient", "signal") for p in ("title", "layers", "axis")
    }
    used |= {"too_small", "too_large", "never"}
    words = words_of(language)
    assert used == set(words)
    for word, own in words.items():
        english = words_of("en")[word]
        assert set(re.findall(r"\{\w+\}", own)) == set(re.findall(r"\{\w+\}", english))


def test_english_words_name_what_they_stand_for(results):
    """The other languages are compared with these."""
    words, found = words_of("en"), explorer.choices(results)
    by_formula = {"normal": "N(0, 1)", "small": "N(0, 0.01²)"}
    for name in ("activation", "init", "norm"):
        for value in found[name]:
            text = words[f"{name}_{value}"]
            wanted = by_formula.get(value, value.replace("_", " "))
            assert wanted.lower() in text.lower()
    assert words["too_small"].startswith("0 ")
    assert words["too_large"].startswith("inf ")
    for name in ("gradient", "signal", "verdict_vanishes", "verdict_explodes"):
        stem = name.removeprefix("verdict_").replace("signal", "activation")
        assert stem in words[name].lower()


def test_missing_word_is_named_but_in_a_language_that_may_lag(root):
    change("docs/ko/labels.yml", "  settings", "  unsettings")(root)
    project = Project(root)
    with pytest.raises(Fault, match="no word for 'settings'") as fault:
        labels.words(project, labels.load(project, "ko"), "explorer")
    path = root / "docs" / "ko" / "labels.yml"
    assert fault.value.place == Place(path, files.line_of(path, "explorer:"))
    assert set(words_of("ja")) == set(words_of("en")), "missing ones are English"


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (GOOD.replace("relu", "swish"), 'write activation="…", one of sigmoid, tanh'),
        (GOOD.replace("30", "31"), 'write depth="…", one of 2, 3'),
        (GOOD.replace(' init="he"', ""), 'write init="…"'),
        (GOOD + ' controls="depth width"', "controls cannot be width"),
        (GOOD + ' charts="loss"', "charts cannot be loss"),
    ],
)
def test_wrong_attribute_is_named(attributes, message):
    place = Place(PROJECT.docs / "en" / "index.md", 7)
    with pytest.raises(Fault, match=re.escape(message)) as fault:
        explorer.element(attributes, place, labels.load(PROJECT, "en"))
    assert fault.value.place == place


@each_language
def test_only_the_pages_that_hold_an_explorer_load_it_and_all_have_the_figure(
    site, language
):
    holders = set()
    for path in (site / language).rglob("index.html"):
        html = path.read_text("utf-8")
        if f"<{explorer.NAME}" not in html:
            assert "js/explorer.js" not in html, path
            trains = f"<{training.NAME}" in html  # it looks alike
            assert ("css/explorer.css" in html) == trains, path
            continue
        document = BeautifulSoup(html, "html.parser")
        found = document.select(explorer.NAME)
        loaded = document.select("[src$='js/explorer.js'], [href$='css/explorer.css']")
        assert len(loaded) == 2, path
        for element in found:
            holders.add(path.parent.name)
            assert element.select_one("figure svg[role=img][aria-label]"), path
            assert element.select_one("figcaption"), path
            whole = not element.has_attr("controls")
            assert whole == (path.parent.name not in PRESETS)
            link = element.select_one("a[href$='#explorer']")
            assert bool(link) != whole, "a preset links to the whole explorer"
            for name in ("activation", "init", "norm", "residual", "depth"):
                assert not link or f"{name}={element[name]}" in str(link["href"])
    expected = PRESETS | {"why-gradients-vanish-and-explode"}
    assert holders <= expected
    assert holders == expected or language not in COMPLETE


@each_language
def test_weight_is_within_the_budget(site, language):
    """Script, style and first data in 60 kB; a part is one quick request."""

    def weight(path):
        return len(gzip.compress(path.read_bytes(), mtime=0))

    assets = site / language / "assets"
    parts = [weight(path) for path in (assets / "explorer").iterdir()]
    first = weight(assets / "js" / "explorer.js") + weight(
        assets / "css" / "explorer.css"
    )
    assert first + max(parts) <= 60_000
    assert max(parts) <= 10_000
    assert sum(parts) <= 100_000, "all there is"
