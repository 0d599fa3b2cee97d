"""What a page may load and run; tests/browser/test_policy.py sees a browser obey."""

import pytest
from bs4 import BeautifulSoup

from sitetools.publish import policy


def test_every_page_has_its_policy_before_all_that_it_rules(site):
    for path in site.rglob("*.html"):
        document = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        policy = document.select("meta[http-equiv=Content-Security-Policy]")
        assert len(policy) == 1, path
        before = policy[0].find_all_previous(["script", "style", "link", "base"])
        assert not before, path
        content = str(policy[0]["content"])
        for word in ("unsafe-inline", "unsafe-eval", "http:", "https:", "*"):
            assert word not in content, f"{path}: {word!r} lets others in"


def test_link_to_a_new_window_gives_it_nothing(site):
    for path in site.rglob("*.html"):
        for link in BeautifulSoup(path.read_text("utf-8"), "html.parser").select(
            "[target]"
        ):
            assert "noopener" in (link.get("rel") or []), f"{path}: {link}"


@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("<script>1</script>", "script-src 'self' 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=';"),
        ('<script type="application/json">1</script>', "script-src 'self';"),
        ('<script src="a.js"></script>', "script-src 'self';"),
        ("<style>1</style>", "style-src 'self' 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=';"),
        ('<p style="1">', "style-src 'self' 'unsafe-hashes' 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=';"),
    ],
)  # fmt: skip
def test_what_stands_in_the_page_is_allowed_by_its_hash(page, allowed):
    assert allowed in policy.policy(page)


def test_preview_has_no_policy(monkeypatch):
    page = '<meta charset="utf-8"><script>1</script>'
    assert "Policy" in policy.on_post_page(page, None, None)
    monkeypatch.setattr(policy, "_command", "serve")
    assert policy.on_post_page(page, None, None) == page
