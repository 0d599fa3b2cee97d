"""What the tests share: the site, built once for all of them, and a server."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import project
import pytest
import small_site
from filelock import FileLock
from server import serving


def _shared(factory: pytest.TempPathFactory, name: str, **environment: str) -> Path:
    """Return the site, built once; the parallel workers share it."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / name
    with FileLock(str(shared / f"{name}.lock")):
        if not (shared / f"{name}.done").is_file():
            result = project.build(folder, project.ROOT, "mkdocs", **environment)
            if result.returncode:
                pytest.fail(f"the site does not build:\n{result.stderr}", pytrace=False)
            (shared / f"{name}.done").touch()
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the built site."""
    return _shared(tmp_path_factory, "site")


@pytest.fixture(scope="session")
def addressed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site, built for an address of its own and with a repository."""
    return _shared(
        tmp_path_factory,
        "addressed",
        SITE_URL=project.SITE_URL,
        REPO_URL="https://github.com/someone/fork",
    )


@pytest.fixture(scope="session")
def served(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that a local server shows: below a path, as on GitHub Pages."""
    folder = tmp_path_factory.mktemp("server") / "some" / "path"
    shutil.copytree(site, folder)
    return folder


@pytest.fixture(scope="session")
def address(served: Path) -> Iterator[str]:
    """Return the site's address on that server."""
    with serving(served) as found:
        yield found


@pytest.fixture(scope="session")
def _small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small site, made once."""
    root = tmp_path_factory.mktemp("small") / "project"
    small_site.make(root)
    return root


@pytest.fixture
def root(_small_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the small site (small_site.py), to break something in it."""
    copy = tmp_path / "project"
    shutil.copytree(_small_site, copy)
    theme = "mkdocs.structure.files.Files.add_files_from_theme"
    monkeypatch.setattr(theme, small_site.add_scripts)
    return copy


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function that fills the disk: half of a file still fits."""
    real = Path.write_bytes

    def half(path: Path, data: bytes) -> int:
        real(path, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return lambda: monkeypatch.setattr(Path, "write_bytes", half)
