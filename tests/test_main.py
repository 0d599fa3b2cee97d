"""The command line: each command does one thing, and says what it did."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import project
import pytest
from translated_page import PAGE, add_lab, change, make, write

from sitetools.__main__ import main, parser
from sitetools.translate import commands, staleness

NAMES = {
    "status", "check", "start", "fix", "stamp", "unchanged", "clean", "new-language",
    "results",
}  # fmt: skip


@pytest.fixture
def translated(tmp_path):
    """Return the folder of a project with one translated page and one lab."""
    root = tmp_path / "project"
    root.mkdir()
    make(root)
    add_lab(root)
    return root


@pytest.fixture
def run(translated, capsys):
    """Return a function that runs a command: its exit code, what it prints."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments], translated)
        out, err = capsys.readouterr()
        return code, out + err

    return run


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["--help"])
    listed = set(re.findall(r"(?m)^    ([a-z-]+)", capsys.readouterr().out))
    assert listed == NAMES


def test_commands_that_are_written_anywhere_exist():
    root = project.ROOT
    files = [*root.glob("*.md"), *root.glob(".github/**/*.md"), root / "Makefile"]
    files += [*root.glob("docs/*/terms.yml"), *root.glob(".github/workflows/*.yml")]
    for path in [*files, *root.glob("sitetools/**/*.py")]:
        text = path.read_text("utf-8")
        other = text.replace(
            "-m sitetools.lock", ""
        )  # make's own, before .venv is there
        assert "-m sitetools." not in other, f"{path}: write `-m sitetools COMMAND`"
        named = re.findall(r"-m sitetools ([\w-]+)", text)
        named += re.findall(r"\bcommand\(\"([\w-]+)\"|\bcommand\('([\w-]+)'", text)
        for name in named:
            name = name if isinstance(name, str) else name[0] or name[1]
            assert name in NAMES, f"{path}: there is no command {name!r}"


def test_both_guides_name_the_same_commands_and_files():
    guides = [
        (project.ROOT / ".github" / name).read_text("utf-8")
        for name in ("CONTRIBUTING.md", "CONTRIBUTING.ko.md")
    ]
    said = [set(re.findall(r"`([^`\n]+)`", guide)) for guide in guides]
    commands_, files = (
        [{part for part in parts if re.match(pattern, part)} for parts in said]
        for pattern in (rf"(?:make|gh|{'|'.join(NAMES)})\b", r"[\w/-]+\.\w+$")
    )
    blocks = [re.findall(r"(?s)```.*?```", guide) for guide in guides]
    assert blocks[0] == blocks[1]
    assert commands_[0] == commands_[1]
    assert files[0] == files[1]
    assert len(commands_[0]) > 9
    assert len(files[0]) > 9


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux", ".venv/bin/python -m sitetools stamp a.md"),
        ("win32", r".venv\Scripts\python -m sitetools stamp a.md"),
    ],
)
def test_command_can_be_run_as_it_is_printed(monkeypatch, platform, expected):
    monkeypatch.setattr(sys, "platform", platform)
    assert commands.command("stamp", "a.md") == expected


