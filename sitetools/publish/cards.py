"""What other sites show of a link: a card per page, 1200 x 630, and data on the page.

Both are of use only where the site's address is known, since the others fetch them
from there: a preview, or a build without SITE_URL, draws none. One font has Hangul,
kanji and Latin; a page in a script that it lacks gets a card in English.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from babel.core import get_global
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils.templates import TemplateContext
from PIL import Image, ImageDraw, ImageFont

from sitetools.content import labels, pages
from sitetools.languages import language_of

CACHE = pages.ROOT / ".cache" / "cards"
SIZE = (1200, 630)
_MARGIN = 80
_GROUND, _INK, _BARS = (22, 53, 110), (255, 255, 255), (255, 158, 100)
_SHADES = 15
# A line may break behind a space; in Japanese, behind a comma or where kana end a word.
_PIECES = re.compile(r"(?<= )|(?<=[、。：・ぁ-ん])(?=[一-龯ァ-ヴA-Za-z])")
_serving = False


def on_startup(command: str, dirty: bool) -> None:
    """Remember whether this is a preview, to which nobody links."""
    global _serving
    _serving = command == "serve"


def on_page_context(
    context: TemplateContext, page: Page, config: MkDocsConfig, nav: Navigation
) -> TemplateContext:
    """Draw the page's card, and tell the templates where it stands."""
    language = language_of(config)
    if not language or not config.site_url or _serving:
        return context
    title = "" if page.is_homepage else str(page.title)
    section = next((str(part.title) for part in page.ancestors), "")
    texts = (title, config.site_name, section)
    if not all(map(_drawable, texts)):
        texts = in_english(page.file.src_path, config)
    name = f"assets/cards/{page.url.strip('./').replace('/', '-') or 'index'}.png"
    target = Path(config.site_dir, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(card(*texts))
    page.meta["share"] = {
        "card": config.site_url + name,
        "data": linked_data(page, config, language),
        "locales": {code: territory(code) for code in config.extra["language_names"]},
    }
    return context


def in_english(path: str, config: MkDocsConfig) -> tuple[str, str, str]:
    """Return what the card of the English page with this path says."""
    own = pages.front_matter(pages.DOCS / labels.SOURCE_LANGUAGE / path)
    title = "" if path == "index.md" else str(own["title"])
    return title, config.extra["site_names"][labels.SOURCE_LANGUAGE], ""


def linked_data(page: Page, config: MkDocsConfig, language: str) -> str:
    """Return what search engines read of the page: its date, language and licence."""
    data = {
        "@context": "https://schema.org",
        "@type": "WebSite" if page.is_homepage else "TechArticle",
        "name": config.site_name if page.is_homepage else "",
        "headline": "" if page.is_homepage else str(page.title),
        "url": page.canonical_url,
        "inLanguage": language,
        "dateModified": page.meta["history"]["updated"],
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }
    known = {key: value for key, value in data.items() if value}
    return json.dumps(known, ensure_ascii=False).replace("<", "\\u003c")


def territory(language: str) -> str:
    """Return a language with its land, or the one where most speak it: `ko_KR`."""
    subtags = get_global("likely_subtags")
    code, _, land = language.partition("-")
    return f"{code}_{land.upper() or subtags.get(code, code).split('_')[-1]}"


def card(title: str, site: str, section: str) -> bytes:
    """Return a card as PNG, from the cache if it was drawn before."""
    code = Path(__file__).read_bytes()
    drawing = hashlib.sha256("\0".join((title, site, section)).encode() + code)
    path = CACHE / f"{drawing.hexdigest()[:32]}.png"
    if not path.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        temporary.write_bytes(draw(title, site, section))
        temporary.replace(path)
    return path.read_bytes()


def draw(title: str, site: str, section: str) -> bytes:
    """Draw a card: where the page belongs, its title, and a gradient that vanishes."""
    text = Image.new("L", SIZE)
    pen = ImageDraw.Draw(text)
    width = SIZE[0] - 2 * _MARGIN
    above = f"{site} · {section}" if title and section else site if title else ""
    if above:
        pen.text((_MARGIN, 70), above, 180, _fitting(above, 34, width))
    size, lines = layout(title or site, width)
    for number, line in enumerate(lines):
        place = (_MARGIN, 150 + number * size * 1.25)
        pen.text(place, line, 255, _font(size))
    image = text.point([value * _SHADES // 256 for value in range(256)])
    image.putpalette(_palette())
    pen = ImageDraw.Draw(image)
    for layer in range(30):  # each bar is a fixed part of the one before
        left = _MARGIN + layer * width / 30
        height = 90 * 0.86**layer
        bar = (left, SIZE[1] - 60 - height, left + width / 30 - 10, SIZE[1] - 60)
        pen.rectangle(bar, _SHADES)
    file = io.BytesIO()
    image.save(file, "PNG", bits=4)
    return file.getvalue()


def _palette() -> list[int]:
    """Return 16 colours: from the ground to the ink, and that of the bars."""
    steps = [step / (_SHADES - 1) for step in range(_SHADES)]
    shades = [
        round(ground + (ink - ground) * step)
        for step in steps
        for ground, ink in zip(_GROUND, _INK, strict=True)
    ]
    return [*shades, *_BARS]


def layout(text: str, width: int) -> tuple[int, list[str]]:
    """Return the largest size at which the text fits, and its lines, evenly long."""
    for size in (92, 80, 68, 56, 44):
        lines = wrap(text, size, width)
        if len(lines) * size * 1.25 <= 330 and _widest(lines, size) <= width:
            break
    narrow = width
    while len(even := wrap(text, size, narrow)) == len(lines):
        if _widest(even, size) > narrow:
            break
        lines, narrow = even, narrow - 20
    return size, lines


def wrap(text: str, size: int, width: int) -> list[str]:
    """Break a text into lines, between words."""
    lines = [""]
    for piece in _PIECES.split(text):
        if lines[-1] and _font(size).getlength((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _widest(lines: list[str], size: int) -> float:
    return max(_font(size).getlength(line) for line in lines)


def _fitting(text: str, size: int, width: int) -> ImageFont.FreeTypeFont:
    """Return the font in a size at which a line fits."""
    return _font(int(size * min(1, width / _font(size).getlength(text))))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font that stands in the package noto-cjk-sans-jp-bold."""
    package = find_spec("noto_cjk_sans_jp_bold")
    assert package
    assert package.origin
    path = Path(package.origin).with_name("NotoSansCJKjp-Bold.otf")
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _drawable(text: str) -> bool:
    """Tell whether the font has all characters: a missing one looks like U+FFFFF."""
    missing = bytes(_font(32).getmask("\U000fffff"))
    return all(
        bytes(_font(32).getmask(character)) != missing
        for character in set(text) - {" "}
    )
