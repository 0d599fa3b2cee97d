"""Where everything is: the folders of a project, its languages, their pages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sitetools.content import files, yaml_files
from sitetools.fault import Fault, root_of

SOURCE_LANGUAGE = "en"
"""The language that translations follow."""
COMPLETE = ("en", "ko")
"""Languages in which nothing may be missing; the others fall back to English."""


@dataclass(frozen=True)
class Project:
    """A checkout of the site. Nothing is remembered: files may come and go."""

    root: Path

    @staticmethod
    def of(path: Path) -> Project:
        """Return the project that a file belongs to.

        Raises:
            Fault: if there is no mkdocs.yml in a folder above it.
        """
        root = root_of(path.parent)
        if not root:
            remedy = "name a file of the project, such as docs/ko/index.md"
            raise Fault(path, "is not in a folder with mkdocs.yml", remedy)
        return Project(root)

    @property
    def docs(self) -> Path:
        """The folder of all pages."""
        return self.root / "docs"

    @property
    def shared(self) -> Path:
        """What all languages share: CSS, scripts, fonts."""
        return self.docs / "shared"

    @property
    def snippets(self) -> Path:
        """The measured code."""
        return self.root / "snippets"

    @property
    def cache(self) -> Path:
        """What can be made again; git does not know it."""
        return self.root / ".cache"

    def languages(self) -> list[str]:
        """Return the codes of all languages: those with an mkdocs.<code>.yml."""
        return sorted(p.suffixes[0][1:] for p in self.root.glob("mkdocs.*.yml"))

    def translations(self) -> list[str]:
        """Return the languages that follow the English text."""
        return [code for code in self.languages() if code != SOURCE_LANGUAGE]

    def pages(self, language: str = SOURCE_LANGUAGE) -> list[Path]:
        """Return all pages of a language, notebooks included, sorted.

        Without those that are the English page, word for word: `start` made such a
        copy, which no one has begun to translate.
        """
        found = self.files(language)
        return [path for path in found if not is_copy(path)]

    def files(self, language: str) -> list[Path]:
        """Return the files of a language's pages, sorted."""
        folder = self.docs / language
        found = [path for kind in ("*.md", "*.ipynb") for path in folder.rglob(kind)]
        return sorted(p for p in found if p.parent.name != ".ipynb_checkpoints")

    def having(self, name: str) -> list[str]:
        """Return the languages that have a page, by its path below docs/<language>/."""
        pages = {code: self.docs / code / name for code in self.languages()}
        return [
            code for code, page in pages.items() if page.is_file() and not is_copy(page)
        ]

    def assets(self, language: str | None, with_address: bool) -> dict[str, Path]:
        """Return what all languages share, by its name in the site.

        The root page (language None) has its icon, and the cards that others fetch if
        the site has an address.

        Raises:
            Fault: if a file that is text is not UTF-8.
        """
        found = {}
        for path in sorted(self.shared.rglob("*")):
            name = f"assets/{path.relative_to(self.shared).as_posix()}"
            if name.startswith("assets/cards/"):
                wanted = not language and with_address
            else:
                wanted = bool(language) or name.endswith("icon.svg")
            if wanted and path.is_file() and path.name != "README.md":
                found[name] = path
                if path.suffix in (".css", ".js", ".svg"):
                    files.read(path)
        return found

    def site_name(self, language: str) -> str:
        """Return the site's name in a language.

        Raises:
            Fault: if the language's config file has none.
        """
        path = self.root / f"mkdocs.{language}.yml"
        for number, line in enumerate(files.read(path).split("\n"), 1):
            key, _, value = line.partition(":")
            if key == "site_name" and value.strip():  # other lines may have !tags
                return str(yaml_files.parse(value, path, number))
        raise Fault(path, "has no site_name", "add the line")


def language_of(page: Path) -> str:
    """Return the language of a page: the folder below docs/.

    Raises:
        Fault: if it is not below docs/<language>/.
    """
    docs = Project.of(page).docs
    if not page.is_relative_to(docs) or len(page.relative_to(docs).parts) < 2:
        remedy = "name a page such as docs/ko/index.md"
        raise Fault(page, "is not below docs/<language>/", remedy)
    return page.relative_to(docs).parts[0]


def counterpart(page: Path, language: str) -> Path:
    """Return the same page in another language."""
    docs = Project.of(page).docs
    return docs / language / page.relative_to(docs / language_of(page))


def is_copy(page: Path) -> bool:
    """Return whether a translation is still the English page, word for word."""
    if language_of(page) == SOURCE_LANGUAGE:
        return False
    source = counterpart(page, SOURCE_LANGUAGE)
    return source.is_file() and source.read_bytes() == page.read_bytes()
