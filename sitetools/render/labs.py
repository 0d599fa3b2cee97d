"""Labs: notebooks that are pages, with what they printed and drew.

mkdocs-jupyter makes the notebooks pages and offers them for download. Its HTML brings
575 kB of styles, no ids that languages share and no links; so a lab becomes Markdown,
which is rendered as any other page. Its outputs are frozen in `docs/en/labs/*.json`.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from pathlib import Path
from urllib.parse import urljoin

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from sitetools.content import atomic, frozen, labels, notebooks, pages
from sitetools.languages import language_of

FOLDER = pages.DOCS / labels.SOURCE_LANGUAGE / "labs"
Outputs = dict[str, list[dict[str, str]]]
"""By cell, in order, what it printed ({"text": …}) or drew ({"svg": …})."""

_FIGURE = re.compile(r'<p><img src="lab:([\w-]+):(\d+)" ?/?></p>')
_TEXT = re.compile(r"(<text\b[^>]*>)([^<]+)(</text>)")
_LINK = re.compile(r"(\]\()(?!\w+:)([^)\s#]+)\.(?:md|ipynb)(#[\w-]+)?(?=\))")


def labs() -> list[Path]:
    """Return the labs in the language that the others follow."""
    return [
        path for path in pages.pages(labels.SOURCE_LANGUAGE) if path.suffix == ".ipynb"
    ]


def cells(path: Path) -> list[notebooks.Cell]:
    """Return a notebook's cells.

    Raises:
        PageError: if it cannot be read.
    """
    pages.read(path)  # names the file in an error
    return notebooks.load(pages.read_file(path))[0]


def fingerprint(path: Path) -> str:
    """Return a hash of the code, which decides whether outputs are current."""
    code = "\n\n".join(cell.source for cell in cells(path) if cell.code)
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def load(path: Path) -> Outputs:
    """Return the frozen outputs of a lab, which are the same in all languages.

    Raises:
        FrozenError: if they are missing, damaged, or of other code.
    """
    source = FOLDER / path.name
    file = source.with_suffix(".json")
    name = pages.relative(file)
    try:
        content = json.loads(file.read_text("utf-8"))
        outputs, code = content["outputs"], content["code"]
        checksum = content["digest"]
    except FileNotFoundError:
        message = f"{name}: no such file; run `make results` to make it."
        if not frozen.on_stale:
            raise frozen.FrozenError(message) from None
        frozen.on_stale(message)
        return {}
    except (ValueError, KeyError, TypeError):
        raise frozen.FrozenError(
            f"{name}:1: not a file of a lab's outputs; run `make results`."
        ) from None
    if checksum != frozen.digest(outputs):
        raise frozen.FrozenError(
            f"{name}:1: the outputs were changed since the lab ran; "
            "run `make results` to run it again."
        )
    if code != fingerprint(source):
        message = (
            f"{pages.relative(source)}:1: the code changed since {name} was made; "
            "run `make results`."
        )
        if not frozen.on_stale:
            raise frozen.FrozenError(message)
        frozen.on_stale(message)
    assert isinstance(outputs, dict)
    return outputs


def save(path: Path, outputs: Outputs, made_with: str) -> None:
    """Write a lab's outputs beside it, whole or not at all."""
    content = {
        "made_with": made_with,
        "code": fingerprint(path),
        "digest": frozen.digest(outputs),
        "outputs": outputs,
    }
    text = json.dumps(content, indent=1, ensure_ascii=False)
    atomic.write(path.with_suffix(".json"), text + "\n")


def words(outputs: Outputs) -> set[str]:
    """Return the English labels of all figures of a lab."""
    return {
        html.unescape(text)
        for outs in outputs.values()
        for out in outs
        for _, text, _ in _TEXT.findall(out.get("svg", ""))
        if labels.has_words(text)
    }


def markdown(path: Path) -> str:
    """Return the page that a lab makes, its outputs behind the cells.

    Raises:
        PageError, FrozenError: if notebook or outputs cannot be read.
    """
    outputs = load(path)
    meta = pages.front_matter(path)
    parts = ["---"]
    parts += [f"{key}: {json.dumps(meta[key])}" for key in ("title", "description")]
    parts += ["---"]
    described = ""  # the figure that the next paragraph describes
    for cell in cells(path):
        if not cell.code:
            source = cell.source
            if source.startswith("#"):
                heading, newline, rest = source.partition("\n")
                source = f"{heading} {{#{cell.ident}}}{newline}{rest}"
            elif described:
                first, gap, rest = source.partition("\n\n")
                source = f"{first}\n{{: #{described} }}{gap}{rest}"
            parts += ["", source, ""]
            described = ""
            continue
        if not cell.hidden:
            mark = notebooks.fence(cell)
            parts += ["", f"{mark}python", cell.source, mark, ""]
        for number, output in enumerate(outputs.get(cell.ident, [])):
            if "svg" in output:
                parts += ["", f'<img src="lab:{cell.ident}:{number}">', ""]
                described = description_of(cell.ident)
            else:
                parts += ["", "```output", output["text"], "```", ""]
    return "\n".join(parts) + "\n"


