"""What passed is not run again, unless anything that decides about it changed."""

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import project
import pytest
import remembered
import small_site


@pytest.fixture
def memory(tmp_path):
    return remembered.Memory(tmp_path / "tests")


def test_pass_is_remembered_until_everything_runs(memory):
    ident = remembered.key("blocks", ["print(1)"])
    assert not memory.has(ident)
    memory.keep(ident)
    assert memory.has(ident)
    fresh = remembered.Memory(memory.folder, fresh=True)
    assert fresh.has(ident)  # of this run
    os.utime(memory.folder / ident, (0, 0))
    assert not fresh.has(ident)


@pytest.mark.parametrize("data", [b"", b"0123", b"\xff"])
def test_damaged_entry_counts_as_absent(memory, data):
    ident = remembered.key("blocks", [])
    memory.keep(ident)
    (memory.folder / ident).write_bytes(data)
    assert not memory.has(ident)


def test_key_depends_on_inputs_versions_and_judges(tmp_path, monkeypatch):
    file = tmp_path / "beside.py"
    file.write_text("x = 1")
    judge = tmp_path / "judge.py"
    judge.write_text("1")
    monkeypatch.setattr(remembered, "SITETOOLS", tmp_path)
    for kind in ("blocks", "labs"):
        monkeypatch.setitem(remembered.JUDGES, kind, ("judge.py",))

    def key(kind="blocks", code="code", output="1"):
        return remembered.key(kind, [code, output, file])

    keys = [key(), key(code="other"), key(output="2"), key(kind="labs")]
    file.write_text("x = 2")
    keys.append(key())
    file.unlink()
    keys.append(key())
    judge.write_text("2")
    keys.append(key())
    monkeypatch.setattr(remembered, "versions", lambda: "torch 99")
    keys.append(key())
    assert len(set(keys)) == len(keys)
    assert key() == key()


@pytest.mark.parametrize(
    ("option", "ci", "fresh"),
    [(False, "", False), (True, "", True), (False, "true", True)],
)
def test_everything_runs_if_asked_and_in_ci(monkeypatch, option, ci, fresh):
    monkeypatch.setenv("CI", ci)
    config = mock.Mock()
    config.getoption.return_value = option
    assert remembered.is_fresh(config) is fresh


def test_versions_name_what_code_runs_on():
    assert re.search(r"torch (\d|no )|no torch", remembered.versions())
    assert sys.version.split()[0] in remembered.versions()


def test_judges_exist():
    for kind in remembered.JUDGES:
        remembered.key(kind, [])


def write(folder, number):
    memory = remembered.Memory(folder)
    for _ in range(50):
        memory.keep("a" * 64)
        memory.keep(f"{number:064}")
        if not memory.has("a" * 64):
            os._exit(1)


def test_several_processes_may_write_at_once(tmp_path):
    processes = [
        multiprocessing.Process(target=write, args=(tmp_path / "tests", number))
        for number in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(list((tmp_path / "tests").iterdir())) == 4


def test_only_entries_that_are_not_used_are_deleted(memory):
    long_ago = time.time() - (remembered.DAYS + 1) * 24 * 60 * 60
    for ident in ("used", "unused"):
        memory.keep(ident)
        os.utime(memory.folder / ident, (long_ago, long_ago))
    assert memory.has("used")
    memory.forget_unused()
    assert [path.name for path in memory.folder.iterdir()] == ["used"]


def test_summary_says_what_was_not_run():
    kinds = ["snippets", "blocks", "labs", "blocks"]
    assert remembered.summary(kinds) == (
        "2 blocks, 1 labs and 1 snippets passed before with the same code and versions: "
        "not run again (--fresh runs them)"
    )
    assert remembered.summary([]) == ""


PAGE = f"""{small_site.PAGE}
```python
print(2)
```

```output
1
```

```python
print(3)
```

```output
3
```
"""


@pytest.fixture
def tests_of(root):
    """Return a function that runs the tests of a small site's pages."""
    for language in ("en", "ko"):
        (root / "docs" / language / "index.md").write_text(PAGE, "utf-8")
    shutil.copy(project.ROOT / "docs" / "conftest.py", root / "docs")
    (root / "pytest.ini").write_text(
        f"[pytest]\naddopts = -p remembered -p no:cacheprovider -q\n"
        f"pythonpath = {project.ROOT} {project.ROOT / 'tests'}\n"
    )

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=root,
            env={key: value for key, value in os.environ.items() if key != "CI"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        ).stdout

    return run


@pytest.mark.torch
def test_update_rewrites_all_languages_and_then_nothing_runs_again(root, tests_of):
    said = tests_of("docs", "-n0")
    assert "1 failed, 1 passed" in said
    assert "docs/en/index.md:14: the block prints something else" in said
    assert "The same block is at docs/ko/index.md:10" in said
    said = tests_of("docs/en/index.md", "--update", "-n0")
    assert "docs/en/index.md: 1 outputs rewritten\n" in said
    assert "docs/ko/index.md: 1 outputs rewritten\n" in said
    for language in ("en", "ko"):
        page = Path(root, "docs", language, "index.md").read_text("utf-8")
        assert page == PAGE.replace("output\n1\n", "output\n2\n")
    assert "1 blocks passed before" in tests_of("docs", "-n2")
