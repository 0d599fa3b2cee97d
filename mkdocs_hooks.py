"""The build, event by event, in the order in which it happens.

This is the only file that knows MkDocs. The root config builds every
mkdocs.<language>.yml beside it, so `mkdocs build` and `mkdocs serve` make the whole
site and each language has its own search index. What happens to the text is in
sitetools/.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from jinja2 import Environment, FileSystemBytecodeCache, TemplateError
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import CombinedEvent, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import get_toc
from mkdocs.utils import get_build_date
from mkdocs.utils.templates import TemplateContext

from sitetools.content import files as text_files
from sitetools.content import frozen, labels, pages
from sitetools.content.labels import Labels
from sitetools.content.project import COMPLETE, SOURCE_LANGUAGE, Project, is_copy
from sitetools.fault import Fault, relative
from sitetools.publish import (
    alternates,
    book,
    chapter,
    citation,
    download,
    history,
    indexes,
    link_warnings,
    linked_data,
    markdown,
    offline,
    page_cache,
    policy,
    search,
    share,
    theme,
)
from sitetools.publish.preview import How, Preview
from sitetools.render import (
    code_blocks,
    draw_ahead,
    explorer,
    figures,
    formulas,
    labs,
    markup,
    notices,
    numbers,
    training,
)
from sitetools.translate import new_language, prose, staleness, status, strays

# The plugins, search and mkdocs-jupyter, are called at priority 0.
BEFORE, AFTER = event_priority(100), event_priority(-100)
_ALONE = {"explorer.html": explorer.whole, "training.html": training.whole}
"""The templates of the pages with one explorer alone, and what finds it in a page."""
log = logging.getLogger("mkdocs.hooks")


@dataclass
class Build:
    """What one build knows from its start: the root's, or a language's."""

    project: Project
    language: str | None
    """None: the root page, which picks the reader's language."""
    labels: Labels | None
    serving: bool
    warn: frozen.Warn | None
    """What a preview does about outdated results; a build refuses them."""
    histories: dict[str, history.History]
    """What git knows of each page."""
    ahead: draw_ahead.Ahead
    """Processes that draw the figures."""
    quick: bool = False
    """A preview builds only the pages that were just saved; all follows."""
    menu: Navigation | None = None
    """The pages in their order, once they are known."""


_serving = False
_preview = Preview()


def _of(config: MkDocsConfig) -> Build:
    """Return what this build knows."""
    found: Build = config.extra["build"]
    return found


@contextmanager
def _faults() -> Iterator[None]:
    """Turn our one exception into the one that MkDocs prints without a traceback.

    It is a decorator, too.
    """
    try:
        yield
    except Fault as fault:
        raise PluginError(str(fault)) from None


def on_startup(command: str, dirty: bool) -> None:
    """Remember whether this is a preview."""
    global _serving
    _serving = command == "serve"


@BEFORE  # the search plugin reads its options here
@_faults()
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give each language its words, and the root page no more than it needs."""
    project = Project(Path(config.config_file_path).resolve().parent)
    folder, codes = Path(config.docs_dir).name, project.languages()
    root: Build | None = config.extra.get("root")
    for code in codes:
        text_files.read(project.root / f"mkdocs.{code}.yml")  # says if not UTF-8
    for fault in [] if root else strays.languages(project):
        if fault.place.path.is_file():
            raise fault
        log.warning(str(fault))
    words = labels.load(project, folder) if folder in codes else None
    if config.theme["language"] not in new_language.known():
        path = Path(config.config_file_path)
        raise new_language.unknown(path, config.theme["language"])
    config.extra["language_names"] = {
        code: labels.load(project, code).word("language") for code in codes
    }
    config.extra["site_names"] = {code: project.site_name(code) for code in codes}
    config.extra["build"] = Build(
        project,
        words.language if words else None,
        words,
        _serving,
        _preview.warn(log) if _serving else None,
        root.histories if root else history.histories(project),
        root.ahead if root else draw_ahead.Ahead(),
        quick=bool(config.extra.get("quick")),
    )
    if words:
        _speak(config, words)
        options = search.options(project, words.language)
        config.plugins["material/search"].config.update(options)
    if not words:
        config.extra["nav"], config.nav = config.nav, None
        config.plugins["material/search"].config.enabled = False
        config.theme.static_templates = {"404.html"}
        config.extra_css, config.extra_javascript = [], []
        return config
    # MkDocs would make a sitemap of each language; indexes.py makes one of all.
    config.theme.static_templates.discard("sitemap.xml")
    config.theme.static_templates |= _ALONE.keys()
    config.markdown_extensions.append(explorer.MarkdownInside())
    place = config.markdown_extensions.index(code_blocks.NAME)
    options = config.mdx_configs.pop(code_blocks.NAME)
    config.markdown_extensions[place] = code_blocks.HighlightOnce(**options)
    config.extra["stylesheets"] = list(config.extra_css)
    config.extra_css = [theme.STYLES]
    return config


def _speak(config: MkDocsConfig, words: Labels) -> None:
    """Put a language's words where the theme looks for them."""
    for name in theme.words(_of(config).project):
        words.word(name)  # says if it is missing; Jinja would show nothing
    config.extra["words"] = words.site
    config.site_description = words.word("description")
    config.copyright = words.word("licence")
    if not _serving:
        config.copyright += offline.MARK
    for palette, word in zip(
        config.theme["palette"], ("to_dark", "to_light"), strict=True
    ):
        palette["toggle"]["name"] = words.word(word)
    if config.repo_url:
        config.edit_uri = f"edit/main/docs/{words.language}/"
        config.theme["features"] = [*config.theme["features"], "content.action.edit"]


