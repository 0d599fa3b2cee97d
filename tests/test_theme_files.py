"""The theme's files, as this site changes them."""

import pytest
from mkdocs.exceptions import PluginError

from sitetools.publish import theme

CSS = """@charset "UTF-8"; /* words */
:root { --used: url("a{b}"); --unused:url("data:x"); }
.here, .gone > a { color: var(--used) }
a:not(.gone), .made--by-script { top: 0 }
[data-md-color-primary=red] .here { left: 0 }
@media print { .gone { top: 0 } }
@media print { .here { content: "}" } }
@font-face { src: url(x) }
"""


def test_stylesheet_keeps_what_the_pages_name():
    assert theme.used(CSS, {"here", "made--"}) == (
        ':root{--used: url("a{b}"); }.here{color: var(--used)}'
        "a:not(.gone),.made--by-script{top: 0}"
        '@media print{.here{content: "}"}}@font-face{src: url(x)}'
    )


def test_another_version_of_the_script_is_noticed():
    with pytest.raises(PluginError, match="Material"):
        theme.changed("none of what we change")


def test_pages_link_one_stylesheet_of_the_theme_and_ours(site):
    css = (site / "ko" / "assets" / "css" / "site.css").read_text("utf-8")
    assert ".md-nav__link" in css
    assert ".md-typeset .flow" in css
    assert ".md-consent" not in css
    assert not list((site / "ko").rglob("*.min.css"))
    assert not [*(site / "ko").rglob("*.map"), *(site / "ko").rglob("lunr")]


def test_script_scrolls_smoothly_only_for_who_likes_it(site):
    for bundle in site.rglob("bundle.*.js"):
        before = bundle.read_text("utf-8").split('"smooth"')[:-1]
        assert before
        assert all(
            part.endswith('(prefers-reduced-motion)").matches?"auto":')
            for part in before
        )
