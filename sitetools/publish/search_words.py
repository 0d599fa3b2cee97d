"""What counts as a word in search, in each language, and what words mean the same.

The theme's search does not stem what a reader types; a word is what is between two
separators. So endings and particles are separators here, and in Korean there is a
border at each end of the glossary's words: 배치정규화를 is 배치 정규화.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sitetools.content import pages
from sitetools.content.project import SOURCE_LANGUAGE, Project

# What a language's words look like to JavaScript's regular expressions.
_PUNCTUATION = (
    r"[\s\u200b\-,.:;!?/()\[\]{}<>\"'`“”‘’「」『』（）：、。،؛؟"
    r"·×⋅=≈≤≥~|…→+*&#@]+"
)
_HANGUL = "[가-힣]"
# Endings of English words, which are found without them; little words say nothing.
_ENGLISH = (
    r"(?<=[A-Za-z]{2}[^\Ws])s(?!\w)|(?<=[A-Za-z]{4})(?:es?|ing|ed)(?!\w)"
    rf"|(?<=[A-Za-z]{{3}})(?:{'|'.join(f'(?<={x}){x}' for x in 'bdgmnprt')})"
    r"(?:ing|ed)(?!\w)"
    r"|(?<![A-Za-z_])(?:[Aa]n?|[Aa]nd|[Aa]re|[Aa]t|[Bb][ey]|[Cc]an|[Dd]oe?s?|[Ff]or"
    r"|[Ff]rom|[Hh]a(?:s|ve)|[Hh]ow|[Ii]|[Ii][nst]|[Mm]y|[Oo][fnr]|[Pp]roblem|[Ss]hould"
    r"|[Tt]h(?:at|e|is)|[Tt]o|[Vv]s|[Ww]h(?:at|en|ich|y)|[Ww]ith|[Yy]ours?)(?![A-Za-z_])"
)
_PARTICLES = (
    "에서는|에서도|에서의|에서|에는|에도|에게|에선|으로는|으로의|으로|까지|부터|처럼|보다|마다|만큼"
    "|이란|이랑|이며|이고|이다|입니다|이에요|예요|인가요?|인지|이면|인데|하고|라는|라고|이나"
    "|은|는|이|가|을|를|의|에|로|와|과|도|만|란|랑|들"
)
_ENDINGS = (
    "(?:합|됩|했습|됐습|되었습|하였습)니[다까]"
    "|[하되](?:다|는지|는데|는|면|지|고|게|기|며|여|어|려면|려고|나요|나|죠|네요|던|도록)"
    "|해[서야요]?|돼[서야요]?|했[다어]|됐[다어]|할까요?|될까요?|[한된]다|[한할함된될됨]"
    "|지(?= *(?:않|못|안))"
)
_NEGATED = (
    "(?<=않)(?:음|아요?|는다|습니다|았다|아서|은|는|고|으면)"
    f"|(?<=(?<!{_HANGUL})안)(?=[돼되됨됩된줄올떨나변바움])"
    f"|(?:(?<!{_HANGUL})|(?<=(?<!{_HANGUL})안))(?:돼요?|되나?요?|되는|됨|됩니다|된다|돼서)"
    f"(?!{_HANGUL})"
)
_LITTLE = (
    f"(?<!{_HANGUL})(?:못|것|수|때|됨|하는|법|방법|사용법|종류|차이점?|문제|어떤|어떻게"
    f"|무엇|뭔가요|이?란|정리|설명|뜻|의미)(?!{_HANGUL})"
)
_KATAKANA, _KANJI = "[ァ-ヺー]", "[一-鿿]"
# Kanji words have two letters, or three with 化; hiragana is mostly endings.
_JAPANESE = (
    r"[ぁ-ゟ]+"
    f"|(?<={_KATAKANA})(?={_KANJI})|(?<={_KANJI})(?={_KATAKANA})"
    f"|(?<=(?<!{_KANJI})(?:{_KANJI}{{2}}化?)+)(?=(?!化){_KANJI})"
)
_LATIN_EDGE = "(?<=[A-Za-z0-9_])(?={0})|(?<={0})(?=[A-Za-z0-9_])"
_NAMES = re.compile(r", *")
_INSIDE = re.compile(r" ?\(([^)]*)\)")  # another name, in parentheses
_LINK = re.compile(r"\]\(([\w-]+)\.md(#[\w-]+)?\)")


def separator(project: Project, language: str) -> str:
    """Return what separates the words of a language."""
    found = [_PUNCTUATION, _ENGLISH]
    if language == "ko":
        after = rf"(?<={_HANGUL}{{2}}|[A-Za-z0-9_])"
        found += [
            f"{after}(?:{_PARTICLES})(?!{_HANGUL})",
            *_borders(project),
            f"(?<={_HANGUL}{{2}})(?:{_ENDINGS})(?!{_HANGUL})",
            _NEGATED,
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
    """Return each term's names in the glossary, and the place that explains it."""
    path = project.docs / language / "glossary.md"
    if not path.is_file():
        path = project.docs / SOURCE_LANGUAGE / "glossary.md"
    found: list[tuple[list[str], str]] = []
    for _, line in pages.prose(path) if path.is_file() else []:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cells) < 4:
            continue
        if cells[0].startswith("-"):
            found.pop()  # what is above was the head of the table
        else:
            link = _LINK.search(line)
            names = [name for name in cells[:3] if name]
            found.append((names, f"{link[1]}/{link[2] or ''}" if link else ""))
    return found


def synonyms(project: Project, language: str, more: list[list[str]]) -> list[list[str]]:
    """Return what pages say, each with other ways to say it; no name is in two rows.

    Args:
        project: whose glossary names most of them.
        language: of the pages.
        more: what the glossary does not name.
    """
    rows: list[list[str]] = []
    for names, _ in glossary(project, language):
        inside = [name for cell in names for name in _INSIDE.findall(cell)]
        first, *others = [_NAMES.split(_INSIDE.sub("", cell)) for cell in names]
        if len(first) == 1:
            also = [name for part in inside for name in _NAMES.split(part)]
            rows.append(first + also + [name for column in others for name in column])
        else:  # underflow and overflow: the names in other columns may be of either
            others = [column for column in others if len(column) == len(first)]
            rows += [list(row) for row in zip(first, *others, strict=True)]
    seen = {name.lower() for row in more for name in row}
    seen |= {row[0].lower() for row in rows}
    found = [*more]
    for row in rows:
        new = [name for name in dict.fromkeys(row[1:]) if name.lower() not in seen]
        seen |= {name.lower() for name in new}
        found.append([row[0], *new])
    return found
