"""A Content-Security-Policy in each page, since a static host sends none.

Nothing comes from another host, and no script or style runs that was not there when the
site was built: those inside of a page are named by their hashes. The preview has none,
for MkDocs puts a script into its pages that reloads them.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from typing import Literal

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.pages import Page

_CHARSET = re.compile(r'<meta charset="utf-8" ?/?>')
_INLINE = re.compile(r"<(script|style)\b([^>]*)>(.*?)</\1>", re.DOTALL)
_STYLE = re.compile(r'<[^>]*\sstyle="([^"]*)"')
_command = "build"


def on_startup(command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
    """Remember whether this is a preview."""
    global _command
    _command = command


@event_priority(-100)  # when nothing changes the page any more
def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Put the policy into a page."""
    return output if _command == "serve" else with_policy(output)


@event_priority(-100)
def on_post_template(output: str, template_name: str, config: MkDocsConfig) -> str:
    """Put the policy into the 404 page, which is no page of the menu."""
    if _command == "serve" or not template_name.endswith(".html"):
        return output
    return with_policy(output)


def with_policy(page: str) -> str:
    """Return the page with its policy, before all that it rules."""
    return _CHARSET.sub(
        lambda match: (
            f'{match[0]}<meta http-equiv="Content-Security-Policy" '
            f'content="{policy(page)}">'
        ),
        page,
        count=1,
    )


def policy(page: str) -> str:
    """Return what the page may load and run."""
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for tag, attributes, content in _INLINE.findall(page):
        # What is data for a script is not run.
        if "src=" not in attributes and "json" not in attributes:
            hashes[tag].append(_hash(content))
    if attributes_of_style := _STYLE.findall(_INLINE.sub("", page)):
        styles = (html.unescape(style) for style in attributes_of_style)
        hashes["style"] += ["'unsafe-hashes'", *map(_hash, styles)]
    allowed = {tag: " ".join(["'self'", *dict.fromkeys(hashes[tag])]) for tag in hashes}
    return (
        f"default-src 'none';script-src {allowed['script']};"
        f"style-src {allowed['style']};img-src 'self' data:;font-src 'self';"
        "connect-src 'self';worker-src 'self';base-uri 'none';form-action 'none'"
    )


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
