"""Lighter HTML that is read aloud well: what each page's HTML still needs.

Pygments puts each name, bracket and space into a span of its own, though these look
like plain text or like their neighbor, and the theme's templates indent every line:
half of a page with much code.

Where scripts meet, a browser may break a line between a parenthesis, code or formula
and the Hangul after it, which leaves a Korean particle alone at the start of a line:
분산(variance)|으로, `torch`|가. A word joiner forbids that, and so for Japanese
punctuation: `torch`|、 Words in another language are marked, to be read well. What is
one thing to the eye, such as N(0, 1) or short code, is on one line.
"""

from __future__ import annotations

import json
import re

from sitetools.content.project import SOURCE_LANGUAGE

# What the theme shows in one color has one name; in the text's color, none.
_PLAIN = re.compile(r'<span class="(?:n|o|p|w|kc|ow|sa|vm|fm)">([^<]*)</span>')
_KINDS = {
    kind: name
    for name, kinds in {
        "c": "c1 cm cs sd",
        "k": "kn kr kt nd",
        "m": "mi mf mo",
        "nb": "bp no",
        "nf": "nc ne nn",
        "s": "s1 s2 sc si ss",
    }.items()
    for kind in kinds.split()
}
_KIND = re.compile(rf'<span class="({"|".join(_KINDS)})">')
_RUN = re.compile(r'<span class="(\w+)">[^<]*(?:</span>\s*<span class="\1">[^<]*)+')
_SEAM = re.compile(r'</span>(\s*)<span class="\w+">')
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_BOX = '<div class="md-typeset__scrollwrap"><div class="md-typeset__table">'
_VERBATIM = re.compile(r"(<pre\b.*?</pre>|<script\b.*?</script>)", re.DOTALL)
_SETTINGS = re.compile(r'(<script id="__config"[^>]*>)(.*?)(?=</script>)')

WORD_JOINER = "\u2060"
_NO_BREAK_SPACE = "\u00a0"
# N(0, 1), (N, C, T), [0, 1]: up to five short parts.
_TUPLE = re.compile(
    r"[(\[][^\s(),<>\[\]]{1,6}(?:, [^\s(),<>\[\]]{1,6}){1,4}[)\]](?![^<]*>)"
)
_SHORT_CODE = re.compile(r"\A<code>(?=[^<]{1,22}</code>)(?=[^<]* )")
_NO_TEXT = re.compile(r"(<pre\b.*?</pre>|<svg\b.*?</svg>)", re.DOTALL)
_NO_CODE = re.compile(r"(<pre\b.*?</pre>|<svg\b.*?</svg>|<code\b.*?</code>)", re.DOTALL)
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


def in_language(html: str, language: str) -> str:
    """Mark a page that stands in for a missing translation as English."""
    return f'<div lang="{language}" dir="ltr">{html}</div>'


def light(html: str) -> str:
    """Take away the spans of plain text, and join those of one color.

    A table gets the box in which it scrolls, which the theme's script would add later:
    what a link led to would then move.
    """
    html = html.replace("<pre><span></span>", "<pre>")
    html = _PLAIN.sub(lambda match: match[1], html)  # r"\1" takes twice as long
    html = _KIND.sub(lambda match: f'<span class="{_KINDS[match[1]]}">', html)
    html = _RUN.sub(lambda match: _SEAM.sub(r"\1", match[0]), html)
    return _TABLE.sub(rf"{_BOX}\g<0></div></div>", html)


def unbroken(html: str) -> str:
    """Keep a tuple in the text, and short code, on one line.

    Code is marked for the stylesheet: a reader may copy it, with its own spaces.
    """

    def joined(match: re.Match[str]) -> str:
        return match[0].replace(" ", _NO_BREAK_SPACE)

    parts = _NO_CODE.split(html)
    parts[::2] = [_TUPLE.sub(joined, part) for part in parts[::2]]
    whole = '<code class="whole">'
    parts[1::2] = [_SHORT_CODE.sub(whole, part) for part in parts[1::2]]
    return "".join(parts)


def mixed_scripts(html: str, language: str) -> str:
    """Join particles and punctuation to what they follow; mark other languages."""
    parts = _NO_TEXT.split(html)
    if language in _BREAKS:
        joined = rf"\1{WORD_JOINER}"
        parts[::2] = [_BREAKS[language].sub(joined, part) for part in parts[::2]]
    if language != "ko":
        korean = r'<span lang="ko">\g<0></span>'
        parts[::2] = [_HANGUL.sub(korean, part) for part in parts[::2]]
    if language != SOURCE_LANGUAGE:
        english = rf'\1<span lang="{SOURCE_LANGUAGE}">\2</span>'
        parts[::2] = [_ENGLISH.sub(english, part) for part in parts[::2]]
        title = rf'\g<0> lang="{SOURCE_LANGUAGE}"'
        parts[::2] = [_TITLE.sub(title, part) for part in parts[::2]]
    return "".join(parts)


def quiet_permalinks(html: str) -> str:
    """Hide the links beside headings from screen readers and Tab.

    A link is in its heading, so its name would be read with each of them, also in the
    reader's list of headings; the table of contents has the same links by name. A
    tooltip would be in the way.
    """
    hidden = 'aria-hidden="true" tabindex="-1"'
    return html.replace('title="Permanent link"', hidden)


def without_indentation(page: str) -> str:
    """Take away indentation and empty lines, but for code and scripts.

    The script's settings hold words, and a letter of Hangul is shorter than its escape.
    """
    parts = _VERBATIM.split(page)
    parts[::2] = map(_without_indentation, parts[::2])
    return _SETTINGS.sub(lambda m: m[1] + _compact(m[2]), "".join(parts))


def _without_indentation(part: str) -> str:
    """Do so for what is between code: its ends are those of a line that goes on."""
    first, *others = part.split("\n")
    if not others:
        return part
    lines = filter(None, map(str.strip, others[:-1]))
    return "\n".join([first.rstrip(), *lines, others[-1].lstrip()])


def _compact(settings: str) -> str:
    """Return the same JSON in fewer bytes, still safe within a script element."""
    text = json.dumps(json.loads(settings), ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
