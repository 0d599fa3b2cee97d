"""The README, the Makefile and the CI say the same as the project."""

import re
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from project import PROJECT

ROOT = PROJECT.root
GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))[
    "dependency-groups"
]
README = (ROOT / "README.md").read_text("utf-8")


DOCUMENTS = ("README.md", "RUNBOOK.md", ".github/CONTRIBUTING.md")


def test_every_dependency_says_why_it_is_there():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    for entries in GROUPS.values():
        for entry in entries:
            if isinstance(entry, str):
                line = next(x for x in text.split("\n") if f'"{entry}",' in x)
                assert len(line.partition("# ")[2]) > 4, f"{entry}: no reason"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_name_commands_and_files_that_exist(name):
    text = (ROOT / name).read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"\bmake (\w+)", text):
        if target in ("it", "sure", "them"):
            continue
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for path in re.findall(
        r"`((?:docs|sitetools|tests|theme|snippets)/[\w/.-]+)`", text
    ):
        assert (ROOT / path).exists(), path


def pins(name):
    """Return each package that a file pins, with its version and number of hashes."""
    text = re.sub(r"\\\n", "", (ROOT / name).read_text("utf-8"))
    assert "://" not in text, f"{name} names a host"
    assert "--only-binary :all:" in text, "what is built here brings unpinned tools"
    return {
        canonicalize_name(name): (version, rest.count("--hash=sha256:"))
        for name, version, rest in re.findall(r"(?m)^([\w.-]+)==(\S+)(.*)", text)
    }


def test_every_version_is_pinned_and_hashed():
    pinned = pins("constraints.txt")
    assert pinned["torch"] == ("2.13.0", 0), "its CPU build is another on each system"
    for name, (_, hashes) in pinned.items():
        assert hashes or name == "torch", f"{name} has no hash: make constraints"
    for entries in GROUPS.values():
        for entry in entries:
            if isinstance(entry, str):
                assert canonicalize_name(re.split(r"[<>=]", entry)[0]) in pinned, entry
    assert pins("pip.txt") == {"pip": pinned["pip"]}


def test_what_the_dependencies_bring_is_pinned_too():
    """As installed here; pip says the same wherever it demands hashes."""
    pinned = pins("constraints.txt")
    groups = GROUPS["check"] + GROUPS["site"]
    left = [entry for entry in groups if isinstance(entry, str)]
    seen = set()
    while left:
        requirement = Requirement(left.pop())
        name, extras = canonicalize_name(requirement.name), {"", *requirement.extras}
        if (name, *sorted(extras)) not in seen:
            seen.add((name, *sorted(extras)))
            assert name in pinned, f"{name} is not pinned: make constraints"
            left += [
                entry
                for entry in metadata.requires(name) or []
                if not (marker := Requirement(entry).marker)
                or any(marker.evaluate({"extra": extra}) for extra in extras)
            ]
    assert len(seen) > 50


def test_only_the_install_that_brings_torch_goes_without_a_hash():
    """Beside the Makefile's, these are all commands that install something."""
    for path in (*ROOT.glob("*.md"), *(ROOT / ".github").rglob("*.[my]*")):
        for call in re.findall(r"(?:-m|uv) pip install (.+)", path.read_text("utf-8")):
            assert call in (
                "-r pip.txt",
                "-c constraints.txt --group site",
                "-c constraints.txt --group check",
                "-c constraints.txt --no-require-hashes --group test",
                "--torch-backend=cpu --constraints constraints.txt torch",
            ), f"{path}: {call}"
    calls = re.findall(r"\$\(PIP\) (.+)", (ROOT / "Makefile").read_text("utf-8"))
    assert calls == [
        "-r pip.txt && touch .venv/pip; fi",
        "-c constraints.txt --$(if $(filter test,$(GROUP)),no-)require-hashes "
        "--group $(GROUP) && \\",
    ]


def test_ci_calls_the_command_of_a_short_readme():
    assert README.count("\n") <= 120
    assert "make test" in README
    assert re.search(
        r"^(CI=true )?make test$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE
    )
    assert "run: make test" in (ROOT / ".github/workflows/test.yml").read_text("utf-8")


def test_the_published_site_knows_its_history():
    """A clone with a depth has none, and the pages would not say when they changed."""
    assert "fetch-depth: 0" in (ROOT / ".github/workflows/pages.yml").read_text("utf-8")
