"""The tools of those who write, translate and measure: `python -m sitetools`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from sitetools.content import files, notebooks
from sitetools.content.project import Project
from sitetools.fault import Fault, relative
from sitetools.translate import check, new_language, staleness, status, structure

PROJECT = Project(Path(__file__).resolve().parents[1])


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return an exit code."""
    parser = argparse.ArgumentParser(prog="python -m sitetools", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        run: Callable[[argparse.Namespace], int], name: str, about: str
    ) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=about, description=about)
        found.set_defaults(run=run)
        return found

    command(_status, "status", "list what is missing, outdated and current")
    added = command(_check, "check", "compare structure, words and style of pages")
    added.add_argument("pages", nargs="*", type=_page, metavar="PAGE")
    added = command(_start, "start", "begin a translation: a copy of the English page")
    added.add_argument("pages", nargs="+", type=_page, metavar="PAGE")
    added = command(_fix, "fix", "take code and ids from the English page")
    added.add_argument("pages", nargs="+", type=_page, metavar="PAGE")
    added = command(_stamp, "stamp", "say that pages follow the English text")
    added.add_argument("pages", nargs="+", metavar="PAGE[#SECTION]")
    about = "say that the last change of English pages needs no translation"
    added = command(_unchanged, "unchanged", about)
    added.add_argument("pages", nargs="+", type=_page, metavar="PAGE")
    added = command(_clean, "clean", "remove from notebooks what an editor left")
    added.add_argument("pages", nargs="+", type=_page, metavar="NOTEBOOK")
    added = command(_new_language, "new-language", "add a language")
    added.add_argument("code", help="as in BCP 47: ja, pt-BR")
    added.add_argument("name", nargs="+", help="its name in itself: 日本語")
    added = command(_results, "results", "run what changed and freeze its results")
    added.add_argument("--force", action="store_true", help="run everything")
    options = parser.parse_args(arguments)
    try:
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except (Fault, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def _page(name: str) -> Path:
    return Path(name).resolve()


def _status(options: argparse.Namespace) -> int:
    print("\n".join(status.lines(PROJECT)))
    return 0


def _check(options: argparse.Namespace) -> int:
    todo = options.pages or [
        path for code in PROJECT.translations() for path in PROJECT.pages(code)
    ]
    found = [line for path in todo for line in check.check(path, bool(options.pages))]
    print("\n".join(found) if found else "Nothing to fix.")
    return 1 if found else 0


def _start(options: argparse.Namespace) -> int:
    for path in options.pages:
        staleness.start(path)
        name = relative(path)
        print(
            f"{name}: is a copy of the English page now. Translate the words (not the "
            "code, the numbers, the {#ids}), look at it with `make serve`, then run\n"
            f"  .venv/bin/python -m sitetools check {name}\n"
            f"  .venv/bin/python -m sitetools stamp {name}"
        )
    return 0


def _fix(options: argparse.Namespace) -> int:
    for path in options.pages:
        fixed, copy = structure.fix(path)
        print(
            f"{relative(path)}: {fixed} places fixed; the page as it was: "
            f"{relative(copy)}"
            if fixed
            else f"{relative(path)}: nothing that could be fixed by itself"
        )
    return 0


def _stamp(options: argparse.Namespace) -> int:
    for name in options.pages:
        page, _, ident = name.partition("#")
        staleness.stamp(_page(page), [ident] if ident else None)
        print(f"{name}: follows the English text as it is now")
    return 0


def _unchanged(options: argparse.Namespace) -> int:
    for path in options.pages:
        lines = staleness.unchanged(path)
        print("\n".join(lines) or f"{relative(path)}: nothing to stamp")
    return 0


def _clean(options: argparse.Namespace) -> int:
    for path in options.pages:
        files.write(path, notebooks.clean(files.read(path), path))
    return 0


def _new_language(options: argparse.Namespace) -> int:
    code = options.code
    written = new_language.add(PROJECT, code, " ".join(options.name))
    print("Written:")
    print("\n".join(f"  {relative(path)}" for path in written))
    print(
        f"Put the site's name into mkdocs.{code}.yml, the words into docs/{code}/"
        f"labels.yml, and translate docs/{code}/index.md; `make serve` shows it. The "
        "next page begins with\n"
        f"  .venv/bin/python -m sitetools start docs/{code}/weight-initialization.md\n"
        f"To remove the language, delete mkdocs.{code}.yml and docs/{code}/."
    )
    return 0


def _results(options: argparse.Namespace) -> int:
    from sitetools.measure import remeasure  # needs torch

    return remeasure.freeze(PROJECT, options.force)


if __name__ == "__main__":
    sys.exit(main())
