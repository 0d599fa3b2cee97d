"""What make does when something fails, is killed, or runs twice at once."""

import os
import shutil
import socket
import subprocess
import sys

import project
import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs make and flock")


@pytest.fixture
def checkout(tmp_path):
    """Return a project in which everything is installed, with a Python of our own."""
    shutil.copy(project.ROOT / "Makefile", tmp_path)
    (tmp_path / "sitetools").mkdir()
    for name in ("__init__.py", "lock.py"):
        shutil.copy(project.ROOT / "sitetools" / name, tmp_path / "sitetools")
    for name in ("pyproject.toml", "constraints.txt", "pip.txt"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))  # older than what was installed from it
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("pip", "site"):
        (tmp_path / ".venv" / name).touch()
    return tmp_path


def python(checkout, script):
    """Let .venv/bin/python be a shell script."""
    path = checkout / ".venv" / "bin" / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def make(checkout, *arguments):
    return subprocess.Popen(
        ["make", f"PYTHON={sys.executable}", *arguments],
        cwd=checkout,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("end", ["exit 1", "kill -9 $PPID", "kill -9 $$"])
def test_build_that_fails_or_is_killed_keeps_the_site(checkout, end):
    page = checkout / "site" / "index.html"
    page.parent.mkdir()
    page.write_text("old")
    for text, last, expected in (("half", end, "old"), ("new", "exit 0", "new\n")):
        python(checkout, f"mkdir site.new\necho {text} > site.new/index.html\n{last}")
        process = make(checkout, "build")
        process.communicate()
        assert bool(process.returncode) == (expected == "old")
        assert page.read_text() == expected
    left = {path.name for path in checkout.glob("site*")}
    assert left == {"site", "sitetools"}


def test_two_builds_at_once_wait_for_each_other(checkout):
    script = (
        "mkdir site.new || exit 1\necho begin >> log\nsleep 0.5\n"
        "echo page > site.new/index.html\necho end >> log"
    )
    python(checkout, script)
    processes = [make(checkout, "build") for _ in range(3)]
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert (checkout / "log").read_text().split() == ["begin", "end"] * 3
    assert (checkout / "site" / "index.html").read_text() == "page\n"


def test_of_three_installs_at_once_one_installs(checkout):
    python(
        checkout,
        '[ "$1" = -c ] && exit 0\necho begin >> log\nsleep 0.5\necho end >> log',
    )
    os.utime(checkout / "pyproject.toml")
    processes = [make(checkout, ".venv/site") for _ in range(3)]
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert (checkout / "log").read_text().split() == ["begin", "end"]


def test_port_in_use_is_said_before_anything_is_built(checkout):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        python(checkout, f'exec {sys.executable} "$@"')
        process = make(checkout, "serve", f"PORT={port}")
        said = process.communicate()[0]
    assert process.returncode
    assert f"Port {port} is in use; choose another, as in: make serve PORT=8001" in said
    assert "Traceback" not in said


def test_venv_without_its_python_is_made_again(checkout):
    """As after an upgrade of the system's Python: the link in .venv leads nowhere."""
    fake = checkout / "python"
    fake.write_text(
        "#!/bin/sh\n"
        'if [ "$2" = venv ]; then mkdir -p .venv/bin; printf "#!/bin/sh\\nexit 0\\n"'
        " > .venv/bin/python; chmod +x .venv/bin/python; exit 0; fi\n"
        f'exec {sys.executable} "$@"\n'
    )
    fake.chmod(0o755)
    (checkout / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    os.utime(checkout / "pyproject.toml")
    process = subprocess.run(
        ["make", f"PYTHON={fake}", ".venv/site"],
        cwd=checkout,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert subprocess.run([checkout / ".venv" / "bin" / "python"]).returncode == 0
