"""One build per language: the root config builds every mkdocs.<language>.yml beside it.

`mkdocs build` and `mkdocs serve` so stay the standard commands for the whole site, and
each language has its own search index. Every page links to itself in all languages.
"""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import tempfile
import traceback
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from jinja2 import Environment, TemplateError
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils.templates import TemplateContext

from sitetools.content import frozen, labels, pages
from sitetools.translate import staleness

log = logging.getLogger("mkdocs.hooks.languages")
SHARED = pages.DOCS / "shared"
_command: Any = "build"
_built: dict[str, str] = {}
"""What each language of a preview was made from."""


def language_of(config: MkDocsConfig) -> str | None:
    """Return the language that this config builds, or None for the root page."""
    folder = Path(config.docs_dir)
    return folder.name if folder.name in pages.LANGUAGES else None


def on_startup(command: str, dirty: bool) -> None:
    """Remember whether this is `build` or `serve`; a preview may show old numbers."""
    global _command
    _command = command
    frozen.on_stale = cache(log.warning) if command == "serve" else None


@event_priority(100)
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give each language its words, and the root page no more than it needs."""
    language = language_of(config)
    config.extra["language_names"] = {
        code: _words(code)["language"] for code in pages.LANGUAGES
    }
    config.extra["site_names"] = {code: _site_name(code) for code in pages.LANGUAGES}
    if language is None:
        config.nav = None
        config.plugins["material/search"].config.enabled = False
        config.theme.static_templates = {"404.html"}
        config.extra_css, config.extra_javascript = [], []
        return config
    words = _words(language)
    config.extra["words"] = words
    config.site_description = words["description"]
    config.copyright = words["licence"]
    for palette, word in zip(
        config.theme["palette"], ("to_dark", "to_light"), strict=True
    ):
        palette["toggle"]["name"] = words[word]
    if config.repo_url:
        config.edit_uri = f"edit/main/docs/{language}/"
        config.theme["features"] = [*config.theme["features"], "content.action.edit"]
    return config


class _Words(dict[str, str]):
    """Words that templates and hooks ask for by name; one that lacks is an error."""

    language = labels.SOURCE_LANGUAGE  # the others fall back to it, but for COMPLETE

    def __missing__(self, word: str) -> str:
        raise PluginError(
            f"{labels.place(self.language, 'site')}: no word for {word!r}; add it "
            "below `site:`."
        )


def _words(language: str) -> dict[str, str]:
    """Return the `site` part of a language's label file."""
    try:
        words = _Words(labels.load(language)["site"])
        if language in labels.COMPLETE:
            words.language = language
        return words
    except labels.LabelError as error:
        raise PluginError(str(error)) from None


def _site_name(language: str) -> str:
    """Return the site's name in a language, from its config file."""
    for line in (pages.ROOT / f"mkdocs.{language}.yml").read_text("utf-8").split("\n"):
        key, _, value = line.partition(":")
        if key == "site_name":
            return value.strip()
    raise PluginError(f"mkdocs.{language}.yml:1: has no site_name; add the line.")


@event_priority(100)  # before mkdocs-jupyter looks which files are notebooks
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what all languages share; leave the theme's files out of the root page."""
    if language_of(config) is None:
        for file in list(files):
            if not file.is_documentation_page():
                files.remove(file)
    for path in sorted(SHARED.rglob("*")):
        if path.is_file() and path.name != "README.md":
            name = f"assets/{path.relative_to(SHARED).as_posix()}"
            if language_of(config) or name.endswith("icon.svg"):
                files.append(File.generated(config, name, abs_src_path=str(path)))
    source = pages.DOCS / labels.SOURCE_LANGUAGE
    for path in pages.pages(labels.SOURCE_LANGUAGE) if language_of(config) else []:
        name = path.relative_to(source).as_posix()
        if not files.get_file_from_path(name):
            # Not File.generated: mkdocs-jupyter loses such a file's path.
            files.append(
                File(name, str(source), config.site_dir, config.use_directory_urls)
            )
    return files


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Name the sections of the menu in the language of the pages."""
    for item in nav.items:
        if item.is_section:
            if item.title not in config.extra["words"]:
                line = pages.line_of(pages.ROOT / "mkdocs.yml", f"- {item.title}:")
                raise PluginError(
                    f"mkdocs.yml:{line}: the menu's {item.title!r} has no words; add "
                    "it to `site` in docs/<language>/labels.yml."
                )
            item.title = config.extra["words"][item.title]
    return nav


@event_priority(100)
def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Say below the title of a page if it is English, or older than the English one."""
    language, path = language_of(config), Path(page.file.abs_src_path or "")
    if language in (None, labels.SOURCE_LANGUAGE):
        return markdown
    try:
        if not path.is_relative_to(pages.DOCS / str(language)):
            notice = "missing"
        elif staleness.stale(path):
            notice = "stale"
        else:
            return markdown
        box = f'!!! warning "{config.extra["words"][notice]}"'
        if notice == "stale":
            box += _new_sections(path, page, config)
    except pages.PageError as error:
        raise PluginError(str(error)) from None
    return re.sub(
        r"(?m)^(# .*)$", lambda title: f"{title[1]}\n\n{box}", markdown, count=1
    )


