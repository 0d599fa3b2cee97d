"""Paths and numbers as an SVG writes them, with no letter too many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from matplotlib.path import Path
from numpy import float64
from numpy.typing import NDArray

Piece: TypeAlias = tuple[int, int, str]
"""A piece of a path: where it begins, in tenths, and how it goes on."""
_COMMANDS = {Path.LINETO: "l", Path.CURVE3: "q", Path.CURVE4: "c"}


def pieces(segments: Iterable[tuple[NDArray[float64], Any]]) -> list[Piece]:
    """Return the pieces of a path.

    Numbers are relative to the point before, which makes them short.
    """
    found: list[tuple[int, int, list[str]]] = []
    x = y = 0
    for vertices, code in segments:
        if code == Path.CLOSEPOLY:
            found[-1][2].append("z")
            continue
        numbers = tenths(vertices)
        if code == Path.MOVETO:
            found.append((numbers[0], numbers[1], []))
        else:
            text = _joined(n - (x, y)[i % 2] for i, n in enumerate(numbers))
            found[-1][2].append(f"{_COMMANDS[code]}{text}")
        x, y = numbers[-2:]
    return [(x, y, "".join(rest)) for x, y, rest in found]


def data(pieces: Iterable[Piece]) -> str:
    """Return the pieces of a path as its element has them."""
    return "".join(f"M{_joined((x, y))}{rest}" for x, y, rest in pieces)


def tenths(lengths: NDArray[float64]) -> list[int]:
    """Return lengths in tenths, which are finer than any screen."""
    return [round(10 * length) for length in lengths.tolist()]


def number(length: float) -> str:
    """Return a length in tenths as text."""
    return _tenth(round(10 * length))


def short(value: float) -> str:
    """Return any other number as text, of three digits."""
    return f"{value:.3g}"


def _joined(tenths: Iterable[int]) -> str:
    """Return numbers, with a space between two only where it is needed."""
    return " ".join(map(_tenth, tenths)).replace(" -", "-")


def _tenth(tenths: int) -> str:
    whole, rest = divmod(abs(tenths), 10)
    text = f"{whole or ''}.{rest}" if rest else f"{whole}"
    return f"-{text}" if tenths < 0 else text
