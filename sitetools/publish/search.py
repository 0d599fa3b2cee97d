"""What search reads on a page, and what counts as a word in each language.

The theme's search does not stem what a reader types; a word is what is between two
separators. So endings and particles are separators here, and in Korean there is a
border at each end of the glossary's words: 배치정규화를 is 배치 정규화. It reads the
pages without outputs, figures and code but for the names in it, which would be four
fifths of the index that each reader loads; rows of tables one by one, so that a result
shows the row; formulas as text; and what else a reader may call what a page explains.

How a page ranks is in its front matter, as Material knows it: `search: {boost: 0.5}`.
Material's `tags` would not do for the other names: results would show them, and every
section of a page would have them.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from sitetools.content import files, pages
from sitetools.content.project import SOURCE_LANGUAGE, Project

# What a language's words look like to JavaScript's regular expressions.
_PUNCTUATION = (
    r"[\s\u200b\-,.:;!?/()\[\]{}<>\"'`“”‘’「」『』（）：、。،؛؟"
    r"·×⋅=≈≤≥~|…→+*&#@]+"
)
_HANGUL = "[가-힣]"
# A plural is found under its singular, too; little words say nothing.
_ENGLISH = (
    r"(?<=[A-Za-z]{2}[^\Ws])s(?![A-Za-z])"
    r"|(?<![A-Za-z_])(?:[Aa]n?|[Aa]nd|[Aa]re|[Aa]t|[Bb]y|[Dd]oe?s?|[Ff]or|[Hh]ow|[Ii][nst]"
    r"|[Mm]y|[Oo][fnr]|[Tt]he|[Tt]o|[Vv]s|[Ww]h(?:at|en|y)|[Ww]ith)(?![A-Za-z_])"
)
_PARTICLES = (
    "에서는|에서도|에서의|으로는|으로의|에서|에는|에도|에게|으로|까지|부터|처럼|보다|마다|이란|"
    "이랑|이며|이고|이다|입니다|인가요?|이면|하고|"
    "은|는|이|가|을|를|의|에|로|와|과|도|만|란|랑"
)
_ENDINGS = (
    "(?:합|됩|했습|됐습|되었습|하였습)니[다까]|[하되](?:다|는|면|지|고|게|기|며|여|어|려면|나요|는데)"
    "|해[서야요]?|돼[서야요]?|했다|됐다|[한된]다|[한할함된될됨]"
)
_LITTLE = (
    f"(?<!{_HANGUL})(?:왜|못|것|수|때|됨|하는|법|방법|이유|종류|차이)(?!{_HANGUL})"
)
_KATAKANA, _KANJI = "[ァ-ヺー]", "[一-鿿]"
# Kanji words have two letters, or three with 化; hiragana is mostly endings.
_JAPANESE = (
    r"[ぁ-ゟ]+"
    f"|(?<={_KATAKANA})(?={_KANJI})|(?<={_KANJI})(?={_KATAKANA})"
    f"|(?<=(?<!{_KANJI})(?:{_KANJI}{{2}}化?)+)(?=(?!化){_KANJI})"
)
_LATIN_EDGE = "(?<=[A-Za-z0-9_])(?={0})|(?<={0})(?=[A-Za-z0-9_])"
# What readers type in every language, besides the names in the glossary.
_NAMES = {
    "": "loss nan",
    "#symptoms": "loss nan 학습이 안 됨 not learning stuck",
    "#by-symptom": "first layers do not learn loss does not decrease weights do not"
    " change move 손실이 줄지 않음 감소하지 않음 가중치가 바뀌지 않음 움직이지 않음",
    "batch-normalization/": "BN BatchNorm BatchNorm1d BatchNorm2d eval()",
    "choosing/#recipe-lstm": "RNN",
    "diagnose/": "loss nan report which layer 어느 층",
    "diagnose/#non-finite": "loss nan inf first which layer detect_anomaly",
    "error-messages/": "RuntimeError ValueError UserWarning warning traceback",
    "error-messages/#anomaly": "detect_anomaly set_detect_anomaly",
    "error-messages/#empty-list": "ModuleList ModuleDict",
    "error-messages/#grad-is-none": "grad is None 기울기가 None",
    "error-messages/#target-out-of-bounds": "ignore_index device-side assert",
    "gates-in-recurrent-networks/": "LSTM GRU RNN IRNN",
    "gradient-clipping/": "clip_grad_norm_ clip_grad_value_ clipnorm clipvalue",
    "in-your-training-loop/": "wandb TensorBoard lightning huggingface trainer"
    " callback accelerate deepspeed DDP FSDP",
    "layer-normalization/": "LN LayerNorm GN GroupNorm RMSNorm InstanceNorm",
    "relu-and-variants/": "ReLU LeakyReLU PReLU ELU SELU GELU SiLU Swish",
    "residual-connections/": "ResNet",
    "where-nan-comes-from/": "loss nan gradient nan",
    "weight-initialization/": "He Kaiming Xavier Glorot LeCun init kaiming_normal_"
    " kaiming_uniform_ xavier_normal_ xavier_uniform_ glorot_uniform he_normal",
    "why-batch-normalization-helps/": "dropout 드롭아웃 ドロップアウト",
    "why-batch-normalization-helps/#covariate-shift": "ICS",
    "why-gradients-vanish-and-explode/#precision": "fp16 bf16",
    "why-gradients-vanish-and-explode/#through-time": "RNN BPTT",
}
_FIELDS = {"title": {"boost": 20}, "names": {"boost": 20}}
LAB = {"boost": 0.3}
"""What a lab would say in front matter: it uses what pages explain, and comes after."""

_MESSAGES = "error-messages/#"
"""A page whose headings are what its readers search for."""
_LINK = re.compile(r"\]\(([\w-]+)\.md")
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
_MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)
_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)\w+;")
_INVISIBLE = re.compile("[\u2060-\u2064]")  # between letters, in formulas
_CODE = re.compile(r"<code>([^<]*)</code>")
_CELL = re.compile(r"</t[dh]>\s*<t[dh]\b[^>]*>")
_ROW = re.compile(r"<(/?)tr\b[^>]*>")


def separator(project: Project, language: str) -> str:
    """Return what separates the words of a language."""
    found = [_PUNCTUATION, _ENGLISH]
    if language == "ko":
        after = rf"(?<={_HANGUL}{{2}}|[A-Za-z0-9_])"
        found += [
            f"{after}(?:{_PARTICLES})(?!{_HANGUL})",
            *_borders(project),
            f"(?<={_HANGUL}{{2}})(?:{_ENDINGS})(?!{_HANGUL})",
            _LITTLE,
            _LATIN_EDGE.format(_HANGUL),
        ]
    if language == "ja":
        found += [_JAPANESE, _LATIN_EDGE.format(f"(?:{_KATAKANA}|{_KANJI})")]
    return "|".join(found)


def _borders(project: Project) -> Iterator[str]:
    """Yield the borders before and after each Korean word of the glossary.

    There is none within a longer word: 학습 has one after it, but not in 학습률.
    """
    words = {
        word
        for names, _ in glossary(project, "ko")
        for word in re.findall(f"{_HANGUL}{{2,}}", " ".join(names))
    }
    after, before = [], []
    for word in sorted(words):
        longer = [other.partition(word) for other in words - {word} if word in other]
        ends = "|".join(sorted({end for _, _, end in longer if end}))
        starts = "|".join(sorted({start for start, _, _ in longer if start}))
        # In this order a word that is not there costs least.
        after.append(word + (f"(?!{ends})" if ends else ""))
        before.append(word if not starts else f"{word}(?<!(?:{starts}){word})")
    yield f"(?<={_HANGUL})(?={'|'.join(before)})"
    yield f"(?<={'|'.join(after)})(?={_HANGUL})"


def glossary(project: Project, language: str) -> list[tuple[list[str], str]]:
    """Return each term's names in the glossary, and the page that explains it."""
    path = project.docs / language / "glossary.md"
    if not path.is_file():
        path = project.docs / SOURCE_LANGUAGE / "glossary.md"
    found: list[tuple[list[str], str]] = []
    for _, line in pages.prose(path) if path.is_file() else []:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) >= 4 and not cells[0].startswith("-"):
            link = _LINK.search(line)
            names = [name for name in cells[:3] if name]
            found.append((names, link[1] if link else ""))
    return found


