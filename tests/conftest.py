"""What the tests share: the site, built once for all of them, and a server."""

import errno
import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import project
import pytest
import small_site
from filelock import FileLock


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


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files as a static host does: a missing one is the root's 404 page."""

    def end_headers(self) -> None:
        """Let other sites read, as GitHub Pages does: a frame with a sandbox is one."""
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def send_error(self, code: int, *_: object) -> None:
        """Answer with the root's 404 page."""
        page = Path(self.directory, "some", "path", "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def served(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that a local server shows: below a path, as on GitHub Pages."""
    folder = tmp_path_factory.mktemp("server") / "some" / "path"
    shutil.copytree(site, folder)
    return folder


@pytest.fixture(scope="session")
def address(served: Path) -> Iterator[str]:
    """Return the site's address on that server."""
    handler = functools.partial(_Quiet, directory=str(served.parents[1]))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/some/path/"
        server.shutdown()


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
