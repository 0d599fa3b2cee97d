"""What search takes for a word in each language.

The theme's search stems no Korean and splits it at spaces only, so it finds little there.
What stands between words is told to it instead: punctuation, and in Korean the particles.
"""

from __future__ import annotations

from languages import language_of
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority

_PUNCTUATION = r"[\s\u200b\u2060\-,.:;!?/()\[\]{}<>\"'`“”‘’·×=|]+"
_PARTICLES = (
    "에서는|에서도|으로는|에서|에는|에게|으로|까지|부터|처럼|보다|마다|이란|이며|이고|입니다|"
    "은|는|이|가|을|를|의|에|로|와|과|도|만|란"
)
# Particles count as separators behind a word of two or more syllables.
SEARCH = {
    "ko": {
        "lang": ["en"],
        "pipeline": [],
        "separator": f"{_PUNCTUATION}|(?<=[가-힣]{{2}})(?:{_PARTICLES})(?![가-힣])",
    },
    # In Japanese hiragana, mostly particles and endings, stand between the words.
    "ja": {
        "lang": ["en"],
        "pipeline": [],
        "separator": f"{_PUNCTUATION}|[ぁ-ん、。：（）「」]+",
    },
}


@event_priority(50)  # before the search plugin reads it
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Tell the search plugin."""
    language = language_of(config)
    if language:
        config.plugins["material/search"].config.update(SEARCH.get(language, {}))
    return config