def description_of(ident: str) -> str:
    """Return the id of the paragraph that says what a cell's figure shows."""
    return f"{ident}-shows"


def figure(svg: str, ident: str, language: str, name: str) -> str:
    """Return a figure in the language, described by the paragraph behind it."""
    if labels.untranslated(words({"": [{"svg": svg}]}), language):
        language = labels.SOURCE_LANGUAGE

    def own(match: re.Match[str]) -> str:
        text = labels.translate(html.unescape(match[2]), language, name)
        return f"{match[1]}{html.escape(text, quote=False)}{match[3]}"

    head, _, rest = _TEXT.sub(own, svg).partition(">")
    return (
        f'<figure>{head} role="img" aria-labelledby="{description_of(ident)}">{rest}'
        "</figure>"
    )


def _path(page: Page) -> Path | None:
    """Return the notebook of a page, or None if the page is none."""
    path = Path(page.file.abs_src_path or "")
    return path if path.suffix == ".ipynb" else None


@event_priority(-100)
def on_pre_page(page: Page, config: MkDocsConfig, files: Files) -> Page:
    """Render a lab as any page: take back what mkdocs-jupyter would do."""
    if _path(page):
        page.__dict__.pop("render", None)
    return page


def on_page_read_source(page: Page, config: MkDocsConfig) -> str | None:
    """Give MkDocs the lab as Markdown, and other pages as all our tools read them.

    MkDocs itself takes a front matter that is no YAML for text. Only one hook may read.
    """
    if not page.file.abs_src_path:
        return None
    path = Path(page.file.abs_src_path)
    try:
        if _path(page):
            return markdown(path)
        pages.front_matter(path)
        return pages.read(path)
    except (pages.PageError, frozen.FrozenError) as error:
        raise PluginError(str(error)) from None


def on_page_content(
    page_html: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Put in the figures, and below the title the ways to run the lab."""
    path = _path(page)
    if not path:
        return page_html
    outputs = load(path)
    language = str(language_of(config))
    name = f"docs/{labels.SOURCE_LANGUAGE}/labs/{path.name}"

    def replace(match: re.Match[str]) -> str:
        try:
            svg = outputs[match[1]][int(match[2])]["svg"]
            return figure(svg, match[1], language, name)
        except labels.LabelError as error:
            raise PluginError(str(error)) from None

    page_html = _FIGURE.sub(replace, page_html)
    return page_html.replace("</h1>", f"</h1>\n{_ways_to_run(path, config)}", 1)


def _ways_to_run(path: Path, config: MkDocsConfig) -> str:
    """Return the links that download the lab or open it in Colab."""
    text: dict[str, str] = config.extra["words"]
    links = [(path.name, " download", text["lab_download"])]
    github = re.match(
        r"https://github\.com/([\w.-]+/[\w.-]+?)/?$", str(config.repo_url)
    )
    if github:
        links.append((colab(github[1], path), "", text["lab_colab"]))
    buttons = "\n".join(
        f'<a class="md-button" href="{href}"{extra}>{word}</a>'
        for href, extra, word in links
    )
    return f'<p class="lab-run">{buttons}</p>'


def colab(repository: str, path: Path) -> str:
    """Return the address at which Colab opens a notebook of a GitHub repository."""
    return (
        f"https://colab.research.google.com/github/{repository}/blob/main/"
        f"{path.relative_to(pages.ROOT).as_posix()}"
    )


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Let links in a downloaded notebook lead to the site, if its address is known."""
    path = _path(page)
    if path:
        copy = Path(page.file.abs_dest_path).parent / path.name
        if config.site_url:
            base = urljoin(config.site_url, page.file.src_uri)
            copy.write_text(with_links(pages.read_file(path), base), "utf-8")
    return output


def with_links(text: str, base: str) -> str:
    """Return the notebook with links to the site's pages as whole addresses."""

    def whole(match: re.Match[str]) -> str:
        page = urljoin(base, match[2]).removesuffix("index")
        return f"{match[1]}{page.rstrip('/')}/{match[3] or ''}"

    found, metadata = notebooks.load(text)
    for cell in found:
        if not cell.code:
            cell.source = _LINK.sub(whole, cell.source)
    return notebooks.dump(found, metadata.get("source"))
