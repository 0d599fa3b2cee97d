"""What the tests share: the site, built once for all of them, and a server."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[1]


def build(
    folder: Path, project: Path = ROOT, tool: str = "mkdocs", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Build a project's site strictly into the folder, as `make build` does."""
    return subprocess.run(
        [sys.executable, "-m", tool, "build", "--strict", "--site-dir", str(folder)],
        cwd=project,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def copy_project(folder: Path) -> Path:
    """Return a copy of what the site is made from, to break something in it."""
    project = folder / "project"
    for name in ("docs", "snippets", "hooks", "theme"):
        shutil.copytree(ROOT / name, project / name)
    for path in ROOT.glob("mkdocs*.yml"):
        shutil.copy(path, project)
    return project


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the built site; the parallel workers share one."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "site"
    with FileLock(str(shared / "site.lock")):
        if not (folder / "done").is_file():
            result = build(folder)
            if result.returncode:
                pytest.fail(f"the site does not build:\n{result.stderr}", pytrace=False)
            (folder / "done").touch()
    return folder


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each request."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def address(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the site's address on a local server, below a path as on GitHub Pages."""
    root = tmp_path_factory.mktemp("server")
    shutil.copytree(site, root / "some" / "path")
    handler = functools.partial(_Quiet, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/some/path/"
        server.shutdown()
