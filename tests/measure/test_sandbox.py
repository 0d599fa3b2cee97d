"""A run is cut off from the rest, stopped when out of hand, and leaves nothing."""

import os
import subprocess
import sys
import time

import project
import pytest

from sitetools.measure import sandbox

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes")
torch = pytest.mark.torch

LEFT = (
    "import subprocess, sys\nprint(subprocess.Popen([sys.executable, '-c', "
    "'import time; time.sleep(99)']).pid, flush=True)\n"
)
BROKEN = {
    "never ends": ("while True: pass", "longer than 1 s"),
    "leaves a thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=[99]).start()",
        "longer than 1 s",
    ),
    "exits at once": ("import os; os._exit(0)", "ended the process before"),
    "kills itself": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "SIGKILL",
    ),
    "crashes": ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    "forks": ("import os, time\nif not os.fork(): time.sleep(99)", "left a process"),
    "leaves a process": (LEFT, "left a process"),
    "prints a megabyte": ("print('x' * 10**6)", "more than 100,000 bytes"),
    "prints for ever": ("while True: print('x' * 10**5)", "more than 100,000 bytes"),
}


@posix
@torch
@pytest.mark.parametrize("name", BROKEN)
def test_run_out_of_hand_is_stopped(monkeypatch, name):
    code, broken = BROKEN[name]
    monkeypatch.setattr(sandbox, "PATIENCE", 3)
    limit = 1 if "longer" in broken else sandbox.LIMIT
    outcome = sandbox.run(code, limit=limit)
    assert broken in outcome.broken
    assert len(outcome.stdout) <= sandbox.MOST_OUTPUT
    if name == "leaves a process":
        assert gone(int(outcome.stdout))


def gone(process):
    """Return whether a process has ended, as soon as the system has buried it."""
    for _ in range(200):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


FAILS = {
    "exits": ("import sys\nsys.exit(3)", 2, "SystemExit: 3"),
    "exits in an import": (
        "open('other.py', 'w').write('raise SystemExit')\nimport other",
        2,
        "SystemExit",
    ),
    "calls itself": ("def f(): f()\nf()", 1, "RecursionError: maximum"),
    "fails with a megabyte": ("raise ValueError('x' * 10**6)", 1, "ValueError: xxx"),
    "asks its reader": ("input()", 1, "EOFError"),
    "needs the network": (
        "import urllib.request as u\nu.urlopen('http://example.org/')",
        2,
        "no network here to reach 'example.org'",
    ),
    "connects to an address": (
        "import socket\nsocket.create_connection(('127.0.0.1', 1))",
        2,
        "no network here to reach '127.0.0.1'",
    ),
    "writes a file elsewhere": (
        "open('../../mine', 'w').write('theirs')",
        1,
        "mine: a block writes into its own folder only",
    ),
    "writes into yours": (
        "\nopen('{outside}/mine', 'a').write('theirs')",
        2,
        "mine: a block writes into its own folder only",
    ),
    "removes a file elsewhere": (
        "import os\nos.chdir('{outside}')\nos.remove('mine')",
        3,
        "mine: a block writes into its own folder only",
    ),
    "replaces a file elsewhere": (
        "import os\nopen('x', 'w').close()\nos.replace('x', '{outside}/mine')",
        3,
        "mine: a block writes into its own folder only",
    ),
    "is not Python": ("\nx = = 1", 2, "SyntaxError"),
    "imports the project": ("import sitetools", 1, "No module named 'sitetools'"),
    "imports its tests": ("import blocks", 1, "No module named 'blocks'"),
}


@torch
@pytest.mark.parametrize("name", FAILS)
def test_run_that_fails_says_where_and_harms_nothing(tmp_path, name):
    code, line, error = FAILS[name]
    (tmp_path / "mine").write_text("mine")
    outcome = sandbox.run(code.replace("{outside}", str(tmp_path)), "page.md")
    assert outcome.broken is None
    assert error in outcome.error
    assert len(outcome.error) < sandbox.MOST_OUTPUT
    assert outcome.line == line
    assert "sandbox" not in outcome.trace, "our own code is no part of the message"
    assert os.listdir(tmp_path) == ["mine"]
    assert (tmp_path / "mine").read_text() == "mine"


@torch
def test_lines_are_those_of_the_page():
    source = "x = 1\n\nx.nothing\n"
    outcome = sandbox.run(source, "page.md", [11, 12, 20, 21])
    assert outcome.line == 20
    assert '"page.md", line 20' in outcome.trace
    assert sandbox.run("a\n  b\n", "page.md", [5, 6]).line == 6


@torch
@pytest.mark.parametrize(
    "code",
    [
        "open('own', 'w').write('x'); print(open('own').read())",
        "import tempfile; tempfile.TemporaryFile().write(b'x'); print('x')",
        "import os; open(os.devnull, 'w').write('y'); os.mkdir('d'); print('x')",
        "import threading; threading.Thread(target=print, args='x').start()",
        "import sys; print('x'); sys.stdout.close()",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(\"x\")'])",
    ],
)
def test_what_a_run_may_do(code):
    outcome = sandbox.run(code)
    assert (outcome.stdout, outcome.error, outcome.broken) == ("x\n", None, None)


@torch
def test_next_run_notices_nothing():
    sandbox.run(
        "import os, torch, matplotlib\n"
        "os.environ['LEFT'] = '1'; open('left', 'w').close(); os.chdir('/')\n"
        "torch.set_default_dtype(torch.float64); matplotlib.rcParams['font.size'] = 99"
    )
    outcome = sandbox.run(
        "import os, torch, matplotlib\n"
        "print(os.listdir(), 'LEFT' in os.environ, torch.get_default_dtype(),"
        " matplotlib.rcParams['font.size'])"
    )
    assert outcome.stdout == "[] False torch.float32 10.0\n"


@torch
def test_forgotten_seed_is_caught():
    source = (
        "import torch, random, numpy\n"
        "x = torch.rand(1).item(), random.random(), numpy.random.rand()"
    )
    one, two = (sandbox.run(source, values=["x"]).values["x"] for _ in range(2))
    assert all(a != b for a, b in zip(one, two, strict=True))


@torch
def test_values_and_warnings_are_returned():
    source = "import sys\nx = {'a': (1, 2.5)}\nprint('old', file=sys.stderr)"
    outcome = sandbox.run(source, values=["x", "y"])
    assert outcome.values == {"x": {"a": [1, 2.5]}, "y": None}
    assert outcome.stderr == "old\n"


@torch
def test_file_may_be_beside_it(tmp_path):
    path = tmp_path / "helper.py"
    path.write_text("x = 5\n")
    source = "import helper\nprint(helper.x)"
    assert sandbox.run(source, beside=[path]).stdout == "5\n"
    assert "ModuleNotFoundError" in sandbox.run(source).error


def test_importing_changes_no_environment_variable():
    code = (
        "import os\nbefore = dict(os.environ)\n"
        "from sitetools.measure import run_labs, sandbox\n"
        "print(before == dict(os.environ))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "True\n", done.stderr


@torch
def test_running_changes_no_environment_variable():
    before = dict(os.environ)
    outcome = sandbox.run("import os\nprint(os.environ['OMP_NUM_THREADS'])")
    assert outcome.stdout == "1\n"
    assert dict(os.environ) == before
