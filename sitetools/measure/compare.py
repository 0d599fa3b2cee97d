"""Compare what code prints with what was printed before, as closely as it is shown."""

from __future__ import annotations

import re
from typing import Any

from sitetools.content import labels

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])")
_NUMERAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.(\d+))?(?:e([+-]\d{2,}))?")
ANY_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
"""A number in a lab's text, which is compared by its value."""
_SVG_TEXT = re.compile(r"<text\b[^>]*>([^<]*)")


def tidy(text: str) -> str:
    """Return printed text as pages show it, without blanks around it."""
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))


def same(expected: str, got: str) -> bool:
    """Return whether the output is what the page shows.

    Text and whole numbers must be equal; a number with decimals or an exponent may
    differ by one in the last digit shown, since processors round differently.
    """
    numbers_expected, numbers_got = _NUMBER.findall(expected), _NUMBER.findall(got)
    if _NUMBER.sub("0", expected) != _NUMBER.sub("0", got):
        return False
    return all(map(_close, numbers_expected, numbers_got))


def _close(expected: str, got: str) -> bool:
    """Compare two numbers as they are printed: same form, at most one unit apart.

    9.9e-05 and 1.0e-04 are neighbors, too.
    """
    if expected == got:
        return True
    one, two = (_NUMERAL.fullmatch(text) for text in (expected, got))
    if not one or not two or not any(one.groups()):
        return False
    decimals = len(one[1] or "")
    if decimals != len(two[1] or "") or bool(one[2]) != bool(two[2]):
        return False
    if any(int(n[2] or 0) and not float(n[0]) for n in (one, two)):
        return False  # no one prints 0e+07
    exponent = min(int(one[2] or 0), int(two[2] or 0))
    unit = 10.0 ** (exponent - decimals)
    return abs(float(expected) - float(got)) <= unit * 1.001


def same_output(
    old: dict[str, str], new: dict[str, str], metadata: dict[str, Any]
) -> bool:
    """Return whether a lab's output is the frozen one, within the cell's tolerance.

    Without one, text is compared as on any page. A number is a relative tolerance;
    null compares words only, where training is chaotic. Of a figure, the texts count.

    Args:
        old: the frozen output.
        new: what the cell printed or drew now.
        metadata: the cell's, which may have a tolerance.
    """
    if old.keys() != new.keys():
        return False
    if "svg" in old:
        texts = [_SVG_TEXT.findall(output["svg"]) for output in (old, new)]
        if "tolerance" in metadata:
            texts = [sorted(filter(labels.has_words, found)) for found in texts]
        return texts[0] == texts[1]
    if "tolerance" not in metadata:
        return same(old["text"], new["text"])
    before, after = old["text"], new["text"]
    words = [" ".join(ANY_NUMBER.sub("0", text).split()) for text in (before, after)]
    if words[0] != words[1] or metadata["tolerance"] is None:
        return words[0] == words[1]
    numbers = [map(float, ANY_NUMBER.findall(text)) for text in (before, after)]
    return all(
        abs(a - b) <= metadata["tolerance"] * max(abs(a), abs(b))
        for a, b in zip(*numbers, strict=True)
    )
