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


def test_mission_asks_first_and_counts_one_change(open_page):
    opened = open_page(viewport={"width": 1280, "height": 900})
    page = begin(opened, f"en/{PAGE}")
    part(page, "[name=mission]").select_option("0")
    assert part(page, "[name=play]").is_disabled(), "a prediction comes first"
    part(page, "[value=a]").check()
    many = part(page, "[name=many]")
    many.click()
    outcome = reach(page, 100)
    assert "Now change one control" in outcome.inner_text()
    assert "Vanishing" in part(page, ".verdict").inner_text()

    part(page, "[name=activation]").select_option("relu")
    many.click()
    reach(page, 100)
    outcome.filter(has_text="Saved").wait_for()
    assert "Your prediction was wrong" in outcome.inner_text()
    assert "1 of 6" in outcome.inner_text()
    assert part(page, ".key").inner_text().count("Activation") == 2
    assert part(page, "canvas").nth(1).is_visible(), "the run before"

    # The address is the state; and what it opens is the same run.
    query = parse_qs(urlsplit(page.url).query)
    assert query["activation"] == ["relu"]
    numbers = part(page, ".numbers").inner_text()
    again = begin(open_page(), page.url.split("/some/path/")[1])
    part(again, "[name=many]").click()
    reach(again, 100)
    assert part(again, ".numbers").inner_text() == numbers

    # A table and the code of this run; the code is tested beside the engine.
    part(page, "details.table summary").click()
    assert part(page, "details.table tbody tr").count() == 10
    part(page, "details.code summary").click()
    assert "nn.ReLU()" in part(page, "pre").inner_text()
    assert opened.errors == []


RESCUES = [
    {"activation": "relu"},
    {"clip": "norm"},
    {"norm": "none"},
    {"init": "xavier"},
    {"precision": "bfloat16"},
    {"residual": "scaled"},
]
"""What saves the network of each mission, as its right answer says."""
REACHED = """([i, change, look]) => {
  const { settings, accuracy, within } = customElements.get("training-explorer").missions[i];
  const run = new TrainingEngine.Run({ ...settings, ...change });
  for (let step = 1; step <= within; step++) {
    run.step();
    if (step % look === 0 && run.heldOut().accuracy >= accuracy) return true;
  }
  return false;
}"""


def test_each_mission_can_be_done_and_is_not_done_already(open_page):
    page = begin(open_page(), f"en/{PAGE}")
    for i, change in enumerate(RESCUES):
        assert page.evaluate(REACHED, [i, change, 50]), f"mission {i + 1}: {change}"
        assert not page.evaluate(REACHED, [i, {}, 50]), f"mission {i + 1} needs none"


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
    page.locator(f"{OURS}:not([data-step='0'])").wait_for()
    page.keyboard.press("Enter")
    part(page, "[name=play]").filter(has_text="Train").wait_for()
    stopped = part(page, ".numbers").inner_text()
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
