"""The words and the weight of the explorer that trains."""

import gzip
import re
import sys

import pytest
from project import PROJECT

from sitetools.content import labels
from sitetools.content.project import COMPLETE
from sitetools.render import training

SHARED = PROJECT.docs / "shared"
SAMPLES = SHARED / "js" / "training-mnist1d.js"
SCRIPTS = sorted({*(SHARED / "js").glob("training-*.js")} - {SAMPLES})
SCRIPT = (SHARED / "js" / "training-explorer.js").read_text("utf-8")
MOST = 30_000


def words_of(language):
    return labels.words(PROJECT, labels.load(PROJECT, language), "training")


def used():
    """Return the names of the words that the script asks for."""
    found = set(re.findall(r'(?:word|button|folded)\(\s*"(\w+)"', SCRIPT))
    for pair in re.findall(r'word\([^()"]+ \? "(\w+)" : ([^()]+)\)', SCRIPT):
        found |= {pair[0], *re.findall(r'"(\w+)"', pair[1])}
    found |= {"steps", "layers"} | {
        f"share_{name}" for name in ("dead", "few", "none", "flat")
    }
    for pair in re.findall(r'copyText\(.*?, "(\w+)", "(\w+)"\)', SCRIPT):
        found |= set(pair)
    found |= {"network", "training"}
    for name, values in re.findall(r"(?m)^      (\w+): \[(.*)\],$", SCRIPT):
        found.add(name)
        known = re.findall(r'"(\w+)"', values)
        if name != "precision":  # float16 is called so in every language
            found |= {f"{name}_{value}" for value in known}
    found |= {f"warmup_{steps}" for steps in (0, 10, 50, 100)}
    for chart in ("loss", "gradient", "share", "update", "spread", "plane"):
        found.add(f"{chart}_title")
    columns = ("layer", "gradient", "update", "spread", "dead", "saturated")
    found |= {f"{name}_column" for name in columns}
    engine = (SHARED / "js" / "training-engine.js").read_text("utf-8")
    [gravest] = re.findall(r"const GRAVEST = \[(.*?)\]", engine, re.DOTALL)
    verdicts = {*re.findall(r'"(\w+)"', gravest), "ok", "none"}
    found |= {f"verdict_{name}" for name in verdicts}
    for number in range(1, SCRIPT.count("answer:") + 1):
        parts = ("", "_task", "_question", "_a", "_b", "_c", "_why")
        found |= {f"mission_{number}{part}" for part in parts}
    return found


@pytest.mark.parametrize("language", COMPLETE)
def test_script_has_every_word_and_no_other(language):
    words = words_of(language)
    assert used() == set(words)
    for name, text in words_of("en").items():
        places = set(re.findall(r"\{\w+\}", text))
        assert set(re.findall(r"\{\w+\}", words[name])) == places, name


def test_it_is_light():
    files = [*SCRIPTS, SHARED / "css" / "training.css"]
    assert len(files) == 5
    assert sum(len(gzip.compress(f.read_bytes(), 6, mtime=0)) for f in files) <= MOST
    assert len(gzip.compress(SAMPLES.read_bytes(), 6, mtime=0)) <= 10_000


def test_samples_are_those_of_mnist1d():
    pytest.importorskip("mnist1d")
    sys.path.insert(0, str(PROJECT.root / "tests" / "data"))
    import mnist1d_slice

    same = SAMPLES.read_text("utf-8") == mnist1d_slice.script()
    assert same, f"{SAMPLES}: run python tests/data/mnist1d_slice.py"


def test_page_gets_its_words(tmp_path):
    own = labels.load(PROJECT, "ko")
    path = PROJECT.docs / "ko" / "training-explorer.md"
    html = training.fill("<p><training-explorer>x</training-explorer>", path, own)
    assert html.startswith('<p><training-explorer data-words="{&quot;')
    assert "학습" in html


def test_only_its_page_loads_it(site):
    for path in (site / "en").rglob("index.html"):
        html = path.read_text("utf-8")
        for name in ("training-engine.js", "training.css"):
            assert (name in html) == (path.parent.name == "training-explorer"), path
    alone = (site / "en" / "training.html").read_text("utf-8")
    assert "training-engine.js" in alone
