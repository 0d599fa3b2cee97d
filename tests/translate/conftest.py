"""A project with one translated page, to break something in it."""

import shutil
from pathlib import Path

import pytest
import translated_page

from sitetools.content.project import Project


@pytest.fixture(scope="session")
def _translated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the project, made once."""
    root = tmp_path_factory.mktemp("translated") / "project"
    root.mkdir()
    translated_page.make(root)
    return root


@pytest.fixture
def translated(_translated: Path, tmp_path: Path) -> Project:
    """Return a copy of the project of translated_page.py."""
    shutil.copytree(_translated, tmp_path / "project")
    return Project(tmp_path / "project")


@pytest.fixture
def page(translated: Project) -> Path:
    """Return the Korean page, which is up to date."""
    return translated.docs / "ko" / "page.md"


@pytest.fixture
def source(translated: Project) -> Path:
    """Return the English page."""
    return translated.docs / "en" / "page.md"