def on_pre_build(config: MkDocsConfig) -> None:
    """Before MkDocs empties the site: keep a preview's languages, begin to draw."""
    build = _of(config)
    if build.language is None:
        if build.serving:
            _preview.keep(Path(config.site_dir), build.project)
        if names := draw_ahead.missing(build.project):
            log.info(
                "Drawing %d figures; the next build takes them from .cache", len(names)
            )
            build.ahead = draw_ahead.start(build.project, names)


@BEFORE  # mkdocs-jupyter then finds the notebooks among the English pages
@_faults()
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what all languages share, and English pages that no one translated yet."""
    build = _of(config)
    project = build.project
    if not build.language:
        for file in list(files):
            if not file.is_documentation_page():
                files.remove(file)
    for name, path in project.assets(build.language, bool(config.site_url)).items():
        files.append(File.generated(config, name, abs_src_path=str(path)))
    if code := download.gradient_report(project, _root_url(config)):
        files.append(File.generated(config, download.NAME, content=code))
    if not build.language:
        return files
    source = project.docs / SOURCE_LANGUAGE
    for path in project.pages():
        name = path.relative_to(source).as_posix()
        if not files.get_file_from_path(name):
            # Not File.generated: mkdocs-jupyter loses such a file's path.
            where = (str(source), config.site_dir, config.use_directory_urls)
            files.append(File(name, *where))

    def generate(name: str, content: str) -> None:
        files.append(File.generated(config, name, content=content))

    data = explorer.data(project, build.warn)
    for name, content in data.items():
        generate(f"assets/explorer/{name}", content)
    script = text_files.read(project.shared / "js" / "explorer.js")
    generate(explorer.ALONE, explorer.alone(script, data))
    # The footer links to it.
    generate("assets/LICENSE.txt", text_files.read(project.root / "LICENSE"))
    paths = {f.src_uri: Path(f.abs_src_path) for f in files if f.abs_src_path}
    made, gone = theme.changes(paths, config.extra["stylesheets"])
    # MkDocs would copy its template: indexes.py makes one sitemap of all languages.
    for name in [*gone, "sitemap.xml"]:
        if found := files.get_file_from_path(name):
            files.remove(found)
    for name, content in made.items():
        generate(name, content)
    return files


@_faults()
def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Name the sections of the menu in the language of the pages."""
    build = _of(config)
    for page in nav.pages if build.quick else []:  # those not read have no title yet
        page.title = pages.front_matter(_path(page))["title"]
    for item in nav.items:
        if item.is_section and build.labels:
            item.title = build.labels.word(item.title)
    build.menu = nav
    return nav


# Each page: its source, its Markdown, its HTML.


@AFTER  # mkdocs-jupyter has put its own render() there, whose HTML we do not use
def on_pre_page(page: Page, config: MkDocsConfig, files: Files) -> Page:
    """Render a lab like any page, and what was rendered before not at all."""
    if _of(config).language:
        page.render = partial(_render, page)  # type: ignore[method-assign]
    return page


def _root_url(config: MkDocsConfig) -> str:
    """Return the address of the whole site, if it is known."""
    return (config.site_url or "").removesuffix(f"{_of(config).language}/")


def _path(page: Page) -> Path:
    """Return the file that a page is made from."""
    return Path(page.file.abs_src_path or page.file.src_uri)


def _stands_in(page: Page, build: Build) -> bool:
    """Return whether the English page is shown for a translation that is missing."""
    folder = build.project.docs / str(build.language)
    missing = not _path(page).is_relative_to(folder) or is_copy(_path(page))
    return bool(build.language) and missing


