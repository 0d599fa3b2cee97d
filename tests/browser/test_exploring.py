"""The explorer in a real browser: what it shows is what PyTorch computes."""

import importlib.util
import math
import random
import re
from urllib.parse import parse_qs, urlsplit

import axe
import pytest
import test_reading
from project import PROJECT

from sitetools.content import frozen, snippets
from sitetools.content.project import COMPLETE
from sitetools.render import explorer

PAGE = "why-gradients-vanish-and-explode/"
SNIPPET = snippets.find(PROJECT, explorer.SNIPPET)
CHOICES = explorer.choices(frozen.load(SNIPPET))
START = {
    "activation": "sigmoid",
    "init": "xavier",
    "norm": "none",
    "residual": "off",
    "depth": "30",
}
each_language = pytest.mark.parametrize("language", COMPLETE)


def ready(page):
    """Wait until the explorer shows what was chosen last."""
    page.locator("gradient-explorer[data-verdict]:not([aria-busy])").wait_for()
    return page


def begin(page):
    """Go to the page's explorer and wait until it has begun."""
    page.locator("gradient-explorer").scroll_into_view_if_needed()
    return ready(page)


def choose(page, **state):
    """Set the controls as a reader would."""
    for name, value in state.items():
        control = page.locator(f"gradient-explorer [name={name}]")
        if name == "residual":
            control.set_checked(value == "on")
        elif name == "depth":
            control.fill(str(CHOICES["depth"].index(value)))
        else:
            control.select_option(value)
    return ready(page)


def chosen(page):
    """Read the state from the controls."""
    state = {}
    for name in CHOICES:
        control = page.locator(f"gradient-explorer [name={name}]")
        if name == "residual":
            state[name] = "on" if control.is_checked() else "off"
        else:
            value = control.input_value()
            state[name] = CHOICES["depth"][int(value)] if name == "depth" else value
    return state


def in_address(page):
    return {key: value[0] for key, value in parse_qs(urlsplit(page.url).query).items()}


def number(text):
    """Read a number as the page writes it: 3.2×10⁻⁸."""
    mantissa, _, power = text.partition("×10")
    return float(mantissa) * 10 ** int(power.translate(SUPERSCRIPT) or 0)


SUPERSCRIPT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def table(page):
    """Return the rows behind the charts: gradient and signal by layer."""
    rows = page.locator("gradient-explorer details tbody tr")
    return [
        [number(cell) for cell in row.split("\t")[1:]] for row in rows.all_inner_texts()
    ]


@pytest.mark.torch
def test_random_networks_are_what_torch_computes(open_page):
    import torch

    spec = importlib.util.spec_from_file_location("grid", SNIPPET)
    grid = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(grid)
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # shown if it fails
    chance = random.Random(seed)
    page = begin(open_page().go(f"en/{PAGE}"))
    page.locator("gradient-explorer summary").click()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in range(6):
            state = {name: chance.choice(values) for name, values in CHOICES.items()}
            choose(page, **state)
            shown = table(page)
            signal, gradients = grid.curves(
                grid.network(state["init"]),
                state["activation"],
                state["norm"],
                state["residual"] == "on",
            )
            gradient = gradients[CHOICES["depth"].index(state["depth"])]
            assert len(shown) == int(state["depth"])
            # Two digits are within 5 %. Where a signal is chaotic, the last bits that
            # processors round differently grow until layers differ by chance.
            chaotic = state["init"] == "normal" or state["norm"] == "batch"
            for row, *expected in zip(shown, gradient, signal, strict=False):
                for value, wanted in zip(row, expected, strict=True):
                    distance = abs(math.log10(value / wanted))
                    assert distance < (0.15 if chaotic else 0.03), (
                        state,
                        value,
                        wanted,
                    )
            verdict = grid.verdict(gradient[0])
            element = page.locator("gradient-explorer")
            if (
                abs(math.log10(gradient[0]) - 2)
                > 0.1
                < abs(math.log10(gradient[0]) + 3)
            ):
                assert element.get_attribute("data-verdict") == verdict, state
            said = page.locator("gradient-explorer .verdict").inner_text()
            factor = gradient[0] ** (1 / (len(gradient) - 1))
            assert number(re.search(r"by ([\d.]+);", said)[1]) == pytest.approx(
                factor, rel=0.03
            )
    finally:
        torch.set_num_threads(threads)


