"""The weekly workflow: links to other sites, and the issues that it keeps."""

import html
import http.server
import json
import os
import re
import threading
import time
from pathlib import Path
from typing import ClassVar
from urllib.parse import urldefrag

import check_links
import keep_issue
import pytest
from project import PROJECT


class _Server(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the path names."""

    asked: ClassVar[list[str]] = []

    def do_HEAD(self):
        self.asked.append(f"{self.command} {self.path}")
        name = self.path.strip("/")
        if name == "slow":
            time.sleep(0.5)
        head_only = {"nohead": 405, "nohead404": 404}
        code = head_only.get(name, 200) if self.command == "HEAD" else 200
        self.send_response(int(name) if name.isdecimal() else code)
        if name in ("301", "302"):
            self.send_header("Location", "/301" if name == "301" else "/fine")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def running():
    """Return the address of a server on this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def server(running, monkeypatch):
    """Return the server's address; no one waits for it."""
    monkeypatch.setattr(check_links, "PAUSE", 0.0)
    monkeypatch.setattr(check_links, "TIMEOUT", 0.2)
    monkeypatch.setattr(_Server, "asked", [])
    return running


ANSWERS = {
    "fine": ("alive", ""),
    "nohead": ("alive", ""),
    "nohead404": ("alive", ""),
    "302": ("alive", ""),
    "301": ("unknown", "HTTP 301"),  # in circles
    "403": ("unknown", "HTTP 403"),
    "429": ("unknown", "HTTP 429"),
    "404": ("dead", "HTTP 404"),
    "500": ("dead", "HTTP 500"),
    "slow": ("dead", "no answer in time"),
}


@pytest.mark.parametrize("path", ANSWERS)
def test_answer_tells_whether_a_link_is_dead(server, path):
    """Only what may change is asked again."""
    assert check_links.ask(f"{server}/{path}") == ANSWERS[path]
    times = 2 if path in ("429", "500", "slow") else 1
    if ANSWERS[path][0] != "alive":
        both = [f"HEAD /{path}", f"GET /{path}"]
        assert [x for x in _Server.asked if path in x][: 2 * times] == both * times


def test_no_server_is_a_dead_link(server):
    port = server.rpartition(":")[2]
    state, reason = check_links.ask(f"https://127.0.0.1:{port}/fine")  # speaks no TLS
    assert state == "dead"
    assert reason


def test_links_are_found_with_their_places(tmp_path):
    (tmp_path / "docs" / "en").mkdir(parents=True)
    page = tmp_path / "docs" / "en" / "page.md"
    page.write_text(
        "[a](https://a.example/x_(y)), <https://b.example/한> and https://c.example/z.\n"
        "[a](https://a.example/x_(y)#part),[d](https://d.example/?q=1 'title')\n"
        "`https://e.example` http://127.0.0.1:8000/ **https://f.example/**\n",
        "utf-8",
    )
    cell = {"source": ["[g](https://g.example/h)\n", '<a href="https://h.example">']}
    page.with_suffix(".ipynb").write_text(json.dumps(cell, indent=1), "utf-8")
    (tmp_path / "README.md").write_text("https://c.example/z", "utf-8")
    assert check_links.links(tmp_path) == {
        "https://c.example/z": ["README.md:1", "docs/en/page.md:1"],
        "https://g.example/h": ["docs/en/page.ipynb:3"],
        "https://h.example": ["docs/en/page.ipynb:4"],
        "https://a.example/x_(y)": ["docs/en/page.md:1", "docs/en/page.md:2"],
        "https://b.example/": ["docs/en/page.md:1"],
        "https://d.example/?q=1": ["docs/en/page.md:2"],
        "https://e.example": ["docs/en/page.md:3"],
        "https://f.example/": ["docs/en/page.md:3"],
    }


def test_no_link_of_the_built_pages_is_forgotten(site):
    shown = {
        urldefrag(html.unescape(link)).url
        for path in site.rglob("*.html")
        for link in re.findall(r'href="(https?://[^"]+)"', path.read_text("utf-8"))
    }
    from_the_theme = {"https://squidfunk.github.io/mkdocs-material/"}
    assert shown - from_the_theme <= set(check_links.links(PROJECT.root))
    assert len(shown) > 20


@pytest.fixture
def readme(server, tmp_path, monkeypatch):
    """Return a README of which alone the links are checked."""
    monkeypatch.setattr(check_links, "ROOT", tmp_path)
    monkeypatch.setattr(check_links, "HERE", set())
    return tmp_path / "README.md"


def test_report_names_file_and_line(server, readme, capsys):
    dead = f"{server}/404"
    readme.write_text(f"{dead}\n{server}/fine\n{dead} {server}/403", "utf-8")
    check_links.main()
    out, err = capsys.readouterr()
    assert out == f"- <{dead}>: HTTP 404\n  - `README.md:1`\n  - `README.md:3`\n"
    assert f"- <{server}/403>: HTTP 403\n  - `README.md:3`\n" in err


def test_without_a_network_nothing_is_called_dead(server, readme, capsys):
    readme.write_text(f"{server}/slow", "utf-8")
    with pytest.raises(SystemExit, match="is there a network"):
        check_links.main()
    assert not capsys.readouterr().out


CALLS = {  # report and title: what is asked of GitHub, where an issue 7 is "Dead"
    ("- one", "Dead"): "issue edit 7 --body-file report.md",
    ("- one", "Else"): "issue create --title Else --body-file report.md",
    ("\n", "Dead"): "issue close 7 --comment Nothing is left of it.",
    ("", "Else"): None,
}


@pytest.mark.skipif(os.name == "nt", reason="the workflow runs on Linux")
@pytest.mark.parametrize(("text", "title"), CALLS)
def test_one_issue_is_kept(tmp_path, monkeypatch, text, title):
    """In place of GitHub's client, a program that notes down what it is asked."""
    client = tmp_path / "gh"
    client.write_text(
        """#!/bin/sh\necho "$@" >> calls\necho '[{"number": 7, "title": "Dead"}]'\n"""
    )
    client.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr("sys.argv", ["keep_issue.py", title, "report.md"])
    Path("report.md").write_text(text, "utf-8")
    keep_issue.main()
    listed, *calls = Path("calls").read_text("utf-8").splitlines()
    ours = "issue list --app github-actions --state open --json number,title"
    assert listed == ours, "only issues that a workflow opened"
    assert calls == [call for call in [CALLS[text, title]] if call]
