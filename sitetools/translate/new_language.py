"""`make language LANG=ja NAME=日本語` adds a language; to remove it, delete its files.

The site builds at once: pages and words that are not translated yet are English.
"""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import yaml

from sitetools.content import files, labels
from sitetools.content.project import SOURCE_LANGUAGE, Project
from sitetools.fault import Fault

_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3}|-[A-Z]{2})?")


def known() -> list[str]:
    """Return the languages that the theme has words for."""
    spec = find_spec("material")
    assert spec
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0])
    return sorted(path.stem for path in folder.rglob("partials/languages/*.html"))


def add(project: Project, code: str, name: str) -> list[Path]:
    """Write the files of a new language.

    Args:
        project: the project.
        code: as in BCP 47, such as ja, pt-BR or zh-Hant.
        name: the language's name in itself, such as 日本語.

    Returns:
        the files that were written; nothing that exists is touched.

    Raises:
        Fault: for a code that the theme does not know, or an existing language.
    """
    folder, config = project.docs / code, project.root / f"mkdocs.{code}.yml"
    if not _CODE.fullmatch(code) or code not in known():
        problem = f"the theme does not know the language {code!r}"
        raise Fault(config, problem, f"choose of {', '.join(known())}")
    if not name.strip():
        remedy = f"give it, as in LANG={code} NAME=日本語"
        raise Fault(config, "the language has no name", remedy)
    for path in (config, folder):
        if path.exists():
            raise Fault(path, "exists already", "edit it, or delete it first")
    source = project.root / f"mkdocs.{SOURCE_LANGUAGE}.yml"
    text = re.sub(
        rf"(docs/|site/|language: ){SOURCE_LANGUAGE}\b",
        rf"\g<1>{code}",
        files.read(source),
    )
    home = folder / "index.md"
    written = {  # the last one makes it a language
        folder / "labels.yml": _labels(project, name),
        folder / "terms.yml": _TERMS,
        home: files.read(project.docs / SOURCE_LANGUAGE / home.name),
        config: text,
    }
    folder.mkdir()
    try:
        for path, content in written.items():
            files.write(path, content)
    except Fault:
        shutil.rmtree(folder, ignore_errors=True)  # nothing was there before
        raise
    return list(written)


def _labels(project: Project, name: str) -> str:
    """Return a label file in which every word but the name waits to be translated."""
    source = labels.load(project, SOURCE_LANGUAGE)
    korean = labels.load(project, "ko").figures
    lines = [
        "# Words around the pages and in the figures. Take away the `# ` before a line",
        "# and translate what stands behind the colon; until then it is English.",
        "site:",
        f"  language: {name}",
    ]
    for part in ("site", "explorer"):
        lines += [f"{part}:"] if part != "site" else []
        for key, word in getattr(source, part).items():
            if key != "language":
                lines.append(f"  # {key}: {_quoted(word)}")
    lines.append("figures:")
    lines += [f"  # {_quoted(word)}: {_quoted(word)}" for word in korean]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return the text as YAML writes it on one line."""
    style = '"' if "\n" in text else None  # the style that writes a newline as \n
    dumped = yaml.safe_dump(text, default_style=style, width=10**6, allow_unicode=True)
    return dumped.split("\n")[0]


_TERMS = """\
# Words of this language to use, and those to avoid, with the reason; for example
# - avoid: a regular expression
#   use: what to write
#   why: the reason
"""
