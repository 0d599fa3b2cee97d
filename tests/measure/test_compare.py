"""Numbers are compared to the digits shown, everything else exactly."""

import pytest

from sitetools.measure import compare


@pytest.mark.parametrize(
    ("expected", "got", "result"),
    [
        ("slope -0.347", "slope -0.347", True),
        ("slope -0.347", "slope -0.348", True),
        ("slope -0.347", "slope -0.349", False),
        ("slope -0.347", "slope 0.347", False),
        ("slope -0.347", "slope -0.35", False),
        ("12 layers", "13 layers", False),
        ("1.2e-12", "1.3e-12", True),
        ("1.2e-12", "1.2e-11", False),
        ("9.9e-05", "1.0e-04", True),
        ("0.1e+00", "9.3e-12", False),
        ("0e+07", "0e+00", False),
        ("0.0e+00", "0.1e+00", True),
        ("1.0e-04", "9.1e-05", False),
        ("1.042", "+1.042", False),
        ("00.013", "0.013", False),
        ("9.999", "10.000", True),
        ("layer1 1.00", "layer2 1.00", False),
        ("7e-08", "8e-08", True),
        ("9e-08", "1e-07", True),
        ("7e-08", "9e-08", False),
        ("7", "8", False),
        ("a 1.00", "b 1.00", False),
        ("1.00", "1.00 2.00", False),
        ("nan", "0.1", False),
    ],
)
def test_numbers_are_compared_to_the_digits_shown(expected, got, result):
    assert compare.same(expected, got) is result


def test_blanks_around_printed_text_do_not_count():
    assert compare.tidy("\n\na  \n\n b\n\n") == "a\n\n b"


@pytest.mark.parametrize(
    ("new", "metadata", "expected"),
    [
        ("loss 0.51", {}, True),  # one in the last digit
        ("loss 0.52", {}, False),
        ("cost 0.50", {"tolerance": None}, False),
        ("loss 0.9", {"tolerance": None}, True),
        ("loss 0.54", {"tolerance": 0.1}, True),
        ("loss  0.54", {"tolerance": 0.1}, True),
        ("loss 0.60", {"tolerance": 0.1}, False),
        ("loss nan", {"tolerance": None}, False),
    ],
)
def test_text_of_a_lab_is_compared_within_its_tolerance(new, metadata, expected):
    old = {"text": "loss 0.50"}
    assert compare.same_output(old, {"text": new}, metadata) is expected


def svg(*texts):
    return {"svg": "".join(f"<text x='1'>{text}</text>" for text in texts)}


@pytest.mark.parametrize(
    ("new", "metadata", "expected"),
    [
        (svg("loss", "1"), {}, True),
        (svg("loss", "2"), {}, False),
        (svg("loss", "2"), {"tolerance": None}, True),
        (svg("2", "loss"), {"tolerance": None}, True),
        (svg("cost", "1"), {"tolerance": None}, False),
        ({"text": "1"}, {}, False),
        ({}, {}, False),
    ],
)
def test_figures_of_a_lab_are_compared_by_their_texts(new, metadata, expected):
    assert compare.same_output(svg("loss", "1"), new, metadata) is expected