def options(project: Project, language: str) -> dict[str, Any]:
    """Return the search plugin's options for a language: what words are."""
    words = separator(project, language)
    return {"lang": ["en"], "pipeline": [], "separator": words, "fields": _FIELDS}


def readable(content: str, description: str) -> str:
    """Return what search is to read of a page's HTML."""
    content = _FOLDED.sub(_without_code, _OUTPUT.sub("", content))
    content = _PRE.sub(_named, content)
    content = _MATH.sub(lambda math: _in_words(math[0]), _DROPPED.sub("", content))
    content = _ROW.sub(r"<\1p>", _CELL.sub(" · ", _INVISIBLE.sub("", content)))
    said = f"<p>{html.escape(description, quote=False)}</p>"
    return content if said in content else content.replace("</h1>", f"</h1>{said}", 1)


def _without_code(details: re.Match[str]) -> str:
    return _PRE.sub("", details[0])


def _named(code: re.Match[str]) -> str:
    """Keep the names of functions and classes, which a reader may look for."""
    names = dict.fromkeys(_NAME.findall(html.unescape(_TAG.sub("", code[0]))))
    return f"<p><code>{' '.join(names)}</code></p>" if names else ""


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
    """Add the names to a language's index; write it without escapes.

    In Korean it is half as long then.
    """
    path = site / "search" / "search_index.json"
    if not path.is_file():
        return
    index = json.loads(path.read_text("utf-8"))
    names = dict(_NAMES)
    for words, name in glossary(project, language):
        names[f"{name}/"] = f"{names.get(f'{name}/', '')} {' '.join(words)}".strip()
    for entry in index["docs"]:
        location = entry["location"]
        if location.startswith(_MESSAGES):
            is_index = location == f"{_MESSAGES}index"
            entry["text"] = "" if is_index else _messages(entry["text"])
        if location in names:
            entry["names"] = names[location]
    files.write(path, json.dumps(index, ensure_ascii=False, separators=(",", ":")))


def _messages(text: str) -> str:
    """Return the messages that a section names beside that of its heading.

    Causes, code and an index of all of them would weigh as much as two other pages.
    """
    others = [code for code in _CODE.findall(text) if code.count(" ") > 4]
    return "".join(f"<p><code>{code}</code></p>" for code in others)
