"""The explorer that trains, used as readers do."""

from urllib.parse import parse_qs, urlsplit

import axe
import pytest
import test_reading

PAGE = "training-explorer/"
OURS = "training-explorer"


def begin(opened, path):
    page = opened.go(path)
    page.locator(f"{OURS}[data-ready]").wait_for()
    return page


def reach(page, step):
    """Wait until so many steps are shown."""
    page.locator(f"{OURS}[data-step='{step}']").wait_for()
    return page.locator(f"{OURS} .outcome")


def part(page, selector):
    return page.locator(f"{OURS} {selector}")


def numbers(page):
    """Return the numbers of all runs that are shown, the kept one first."""
    return part(page, ".numbers").all_inner_texts()


def train(page, steps=100):
    """Train a new run for a hundred steps, or for one."""
    part(page, "[name=many]" if steps == 100 else "[name=one]").click()
    page.wait_for_function(
        "(step) => { const { frames } = document.querySelector('training-explorer');"
        " return frames.at(-1)?.done && frames.at(-1).step === step }",
        arg=steps,
    )
    reach(page, steps)


def test_mission_asks_first_and_counts_one_change(open_page):
    opened = open_page(viewport={"width": 1280, "height": 900})
    page = begin(opened, f"en/{PAGE}")
    part(page, "[name=mission]").select_option("0")
    assert part(page, "[name=play]").is_disabled(), "a prediction comes first"
    part(page, "[value=a]").check()
    train(page)
    outcome = part(page, ".outcome")
    assert "Now change one control" in outcome.inner_text()
    assert "Vanishing" in part(page, ".verdict").inner_text()

    part(page, "[name=activation]").select_option("relu")
    train(page)
    outcome.filter(has_text="Saved").wait_for()
    assert "Your prediction was wrong" in outcome.inner_text()
    assert "1 of 6" in outcome.inner_text()
    heads = part(page, ".head").all_inner_texts()
    expected = ["Kept run · Activation: sigmoid", "New run · Activation: ReLU"]
    assert heads == expected, "the broken network is beside the saved one"

    # The address is the state of both; and what it opens is the same two runs.
    query = parse_qs(urlsplit(page.url).query)
    assert query["activation"] == ["relu"]
    assert query["kept"] == ["activation.sigmoid"]
    again = begin(open_page(), page.url.split("/some/path/")[1])
    train(again)
    assert numbers(again) == numbers(page)
    assert len({*numbers(page)}) == 2

    # A table of each and the code of the new run; the code is tested beside the engine.
    part(page, "details.table summary").click()
    assert part(page, "details.table tbody tr").count() == 20
    assert part(page, "details.table caption").all_inner_texts() == heads
    part(page, "details.code summary").click()
    assert "nn.ReLU()" in part(page, "pre").inner_text()
    assert opened.errors == []


LOSSES = """(changes) => {
  const explorer = document.querySelector("training-explorer");
  const run = new TrainingEngine.Run({ ...explorer.settings, ...changes });
  const losses = Array.from({ length: 100 }, () => run.step());
  return { losses, hidden: run.health().hidden, verdict: run.health().verdict.name };
}"""
SIDES = """() => {
  const { losses, frames } = document.querySelector("training-explorer");
  return frames.at(-1).sides.map(({ hidden, verdict }, i) => ({ losses: losses[i], hidden, verdict: verdict.name }));
}"""
BARS = """(kind) => [...document.querySelectorAll(`training-explorer .${kind} svg`)]
  .filter((svg) => svg.checkVisibility())
  .map((svg) => ({ label: svg.getAttribute("aria-label"),
    texts: [...svg.querySelectorAll("text")].map((text) => text.textContent),
    heights: [...svg.querySelector("path.now").getAttribute("d").matchAll(/ (134)V([\\d.]+)/g)]
      .map(([, low, high]) => low - high) }))"""


