"""What a page may load and run; tests/browser/test_page_policy.py sees a browser obey."""

import re

import pytest

from sitetools.fault import Fault
from sitetools.publish import policy

HASH = "'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"


def test_every_page_has_its_policy_before_all_that_it_rules(site):
    for path in site.rglob("*.html"):
        html = path.read_text("utf-8")
        [content] = re.findall(
            'http-equiv="Content-Security-Policy" content="(.*?)"', html
        )
        ruled = re.search(r"<(?:script|style|link|base)\b", html)
        assert ruled.start() > html.index("Content-Security-Policy"), path
        for word in ("unsafe-inline", "unsafe-eval", "http:", "https:", "*"):
            assert word not in content, f"{path}: {word!r} lets others in"


@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("<script>1</script>", f"script-src 'self' {HASH};"),
        ('<script type="application/json">1</script>', "script-src 'self';"),
        ('<script src="a.js"></script>', "script-src 'self';"),
        ("<style>1</style>", f"style-src 'self' {HASH};"),
        ('<p style="1">', f"style-src 'self' 'unsafe-hashes' {HASH};"),
    ],
)
def test_what_is_in_the_page_is_allowed_by_its_hash(page, allowed):
    assert allowed in policy.policy(page)


def test_site_is_named_where_it_will_be():
    """WebKit takes 'self' for nobody in a frame with a sandbox."""
    allowed = policy.policy("<script>1</script>", "https://someone.example/site/")
    assert f"script-src 'self' https://someone.example {HASH};" in allowed
    assert "connect-src 'self' https://someone.example;" in allowed


def test_page_without_a_place_for_its_policy_is_refused():
    with pytest.raises(Fault, match="meta charset") as error:
        policy.with_policy("<head><script>1</script></head>")
    assert error.value.place.path.name == "policy.py"
