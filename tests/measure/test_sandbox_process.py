"""Only plain data leaves a sandbox."""

import pytest

from sitetools.measure import sandbox_process


def test_plain_data_is_returned():
    value = {"a": (1, 2.5, "x", None, True), 3: []}
    assert sandbox_process.plain(value, "x") == {"a": [1, 2.5, "x", None, True], 3: []}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (len, "x is a builtin_function"),
        ({"a": [1, {2}]}, "x.a.1 is a set"),
        ({(1, 2): 1}, "x has a tuple as a name"),
    ],
)
def test_other_values_are_named(value, problem):
    with pytest.raises(TypeError, match=problem):
        sandbox_process.plain(value, "x")
