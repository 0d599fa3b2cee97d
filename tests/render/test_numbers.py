"""Numbers in prose: from frozen results, in prose alone, and wrong ones with a line."""

import pytest
from small_site import add, built, change, write

from sitetools.fault import Fault, Place
from sitetools.render import numbers

PAGE_PATH = "docs/en/index.md"


def filled(root, text, warn=None):
    """Return a page's text below its title, its placeholders filled."""
    add(text)(root)
    return numbers.fill_page(text, root / PAGE_PATH, warn)


@pytest.mark.parametrize(
    ("value", "spec", "expected"),
    [
        (2.1e-12, ".1e", "2.1×10⁻¹²"),
        (3e4, ".0e", "3×10⁴"),
        (-0.345, ".2f", "−0.34"),
        (0.957, ".1%", "95.7%"),
        (7, "d", "7"),
    ],
)
def test_number_is_written_as_in_prose(value, spec, expected):
    assert numbers.formatted(value, spec) == expected


def test_placeholder_becomes_a_frozen_number(root):
    text = (
        "a {{ a/small:x.0 | .1f }} and {{a/small:x.1|.0%}}\n\n> {{ a/small:x.1 | d }}"
    )
    with pytest.raises(Fault):  # a float is not an integer
        filled(root, text)
    assert filled(root, text.replace("| d", "| .0f")) == "a 1.0 and 200%\n\n> 2"


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        (" a/smal:x.0 | .1f ", "no snippet 'a/smal'; there are a/small, explorer"),
        (" a/small:y.0 | .1f ", "there is no 'y'; there is x"),
        (" a/small:x.2 | .1f ", "there is no item 2; the list has 2"),
        (" a/small:x | .1f ", "unsupported format"),
        (" a/small:x.0 | .1q ", "code 'q'"),
        (" a/small:x.0 ", "is not a number"),
    ],
)
def test_wrong_placeholder_has_its_line(root, inner, problem):
    with pytest.raises(Fault, match=problem) as error:
        filled(root, f"a\n\nb {{{{{inner}}}}}")
    assert error.value.place == Place(root / PAGE_PATH, 12)


def test_line_is_that_of_the_page_though_lines_were_added(root):
    add("{{ a/small:y | .1f }}")(root)
    text = "!!! warning\n\n    outdated\n\n{{ a/small:y | .1f }}"
    with pytest.raises(Fault) as error:
        numbers.fill_page(text, root / PAGE_PATH)
    assert error.value.place.line == 10


FENCE = "```text\n{{ a/small:x.0 | .1f }}\n{{ anything }}\n```"


@pytest.mark.parametrize(
    "fence",
    [
        FENCE,
        FENCE.replace("```", "~~~~"),
        "=== \"a\"\n\n    " + FENCE.replace("\n", "\n    "),
        "> " + FENCE.replace("\n", "\n> "),
        "- " + FENCE.replace("\n", "\n  "),
    ],
    ids=["fence", "tildes", "tab", "quote", "list"],
)  # fmt: skip
def test_fence_stays_also_where_prose_says_the_same(root, fence):
    line = next(line for line in fence.split("\n") if "x.0" in line)
    text = f"{line}\n\n{fence}\n\n{line}\n"
    one = line.replace("{{ a/small:x.0 | .1f }}", "1.0")
    assert filled(root, text) == f"{one}\n\n{fence}\n\n{one}\n"


def test_fault_has_the_line_of_prose_if_a_fence_has_the_text_too(root):
    text = "```text\n{{ a/small:y | .1f }}\n```\n\n{{ a/small:y | .1f }}"
    with pytest.raises(Fault) as error:
        filled(root, text)
    assert error.value.place.line == 14


def test_included_text_is_left_alone(root):
    """It is code, of which a page shows every character."""
    write("snippets/a/more.py", "# {{ a/small:x.0 | .1f }}\n")(root)
    text = '```python\n--8<-- "snippets/a/more.py"\n```'
    assert filled(root, text) == text


def test_build_fills_prose_and_leaves_code(root):
    text = (
        f"x is {{{{ a/small:x.0 | .1f }}}}\n\n{FENCE}\n\nx {{{{ a/small:x.0 | .1f }}}}"
    )
    add(text)(root)
    assert built(root, "mkdocs.en.yml") == []
    html = (root.parent / "site" / "index.html").read_text("utf-8")
    assert "<p>x is 1.0</p>" in html
    assert html.count("{{ a/small:x.0 | .1f }}") == 1


def test_preview_shows_older_numbers_and_says_so_once(root):
    change("snippets/a/small.py", "[1.0", "[1.5")(root)
    text = "{{ a/small:x.0 | .1f }} {{ a/small:x.1 | .1f }}"
    with pytest.raises(Fault, match="changed since"):
        filled(root, text)
    warned = []
    assert filled(root, text, warned.append) == "1.0 2.0"
    assert len(warned) == 1
    said = built(root, "mkdocs.en.yml", "serve")
    assert said == [
        "snippets/a/small.py:1: the code changed since snippets/a/small.json was "
        "measured; run `make results`."
    ]
