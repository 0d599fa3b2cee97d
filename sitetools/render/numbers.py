"""Numbers in prose: `{{ topic/name:key.key | format }}` becomes a frozen result.

The format is Python's (`.2f`, `.1%`, `.1e`, `d`); exponents are set as powers of ten.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from sitetools.content import frozen, pages

PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}")
_FORM = re.compile(r"\s*([\w/-]+):([\w.-]+)\s*\|\s*([^\s|]+)\s*")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class ValueNameError(Exception):
    """A placeholder that cannot be filled; the message says why."""


def formatted(value: float, spec: str) -> str:
    """Return the number as it stands in prose: `2.1×10⁻¹²`, `−0.35`, `95.7%`."""
    text = format(value, spec)
    mantissa, e, exponent = text.partition("e")
    if e:
        text = f"{mantissa}×10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    return text.replace("-", "\N{MINUS SIGN}")


def fill(inner: str) -> str:
    """Return the text for what stands between the braces.

    Raises:
        ValueNameError: if it names no frozen number or has no valid format.
    """
    match = _FORM.fullmatch(inner)
    if not match:
        raise ValueNameError(
            "write it as {{ topic/name:key.key | .2f }}, with a format behind the bar"
        )
    name, keys, spec = match.groups()
    try:
        value: Any = frozen.look_up(frozen.load(frozen.find(name)), keys.split("."))
        return formatted(value, spec)
    except frozen.FrozenError as error:
        raise ValueNameError(str(error).rstrip(".")) from None
    except (ValueError, TypeError) as error:
        raise ValueNameError(f"{error}; it must name one number") from None


def fill_page(text: str, path: Path) -> str:
    """Return the page's Markdown with every placeholder outside fences filled.

    Raises:
        ValueNameError: naming page, line and what is wrong.
    """
    for number, line in pages.prose(path):
        for placeholder in PLACEHOLDER.finditer(line):
            try:
                value = fill(placeholder[1])
            except ValueNameError as error:
                raise ValueNameError(
                    f"{pages.relative(path)}:{number}: {placeholder[0]}: {error}."
                ) from None
            text = text.replace(placeholder[0], value)
    return text


def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Fill the placeholders of a page; an unknown name fails the build."""
    path = page.file.abs_src_path
    if path is None:
        return markdown
    try:
        return fill_page(markdown, Path(path))
    except (ValueNameError, pages.PageError) as error:
        raise PluginError(str(error)) from None