def _new_sections(path: Path, page: Page, config: MkDocsConfig) -> str:
    """Link to the sections that a page lacks, under the ids that others link to."""
    own = {section.ident for section in staleness.sections(path)}
    source = staleness.source_of(path)
    lacking = [s for s in staleness.sections(source) if s.ident not in own]
    if not lacking:
        return ""
    up = "../" * (page.url.count("/") + 1)
    english = f"{up}{labels.SOURCE_LANGUAGE}/{page.url}"
    links = ", ".join(
        f'<a id="{s.ident}" href="{english}#{s.ident}" lang="{labels.SOURCE_LANGUAGE}">'
        f"{s.title}</a>"
        for s in lacking
    )
    return f"\n    {config.extra['words']['new_sections']} {links}"


def is_fallback(page: Page, config: MkDocsConfig) -> bool:
    """Tell whether the English page stands in for a translation that is missing."""
    path, language = Path(page.file.abs_src_path or ""), language_of(config)
    return bool(language) and not path.is_relative_to(pages.DOCS / str(language))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Mark a page that stands in for a missing translation as English."""
    if is_fallback(page, config):
        return f'<div lang="{labels.SOURCE_LANGUAGE}" dir="ltr">{html}</div>'
    return html


def alternates(config: MkDocsConfig, url: str) -> list[dict[str, str]]:
    """Return each language's links to a page: `here` relative, `link` for hreflang.

    hreflang asks for whole addresses, which are known only with a site_url; a reader
    follows the relative link, which works offline and below any path.
    """
    entries = []
    for code in pages.LANGUAGES:
        here = f"../{code}/{url}"
        whole = urljoin(config.site_url, here) if config.site_url else here
        name = config.extra["language_names"][code]
        entries.append({"lang": code, "name": name, "here": here, "link": whole})
    return entries


def translated(name: str) -> list[str]:
    """Return the languages that have a page, by its path below docs/<language>/."""
    return [code for code in pages.LANGUAGES if (pages.DOCS / code / name).is_file()]


def on_page_context(
    context: TemplateContext, page: Page, config: MkDocsConfig, nav: Navigation
) -> TemplateContext:
    """Tell the templates where this page stands in the other languages."""
    if language_of(config):
        entries = {entry["lang"]: entry for entry in alternates(config, page.url)}
        # The switcher names all. Engines are told only of what is in the language.
        config.extra["elsewhere"] = list(entries.values())
        config.extra["alternate"] = [
            entries[code] for code in translated(page.file.src_uri)
        ]
        english = urljoin(
            config.site_url or "", f"../{labels.SOURCE_LANGUAGE}/{page.url}"
        )
        root = urljoin(config.site_url, "..") if config.site_url else ".."
        config.extra["default"] = english if page.url else root
        if is_fallback(page, config) and config.site_url:
            page.canonical_url = english
        # Material remembers the colour scheme by scope: one for all languages.
        config.extra["scope"] = "../" * (page.url.count("/") + 1)
    return context


def on_env(env: Environment, config: MkDocsConfig, files: Files) -> Environment:
    """Let the 404 page, which is no document, link to each language's home."""
    if language_of(config):
        config.extra["alternate"] = alternates(config, "")
        config.extra["elsewhere"] = config.extra["alternate"]
        config.extra["default"] = ".."
    return env


def on_template_context(
    context: TemplateContext, template_name: str, config: MkDocsConfig
) -> TemplateContext:
    """Let a language's 404 page find its files where the site's address is unknown.

    The root's 404 page sends readers to it, so it always stands in its own folder.
    """
    if language_of(config) and template_name == "404.html" and not config.site_url:
        context["base_url"] = "."
    return context


