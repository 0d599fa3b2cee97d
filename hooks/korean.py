"""Keep Korean particles on the line of their word: 분산(variance)|으로, `torch`|가.

A browser may break a line between a parenthesis, code or formula and the Hangul behind
it, which leaves a particle alone at the start of a line. A word joiner forbids that.
On pages in other languages, Hangul is marked as Korean, so that it is read aloud well;
so is English that stands in parentheses behind a word in another script.
"""

from __future__ import annotations

import re

import labels
from languages import language_of
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

WORD_JOINER = "\u2060"
_VERBATIM = re.compile(r"(<pre\b.*?</pre>|<svg\b.*?</svg>)", re.DOTALL)
# 기울기 소실(vanishing gradient), 勾配消失（vanishing gradient）
_ENGLISH = re.compile(
    r"(?<=[가-힣ぁ-ヿ一-鿿])([(（])([A-Za-z][a-z]+(?:[ -][A-Za-z]+)*)"
    r"(?=[)）])(?![^<]*>)"
)
_HANGUL = re.compile(r"[가-힣]+(?:,? [가-힣]+)*(?![^<]*>)")
_BREAK = re.compile(r"(\)|</(?:a|code|em|math|strong)>)(?=[가-힣])(?![^<]*>)")


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Join particles to what they follow; mark Hangul on others."""
    pattern, new = _BREAK, rf"\1{WORD_JOINER}"
    if language_of(config) != "ko":
        pattern, new = _HANGUL, r'<span lang="ko">\g<0></span>'
    parts = _VERBATIM.split(html)
    parts[::2] = [pattern.sub(new, part) for part in parts[::2]]
    if language_of(config) != labels.SOURCE_LANGUAGE:
        english = rf'\1<span lang="{labels.SOURCE_LANGUAGE}">\2</span>'
        parts[::2] = [_ENGLISH.sub(english, part) for part in parts[::2]]
    return "".join(parts)
