"""The command line: each command does one thing, and says what it did."""

import os
import re
import shutil
import subprocess
import sys

import project
import pytest
import small_site
from translated_page import PAGE, add_lab, change, make, write

from sitetools.__main__ import main, parser
from sitetools.translate import command, staleness

NAMES = {
    "status", "check", "start", "fix", "stamp", "unchanged", "clean", "new-language",
    "results",
}  # fmt: skip


@pytest.fixture(scope="module")
def _made(tmp_path_factory):
    root = tmp_path_factory.mktemp("main") / "project"
    root.mkdir()
    make(root)
    add_lab(root)
    write(root / "docs" / "en" / "index.md", PAGE)
    return root


@pytest.fixture
def docs(_made, tmp_path):
    """Return the pages of a project: one that is translated, and one lab."""
    shutil.copytree(_made, tmp_path / "project")
    return tmp_path / "project" / "docs"


@pytest.fixture
def run(docs, capsys):
    """Return a function that runs a command: its exit code, what it prints."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments], docs.parent)
        return code, "".join(capsys.readouterr())

    return run


def test_commands_that_are_written_anywhere_exist(capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["--help"])
    assert set(re.findall(r"(?m)^    ([a-z-]+)", capsys.readouterr().out)) == NAMES
    root = project.ROOT
    files = [*root.glob("*.md"), *root.glob(".github/**/*.md"), root / "Makefile"]
    files += [*root.glob("docs/*/terms.yml"), *root.glob(".github/workflows/*.yml")]
    for path in [*files, *root.glob("sitetools/**/*.py")]:
        text = path.read_text("utf-8").replace("-m sitetools.lock", "")  # make's own
        assert "-m sitetools." not in text, f"{path}: write `-m sitetools COMMAND`"
        named = re.findall(r"-m sitetools ([\w-]+)|\bcommand\([\"']([\w-]+)", text)
        assert {a or b for a, b in named} <= NAMES, path


def test_both_guides_name_the_same_commands_and_files():
    guides = [
        (project.ROOT / ".github" / name).read_text("utf-8")
        for name in ("CONTRIBUTING.md", "CONTRIBUTING.ko.md")
    ]
    for pattern in (
        r"(?s)```.*?```",
        rf"`(?:make|gh|{'|'.join(NAMES)})\b[^`\n]*`",
        r"`[\w/-]+\.\w+`",
    ):
        one, two = (set(re.findall(pattern, guide)) for guide in guides)
        assert one == two
        assert len(one) > 3


@pytest.mark.parametrize(
    ("platform", "python"),
    [("linux", ".venv/bin/python"), ("win32", r".venv\Scripts\python")],
)
def test_command_can_be_run_as_it_is_printed(monkeypatch, platform, python):
    monkeypatch.setattr(sys, "platform", platform)
    assert command("stamp", "a.md") == f"{python} -m sitetools stamp a.md"


def test_module_runs_without_an_installed_package():
    """As a reader types it; `check` of a page that is not there ends with 1."""
    done = subprocess.run(
        [sys.executable, "-m", "sitetools", "check", "docs/ko/indx.md"],
        cwd=project.ROOT,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("docs/ko/indx.md:1: there is no such page; you may ")


def test_check_prints_what_is_to_do_and_status_what_is_broken(run, docs):
    page = docs / "ko" / "page.md"
    assert run("check", page) == (0, "Nothing to do.\n")
    change(page, "글", "<b>글")
    code, said = run("check", page, page.with_name("labels.yml"))
    assert code == 1
    assert said.startswith("docs/ko/page.md:12: <b> is never closed; add </b>.\n")
    assert run("check")[1].count("<b> is never closed") == 1
    assert run("status")[0] == 0
    write(page, "x")
    code, said = run("status")
    assert code == 1
    assert "  broken   docs/ko/page.md:1: " in said


def test_page_is_begun_stamped_and_fixed(run, docs):
    own = docs / "ja" / "page.md"
    code, said = run("start", own)
    assert code == 0
    assert f"  {command('stamp', 'docs/ja/page.md')}\n" in said
    korean = (docs / "ko" / "page.md").read_text("utf-8")
    write(own, re.sub(r"(?m)^source:\n(  .*\n)*", "", korean))
    assert run("stamp", f"{own}#one")[0] == 0
    assert staleness.stale(own) == ["top", "t"]
    assert run("stamp", own)[0] == 0
    assert staleness.stale(own) == []
    assert run("start", own)[0] == 1
    change(own, "  1\n", "  2\n")
    assert run("fix", own) == (0, "docs/ja/page.md: 1 places fixed\n")


def test_fault_ends_with_one_and_a_sentence(run, docs):
    code, said = run("stamp", docs / "en" / "page.md")
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("docs/en/page.md:1: this is the English page; name ")
    write(docs.parents[1] / "page.md", PAGE)
    code, said = run("stamp", docs.parents[1] / "page.md")
    assert code == 1
    assert "is not in a folder with mkdocs.yml" in said


def test_change_is_declared_to_need_no_translation(run, docs):
    source = docs / "en" / "page.md"
    change(source, "- item", "- itme")
    code, said = run("unchanged", f"{source}#one")
    assert code == 0
    assert "  - - item\n  + - itme\n  stamped in docs/ko/page.md\n" in said
    assert "follows it already" in run("unchanged", source)[1]


def test_notebook_is_cleaned_and_its_rules_are_said(run, docs):
    own = docs / "ko" / "labs" / "lab.ipynb"
    before = own.read_text("utf-8")
    change(own, '"execution_count": null', '"execution_count": 3')
    assert run("clean", own) == (0, "")
    assert own.read_text("utf-8") == before
    change(own, '"id": "install"', '"id": "setup"')
    code, said = run("clean", own)
    assert code == 1
    assert "the first code cell does not install anything" in said


def test_language_is_added(run, docs):
    code, said = run("new-language", "pt-BR", "português", "(Brasil)")
    assert code == 0
    assert said.startswith("Written:\n  docs/pt-BR/labels.yml\n")
    words = (docs / "pt-BR" / "labels.yml").read_text("utf-8")
    assert 'language: "português (Brasil)"' in words


WRITERS = {
    "stamp": ["docs/ko/page.md"],
    "start": ["docs/ja/page.md"],
    "fix": ["docs/ko/page.md"],
    "unchanged": ["docs/en/page.md"],
    "clean": ["docs/ko/labs/lab.ipynb"],
    "new-language": ["fr", "français"],
}


@pytest.mark.parametrize("name", WRITERS)
def test_full_disk_loses_nothing(run, docs, full, name):
    root = docs.parent
    change(docs / "en" / "page.md", "- item", "- itme")
    change(docs / "ko" / "page.md", "  1\n", "  2\n")
    files = small_site.files(root)
    full()
    arguments = [root / word if "/" in word else word for word in WRITERS[name]]
    code, said = run(name, *arguments)
    assert code == 1
    assert "cannot be written (No space left on device) and is as it was; " in said
    assert small_site.files(root) == files
