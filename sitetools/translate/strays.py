"""Files that belong to no language or to no page, and pages that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sitetools.content.project import COMPLETE, SOURCE_LANGUAGE, Project, counterpart
from sitetools.fault import Fault, relative
from sitetools.translate.commands import command
from sitetools.translate.new_language import known, unknown

_NOT_LANGUAGES = ("root", "shared")


def problems(project: Project) -> Iterator[Fault]:
    """Yield files that should not be there, and those that are missing."""
    yield from languages(project)
    for code in project.languages():
        if (project.docs / code).is_dir():
            yield from _files(project, project.docs / code)
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
            remedy = (
                f"remove this file, then run `{command('new-language', code, 'NAME')}`"
            )
            yield Fault(config, f"there is no folder docs/{code}", remedy)
    for folder in sorted(path for path in project.docs.iterdir() if path.is_dir()):
        code = folder.name
        if code not in (*codes, *_NOT_LANGUAGES) and not code.startswith((".", "_")):
            problem = f"there is no mkdocs.{code}.yml, so no one sees these pages"
            remedy = f"rename the folder, run `{command('new-language', code, 'NAME')}`"
            yield Fault(folder, problem, f"{remedy} and move the pages there")


def _files(project: Project, folder: Path) -> Iterator[Fault]:
    """Yield the files of a language that are neither pages nor its words."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if (
            path.is_dir()
            or path.suffix in (".md", ".ipynb")
            or name in ("labels.yml", "terms.yml")
            or any(part.startswith(".") for part in path.relative_to(folder).parts)
        ):
            continue
        outputs = path.suffix == ".json" and path.with_suffix(".ipynb").is_file()
        if not (outputs and folder.name == SOURCE_LANGUAGE):
            problem = "is neither a page nor the words of a language"
            yield Fault(path, problem, "move it to docs/shared/, or remove it")
