"""Text files are read as UTF-8 and written whole, or a fault says why not."""

import os
import re
import signal
import subprocess
import sys

import project
import pytest

from sitetools.content import files
from sitetools.fault import Fault

ODD = {
    "not UTF-8": (b"a\nb \xe9\n", 2, "not UTF-8"),
    "UTF-16": ("a\n".encode("utf-16"), 1, "not UTF-8"),
    "line ends of an old Mac": (b"a\rb\r", 1, "carriage return"),
    "one line end of an old Mac": (b"a\r\nb\n\nc\rd\n", 4, "carriage return"),
    "NUL": (b"a\n\0\n", 2, "U+0000"),
    "ESC": (b"a\n\n\x1b[0m\n", 3, "U+001B"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_text_is_a_fault_with_its_line(tmp_path, name):
    data, line, problem = ODD[name]
    path = tmp_path / "a.md"
    path.write_bytes(data)
    with pytest.raises(Fault) as fault:
        files.read(path)
    assert fault.value.place.path == path
    assert fault.value.place.line == line
    assert problem in fault.value.problem
    assert fault.value.remedy


@pytest.mark.parametrize("data", [b"a\tb\n", b"\xef\xbb\xbfa\tb\r\n"])
def test_newlines_and_mark_of_windows_are_fine(tmp_path, data):
    path = tmp_path / "a.md"
    path.write_bytes(data)
    assert files.read(path) == "a\tb\n"


def test_what_is_written_is_read_and_leaves_nothing(tmp_path):
    path = tmp_path / "a.md"
    files.write(path, "가\r\n")
    assert path.read_bytes() == "가\r\n".encode()
    assert os.listdir(tmp_path) == ["a.md"]


def test_full_disk_keeps_what_was(tmp_path, full):
    path = tmp_path / "a.md"
    path.write_text("before")
    full()
    with pytest.raises(Fault, match="No space left on device") as fault:
        files.write(path, "after")
    assert fault.value.place.path == path
    assert os.listdir(tmp_path) == ["a.md"]
    assert path.read_text() == "before"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes")
def test_killed_while_writing_keeps_the_file(tmp_path):
    path = tmp_path / "a.md"
    path.write_text("before")
    code = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from sitetools.content import files\n"
        "Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.write(Path(sys.argv[1]), 'after')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=project.ROOT)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "before"
    (left,) = set(os.listdir(tmp_path)) - {"a.md"}
    assert re.fullmatch(r"\..*\.tmp", left)
    ignored = (project.ROOT / ".gitignore").read_text("utf-8").split("\n")
    assert ".*.tmp" in ignored
    files.write(path, "next")
    assert path.read_text() == "next"


@pytest.mark.parametrize(
    ("text", "line"), [("b", 2), ("b\nnot here", 2), ("nowhere", 1), ("\n c ", 3)]
)
def test_line_of_a_text(tmp_path, text, line):
    path = tmp_path / "a.md"
    path.write_text("a\nbb\nc\n")
    assert files.line_of(path, text) == line
