"""The explorer: `<gradient-explorer …>` in a page, and the parts of its data.

The element only looks up what snippets/explorer/grid.py measured. Here its frozen
results become a small file per activation and normalization, and it gets its words.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

from markdown import Extension, Markdown
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from sitetools.content import frozen, labels, pages
from sitetools.languages import language_of

NAME = "gradient-explorer"
SNIPPET = "explorer/grid"
_OPENING = re.compile(rf"<{NAME}\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


class _Block(Extension):  # type: ignore[misc]
    """Lets Markdown stand inside the element, as inside a <div>."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.block_level_elements.append(NAME)


def parts(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Cut frozen results into the files that the element fetches, by name."""
    cut = {}
    for norm, skips in results["factor"].items():
        for activation in next(iter(skips["off"].values())):
            cut[f"{activation}-{norm}.json"] = {
                skip: {
                    init: {
                        name: results[name][norm][skip][init][activation]
                        for name in (
                            "factor",
                            "verdict",
                            "leaves",
                            "gradient",
                            "signal",
                        )
                    }
                    for init in inits
                }
                for skip, inits in skips.items()
            }
    return cut


def choices(results: dict[str, Any]) -> dict[str, list[str]]:
    """Return the values that each control can take, in the order of the snippet."""
    factor = results["factor"]
    inits = factor["none"]["off"]
    return {
        "activation": list(inits["he"]),
        "init": list(inits),
        "norm": list(factor),
        "residual": list(factor["none"]),
        "depth": list(inits["he"]["relu"]),
    }


def words(language: str) -> dict[str, str]:
    """Return what the element says in the language.

    Raises:
        LabelError: if a language that must be complete lacks a word.
    """
    own = labels.load(language)["explorer"]
    for word in labels.load(labels.SOURCE_LANGUAGE)["explorer"]:
        if word not in own:
            raise labels.LabelError(
                f"{labels.place(language, 'explorer')}: no word for {word!r}, which "
                "the explorer says; add it below `explorer:`."
            )
    return own


def element(attributes: str, language: str) -> str:
    """Return the opening tag with all that the element needs to begin.

    Raises:
        ValueError: if an attribute is missing or has a value that was not measured.
        FrozenError: if the results cannot be trusted.
        LabelError: if a word is missing.
    """
    results = frozen.load(frozen.find(SNIPPET))
    known = choices(results)
    given = dict(_ATTRIBUTE.findall(attributes))
    for name, values in known.items():
        if given.get(name) not in values:
            raise ValueError(
                f'the explorer needs {name}="…", one of {", ".join(values)}.'
            )
    lists = {"controls": list(known), "charts": ["gradient", "signal"]}
    for name in given.keys() & lists.keys():
        if odd := set(given[name].split()) - set(lists[name]):
            raise ValueError(f"the explorer's {name} cannot be {', '.join(odd)}.")
    content = json.dumps(
        {"words": words(language), "choices": known},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return f'<{NAME}{attributes} data-explorer="{html.escape(content)}">'


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Make the element known to Markdown."""
    config.markdown_extensions.append(_Block())
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the parts of the data to each language's assets."""
    if language_of(config):
        try:
            results = frozen.load(frozen.find(SNIPPET))
        except frozen.FrozenError as error:
            raise PluginError(str(error)) from None
        for name, content in parts(results).items():
            text = json.dumps(content, separators=(",", ":"))
            path = f"assets/explorer/{name}"
            files.append(File.generated(config, path, content=text))
    return files


def on_page_content(
    page_html: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Give the explorers of a page their words; a mistake names page and line."""

    def replace(match: re.Match[str]) -> str:
        try:
            return element(match[1], str(config.theme["language"]))
        except (ValueError, frozen.FrozenError, labels.LabelError) as error:
            source = Path(page.file.abs_src_path or "")
            line = pages.line_of(source, f"<{NAME}")
            raise PluginError(f"{pages.relative(source)}:{line}: {error}") from error

    return _OPENING.sub(replace, page_html)
