"""Where scripts meet: keep what belongs together on a line, and name the language.

A browser may break a line between a parenthesis, code or formula and the Hangul behind
it, which leaves a Korean particle alone at the start of a line: 분산(variance)|으로,
`torch`|가. A word joiner forbids that, and so for Japanese punctuation: `torch`|、
On pages in other languages, Hangul is marked as Korean, so that it is read aloud well;
so is English that stands in parentheses behind a word in another script, and the title
of an English source that a link names.
"""

from __future__ import annotations

import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from sitetools.content import labels
from sitetools.languages import language_of

WORD_JOINER = "\u2060"
_VERBATIM = re.compile(r"(<pre\b.*?</pre>|<svg\b.*?</svg>)", re.DOTALL)
# 기울기 소실(vanishing gradient), 勾配消失（vanishing gradient）
_ENGLISH = re.compile(
    r"(?<=[가-힣ぁ-ヿ一-鿿])([(（])([A-Za-z][a-z]+(?:[ -][A-Za-z]+)*)"
    r"(?=[)）])(?![^<]*>)"
)
# <a href="https://…">Delving deep into rectifiers</a>; one word may be just a name.
_TITLE = re.compile(
    r'<a href="https?:[^">]*"'
    r"(?=>[A-Za-z][^<가-힣ぁ-ヿ一-鿿]*\s[^<가-힣ぁ-ヿ一-鿿]*</a>)"
)
_HANGUL = re.compile(r"[가-힣]+(?:,? [가-힣]+)*(?![^<]*>)")
_BREAKS = {
    "ja": re.compile(r"(</(?:code|math)>)(?=[、。，．）」』])(?![^<]*>)"),
    "ko": re.compile(r"(\)|</(?:a|code|em|math|strong)>)(?=[가-힣])(?![^<]*>)"),
}


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Join particles and punctuation to what they follow; mark other languages."""
    language = language_of(config)
    parts = _VERBATIM.split(html)
    if language in _BREAKS:
        joined = rf"\1{WORD_JOINER}"
        parts[::2] = [_BREAKS[language].sub(joined, part) for part in parts[::2]]
    if language != "ko":
        korean = r'<span lang="ko">\g<0></span>'
        parts[::2] = [_HANGUL.sub(korean, part) for part in parts[::2]]
    if language != labels.SOURCE_LANGUAGE:
        english = rf'\1<span lang="{labels.SOURCE_LANGUAGE}">\2</span>'
        parts[::2] = [_ENGLISH.sub(english, part) for part in parts[::2]]
        title = rf'\g<0> lang="{labels.SOURCE_LANGUAGE}"'
        parts[::2] = [_TITLE.sub(title, part) for part in parts[::2]]
    return "".join(parts)
