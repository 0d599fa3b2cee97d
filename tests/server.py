"""A server of a folder, as a static host is one: below a path, as on GitHub Pages."""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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


@contextmanager
def serving(served: Path) -> Iterator[str]:
    """Serve the folder while the block runs, which gets the address."""
    handler = functools.partial(_Quiet, directory=str(served.parents[1]))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/some/path/"
        server.shutdown()
