"""`make language LANG=ja NAME=日本語` adds a language; to remove it, delete its files.

The site builds at once: pages and words that are not translated yet are English.
"""

from __future__ import annotations

import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import yaml

from sitetools.content import atomic, labels, pages

_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3}|-[A-Z]{2})?")


class LanguageError(Exception):
    """A language that cannot be added; the message says why."""


def known() -> list[str]:
    """Return the languages that the theme has words for."""
    spec = find_spec("material")
    assert spec
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0])
    return sorted(path.stem for path in folder.rglob("partials/languages/*.html"))


def add(code: str, name: str) -> list[Path]:
    """Write the files of a new language.

    Args:
        code: as in BCP 47, such as ja, pt-BR or zh-Hant.
        name: the language's name in itself, such as 日本語.

    Returns:
        the files that were written; nothing that exists is touched.

    Raises:
        LanguageError: for a code that the theme does not know, or an existing language.
    """
    if not _CODE.fullmatch(code) or code not in known():
        raise LanguageError(
            f"there is no language {code!r}; the theme knows {', '.join(known())}."
        )
    if not name.strip():
        raise LanguageError(
            f"the language needs its own name, as in LANG={code} NAME=日本語."
        )
    folder, config = pages.DOCS / code, pages.ROOT / f"mkdocs.{code}.yml"
    for path in (config, folder):
        if path.exists():
            raise LanguageError(f"{pages.relative(path)} exists already.")
    source = pages.ROOT / f"mkdocs.{labels.SOURCE_LANGUAGE}.yml"
    text = re.sub(
        rf"(docs/|site/|language: ){labels.SOURCE_LANGUAGE}\b",
        rf"\g<1>{code}",
        source.read_text("utf-8"),
    )
    home = folder / "index.md"
    written = {  # the last one makes it a language
        folder / "labels.yml": _labels(name),
        folder / "terms.yml": _TERMS,
        home: pages.read_file(pages.DOCS / labels.SOURCE_LANGUAGE / home.name),
        config: text,
    }
    try:
        folder.mkdir()
        for path, content in written.items():
            atomic.write(path, content)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)  # nothing there was before
        raise LanguageError(str(error)) from None
    pages.LANGUAGES.append(code)
    return list(written)


def _labels(name: str) -> str:
    """Return a label file in which every word but the name waits to be translated."""
    source = labels.load(labels.SOURCE_LANGUAGE)
    korean = labels.load("ko")["figures"]
    lines = [
        "# Words around the pages and in the figures. Take away the `# ` before a line",
        "# and translate what stands behind the colon; until then it is English.",
        "site:",
        f"  language: {name}",
    ]
    for part in ("site", "explorer"):
        lines += [f"{part}:"] if part != "site" else []
        for key, word in source[part].items():
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


def main(arguments: list[str]) -> int:
    """Add the language that the arguments name: code, then its own name."""
    code, *name = [*arguments, ""]
    try:
        written = add(code, " ".join(name).strip())
    except (LanguageError, labels.LabelError, pages.PageError) as error:
        print(error, file=sys.stderr)
        return 1
    print("Written:")
    print("\n".join(f"  {pages.relative(path)}" for path in written))
    print(
        f"Put the site's name into mkdocs.{code}.yml, the words into docs/{code}/"
        f"labels.yml, and translate docs/{code}/index.md; `make serve` shows it. The "
        "next page begins with\n"
        f"  python -m sitetools.translate.staleness start docs/{code}/weight-initialization.md\n"
        f"To remove the language, delete mkdocs.{code}.yml and docs/{code}/."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
