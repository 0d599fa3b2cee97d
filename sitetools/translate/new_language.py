"""Add a language: its config and the folder of its pages; deleting them removes it.

The site builds at once: pages and words that are not translated yet are English.
"""

from __future__ import annotations

import json
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from sitetools.content import files, labels
from sitetools.content.project import SOURCE_LANGUAGE, Project
from sitetools.fault import Fault

_TERMS = """\
# Words of this language to use, and those to avoid, with the reason; for example
# - avoid: a regular expression
#   use: what to write
#   why: the reason
"""


_HEAD = """\
# Words around the pages and in figures. Delete the `# ` before a line and translate
# what comes after the colon; until then, the word is English.
"""


def known() -> list[str]:
    """Return the languages that the theme has words for."""
    spec = find_spec("material")
    assert spec
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0], "templates/partials/languages")
    return sorted(path.stem for path in folder.glob("*.html"))


def unknown(path: Path, code: str) -> Fault:
    """Return what to say of a language that the theme does not know.

    Args:
        path: the language's config.
        code: what was written for it: zh-Hans, PT_BR, japanese.
    """
    language = re.split("[-_]", code.strip())[0].lower()
    near = [each for each in known() if each.partition("-")[0] == language]
    remedy = f"write {' or '.join(near)}" if near else "write its code as in BCP 47, "
    remedy += "" if near else "such as ja, pt-BR or zh-Hant"
    return Fault(path, f"the theme does not know the language {code!r}", remedy)


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
    if code not in known():
        raise unknown(project.root / "mkdocs.yml", code)
    if not name.strip():
        raise Fault(config, "the language has no name", "give it, as in ja 日本語")
    for path in (config, folder):
        if path.exists():
            raise Fault(path, "exists already", "edit it, or delete it first")
    source = f"mkdocs.{SOURCE_LANGUAGE}.yml"
    written = {  # the last one makes it a language
        folder / "labels.yml": _labels(project, name.strip()),
        folder / "terms.yml": _TERMS,
        folder / "index.md": files.read(project.docs / SOURCE_LANGUAGE / "index.md"),
        config: re.sub(
            rf"(docs/|site/|language: ){SOURCE_LANGUAGE}\b",
            rf"\g<1>{code}",
            files.read(project.root / source),
        ),
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
    waiting = {part: dict(getattr(source, part)) for part in labels.WORDS}
    del waiting["site"]["language"]
    waiting["figures"] = {word: word for word in labels.load(project, "ko").figures}
    text = _HEAD
    for part, words in waiting.items():
        text += f"{part}:\n"
        text += f"  language: {_quoted(name)}\n" if part == "site" else ""
        text += "".join(f"  # {_quoted(k)}: {_quoted(v)}\n" for k, v in words.items())
    return text


def _quoted(text: str) -> str:
    """Return the text as YAML writes it on one line."""
    return json.dumps(text, ensure_ascii=False)
