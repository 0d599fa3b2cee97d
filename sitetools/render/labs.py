"""Labs: notebooks that are pages, with what they printed and drew.

mkdocs-jupyter makes the notebooks pages and offers them for download. Its HTML brings
575 kB of styles, no ids that languages share and no links; so a lab becomes Markdown,
which is rendered like any other page. Its outputs are frozen in `docs/en/labs/*.json`.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from urllib.parse import urljoin

from sitetools.content import files, frozen, notebooks, pages
from sitetools.content.labels import Labels
from sitetools.content.project import SOURCE_LANGUAGE, Project, counterpart
from sitetools.fault import Fault, relative
from sitetools.render import svg

Outputs = dict[str, list[dict[str, str]]]
"""By cell, in order, what it printed ({"text": …}) or drew ({"svg": …})."""

_FIGURE = re.compile(r'<p><img src="lab:([\w-]+):(\d+)" ?/?></p>')
_LINK = re.compile(r"(\]\()(?!\w+:)([^)\s#]+)\.(?:md|ipynb)(#[\w-]+)?(?=\))")


def labs(project: Project) -> list[Path]:
    """Return the labs in the language that the others follow."""
    return [path for path in project.pages() if path.suffix == ".ipynb"]


def cells(path: Path) -> list[notebooks.Cell]:
    """Return a notebook's cells.

    Raises:
        Fault: if it cannot be read.
    """
    return notebooks.load(files.read(path), path)[0]


def fingerprint(path: Path) -> str:
    """Return a hash of the code, which decides whether outputs are current."""
    code = "\n\n".join(cell.source for cell in cells(path) if cell.code)
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def load(path: Path, warn: frozen.Warn | None = None) -> Outputs:
    """Return the frozen outputs of a lab, which are the same in all languages.

    Args:
        path: the lab, in any language.
        warn: what to do about missing or outdated outputs, instead of raising.

    Raises:
        Fault: if they are missing, damaged, or of other code.
    """
    source = counterpart(path, SOURCE_LANGUAGE)
    file = source.with_suffix(".json")
    try:
        content = json.loads(file.read_text("utf-8"))
        outputs, code = content["outputs"], content["code"]
        checksum = content["digest"]
    except FileNotFoundError:
        fault = Fault(file, "no such file", frozen.RERUN)
        if not warn:
            raise fault from None
        warn(fault)
        return {}
    except (ValueError, KeyError, TypeError):
        problem = "not a file of a lab's outputs"
        raise Fault(file, problem, frozen.RERUN) from None
    if not isinstance(outputs, dict) or checksum != frozen.digest(outputs):
        problem = "the outputs were changed since the lab ran"
        raise Fault(file, problem, f"{frozen.RERUN} to run it again")
    if code != fingerprint(source):
        problem = f"the code changed since {relative(file)} was made"
        fault = Fault(source, problem, frozen.RERUN)
        if not warn:
            raise fault
        warn(fault)
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
    files.write(path.with_suffix(".json"), text + "\n")


def words(outputs: Outputs) -> set[str]:
    """Return the English labels of all figures of a lab."""
    found = (out.get("svg", "") for outs in outputs.values() for out in outs)
    return {word for each in found for word in svg.words(each)}


def markdown(path: Path, warn: frozen.Warn | None = None) -> str:
    """Return the page that a lab makes, its outputs after the cells.

    Raises:
        Fault: if notebook or outputs cannot be read.
    """
    outputs = load(path, warn)
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


def figure(svg_: str, ident: str, own: Labels, name: str) -> str:
    """Return a figure in a language, described by the paragraph after it.

    Args:
        svg_: the figure, with English labels.
        ident: the id of its cell.
        own: the words of the language.
        name: the lab's file, for messages.
    """
    head, _, rest = svg.in_language(svg_, own, name).partition(">")
    return (
        f'<figure>{head} role="img" aria-labelledby="{description_of(ident)}">{rest}'
        "</figure>"
    )


def fill(
    page: str,
    path: Path,
    own: Labels,
    repo_url: str | None,
    warn: frozen.Warn | None = None,
) -> str:
    """Put in the figures, and below the title the ways to run the lab.

    Args:
        page: the page's HTML.
        path: the lab.
        own: the words of its language.
        repo_url: the repository's address, if it is known.
        warn: what to do about outdated outputs, instead of raising.
    """
    outputs = load(path, warn)
    name = relative(counterpart(path, SOURCE_LANGUAGE))

    def replace(match: re.Match[str]) -> str:
        drawn = outputs[match[1]][int(match[2])]["svg"]
        return figure(drawn, match[1], own, name)

    page = _FIGURE.sub(replace, page)
    links = [(path.name, " download", own.word("lab_download"))]
    github = re.match(r"https://github\.com/([\w.-]+/[\w.-]+?)/?$", repo_url or "")
    if github:
        links.append((colab(github[1], path), "", own.word("lab_colab")))
    buttons = "\n".join(
        f'<a class="md-button" href="{href}"{extra}>{word}</a>'
        for href, extra, word in links
    )
    return page.replace("</h1>", f'</h1>\n<p class="lab-run">{buttons}</p>', 1)


def colab(repository: str, path: Path) -> str:
    """Return the address at which Colab opens a notebook of a GitHub repository."""
    return (
        f"https://colab.research.google.com/github/{repository}/blob/main/"
        f"{relative(path)}"
    )


def with_links(path: Path, base: str) -> str:
    """Return a notebook with links to the site's pages as whole addresses."""

    def whole(match: re.Match[str]) -> str:
        page = urljoin(base, match[2]).removesuffix("index")
        return f"{match[1]}{page.rstrip('/')}/{match[3] or ''}"

    found, metadata = notebooks.load(files.read(path), path)
    for cell in found:
        if not cell.code:
            cell.source = _LINK.sub(whole, cell.source)
    return notebooks.dump(found, metadata.get("source"))