class _WithPlace(logging.Filter):
    """Puts file and line before MkDocs' warnings of links, which name the page only."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; let every one pass."""
        message = record.getMessage()
        match = re.match(r"Doc file '(.+?)' contains .*?link '(.+?)'", message)
        if match:
            path = pages.DOCS / self.language / match[1]
            line = pages.line_of(path, f"({match[2]}") if path.is_file() else 1
            record.msg, record.args = f"{pages.relative(path)}:{line}: {message}", ()
        elif " 'nav' " in message or '"nav"' in message:
            missing = re.match(r"A reference to '(.+?)'", message)
            entry = f"- {missing[1]}" if missing else "nav:"
            line = pages.line_of(pages.ROOT / "mkdocs.yml", entry)
            record.msg, record.args = f"mkdocs.yml:{line}: {message}", ()
        return True


def _made_from(language: str) -> str:
    """Return a hash of all that a language's pages are made from."""
    folders = [pages.DOCS / name for name in (language, labels.SOURCE_LANGUAGE)]
    folders += [SHARED, pages.ROOT / "snippets", pages.ROOT / "theme"]
    files = {path for folder in folders for path in folder.rglob("*")}
    files |= {*pages.DOCS.glob("*/labels.yml"), *pages.ROOT.glob("mkdocs*.yml")}
    stamps = [(str(path), path.stat().st_mtime_ns) for path in files if path.is_file()]
    states = [
        [entry.stale for entry in staleness.progress(code)] for code in pages.LANGUAGES
    ]
    return hashlib.sha256(repr((sorted(stamps), states)).encode()).hexdigest()


def on_pre_build(config: MkDocsConfig) -> None:
    """Keep the languages in a preview, before MkDocs empties the root's folder."""
    if _command == "serve" and language_of(config) is None:
        for code in pages.LANGUAGES:
            built, kept = Path(config.site_dir) / code, Path(_kept().name) / code
            if built.is_dir():
                shutil.rmtree(kept, ignore_errors=True)
                shutil.move(built, kept)


@cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    """Return the folder for what a preview need not build again."""
    return tempfile.TemporaryDirectory()


def on_post_build(config: MkDocsConfig) -> None:
    """Build every language into its folder of the root's site.

    A preview builds those languages again of which something changed.
    """
    if language_of(config):
        return
    for code in pages.LANGUAGES:
        made_from = _made_from(code) if _command == "serve" else ""
        unchanged = made_from and _built.get(code) == made_from
        if unchanged and (kept := Path(_kept().name) / code).is_dir():
            shutil.move(kept, Path(config.site_dir) / code)
            continue
        child = load_config(
            str(pages.ROOT / f"mkdocs.{code}.yml"),
            site_dir=str(Path(config.site_dir) / code),
            site_url=f"{config.site_url.rstrip('/')}/{code}/"
            if config.site_url
            else "",
            strict=config.strict,
        )
        if language_of(child) != code:
            raise PluginError(
                f"mkdocs.{code}.yml:1: its docs_dir is not the language's folder; "
                f"write `docs_dir: docs/{code}`."
            )
        child.plugins.on_startup(command=_command, dirty=False)
        loggers = [logging.getLogger(f"mkdocs.structure.{n}") for n in ("pages", "nav")]
        with_place = _WithPlace(code)
        for logger in loggers:
            logger.addFilter(with_place)
        try:
            build(child)
        finally:
            for logger in loggers:
                logger.removeFilter(with_place)
            child.plugins.on_shutdown()
        _built[code] = made_from


def on_build_error(error: Exception) -> None:
    """Say in one sentence where a template fails, or that the disk is full."""
    if isinstance(error, TemplateError):
        theme = pages.ROOT / "theme"
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            path = Path(frame.filename)  # Jinja puts the template's own lines there
            if path.is_relative_to(theme):
                said = str(error).rstrip(".")
                raise PluginError(
                    f"{pages.relative(path)}:{frame.lineno}: {said}; mend this line, "
                    "or a tag above it."
                ) from None
    if isinstance(error, OSError) and error.strerror:
        raise PluginError(
            f"{error.filename or 'the site'}: {error.strerror}; make room, or allow "
            "reading and writing there, then build again."
        ) from None


def on_serve(
    server: LiveReloadServer,
    config: MkDocsConfig,
    builder: Any,  # noqa: ANN401
) -> LiveReloadServer:
    """Reload when a language's config changes, too."""
    for code in pages.LANGUAGES:
        server.watch(str(pages.ROOT / f"mkdocs.{code}.yml"))
    return server
