"""What readers need most, in Firefox and WebKit: one visit each, and the copy on a disk."""

import re
import shutil

import engines
import pytest
from engines import CONTROL
from server import serving

from sitetools.publish import policy

PAGE = "why-gradients-vanish-and-explode"
GATES = "gates-in-recurrent-networks"
DESKTOP = (1280, 900)
ESCAPE = "\ue00c"
DARK, LIGHT = ["slate", "rgb(30, 34, 41)"], ["default", "rgb(255, 255, 255)"]
SCHEME = """() => [document.body.dataset.mdColorScheme,
  getComputedStyle(document.body).backgroundColor]"""
FONT = """() => document.fonts.ready.then((all) => [...all].filter((font) =>
  font.family.includes("Formulas") && font.status === "loaded").length)"""
OPEN = """() => document.querySelector("#__search")?.checked
  && document.querySelector("input[name=query]") === document.activeElement"""
TYPE = """(query) => {
  const field = document.querySelector("input[name=query]");
  field.value = query;
  field.dispatchEvent(new Event("input"));
}"""
FOUND = '() => document.querySelector(".md-search-result__link")?.href'
COPIED = '() => document.querySelector(".md-dialog--active")?.textContent.trim()'
CLICK = """(selector) => {
  const element = document.querySelector(selector);
  element?.scrollIntoView({ block: "center" });
  element?.click();
  return Boolean(element);
}"""
NEAR = """() => {
  document.querySelector("gradient-explorer")?.scrollIntoView();
  return document.querySelector("gradient-explorer[data-verdict]:not([aria-busy])") !== null;
}"""
VERDICT = """(verdict) =>
  document.querySelector("gradient-explorer:not([aria-busy])")?.dataset.verdict === verdict"""
TRAINED = """(step) => {
  const explorer = document.querySelector("training-explorer");
  const frame = explorer?.frames?.at(-1);
  const shown = frame && explorer.dataset.step === String(step) && frame.step === step && frame.done;
  return shown ? frame.sides.map(({ verdict }) => verdict.name) : null;
}"""
SET = """(control, value) => {
  const found = document.querySelector(control);
  found.value = value;
  for (const kind of ["input", "change"]) found.dispatchEvent(new Event(kind, { bubbles: true }));
}"""
FRAME = """(src) => {
  const frame = Object.assign(document.createElement("iframe"), { src });
  frame.sandbox = "allow-scripts";
  frame.style = "position: fixed; inset: 0; width: 100%; height: 100%";
  document.body.append(frame);
  return new Promise((loaded) => { frame.onload = () => loaded(true); });
}"""
# How wide the first letter c of a formula and each circled dot are, in their own letters.
SIZES = """() => {
  const width = (element) =>
    element.getBoundingClientRect().width / parseFloat(getComputedStyle(element).fontSize);
  const leaves = [...document.querySelectorAll("article math :is(mi, mo)")];
  const letter = leaves.find((leaf) => leaf.textContent === "c");
  const dots = leaves.filter((leaf) => leaf.textContent === "⊙" && leaf.checkVisibility());
  return [width(letter), Math.max(...dots.map(width)), dots.length];
}"""


@pytest.fixture(scope="module", params=["firefox", "webkit"])
def engine(request, tmp_path_factory):
    """Return a running engine."""
    with getattr(engines, request.param)(tmp_path_factory.mktemp("engine")) as found:
        found.resize(*DESKTOP)
        yield found


@pytest.fixture(scope="module")
def recorded(site, tmp_path_factory):
    """Return the folder of a server with pages that record what goes wrong."""
    copy = tmp_path_factory.mktemp("recorded") / "some" / "path"
    shutil.copytree(site, copy)
    engines.record(copy)
    return copy


@pytest.fixture(scope="module")
def address(recorded):
    """Return the address of those pages."""
    with serving(recorded) as found:
        yield found


WRONG = """<!DOCTYPE html><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="img-src 'none'"><title>x</title>
<script>console.error("said", 1); console.warn("warned"); console.log("told");</script>
<script>Promise.reject(new Error("rejected")); throw new Error("thrown");</script>
<img src="forbidden.png">"""


def test_what_goes_wrong_is_seen(engine, address, recorded):
    path = recorded / "wrong" / "wrong.html"
    path.parent.mkdir(exist_ok=True)
    path.write_text(WRONG, "utf-8")
    engines.record(path.parent)
    engine.go(f"{address}wrong/wrong.html")
    engine.ask("() => { setTimeout(() => { throw new Error('late') }); }")
    found = "\n".join(engine.errors())
    for said in ("said 1", "warned", "rejected", "thrown", "img-src", "late"):
        assert said in found
    assert "told" not in found
    assert engine.errors() == []


def search(engine, query, wanted):
    """Type a query where search is open: the first result is the page wanted."""
    engine.ask(TYPE, query)
    assert wanted in engine.wait(FOUND)


def explore(engine):
    """Let the explorer begin, and choose a network."""
    engine.wait(NEAR)
    engine.ask(SET, "gradient-explorer [name=activation]", "relu")
    engine.ask(SET, "gradient-explorer [name=init]", "he")
    engine.wait(VERDICT, "stable")


