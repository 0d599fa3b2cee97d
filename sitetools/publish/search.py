"""What search reads on a page.

It reads the pages without figures, and of code and outputs only the names and words in
it: the rest would be four fifths of the index that each reader loads; rows of tables
one by one, so that a result shows the row; formulas as text; and what else a reader may
call what a page explains, which is in search.yml.

How a page ranks is in its front matter, as Material knows it: `search: {boost: 0.5}`.
Material's `tags` would not do for the other names: results would show them, and every
section of a page would have them.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from sitetools.content import files, yaml_files
from sitetools.content.project import Project
from sitetools.publish import search_words

_FIELDS = {"title": {"boost": 20}, "names": {"boost": 20}}
LAB = {"boost": 0.3}
"""What a lab would say in front matter: it uses what pages explain, and comes after."""

_MESSAGES = "error-messages/#"
"""A page whose headings are what its readers search for."""
_DROPPED = re.compile(
    r"<svg\b.*?</svg>|<div class=\"tabbed-labels\">.*?</div>"
    r"|<summary>.*?</summary>|<p class=\"lab-run\">.*?</p>",
    re.DOTALL,
)
_OUTPUT = re.compile(r"<div class=\"language-output\b.*?</div>", re.DOTALL)
_FOLDED = re.compile(r"<details class=\"example\">.*?</details>", re.DOTALL)
_PRE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_NAME = re.compile(  # torch.optim.SGD, zeros_, BatchNorm1d, .zero_grad; none of a plot
    r"\b(?:torch|nn|F|keras)(?:\.\w+)+|\b[a-z]\w*_\b|\b[A-Z][a-z]+[A-Z0-9]\w*"
    r"|(?<=\.)(?<!ax\.)(?<!plt\.)[a-z]+_\w+"
)
# Of what code prints, its words; numbers are not looked for.
_PRINTED = re.compile(r"(?<![\w.])[A-Za-z_]\w+(?:\.\w+)*")
_MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)
_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)\w+;")
_INVISIBLE = re.compile("[\u2060-\u2064]")  # between letters, in formulas
_CODE = re.compile(r"<code>([^<]*)</code>")
_CELL = re.compile(r"</t[dh]>\s*<t[dh]\b[^>]*>")
_ROW = re.compile(r"<(/?)tr\b[^>]*>")
_AROUND = re.compile(r" ?(</?(?:p|ul|ol|li)>) ?")


def options(project: Project, language: str) -> dict[str, Any]:
    """Return the search plugin's options for a language: what words are."""
    words = search_words.separator(project, language)
    return {"lang": ["en"], "pipeline": [], "separator": words, "fields": _FIELDS}


def readable(content: str, description: str) -> str:
    """Return what search is to read of a page's HTML."""
    content = _FOLDED.sub(_without_code, content)
    content = _OUTPUT.sub(lambda output: _words(_PRINTED, output[0]), content)
    content = _PRE.sub(lambda code: _words(_NAME, code[0]), content)
    content = _MATH.sub(lambda math: _in_words(math[0]), _DROPPED.sub("", content))
    content = _ROW.sub(r"<\1p>", _CELL.sub(" · ", _INVISIBLE.sub("", content)))
    content = re.sub(r"[ \n]+", " ", content)
    said = f"<p>{html.escape(description, quote=False)}</p>"
    return content if said in content else content.replace("</h1>", f"</h1>{said}", 1)


def _without_code(details: re.Match[str]) -> str:
    return _PRE.sub("", _OUTPUT.sub("", details[0]))


def _words(which: re.Pattern[str], code: str) -> str:
    """Keep the words of code, or of what it prints, that a reader may look for."""
    found = dict.fromkeys(which.findall(html.unescape(_TAG.sub("", code))))
    return f"<p><code>{html.escape(' '.join(found))}</code></p>" if found else ""


def _in_words(math: str) -> str:
    """Return a formula in letters: x<sub>i</sub>, a/b."""
    root = ElementTree.fromstring(_ENTITY.sub(lambda e: html.unescape(e[0]), math))
    return " ".join(_text(root).split())


def _text(node: ElementTree.Element) -> str:
    parts = [_text(child) for child in node]
    match node.tag, parts:
        case "mfrac", [above, below]:
            return f"{_grouped(above)}/{_grouped(below)}"
        case "msub" | "munder", [base, sub]:
            return f"{base}<sub>{sub}</sub>"
        case "msup" | "mover", [base, sup]:
            return f"{base}<sup>{sup}</sup>"
        case "msubsup" | "munderover", [base, sub, sup]:
            return f"{base}<sub>{sub}</sub><sup>{sup}</sup>"
        case "msqrt", _:
            return f"√{_grouped(''.join(parts))}"
        case "mtr", _:
            return " ".join(parts) + " "
    return html.escape((node.text or "").strip(), quote=False) + "".join(parts)


def _grouped(part: str) -> str:
    return f"({part})" if re.search(r"[^\w.√<>/]", part) else part


def finish(project: Project, language: str, site: Path) -> None:
    """Add what search.yml knows to a language's index; write it without escapes.

    In Korean it is half as long then. Nor does it need spaces around its tags.
    """
    path = site / "search" / "search_index.json"
    if not path.is_file():
        return
    index = json.loads(path.read_text("utf-8"))
    known = words()
    index["config"]["synonyms"] = search_words.synonyms(
        project, language, known["synonyms"].get(language, [])
    )
    little = known["little_words"]
    lines = [line for name in {"en", language} for line in little.get(name, [])]
    index["config"]["little_words"] = sorted(" ".join(lines).split())
    names = dict(known["names"])
    titles = {entry["location"]: entry["title"].lower() for entry in index["docs"]}
    for terms, place in search_words.glossary(project, language):
        page = place.partition("#")[0]
        if terms[0].lower() in titles.get(page, "") or place not in titles:
            place = page
        if place:
            names[place] = f"{names.get(place, '')} {' '.join(terms)}".strip()
    for entry in index["docs"]:
        location = entry["location"]
        if location.startswith(_MESSAGES):
            is_index = location == f"{_MESSAGES}index"
            entry["text"] = "" if is_index else _messages(entry["text"])
        entry["text"] = _AROUND.sub(r"\1", entry["text"]).replace("<p></p>", "")
        if location in names:
            entry["names"] = names[location]
    files.write(path, json.dumps(index, ensure_ascii=False, separators=(",", ":")))


def words() -> dict[str, Any]:
    """Return what readers type and pages do not say."""
    path = Path(__file__).with_name("search.yml")
    return dict(yaml_files.parse(files.read(path), path))


def _messages(text: str) -> str:
    """Return what a section says in code: what is printed, and names.

    Causes and an index of all of them would weigh as much as another page.
    """
    said = dict.fromkeys(_CODE.findall(text))
    return "".join(f"<p><code>{code}</code></p>" for code in said)
