"""YAML that people write is read strictly, and a fault names its line."""

import pytest

from sitetools.content import yaml_files
from sitetools.fault import Fault

ODD = {
    "no YAML": ("a: 1\nb: [\n", 2),
    "a tab": ("a:\n\tb: 1\n", 2),
    "a duplicate": ("a: 1\nb: 2\na: 3\n", 3),
    "a duplicate inside": ("a:\n  b: 1\n  b: 2\n", 3),
    "the same as number and text": ("1: a\n'1': b\n", 2),
    "a tag": ("a: !ENV x\n", 1),
    "a control character": ("a: 1\nb: '\x1b[0m'\n", 2),
    "a date that is none": ("a: 2026-13-45\n", 1),
    "an unknown alias": ("a: *b\n", 1),
    "an unhashable name": ("? [a]\n: b\n", 1),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_yaml_is_a_fault_with_its_line(tmp_path, name):
    text, line = ODD[name]
    path = tmp_path / "a.yml"
    with pytest.raises(Fault) as fault:
        yaml_files.parse(text, path)
    assert (fault.value.place.path, fault.value.place.line) == (path, line)
    with pytest.raises(Fault) as fault:
        yaml_files.parse(text, path, first=10)
    assert fault.value.place.line == line + 9


def test_good_yaml_is_read(tmp_path):
    assert yaml_files.parse("a: {b: [1, 'x']}\n", tmp_path) == {"a": {"b": [1, "x"]}}
    assert yaml_files.parse("", tmp_path) is None


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (["site"], 3),
        (["site", "home"], 4),
        (["site", 1], 5),
        (["figures", "home"], 7),
        (["figures", "none"], 6),
        (["none"], 1),
        (["about", "site"], 1),
    ],
)
def test_place_of_a_key(tmp_path, keys, line):
    path = tmp_path / "a.yml"
    path.write_text(
        "about: 'site: home'\n# site:\nsite:\n  home: x\n  1: y\nfigures:\n  home: z\n"
    )
    assert yaml_files.place(path, *keys).line == line