def test_two_runs_train_side_by_side(open_page):
    """One that is kept, left of the new one or above it: same steps, same axes."""
    opened = open_page(viewport={"width": 1280, "height": 900})
    page = begin(opened, f"en/{PAGE}?depth=6&activation=relu&init=he&rate=0.03")
    train(page)
    alone = numbers(page)
    part(page, "[name=keep]").click()
    part(page, ".head").first.filter(has_text="no change yet").wait_for()
    assert numbers(page) == alone * 2, "so far it is the same run"
    part(page, "[name=depth]").select_option("12")
    train(page)
    assert numbers(page)[0] == alone[0], "the kept one trained as before"
    new, kept = page.evaluate(SIDES)
    assert new == page.evaluate(LOSSES, {})
    assert kept == page.evaluate(LOSSES, {"depth": 6})
    for kind, count in [("loss", 0), ("gradient", [6, 12]), ("share", [6, 12])]:
        left, right = page.evaluate(BARS, kind)
        assert left["texts"] == right["texts"], "the same axes"
        assert left["label"].startswith("Kept run: ")
        assert right["label"].startswith("New run: ")
        if count and kind == "gradient":
            assert [len(left["heights"]), len(right["heights"])] == count

    def boxes(kind):
        return [svg.bounding_box() for svg in part(page, f".{kind} svg").all()]

    for kind in ("loss", "gradient", "share", "update", "spread"):
        left, right = boxes(kind)
        assert left["y"] == right["y"]
        assert left["x"] + left["width"] <= right["x"]
    page.set_viewport_size({"width": 390, "height": 844})
    above, below = boxes("gradient")
    assert above["x"] == below["x"]
    assert above["y"] + above["height"] <= below["y"]

    # Back in time, both at once; and without the kept one.
    back = part(page, "[name=back]")
    train_more = part(page, "[name=many]")
    train_more.click()
    reach(page, 200)
    back.focus()
    page.keyboard.press("Home")
    reach(page, 0)
    page.keyboard.press("ArrowRight")
    reach(page, 100)
    assert numbers(page)[0] == alone[0]
    part(page, "[name=drop]").click()
    reach(page, 200)
    assert len(numbers(page)) == 1
    assert "kept" not in page.url
    assert opened.errors == []


def test_dead_and_saturated_units_are_bars(open_page):
    opened = open_page()
    page = begin(opened, f"en/{PAGE}?depth=10&width=8&activation=tanh&init=normal")
    train(page)
    [chart] = page.evaluate(BARS, "share")
    layers = page.evaluate(SIDES)[0]["hidden"]
    shares = [layer["saturated"] for layer in layers]
    assert max(shares) > 0.5
    assert chart["heights"] == pytest.approx([126 * share for share in shares], abs=0.1)
    most = shares.index(max(shares)) + 1
    assert f"most in layer {most}, {round(100 * max(shares))}%" in chart["label"]
    part(page, "[name=activation]").select_option("relu")
    train(page, 1)
    [chart] = page.evaluate(BARS, "share")
    dead = [layer["dead"] for layer in page.evaluate(SIDES)[0]["hidden"]]
    assert chart["heights"] == pytest.approx([126 * share for share in dead], abs=0.1)
    note = part(page, ".share .note")
    assert "Dead" in note.inner_text()
    part(page, "[name=activation]").select_option("gelu")
    train(page, 1)
    assert page.evaluate(BARS, "share")[0]["heights"] == []
    assert "Counted for" in note.inner_text()
    assert opened.errors == []


def test_samples_of_mnist1d_come_when_they_are_chosen(open_page):
    opened = open_page()
    page = begin(opened, f"en/{PAGE}?depth=2&activation=relu&init=he")
    assert not any("mnist1d" in url for url in opened.requests)
    part(page, "[name=data]").select_option("mnist1d")
    page.wait_for_function(
        "() => document.querySelector('training-explorer').settings.data === 'mnist1d'"
    )
    assert "data=mnist1d" in page.url
    train(page)
    assert sum("mnist1d.js" in url for url in opened.requests) == 1
    accuracy = int(numbers(page)[0].rpartition("(")[2].rstrip("%)"))
    assert accuracy > 65, "better than a linear classifier, 58% with PyTorch"
    part(page, "details.code summary").click()
    code = part(page, "pre").inner_text()
    assert "Apache License 2.0" in code
    assert "1459;@=8544;?@<99<@" in code
    assert opened.errors == []

    lost = open_page()
    lost.page.route("**/training-mnist1d.js", lambda route: route.abort())
    page = begin(lost, f"en/{PAGE}")
    part(page, "[name=data]").select_option("mnist1d")
    part(page, ".said").filter(has_text="could not be loaded").wait_for()
    assert part(page, "[name=data]").input_value() == "spirals"
    train(page, 1)


