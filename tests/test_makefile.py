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


def said(process):
    """Wait for make; return its exit code and what it printed."""
    output = process.communicate()[0]
    return process.returncode, output


@pytest.mark.parametrize("end", ["exit 1", "kill -9 $PPID"])
def test_build_that_fails_or_is_killed_keeps_the_site(checkout, end):
    page = checkout / "site" / "index.html"
    page.parent.mkdir()
    page.write_text("old")
    for text, last, expected in (("half", end, "old"), ("new", "exit 0", "new\n")):
        python(checkout, f"mkdir site.new\necho {text} > site.new/index.html\n{last}")
        code, _ = said(make(checkout, "build"))
        assert bool(code) == (expected == "old")
        assert page.read_text() == expected
    assert {path.name for path in checkout.glob("site*")} == {"site", "sitetools"}


@pytest.mark.parametrize(("target", "times"), [("build", 3), (".venv/site", 1)])
def test_three_at_once_wait_for_each_other(checkout, target, times):
    """And of three that install, the other two have nothing left to do."""
    python(
        checkout,
        '[ "$1" = -c ] && exit 0\nmkdir site.new || exit 1\necho begin >> log\n'
        f"sleep 0.2\necho end >> log\n[ {target} = build ] || rmdir site.new",
    )
    if target != "build":
        os.utime(checkout / "pyproject.toml")
    for code, output in map(said, [make(checkout, target) for _ in range(3)]):
        assert code == 0, output
    assert (checkout / "log").read_text().split() == ["begin", "end"] * times


def test_port_in_use_is_said_before_anything_is_built(checkout):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        python(checkout, f'exec {sys.executable} "$@"')
        code, output = said(make(checkout, "serve", f"PORT={port}"))
    assert code
    assert (
        f"Port {port} is in use; choose another, as in: make serve PORT=8001" in output
    )
    assert "Traceback" not in output


def test_venv_without_its_python_is_made_again(checkout):
    """As after an upgrade of the system's Python: the link in .venv leads nowhere."""
    fake, own = checkout / "python", checkout / ".venv" / "bin" / "python"
    fake.write_text(
        "#!/bin/sh\n"
        'if [ "$2" = venv ]; then mkdir -p .venv/bin; printf "#!/bin/sh\\nexit 0\\n"'
        " > .venv/bin/python; chmod +x .venv/bin/python; exit 0; fi\n"
        f'exec {sys.executable} "$@"\n'
    )
    fake.chmod(0o755)
    own.symlink_to("/nowhere/python3")
    os.utime(checkout / "pyproject.toml")
    code, output = said(make(checkout, ".venv/site", f"PYTHON={fake}"))
    assert code == 0, output
    assert subprocess.run([own]).returncode == 0
