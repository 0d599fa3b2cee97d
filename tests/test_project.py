"""The README, the Makefile and the CI say the same as the project."""

import re
import tomllib

import pages

ROOT = pages.ROOT
GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))[
    "dependency-groups"
]
README = (ROOT / "README.md").read_text("utf-8")


def test_readme_says_of_every_dependency_why_it_is_there():
    table = re.findall(r"^\| `([\w-]+)` \| (\w+) \| (.+) \|$", README, re.MULTILINE)
    listed = {(name, group) for name, group, reason in table if len(reason) > 4}
    wanted = {
        (re.split(r"[<>=]", entry)[0], group)
        for group, entries in GROUPS.items()
        for entry in entries
        if isinstance(entry, str)
    }
    assert listed == wanted


def test_readme_names_commands_and_files_that_exist():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for path in re.findall(
        r"(?:\.venv/bin/python|pytest) ((?:docs|hooks|tests)/[\w/.-]+\w)", README
    ):
        assert (ROOT / path).exists(), path


def test_every_dependency_is_pinned_and_no_host_is_named():
    constraints = (ROOT / "constraints.txt").read_text("utf-8")
    pinned = {
        name.lower() for name in re.findall(r"^([\w.-]+)==", constraints, re.MULTILINE)
    }
    for entries in GROUPS.values():
        for entry in entries:
            if isinstance(entry, str):
                assert re.split(r"[<>=]", entry)[0].lower() in pinned, entry
    assert "://" not in constraints
    assert "torch==2.13.0" in constraints


def test_ci_calls_the_readme_command():
    assert "make test" in README
    assert re.search(
        r"^(CI=true )?make test$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE
    )
    assert "run: make test" in (ROOT / ".github/workflows/test.yml").read_text("utf-8")


def test_actions_are_pinned_by_commit():
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        for action in re.findall(r"uses: (\S+)", path.read_text("utf-8")):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action), (
                f"{path.name}: {action}"
            )


def test_the_published_site_knows_its_history():
    """A clone with a depth has none, and the pages would not say when they changed."""
    assert "fetch-depth: 0" in (ROOT / ".github/workflows/pages.yml").read_text("utf-8")