MISSIONS = [  # what saves the network, as the right answer says; what does not
    ([{"activation": "relu"}], [{"rate": 1}, {"activation": "tanh"}]),
    ([{"clip": "norm"}], [{"clip": "value"}, {"warmup": 10}]),
    ([{"norm": "none"}], []),
    ([{"init": "xavier"}], [{"rate": 0.1}, {"init": "small"}]),
    ([{"precision": "bfloat16"}, {"precision": "float32"}], []),
    ([{"residual": "scaled"}, {"residual": "zero"}], [{"rate": 0.001}, {"warmup": 50}]),
]
REACHED = """([i, change, look]) => {
  const { settings, accuracy, within } = customElements.get("training-explorer").missions[i];
  const run = new TrainingEngine.Run({ ...settings, ...change });
  for (let step = 1; step <= within; step++) {
    run.step();
    const due = step % look === 0;
    if (due && TrainingEngine.finished(run.heldOut()).accuracy >= accuracy) return true;
  }
  return false;
}"""
VERDICTS = """([i, change, steps]) => {
  const { settings } = customElements.get("training-explorer").missions[i];
  const run = new TrainingEngine.Run({ ...settings, ...change });
  return Array.from({ length: steps }, () => { run.step(); return run.health().verdict.name; });
}"""


def test_right_answers_of_missions_reach_the_goal_and_wrong_ones_do_not(open_page):
    page = begin(open_page(), f"en/{PAGE}")
    for i, (right, wrong) in enumerate(MISSIONS):
        for change in right:
            assert page.evaluate(REACHED, [i, change, 50]), f"mission {i + 1}: {change}"
        for change in [{}, *wrong]:  # whenever a reader looks
            assert not page.evaluate(REACHED, [i, change, 1]), f"{i + 1}: {change}"


def test_what_the_missions_say_is_so(open_page):
    page = begin(open_page(), f"en/{PAGE}")

    def verdicts(mission, change, steps=100):
        return page.evaluate(VERDICTS, [mission - 1, change, steps])

    assert "exploding" not in verdicts(3, {}, 200), "its wrong answer a"
    assert verdicts(4, {}, 1) == ["saturated"]
    assert "vanishing" in verdicts(4, {"init": "small"})
    assert {*verdicts(5, {}, 400)} == {"zero"}
    for change in ({}, {"rate": 0.001}, {"warmup": 50}):
        assert verdicts(6, change, 1) == ["exploding"]
    for residual in ("scaled", "zero"):
        assert verdicts(6, {"residual": residual}, 1) != ["exploding"]
    # The numbers in the answers are those of the settings.
    rate = page.evaluate(
        "customElements.get('training-explorer').missions[5].settings.rate"
    )
    assert rate / 10 == pytest.approx(0.001)


def test_looking_changes_nothing_and_headings_do_not_reset(open_page):
    opened = open_page()
    page = begin(opened, f"en/{PAGE}?depth=3&activation=relu&batch=16&seed=77&width=x")
    assert part(page, "[name=seed]").input_value() == "0", "not known: as at the start"
    part(page, "[name=play]").click()
    page.wait_for_function(
        "() => document.querySelector('training-explorer').frames.length > 5"
    )
    page.evaluate("location.hash = 'read-it'")
    page.wait_for_timeout(200)
    assert part(page, "[name=play]").inner_text() == "Pause", "it goes on"
    part(page, "[name=play]").click()
    page.wait_for_function(
        "() => document.querySelector('training-explorer').frames.at(-1).done"
    )
    # To keep it asks for another look, after held-out samples went through the network.
    count = page.evaluate("document.querySelector('training-explorer').frames.length")
    part(page, "[name=keep]").click()
    page.wait_for_function(
        "(count) => document.querySelector('training-explorer').frames.length > count",
        arg=count,
    )
    step, hidden, expected = page.evaluate(
        """() => {
      const { frames, settings } = document.querySelector("training-explorer");
      const { step, sides } = frames.at(-1);
      const run = new TrainingEngine.Run(settings);
      for (let i = 0; i < step; i++) run.step();
      return [step, sides[0].hidden, run.health().hidden];
    }"""
    )
    assert step > 5
    assert hidden == expected, "of the last batch, not of what was looked at since"
    assert opened.errors == []