@_faults()
def on_page_read_source(page: Page, config: MkDocsConfig) -> str | None:
    """Give MkDocs a lab as Markdown, and every page as all our tools read it.

    MkDocs itself takes front matter that is not YAML for text.
    """
    path, build = _path(page), _of(config)
    if not build.language:
        return None
    if path.suffix == ".ipynb":
        return labs.markdown(path, build.warn)
    pages.front_matter(path)
    return pages.read(path)


@_faults()
def on_page_markdown(
    markdown_: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Say if the page is English or outdated, and fill in numbers and the status."""
    build, path = _of(config), _path(page)
    if not build.labels:
        return markdown_
    text = markdown_
    if build.language != SOURCE_LANGUAGE:
        if _stands_in(page, build):
            text = notices.missing(text, build.labels)
        elif staleness.has_changed(path):
            newer = staleness.new_sections(path)
            text = notices.stale(text, build.labels, newer, page.url)
        elif staleness.stale(path):
            text = notices.unfinished(text, build.labels)
    text = status.fill(text, build.project, build.labels, config.repo_url or "")
    text = numbers.fill_page(text, path, build.warn)
    text = download.addressed(text, _root_url(config), build.labels.language)
    page.meta["whole"] = whole = pages.with_includes(text, path)
    copy = Path(page.file.abs_dest_path).with_name(markdown.NAME)
    copy.parent.mkdir(parents=True, exist_ok=True)
    text_files.write(copy, _markdown_copy(whole, page, config, files))
    return text


def _markdown_copy(text: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return the page as Markdown, for programs and pasting."""
    build = _of(config)
    assert build.labels
    language = SOURCE_LANGUAGE if _stands_in(page, build) else build.labels.language
    copy = markdown.Copy(
        src_uri=page.file.src_uri,
        url=page.url,
        site_url=config.site_url or "",
        pages={file.src_uri: file.url for file in files},
        figure=build.labels.word("figure"),
    )
    meta = {"title": page.meta.get("title"), "language": language}
    if config.site_url:
        meta["address"] = page.canonical_url
    return copy.made(text, meta, build.labels.word("licence"))


def _render(page: Page, config: MkDocsConfig, files: Files) -> None:
    """Do what Page.render() does, or take what it did before."""
    build = _of(config)
    cache = page_cache.PageCache(build.project, str(build.language), page.file.src_uri)
    key = cache.key(page.meta.pop("whole"), [(f.src_uri, f.url) for f in files])
    if cache.restore(key, page, files, get_toc):
        return
    with page_cache.warned() as warned:
        for fault in [] if _stands_in(page, build) else prose.problems(_path(page)):
            log.warning(str(fault))
        type(page).render(page, config, files)
    if not warned.anything:  # else the next build must say it again
        cache.keep(key, page)


@_faults()
def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put figures, outputs and formulas in; make the HTML light and readable aloud."""
    build, path = _of(config), _path(page)
    if not build.labels:
        return html
    html = notices.marked(html, build.labels.language)
    if _stands_in(page, build):
        html = markup.in_language(html, SOURCE_LANGUAGE)
    build.ahead.wait(html, build.project)
    html = figures.fill(html, path, build.labels, build.warn)
    if path.suffix == ".ipynb":
        html = labs.fill(html, path, build.labels, config.repo_url, build.warn)
    html = markup.light(html)
    html = explorer.fill(html, path, build.labels, build.warn)
    html = training.fill(html, path, build.labels)
    html = formulas.fill(html, path, build.labels.word("formula"))
    html = markup.unbroken(html)
    html = markup.mixed_scripts(html, build.labels.language)
    return markup.quiet_permalinks(html)


# Templates: all, then those without a page, then each page's.


@_faults()
def on_env(env: Environment, config: MkDocsConfig, files: Files) -> Environment:
    """Keep compiled templates, and give them our filter; what the 404 page links to."""
    build = _of(config)
    for path in sorted((build.project.root / "theme").rglob("*.html")):
        text_files.read(path)  # says if it is not UTF-8
    folder = build.project.cache / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(str(folder))
    env.filters["swap"] = _swap
    if build.language:
        homes = alternates.of(config.extra["language_names"], "", config.site_url)
        config.extra["alternate"] = config.extra["elsewhere"] = homes
        config.extra["default"] = ".."
    return env


class _NothingToSwap(PluginError):
    """Another version of the theme; on_build_error() adds the line of our template."""


def _swap(html: str, old: str, new: str) -> str:
    try:
        return theme.swap(html, old, new)
    except LookupError as error:
        raise _NothingToSwap(str(error)) from None


def on_template_context(
    context: TemplateContext, template_name: str, config: MkDocsConfig
) -> TemplateContext:
    """Let a language's 404 page find its files where the site's address is unknown.

    The root's 404 page sends readers to it, so it is always in its own folder.
    """
    if _of(config).language and template_name == "404.html" and not config.site_url:
        context["base_url"] = "."
    if whole_in := _ALONE.get(template_name):
        found = ((p.url, whole_in(p.content or "")) for p in context["nav"].pages)
        whole = next((each for each in found if each[1]), None)
        context["explorer"] = whole  # type: ignore[typeddict-unknown-key]
    return context


def on_post_template(output: str, template_name: str, config: MkDocsConfig) -> str:
    """Give the pages that are not in the menu their policy."""
    page = template_name.endswith(".html") and output.strip()
    if _of(config).serving or not page:
        return output
    return policy.with_policy(output, config.site_url or "")


def _before_search(
    context: TemplateContext, page: Page, config: MkDocsConfig, nav: Navigation
) -> TemplateContext:
    """Let the search plugin read the page as search.readable() makes it."""
    if _of(config).language:
        page.meta["content"] = page.content
        if page.file.src_uri.endswith(".ipynb"):
            page.meta["search"] = search.LAB
        description = str(page.meta.get("description") or "")
        page.content = search.readable(page.content or "", description)
    return context


def _after_search(
    context: TemplateContext, page: Page, config: MkDocsConfig, nav: Navigation
) -> TemplateContext:
    """Give the page its HTML back, and the templates what is around it."""
    build = _of(config)
    if not build.labels:
        return context
    page.content = page.meta.pop("content")
    language, extra, site_url = build.labels.language, config.extra, config.site_url
    everywhere = alternates.of(extra["language_names"], page.url, site_url)
    # The switcher names all. Engines are told only of what is in the language.
    extra["elsewhere"] = everywhere
    having = build.project.having(page.file.src_uri)
    extra["alternate"] = [entry for entry in everywhere if entry["lang"] in having]
    english = urljoin(site_url or "", f"../{SOURCE_LANGUAGE}/{page.url}")
    extra["default"] = english if page.url else urljoin(site_url or "", "..") or ".."
    if _stands_in(page, build) and site_url:
        page.canonical_url = english
    # Material remembers the color scheme by scope: one for all languages.
    extra["scope"] = "../" * (page.url.count("/") + 1)
    about = history.About(
        site=config.site_name,
        title="" if page.is_homepage else str(page.title),
        url=page.url,
        address=str(page.canonical_url) if site_url else "",
        known=build.histories.get(relative(_path(page))),
    )
    page.meta["history"] = about.below_page(build.labels)
    if site_url and not build.serving:
        shown = share.of_page(build.project, language, site_url)
        around = linked_data.Around(
            language=SOURCE_LANGUAGE if _stands_in(page, build) else language,
            description=str(page.meta.get("description") or config.site_description),
            image=str(shown["card"]),
            path=_path_to(page, nav, config.site_name),
            elsewhere={
                entry["lang"]: entry["link"]
                for entry in extra["alternate"]
                if entry["link"] != page.canonical_url
            },
        )
        data = linked_data.of_page(about, around, build.labels)
        page.meta["share"] = shown | {"data": data}
    return context


def _path_to(page: Page, nav: Navigation, site_name: str) -> list[linked_data.Step]:
    """Return the pages above a page in the menu, as the breadcrumbs link to them."""
    assert nav.homepage
    steps = [(site_name, str(nav.homepage.canonical_url))]
    above: list[Any] = list(page.ancestors)  # sections
    for section in reversed(above):
        first = section.children[0]
        if first.is_page and first.file.name == "index" and first is not page:
            steps.append((str(section.title), str(first.canonical_url)))
    if not page.is_homepage:
        steps.append((str(page.title), str(page.canonical_url)))
    return steps


on_page_context: Any = CombinedEvent(BEFORE(_before_search), AFTER(_after_search))


@AFTER  # mkdocs-jupyter has copied the notebook
@_faults()
def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Let links in a downloaded notebook lead to the site; finish the page's HTML."""
    build, path = _of(config), _path(page)
    if path.suffix == ".ipynb" and config.site_url:
        copy = Path(page.file.abs_dest_path).parent / path.name
        base = urljoin(config.site_url, page.file.src_uri)
        copy.write_text(labs.with_links(path, base), "utf-8")
    output = markup.without_indentation(output)
    # MkDocs puts a script into a preview's pages, to reload them.
    return (
        output if build.serving else policy.with_policy(output, config.site_url or "")
    )


# The whole site.


@AFTER  # the search plugin has written its index
@_faults()
def on_post_build(config: MkDocsConfig) -> None:
    """Finish a language; for the root, build all languages and what is made of them."""
    build, site = _of(config), Path(config.site_dir)
    if build.quick:
        return
    if build.language:
        search.finish(build.project, build.language, site)
        root = config.extra.get("root_name")  # none where a language is built alone
        if build.language in COMPLETE and root and not build.serving:
            name = f"{_file_name(root)}-{build.language}.epub"
            (site / name).write_bytes(_book(build, config).packed())
        return
    languages = build.project.languages()
    plan = dict.fromkeys(languages, How.BUILD)
    if build.serving:
        plan = _preview.plan(build.project)
    for code, how in plan.items():
        if how is not How.BUILD:
            _preview.restore(code, site)
        if how is not How.KEEP:
            _build_language(code, config, quick=how is How.PAGES)
    days = {name: known.updated for name, known in build.histories.items()}
    url = config.site_url or ""
    found = indexes.of(build.project, config.extra["nav"], url, days)
    found[citation.NAME] = citation.of(build.project, url, _last_day(build))
    for name, text in found.items():
        if text:
            text_files.write(site / name, text)
    if build.serving:
        _preview.go_on(build.project)
    else:
        offline.pack(site, build.project, _file_name(config.site_name))


def _last_day(build: Build) -> str:
    """Return the day on which a page last changed, if git knows."""
    return max((known.updated for known in build.histories.values()), default="")


def _file_name(name: str) -> str:
    """Return the site's name as that of a file."""
    return re.sub(r"\W+", "-", name.lower())


def _book(build: Build, config: MkDocsConfig) -> book.Book:
    """Return a language's book: the menu's pages as they were rendered."""
    assert build.menu
    assert build.labels
    parts = []
    for item in build.menu.items:
        members = item.children if item.is_section else [item]
        chapters = [
            chapter.Chapter(
                _path(page),
                page.url,
                str(page.title),
                page.content or "",
                [
                    chapter.Heading(each.id, each.title)
                    for entry in page.toc
                    for each in entry.children
                ],
            )
            for page in members
            if page.is_page and page.file.src_uri not in book.LEFT_OUT
        ]
        parts.append(book.Part(str(item.title) if item.is_section else "", chapters))
    binding = chapter.Binding(
        build.labels.language,
        config.site_url or "",
        {each.url: each.name for part in parts for each in part.chapters},
        chapter.colors(build.project),
    )
    return book.Book(
        title=config.site_name,
        ident=config.extra["root_name"],
        day=_last_day(build) or get_build_date(),
        words=build.labels,
        binding=binding,
        parts=parts,
    )


def _build_language(code: str, config: MkDocsConfig, quick: bool) -> None:
    """Build one language into its folder of the root's site."""
    root = _of(config)
    path = root.project.root / f"mkdocs.{code}.yml"
    child = load_config(
        str(path),
        site_dir=str(Path(config.site_dir) / code),
        site_url=urljoin(config.site_url, f"{code}/") if config.site_url else "",
        strict=config.strict,
    )
    if Path(child.docs_dir).name != code:
        remedy = f"write `docs_dir: docs/{code}`"
        raise Fault(path, "its docs_dir is not the language's folder", remedy)
    child.extra |= {"root": root, "root_name": config.site_name, "quick": quick}
    index = Path(child.site_dir, "search", "search_index.json")
    kept = index.read_bytes() if quick else b""
    child.plugins.on_startup(command="serve" if root.serving else "build", dirty=quick)
    try:
        with link_warnings.with_place(root.project, code):
            build(child, dirty=quick)
    finally:
        child.plugins.on_shutdown()
    if quick:  # the search plugin has seen the saved pages only
        index.write_bytes(kept)


def on_build_error(error: Exception) -> None:
    """Say in one sentence where a template fails, or that the disk is full."""
    if isinstance(error, Fault):
        raise PluginError(str(error)) from None
    if isinstance(error, (TemplateError, _NothingToSwap)):
        raise PluginError(str(theme.fault_of(error))) from None
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
    """Reload when a language's config changes, too, and when a preview goes on."""
    project = _of(config).project
    server.watch(str(_preview.marker(project)))
    for code in project.languages():
        server.watch(str(project.root / f"mkdocs.{code}.yml"))
    return server
