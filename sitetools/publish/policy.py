"""A Content-Security-Policy in each page, since a static host sends none.

Nothing comes from another host, and no script or style runs that was not there when the
site was built: those inside a page are named by their hashes. A preview has no policy:
MkDocs puts a script into its pages that reloads them.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path
from urllib.parse import urlsplit

from sitetools.fault import Fault

_CHARSET = re.compile(r'<meta charset="utf-8" ?/?>')
_INLINE = re.compile(r"<(script|style)\b([^>]*)>(.*?)</\1>", re.DOTALL)
_STYLE = re.compile(r'<[^>]*\sstyle="([^"]*)"')


def with_policy(page: str, site_url: str = "") -> str:
    """Return the page with its policy, before all that it rules.

    Args:
        page: its HTML.
        site_url: where the site will be, if that is known.

    Raises:
        Fault: if there is no place for it.
    """
    charset = _CHARSET.search(page)
    if not charset:
        problem = 'a page of the theme has no <meta charset="utf-8">'
        remedy = "see how it names its charset, and change _CHARSET"
        raise Fault(Path(__file__), problem, remedy)
    content = policy(page, site_url)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{content}">'
    return page[: charset.end()] + meta + page[charset.end() :]


def policy(page: str, site_url: str = "") -> str:
    """Return what the page may load and run.

    In a frame with a sandbox, 'self' is nobody to WebKit: the site is named, too.
    """
    place = urlsplit(site_url)
    own = f"'self' {place.scheme}://{place.netloc}" if place.netloc else "'self'"
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for tag, attributes, content in _INLINE.findall(page):
        # What is data for a script is not run.
        if "src=" not in attributes and "json" not in attributes:
            hashes[tag].append(_hash(content))
    if attributes_of_style := _STYLE.findall(_INLINE.sub("", page)):
        styles = (html.unescape(style) for style in attributes_of_style)
        hashes["style"] += ["'unsafe-hashes'", *map(_hash, styles)]
    allowed = {tag: " ".join([own, *dict.fromkeys(hashes[tag])]) for tag in hashes}
    return (
        f"default-src 'none';script-src {allowed['script']};"
        f"style-src {allowed['style']};img-src {own} data:;font-src {own};"
        f"connect-src {own};worker-src {own} blob:;base-uri 'none';form-action 'none'"
    )


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
