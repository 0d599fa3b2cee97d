"""The tools of authors, translators and maintainers: `python -m sitetools`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from sitetools.content import files, notebooks
from sitetools.content.project import Project
from sitetools.fault import Fault, relative
from sitetools.translate import (
    changes,
    check,
    command,
    fix,
    new_language,
    new_page,
    notebook_rules,
    staleness,
    status,
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; each command knows its function."""
    found = argparse.ArgumentParser(prog="python -m sitetools", description=__doc__)
    commands = found.add_subparsers(required=True, metavar="COMMAND")

    def add(run: Callable[..., int], name: str, about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about.capitalize())
        added.set_defaults(run=run)
        return added

    def pages(added: argparse.ArgumentParser, number: str, what: str = "PAGE") -> None:
        added.add_argument("pages", nargs=number, metavar=what)

    add(_status, "status", "list what is missing, outdated and current, by language")
    pages(add(_check, "check", "say what is to do on pages, or on all"), "*")
    pages(add(_start, "start", "begin a translation: copy the English page"), "+")
    pages(add(_fix, "fix", "take code and ids from the English page again"), "+")
    about = "say that a translation follows the English text as it is now"
    pages(add(_stamp, "stamp", about), "+", "PAGE[#SECTION]")
    about = "say that a change in English needs no translation: a typo, a better link"
    pages(add(_unchanged, "unchanged", about), "+", "PAGE[#SECTION]")
    about = "remove from a notebook what an editor left in it"
    pages(add(_clean, "clean", about), "+", "NOTEBOOK")
    added = add(_new_language, "new-language", "add a language")
    added.add_argument("code", help="as in BCP 47: ja, pt-BR")
    added.add_argument("name", nargs="+", help="its name in itself: 日本語")
    added = add(_results, "results", "run what changed and freeze its results")
    added.add_argument("--force", action="store_true", help="run everything")
    return found


def main(arguments: list[str] | None = None, root: Path | None = None) -> int:
    """Run a command; return an exit code.

    Args:
        arguments: what was typed after `python -m sitetools`.
        root: the project, by default the one that this file belongs to.
    """
    options = vars(parser().parse_args(arguments))
    run: Callable[..., int] = options.pop("run")
    try:
        return run(Project(root or Path(__file__).resolve().parents[1]), **options)
    except (Fault, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def _status(project: Project) -> int:
    lines, readable = status.lines(project)
    print("\n".join(lines))
    return 0 if readable else 1


def _check(project: Project, pages: list[str]) -> int:
    found = [fault for page in pages for fault in check.check(Path(page).resolve())]
    found += [] if pages else check.check_all(project)
    print("\n".join(map(str, found)) or "Nothing to do.")
    return 1 if found else 0


def _start(project: Project, pages: list[str]) -> int:
    for page in pages:
        path = Path(page).resolve()
        new_page.start(path)
        name = relative(path)
        print(
            f"{name} is a copy of the English page. Translate its words, not the code, "
            "the numbers and the {#ids}; look at it with `make serve`; then run\n"
            f"  {command('stamp', name)}\n  {command('check', name)}"
        )
    return 0


def _fix(project: Project, pages: list[str]) -> int:
    for page in pages:
        path = Path(page).resolve()
        print(f"{relative(path)}: {fix.fix(path)} places fixed")
    return 0


def _stamp(project: Project, pages: list[str]) -> int:
    for page in pages:
        name, _, ident = page.partition("#")
        staleness.stamp(Path(name).resolve(), ident)
        print(f"{page}: follows the English text as it is now")
    return 0


def _unchanged(project: Project, pages: list[str]) -> int:
    for page in pages:
        name, _, ident = page.partition("#")
        lines = changes.unchanged(Path(name).resolve(), ident)
        print("\n".join(lines) or f"{page}: every translation follows it already")
    return 0


def _clean(project: Project, pages: list[str]) -> int:
    code = 0
    for page in pages:
        path = Path(page).resolve()
        files.write(path, notebooks.clean(files.read(path), path))
        for fault in notebook_rules.problems(path):
            print(fault)
            code = 1
    return code


def _new_language(project: Project, code: str, name: list[str]) -> int:
    written = new_language.add(project, code, " ".join(name))
    names = "\n".join(f"  {relative(path)}" for path in written)
    page = f"docs/{code}/weight-initialization.md"
    print(
        f"Written:\n{names}\nNow translate the site's name in mkdocs.{code}.yml, the "
        f"words in docs/{code}/labels.yml and the page docs/{code}/index.md; then run\n"
        f"  {command('stamp', f'docs/{code}/index.md')}\n"
        f"  {command('check', f'docs/{code}/index.md')}\n"
        f"The next page begins with\n  {command('start', page)}\n"
        f"To remove the language, delete mkdocs.{code}.yml and docs/{code}/."
    )
    return 0


def _results(project: Project, force: bool) -> int:
    from sitetools.measure import remeasure  # needs torch

    return remeasure.freeze(project, force)


if __name__ == "__main__":
    sys.exit(main())