@each_language
def test_state_is_in_the_address_and_comes_back(open_page, language):
    page = begin(open_page().go(f"{language}/{PAGE}"))
    assert chosen(page) == START
    assert in_address(page) == {}, "nothing was chosen yet"
    state = START | {
        "activation": "gelu",
        "norm": "rms",
        "residual": "on",
        "depth": "8",
    }
    choose(page, **state)
    assert in_address(page) == state
    assert page.url.endswith("#explorer")
    words = page.locator("gradient-explorer .verdict").inner_text()
    other = ready(open_page().go(page.url.split("/some/path/")[1]))
    assert chosen(other) == state
    assert other.locator("gradient-explorer .verdict").inner_text() == words


def test_unknown_values_fall_back(open_page):
    query = "?activation=swish&init=he&depth=31&residual=maybe&x=%3Cb%3E"
    page = ready(open_page().go(f"en/{PAGE}{query}#explorer"))
    assert chosen(page) == START | {"init": "he"}


def test_link_in_the_text_changes_it_without_loading_the_page(open_page):
    opened = open_page()
    page = begin(opened.go(f"en/{PAGE}"))
    page.evaluate("window.same = true")
    page.get_by_role("link", name="See it with He").click()
    ready(page)
    page.wait_for_function("document.querySelector('[data-verdict=stable]')")
    assert chosen(page) == START | {"activation": "relu", "init": "he"}
    assert page.evaluate("window.same")
    assert in_address(page) == {"activation": "relu", "init": "he"}
    heading = page.locator("#explorer").bounding_box()
    header = page.locator("header").first.bounding_box()
    assert heading["y"] >= header["height"] - 1, "the heading is below the header"
    assert (
        "Before: sigmoid" in page.locator("gradient-explorer .key").first.inner_text()
    )
    assert opened.errors == []


def test_link_works_before_the_explorer_has_begun(open_page):
    page = open_page().go(f"en/{PAGE}")
    page.get_by_role("link", name="See it with He").evaluate("(a) => a.click()")
    assert chosen(ready(page)) == START | {"activation": "relu", "init": "he"}


@each_language
def test_language_switch_keeps_the_state(open_page, language):
    page = begin(open_page().go(f"{language}/{PAGE}"))
    choose(page, activation="silu", depth="4")
    state = chosen(page)
    (other,) = set(COMPLETE) - {language}
    page.locator(".md-select button").focus()
    page.locator(f"a[data-language][hreflang={other}]").click()
    page.wait_for_url(f"**/{other}/{PAGE}?*#explorer")
    assert chosen(ready(page)) == state


def test_keyboard_alone_reaches_and_changes_everything(open_page):
    page = begin(open_page().go(f"en/{PAGE}"))
    page.locator("gradient-explorer [name=activation]").focus()
    page.keyboard.press("ArrowDown")
    for name, key in [
        ("init", "ArrowDown"),
        ("norm", "ArrowDown"),
        ("residual", "Space"),
        ("depth", "ArrowRight"),
    ]:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.name") == name
        assert (
            page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            != "none"
        )
        page.keyboard.press(key)
    ready(page)
    assert chosen(page) == {
        "activation": "tanh",
        "init": "he",
        "norm": "batch",
        "residual": "on",
        "depth": "40",
    }
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    rows = page.locator("gradient-explorer details tbody tr")
    rows.nth(39).wait_for()
    assert rows.count() == 40
    depth = page.locator("gradient-explorer [name=depth]")
    assert depth.get_attribute("aria-valuetext") == "40 layers"
    status = page.locator("gradient-explorer [role=status]")
    assert "from layer 40 to layer 1" in status.inner_text()


def test_nothing_is_fetched_before_it_is_needed_then_one_part_at_a_time(open_page):
    opened = open_page()

    def fetched():
        found = [url for url in opened.requests if "/assets/explorer/" in url]
        return [url.rsplit("/", 1)[1] for url in found]

    page = opened.go(f"en/{PAGE}")
    page.wait_for_load_state("networkidle")
    assert fetched() == []
    begin(page)
    assert fetched() == ["sigmoid-none.json"]
    choose(page, init="orthogonal", depth="100", residual="on")
    assert len(fetched()) == 1
    choose(page, activation="relu")
    choose(page, norm="layer")
    choose(page, activation="sigmoid", norm="none")
    names = ["relu-none.json", "relu-layer.json", "sigmoid-layer.json"]
    assert fetched()[1:] == names
    assert opened.errors == []


