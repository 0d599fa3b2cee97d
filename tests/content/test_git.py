"""What git knows is asked for; without git, nothing breaks."""

import subprocess

import pytest

from sitetools.content import git


def test_git_answers_in_a_repository(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "글.md").touch()
    assert git.run(tmp_path, "ls-files", "--others") == "글.md\n"


def test_no_history_is_no_answer(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert git.run(tmp_path, "log") is None


def test_no_git_is_no_answer(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git.run(tmp_path, "log") is None
