"""Frozen results are trusted only if they are whole and of the snippet's code."""

import json

import pytest
import small_site

from sitetools.content import frozen
from sitetools.fault import Fault

JSON = "snippets/a/small.json"


@pytest.fixture
def snippet(root):
    return root / "snippets" / "a" / "small.py"


def test_results_are_what_was_saved(snippet):
    assert frozen.load(snippet) == {"x": [1.0, 2.0]}


def test_each_caller_has_its_own_results(snippet):
    frozen.load(snippet)["x"].append(3.0)
    assert frozen.load(snippet) == {"x": [1.0, 2.0]}


ODD_TEXTS = [
    "a [b] c",
    "[[",
    "]",
    'say "[1,\n 2]"',
    "\\",
    '\\"[',
    "[\n  1,\n  2\n]",
    "한글 [가]",
]


def test_text_with_brackets_survives(snippet):
    results = {"x": ODD_TEXTS, "in a name [1]": {"[a": "[", "b]": ["[", "]"]}}
    frozen.save(snippet, results, "test")
    assert frozen.load(snippet) == results


def test_flat_lists_are_on_one_line(snippet):
    results = {"x": [[1, 2], [3, 4]], "y": ["a", "b"], "z": []}
    frozen.save(snippet, results, "test")
    lines = snippet.with_suffix(".json").read_text("utf-8").split("\n")
    assert "   [1, 2]," in lines
    assert '  "y": ["a", "b"],' in lines
    assert frozen.load(snippet) == results


def test_floats_are_cut_to_what_anyone_reads(snippet):
    frozen.save(snippet, {"x": (0.123456789, 1e-20 / 3), 2: True}, "test")
    assert frozen.load(snippet) == {"x": [0.123457, 3.33333e-21], "2": True}


DAMAGE = {
    "cut": small_site.cut(JSON),
    "missing": small_site.remove(JSON),
    "not UTF-8": small_site.write(JSON, b"{\xff}"),
    "NaN": small_site.change(JSON, "1.0", "NaN"),
    "a number edited by hand": small_site.change(JSON, "1.0", "1.5"),
    "a name edited by hand": small_site.change(JSON, '"x"', '"y"'),
    "a list": small_site.write(JSON, "[]"),
    "no figure": small_site.change(JSON, '"figure"', '"picture"'),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_file_is_a_fault(root, snippet, name):
    DAMAGE[name](root)
    with pytest.raises(Fault) as fault:
        frozen.load(snippet)
    assert fault.value.place.path == root / JSON
    assert "make results" in fault.value.remedy


def test_line_of_broken_json_is_named(root, snippet):
    small_site.change(JSON, "1.0,", "1.0")(root)
    with pytest.raises(Fault, match="not JSON") as fault:
        frozen.load(snippet)
    lines = (root / JSON).read_text("utf-8").split("\n")
    assert "1.0" in lines[fault.value.place.line - 1]


CHANGES = {
    "other numbers": ("[1.0", "[1.5"),
    "a weaker claim": ("== 2", "> 0"),
    "another tolerance": ("0.01", "0.5"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_code_asks_for_new_results(root, snippet, name):
    small_site.change("snippets/a/small.py", *CHANGES[name])(root)
    with pytest.raises(Fault, match="code changed") as fault:
        frozen.load(snippet)
    assert fault.value.place.path == snippet
    warned = []
    assert frozen.load(snippet, warned.append) == {"x": [1.0, 2.0]}
    assert [str(each) for each in warned] == [str(fault.value)]


def test_changed_drawing_and_line_ends_do_not(root, snippet):
    small_site.change("snippets/a/small.py", 'results["x"]', 'results["y"]')(root)
    more = "\n\ndef draw_part(results: dict) -> None:\n    return None\n"
    text = snippet.read_text("utf-8") + more
    snippet.write_bytes(text.replace("\n", "\r\n").encode())
    assert frozen.load(snippet) == {"x": [1.0, 2.0]}


def test_snippet_that_is_no_python_is_a_fault(root, snippet):
    small_site.change("snippets/a/small.py", "def measure", "def def measure")(root)
    with pytest.raises(Fault, match="not Python") as fault:
        frozen.load(snippet)
    assert (fault.value.place.path, fault.value.place.line) == (snippet, 10)


REFUSED = {
    "NaN": ([1.0, float("nan")], "x.1 is nan"),
    "infinity": (float("inf"), "x is inf"),
    "too large": (list(range(10**5, 4 * 10**5)), "more than 1,000,000"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_results_that_no_page_can_show_are_refused(snippet, name):
    value, problem = REFUSED[name]
    before = snippet.with_suffix(".json").read_bytes()
    with pytest.raises(Fault, match=problem) as fault:
        frozen.save(snippet, {"x": value}, "test")
    assert fault.value.place.path == snippet
    assert snippet.with_suffix(".json").read_bytes() == before


def test_full_disk_keeps_the_results(snippet, full):
    full()
    with pytest.raises(Fault, match="No space left"):
        frozen.save(snippet, {"x": [5.0]}, "test")
    assert frozen.load(snippet) == {"x": [1.0, 2.0]}


RESULTS = {"x": [1, 2], "y": {"z": 3}}


@pytest.mark.parametrize(
    ("keys", "value"), [("x.1", 2), ("x.-1", 2), ("y.z", 3), ("x", [1, 2])]
)
def test_values_are_found_by_keys(keys, value):
    assert frozen.look_up(RESULTS, keys.split(".")) == value


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ("a", "no 'a'; there is x, y"),
        ("x.2", "no item 2; the list has 2"),
        ("y.z.a", "'a'"),
    ],
)
def test_value_that_is_not_there_says_what_is(keys, problem):
    with pytest.raises(LookupError, match=problem):
        frozen.look_up(RESULTS, keys.split("."))


def test_numbers_have_their_keys():
    assert dict(frozen.numbers(RESULTS)) == {"x.0": 1, "x.1": 2, "y.z": 3}


def test_file_says_with_what_it_was_made(snippet):
    frozen.save(snippet, {"x": [1.0]}, "Python 1", figure="abc")
    assert frozen.about(snippet) == ("Python 1", "abc")
    content = json.loads(snippet.with_suffix(".json").read_text("utf-8"))
    assert content["snippet"] == frozen.fingerprint(snippet.read_text("utf-8"))