def test_module_runs_without_an_installed_package():
    """As a reader types it; `check` of a page that is not there ends with 1."""
    done = subprocess.run(
        [sys.executable, "-m", "sitetools", "check", "docs/ko/indx.md"],
        cwd=project.ROOT,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.startswith("docs/ko/indx.md:1: there is no such page; you may ")


def test_status_prints_lines_and_ends_with_one_if_a_page_is_broken(run, translated):
    assert run("status")[0] == 0
    write(translated / "docs" / "ko" / "page.md", "x")
    code, said = run("status")
    assert code == 1
    assert "  broken   docs/ko/page.md:1: " in said


def test_check_prints_what_is_to_do(run, translated):
    page = translated / "docs" / "ko" / "page.md"
    assert run("check", page) == (0, "Nothing to do.\n")
    change(page, "글", "<b>글")
    code, said = run("check", page, page.with_name("labels.yml"))
    assert code == 1
    assert said.startswith("docs/ko/page.md:12: <b> is never closed; add </b>.\n")
    assert run("check")[1].count("<b> is never closed") == 1


def test_page_is_begun_and_stamped(run, translated):
    own = translated / "docs" / "ja" / "page.md"
    code, said = run("start", own)
    assert code == 0
    assert "  .venv/bin/python -m sitetools stamp docs/ja/page.md\n" in said.replace(
        r".venv\Scripts\python", ".venv/bin/python"
    )
    korean = (translated / "docs" / "ko" / "page.md").read_text("utf-8")
    write(own, re.sub(r"(?m)^source:\n(  .*\n)*", "", korean))
    assert run("stamp", f"{own}#one")[0] == 0
    assert staleness.stale(own) == ["top", "t"]
    assert run("stamp", own)[0] == 0
    assert staleness.stale(own) == []
    assert run("start", own)[0] == 1


def test_english_page_is_refused(run, translated):
    code, said = run("stamp", translated / "docs" / "en" / "page.md")
    assert code == 1
    assert said == (
        "docs/en/page.md:1: this is the English page; name its translation, such as "
        "docs/ko/page.md.\n"
    )


def test_change_is_declared_to_need_no_translation(run, translated):
    source = translated / "docs" / "en" / "page.md"
    change(source, "- item", "- itme")
    code, said = run("unchanged", f"{source}#one")
    assert code == 0
    assert "  - - item\n  + - itme\n  stamped in docs/ko/page.md\n" in said
    assert "follows it already" in run("unchanged", source)[1]


def test_page_is_fixed(run, translated):
    page = translated / "docs" / "ko" / "page.md"
    assert "nothing to fix" in run("fix", page)[1]
    change(page, "  1\n", "  2\n")
    assert "1 places fixed; the page as it was: .cache/" in run("fix", page)[1]


def test_notebook_is_cleaned_and_its_rules_are_said(run, translated):
    own = translated / "docs" / "ko" / "labs" / "lab.ipynb"
    before = own.read_text("utf-8")
    change(own, '"execution_count": null', '"execution_count": 3')
    assert run("clean", own) == (0, "")
    assert own.read_text("utf-8") == before
    change(own, '"id": "install"', '"id": "setup"')
    code, said = run("clean", own)
    assert code == 1
    assert "the first code cell does not install anything" in said


def test_language_is_added(run, translated):
    write(translated / "docs" / "en" / "index.md", PAGE)
    code, said = run("new-language", "pt-BR", "português", "(Brasil)")
    assert code == 0
    assert said.startswith("Written:\n  docs/pt-BR/labels.yml\n")
    assert "language: português (Brasil)" in (
        translated / "docs" / "pt-BR" / "labels.yml"
    ).read_text("utf-8")


def test_path_outside_of_a_project_is_refused(run, tmp_path):
    write(tmp_path / "page.md", PAGE)
    code, said = run("stamp", tmp_path / "page.md")
    assert code == 1
    assert said.startswith(f"{tmp_path}/page.md")


# A disk that is full.


@pytest.fixture
def full(monkeypatch):
    """Return a function that fills the disk: half of a file still fits."""
    real = Path.write_bytes

    def half(path, data):
        real(path, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return lambda: monkeypatch.setattr(Path, "write_bytes", half)


WRITERS = {
    "stamp": ["docs/ko/page.md"],
    "start": ["docs/ja/page.md"],
    "fix": ["docs/ko/page.md"],
    "unchanged": ["docs/en/page.md"],
    "clean": ["docs/ko/labs/lab.ipynb"],
    "new-language": ["fr", "français"],
}


@pytest.mark.parametrize("command", WRITERS)
def test_full_disk_loses_nothing(run, translated, full, command):
    write(translated / "docs" / "en" / "index.md", PAGE)
    change(translated / "docs" / "en" / "page.md", "- item", "- itme")
    change(translated / "docs" / "ko" / "page.md", "  1\n", "  2\n")
    files = {
        path: path.read_bytes()
        for path in translated.rglob("*")
        if path.is_file() and not {".git", ".cache"} & set(path.parts)
    }
    full()
    arguments = [
        translated / name if "/" in name else name for name in WRITERS[command]
    ]
    code, said = run(command, *arguments)
    assert code == 1
    assert re.search(
        r"\S+:1: cannot be written \(No space left on device\) and is as it was; make "
        r"room, or allow writing there, and run this again\.\n$",
        said,
    ), said
    now = {
        path: path.read_bytes()
        for path in translated.rglob("*")
        if path.is_file() and not {".git", ".cache"} & set(path.parts)
    }
    assert now == files
