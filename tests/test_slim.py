"""A figure made lighter shows the same."""

import xml.etree.ElementTree as ET

import pytest

from sitetools.render import slim


def slimmed(inside):
    root = ET.fromstring(f'<svg xmlns="{slim.SVG[1:-1]}">{inside}</svg>')
    slim.slim(root, "fig")
    text = (
        ET.tostring(root, encoding="unicode").replace("ns0:", "").replace(" />", "/>")
    )
    return text.partition(">")[2].removesuffix("</svg>")


TICKS = (
    '<defs><path id="tick-mark" d="M 0 0 L 0 3.5" style="stroke:x;stroke-width:0.8"/></defs>'
    '<g><use href="#tick-mark" x="10.04" y="20" style="stroke:x;stroke-width:0.8"/></g>'
    '<g><text style="font-size:9px">a</text></g>'
    '<g><use href="#tick-mark" x="30" y="20" style="stroke:x;stroke-width:0.8"/></g>'
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            TICKS,
            '<path stroke="x" stroke-width="0.8" d="M10 20l0 3.5M30 20l0 3.5"/><text>a</text>',
        ),
        ('<path d="M 0 0 L 9 0 L 9 9 z" style="fill:none"/>', ""),
        # Straight but for what no screen shows; then a bend.
        (
            '<path d="M 0 0 L 5 0.04 L 10 0 L 10 -0.26" style="stroke:x"/>',
            '<path d="M0 0l10 0 0-.3" stroke="x"/>',
        ),
        # A curve and a second part of the path.
        (
            '<path d="M 1 1 C 2 1 3 2 3 3 z M 5 5 L 6 5" style="stroke:x"/>',
            '<path d="M1 1c1 0 2 1 2 2zM5 5l1 0" stroke="x"/>',
        ),
        # What shines through, or has a border, stays what it is.
        (
            '<path d="M 0 0 L 1 1" style="stroke:x;opacity:0.5"/><path d="M 0 1 L 1 2" style="stroke:x;opacity:0.5"/>',
            '<path d="M0 0l1 1" stroke="x" opacity="0.5"/><path d="M0 1l1 1" stroke="x" opacity="0.5"/>',
        ),
        (
            '<path d="M 0 0 L 1 1" style="fill:x;stroke:y"/><path d="M 0 1 L 1 2" style="fill:x;stroke:y"/>',
            '<path d="M0 0l1 1" fill="x" stroke="y"/><path d="M0 1l1 1" fill="x" stroke="y"/>',
        ),
        # Lines of one look between which another lies: it would come to lie above both.
        (
            '<path d="M 0 0 L 1 1" style="stroke:x"/><path d="M 0 1 L 1 0" style="stroke:y"/><path d="M 0 2 L 1 0" style="stroke:x"/>',
            '<path d="M0 0l1 1" stroke="x"/><path d="M0 1l1-1" stroke="y"/><path d="M0 2l1-2" stroke="x"/>',
        ),
        (
            '<text><tspan x="0" y="1" style="font-size:9px">1</tspan><tspan x="5" y="1" style="font-size:9px">0</tspan><tspan x="9" y="-3" style="font-size:6.3px">4</tspan></text>',
            '<text><tspan x="0" y="1">10</tspan><tspan x="9" y="-3" font-size="6.3px">4</tspan></text>',
        ),
        (
            '<path clip-path="url(#clip-path)" d="M 0 0 L 1 1" style="stroke:x"/><defs><clipPath id="clip-path"><rect x="1.26"/></clipPath></defs>',
            '<path clip-path="url(#fig-0)" d="M0 0l1 1" stroke="x"/><defs><clipPath id="fig-0"><rect x="1.3"/></clipPath></defs>',
        ),
    ],
    ids=[
        "ticks",
        "nothing",
        "bend",
        "curve",
        "shines through",
        "border",
        "order",
        "words",
        "clip",
    ],
)
def test_slim(before, after):  # fmt: skip
    assert slimmed(before) == after
