"""Folders that belong to no language, languages without pages, pages without Korean."""

from __future__ import annotations

from collections.abc import Iterator

from sitetools.content.project import COMPLETE, Project, counterpart
from sitetools.fault import Fault, relative
from sitetools.translate import command
from sitetools.translate.new_language import known, unknown

_NOT_LANGUAGES = ("root", "shared")


def problems(project: Project) -> Iterator[Fault]:
    """Yield what `languages` does, and the pages that a complete language misses."""
    yield from languages(project)
    for code in COMPLETE:
        for page in project.pages() if code in project.languages() else []:
            own = counterpart(page, code)
            if not own.is_file():
                remedy = f"run `{command('start', relative(own))}` and translate it"
                yield Fault(own, "this page is missing", remedy)


def languages(project: Project) -> Iterator[Fault]:
    """Yield configs without a folder of pages, and folders without a config."""
    codes = project.languages()
    for code in codes:
        config = project.root / f"mkdocs.{code}.yml"
        if code not in known():
            yield unknown(config, code)
        elif not (project.docs / code).is_dir():
            new = command("new-language", code, "NAME")
            remedy = f"remove this file, then run `{new}`"
            yield Fault(config, f"there is no folder docs/{code}", remedy)
    for folder in sorted(path for path in project.docs.iterdir() if path.is_dir()):
        code = folder.name
        if code not in (*codes, *_NOT_LANGUAGES) and not code.startswith((".", "_")):
            problem = f"there is no mkdocs.{code}.yml, so no one sees these pages"
            remedy = f"rename the folder, run `{command('new-language', code, 'NAME')}`"
            yield Fault(folder, problem, f"{remedy} and move the pages there")