def train(engine):
    """Train a network that learns nothing, keep it, and train it beside another."""
    engine.wait(CLICK, "training-explorer [name=many]")
    assert engine.wait(TRAINED, 100) == ["vanishing"]
    engine.wait(CLICK, "training-explorer [name=keep]")
    engine.ask(SET, "training-explorer [name=activation]", "relu")
    engine.ask(SET, "training-explorer [name=init]", "he")
    engine.wait(CLICK, "training-explorer [name=play]")
    engine.wait("() => document.querySelector('training-explorer').frames.length > 3")
    engine.wait(CLICK, "training-explorer [name=play]")
    engine.ask(SET, "training-explorer [name=data]", "mnist1d")
    engine.wait(
        "() => document.querySelector('training-explorer').settings.data === 'mnist1d'"
    )
    engine.wait(CLICK, "training-explorer [name=one]")
    new, kept = engine.wait(TRAINED, 1)
    assert kept == "vanishing"
    assert new != "vanishing"
    shown = engine.ask(
        """() => [...document.querySelectorAll("training-explorer .verdict")]
        .map((verdict) => [verdict.checkVisibility(), verdict.dataset.verdict])"""
    )
    assert shown == [[True, kept], [True, new]]


def switch(engine, index):
    """Choose a scheme, as the switch's button does."""
    engine.wait(CLICK, f"label[for=__palette_{index}]")


def test_essentials(engine, address):
    engine.go(f"{address}en/{PAGE}/")
    assert engine.ask(SCHEME) == DARK, "the system is dark"
    engine.press("n.p,/fs")  # letters are no keys
    assert engine.ask("() => location.pathname").endswith(f"/{PAGE}/")
    assert not engine.ask(OPEN)
    explore(engine)
    engine.press("k", CONTROL)
    engine.wait(OPEN)
    search(engine, "clip_grad_norm_", "/en/gradient-clipping/")
    engine.press(ESCAPE)
    engine.wait(CLICK, "article button[data-md-type=copy]")
    assert "opied" in engine.wait(COPIED)
    switch(engine, 0)
    assert engine.ask(SCHEME) == LIGHT
    assert engine.errors() == []

    engine.wait(CLICK, "[data-language][hreflang=ko]")
    engine.wait("(path) => location.pathname.endsWith(path)", f"/ko/{PAGE}/")
    engine.wait(VERDICT, "stable")
    assert "activation=relu" in engine.ask("() => location.search")
    assert engine.ask(SCHEME) == LIGHT, "the reader chose"
    assert engine.errors() == []

    engine.go(f"{address}en/training-explorer/")
    train(engine)
    assert engine.errors() == []

    for path in ("en/", "en/labs/small-batches/", "en/404.html"):
        engine.go(address + path)
        assert engine.errors() == [], path

    engine.go(f"{address}en/{GATES}/")
    assert engine.ask(FONT) >= 1
    letter, dot, dots = engine.ask(SIZES)
    assert letter == pytest.approx(0.444, abs=0.01), "another font"
    assert dot < 1.3, "an operator as large as a sum"
    assert dots > 5
    assert engine.errors() == []


def test_frame_that_may_keep_nothing(engine, address, recorded):
    """Learning platforms show pages in such frames; a browser may keep nothing, too."""
    whole = (recorded / "en" / PAGE / "index.html").read_text("utf-8")
    bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", whole)
    framed = recorded / "en" / PAGE / "framed.html"  # as built for this address
    framed.write_text(policy.with_policy(bare, address), "utf-8")
    engine.go(f"{address}robots.txt")  # a page without our policy
    engine.ask(FRAME, f"{address}en/{PAGE}/framed.html")
    engine.enter_frame()
    explore(engine)
    engine.ask(CLICK, "#__search")  # drivers press keys elsewhere
    search(engine, "clip_grad_norm_", "/en/gradient-clipping/")
    engine.wait(CLICK, "article button[data-md-type=copy]")
    assert engine.ask(SCHEME) == DARK
    switch(engine, 0)
    assert engine.ask(SCHEME) == LIGHT
    assert engine.errors() == []

    alone = (recorded / "en" / "training.html").read_text("utf-8")
    bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", alone)
    framed = recorded / "en" / "training-framed.html"
    framed.write_text(policy.with_policy(bare, address), "utf-8")
    engine.go(f"{address}robots.txt")
    engine.ask(FRAME, f"{address}en/training-framed.html")
    engine.enter_frame()
    train(engine)
    assert engine.errors() == []


def test_copy_on_a_disk(engine, folder, tmp_path):
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    engines.record(copy)
    engine.go((copy / "ko" / PAGE / "index.html").as_uri())
    assert engine.ask(FONT) >= 1
    explore(engine)
    engine.press("k", CONTROL)
    engine.wait(OPEN)
    search(engine, "clip_grad_norm_", "/ko/gradient-clipping/index.html")
    assert engine.errors() == []
    engine.go((copy / "ko" / "training-explorer" / "index.html").as_uri())
    train(engine)
    assert engine.errors() == []