def test_a_run_that_overflows_says_so(open_page):
    opened = open_page()
    query = "depth=50&width=32&activation=relu&init=normal&optimizer=sgd&rate=10"
    page = begin(opened, f"en/{PAGE}?{query}&kept=precision.float16")
    part(page, "[name=many]").click()
    part(page, ".verdict[data-verdict=not_finite]").first.wait_for()
    for kind in ("loss", "gradient", "share", "update", "spread"):
        for path in part(page, f".{kind} path.now").all():
            assert "NaN" not in path.get_attribute("d")
    assert opened.errors == []


LONG = """() => { window.long = []; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.long.push(entry.duration);
}).observe({ type: "longtask" }) }"""


def test_without_a_worker_the_page_is_never_blocked(open_page):
    """The slowest network there is; on a busy machine, one second of ten must be free."""
    opened = open_page()
    opened.page.add_init_script("delete window.Worker")
    query = "depth=50&width=32&activation=gelu&norm=layer&batch=128&precision=float16"
    page = begin(opened, f"en/{PAGE}?{query}")
    page.wait_for_timeout(500)
    page.evaluate(LONG)
    part(page, "[name=play]").click()
    page.locator(f"{OURS}[data-step]:not([data-step='0'])").wait_for()
    tries = []
    while [] not in tries and len(tries) < 10:
        page.evaluate("() => { window.long = []; }")
        page.wait_for_timeout(1000)
        tries.append(page.evaluate("window.long"))
    assert [] in tries, tries
    assert opened.errors == []


def test_keyboard_plays_and_pauses(open_page):
    page = begin(open_page(), f"en/{PAGE}?depth=2&data=wave&batch=4")
    part(page, "[name=seed]").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "play"
    page.keyboard.press("Enter")
    part(
        page,
        "[name=play]",
    ).filter(has_text="Pause").wait_for()
    page.locator(f"{OURS}[data-step]:not([data-step='0'])").wait_for()
    page.keyboard.press("Enter")
    part(page, "[name=play]").filter(has_text="Train").wait_for()
    [stopped] = numbers(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # one step more
    step = int(stopped.split()[1]) + 1
    reach(page, step)


@pytest.mark.parametrize("language", ["ko"])
def test_a_small_phone_and_less_motion(open_page, language):
    opened = open_page(viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    page = begin(opened, f"{language}/{PAGE}?activation=relu&init=he&precision=float16")
    assert not part(page, "[name=play]").is_visible(), "nothing moves by itself"
    part(page, "[name=one]").click()
    reach(page, 1)
    part(page, "[name=mission]").select_option("4")
    part(page, "details.table summary").click()
    part(page, "details.code summary").click()
    for width in (360, 320):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 360, "height": 740})
    sizes = part(page, "svg text").evaluate_all(
        "(all) => all.map((e) => 13 * e.ownerSVGElement.getBoundingClientRect().width / 320)"
    )
    assert min(sizes) >= 12
    for control in part(page, ":is(select, button, input, summary)").all():
        if box := control.bounding_box():
            assert min(box["width"], box["height"]) >= 24
    for scheme in ("light", "dark"):
        axe.show(page, scheme)
        for contrast, least, what in page.evaluate(test_reading.CONTRASTS):
            assert contrast >= least, f"{what}: contrast {contrast:.2f} < {least}"
    axe.load(page, OURS)
    axe.structure(page, OURS)
    axe.contrasts(page)
    assert opened.errors == []