def test_figure_stays_where_the_data_does_not_come(open_page):
    opened = open_page()
    opened.page.route("**/assets/explorer/*", lambda route: route.abort())
    page = opened.go(f"en/{PAGE}")
    page.locator("gradient-explorer").scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    assert page.locator("gradient-explorer figure svg[role=img]").is_visible()
    assert page.locator("gradient-explorer fieldset").count() == 0


def test_later_failure_is_said_and_the_next_choice_tries_again(open_page):
    page = begin(open_page().go(f"ko/{PAGE}"))
    page.route("**/assets/explorer/*", lambda route: route.abort())
    choose(page, activation="relu")
    status = page.locator("gradient-explorer [role=status]")
    assert "불러오지 못했습니다" in status.inner_text()
    page.unroute("**/assets/explorer/*")
    choose(page, init="he")
    assert "유지됩니다" in status.inner_text()


@each_language
def test_axe_finds_nothing_and_lines_are_legible(open_page, language):
    page = begin(open_page(reduced_motion="reduce").go(f"{language}/{PAGE}"))
    choose(page, activation="relu", init="normal", depth="40")
    page.locator("gradient-explorer summary").click()
    for scheme in ("light", "dark"):
        axe.show(page, scheme)
        contrasts = page.evaluate(test_reading.CONTRASTS)
        assert any(what == "10²⁰" for *_, what in contrasts)
        for contrast, least, what in contrasts:
            assert contrast >= least, f"{what}: contrast {contrast:.2f} < {least}"
    axe.load(page, "gradient-explorer")
    axe.structure(page, "gradient-explorer")
    axe.contrasts(page)


@each_language
def test_it_fits_a_small_phone(open_page, language):
    page = open_page(viewport={"width": 320, "height": 700}).go(f"{language}/{PAGE}")
    begin(page)
    page.locator("gradient-explorer summary").click()
    choose(page, init="normal", activation="leaky_relu", norm="batch", depth="100")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for control in page.locator("gradient-explorer :is(select, input, summary)").all():
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 24, control.get_attribute("name")
    outside = page.evaluate("""() => [...document.querySelectorAll("gradient-explorer svg")]
      .flatMap((svg) => { const box = svg.getBoundingClientRect();
        return [...svg.querySelectorAll("text")].filter((text) => {
          const t = text.getBoundingClientRect();
          return t.left < box.left - 2 || t.right > box.right + 2 || t.bottom > box.bottom + 2;
        }).map((text) => text.textContent) })""")
    assert outside == []


@each_language
@pytest.mark.parametrize(
    "name", ["relu-and-variants", "weight-initialization", "batch-normalization"]
)
def test_preset_leads_to_the_same_network_in_the_whole_explorer(
    open_page, language, name
):
    opened = open_page()
    page = begin(opened.go(f"{language}/{name}/"))
    choose(page, init="orthogonal")
    assert in_address(page) == {}, "only the whole explorer owns the address"
    now = page.locator("gradient-explorer .key .now").inner_text()
    page.locator("gradient-explorer a[href*=explorer]").click()
    page.wait_for_url(f"**/{PAGE}?*#explorer")
    assert ready(page).locator("gradient-explorer .key .now").inner_text() == now
    assert opened.errors == []


def test_paper_shows_the_charts_and_no_controls(open_page):
    page = begin(open_page(color_scheme="dark").go(f"en/{PAGE}"))
    page.emulate_media(media="print")
    assert page.locator("gradient-explorer svg").first.is_visible()
    assert page.locator("gradient-explorer .key .now").is_visible()
    assert not page.locator("gradient-explorer fieldset").is_visible()


@pytest.mark.parametrize("width", [320, 360])
@each_language
def test_choices_are_not_cut_on_a_phone(open_page, language, width):
    page = open_page(viewport={"width": width, "height": 740}).go(f"{language}/{PAGE}")
    begin(page)
    cut = page.locator("gradient-explorer select").evaluate_all(
        """(all) => all.filter((select) => {
          const given = select.offsetWidth;
          select.style.width = "max-content";
          return select.offsetWidth > given;
        }).map((select) => select.name)"""
    )
    assert cut == []
    assert page.locator(".verdict").inner_text().count("。 ") == 0
