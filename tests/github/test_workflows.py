"""The workflows can do no more than they need, and no one else can feed the site.

zizmor finds faults that are common. These are our own rules, so they are stricter.
"""

import copy
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from project import PROJECT

WORKFLOWS = sorted((PROJECT.root / ".github" / "workflows").glob("*.yml"))
READ = {"contents": "read", "pages": "read"}
DEPLOY = {"pages": "write", "id-token": "write"}
BY_US = {"push", "schedule", "workflow_dispatch"}  # no one else can start these
CALLED = {f"$/.github/workflows/{name}.yml" for name in ("check", "test")}


def faults(path: Path, workflow: dict[Any, Any]) -> list[str]:
    """Return what a workflow does against the rules."""
    found = []
    triggers = workflow[True]  # YAML takes `on` for a truth value
    if not set(triggers) <= {*BY_US, "pull_request", "workflow_call"}:
        found.append("a trigger that runs a stranger's words with our rights")
    if "push" in triggers and triggers["push"] != {"branches": ["main"]}:
        found.append("pushed to another branch than main")
    if workflow["permissions"] != {}:
        found.append("permissions for every job")
    if re.search(
        r"\bsecrets\b|(?<!enable-)cache: |enable-cache: true", path.read_text("utf-8")
    ):
        found.append("a secret, or a cache, which a pull request could fill")
    for name, job in workflow["jobs"].items():
        permissions = job.get("permissions", {"all": "of them"}).items()
        if permissions & DEPLOY.items():
            found += faults_of_deploy(workflow, job)
        elif ("issues", "write") in permissions and not set(triggers) <= BY_US:
            found.append(f"{name}: a stranger can start it, and it writes issues")
        elif not permissions <= READ.items() | {("issues", "write")}:
            found.append(f"{name}: more permissions than it needs")
        if "uses" in job:
            if job["uses"] not in CALLED:
                found.append(f"{name}: calls a workflow that is not ours")
            continue
        if job["runs-on"] not in ("ubuntu-24.04", "windows-2025"):
            found.append(f"{name}: not GitHub's own fresh machine")
        for step in job["steps"]:
            found += [f"{name}: {fault}" for fault in faults_of_step(step)]
    return found


def faults_of_step(step: dict[str, Any]) -> list[str]:
    """Return what a step does against the rules."""
    action, options = step.get("uses", ""), step.get("with", {})
    found = []
    if action and not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action):
        found.append(f"{action} is not pinned to a commit")
    if action.startswith("actions/checkout@"):
        if options.get("persist-credentials") is not False:
            found.append("the checkout leaves its token behind")
        if {"ref", "repository"} & set(options):
            found.append("the checkout takes something else than what was pushed")
    if re.match("actions/(cache|github-script)", action):
        found.append(f"{action} is not needed")
    if action.startswith("actions/download-artifact@"):
        found.append("what another run made")
    if "${{" in step.get("run", ""):
        found.append("an expression becomes part of a script; pass it by env")
    if re.search(r"github\.(event|head_ref)", str(options)):
        found.append("a stranger's words in an action's options")
    return found


def faults_of_deploy(workflow: dict[Any, Any], job: dict[str, Any]) -> list[str]:
    """Return why something else than `main` could be published."""
    found = []
    if not set(workflow[True]) <= {"push", "workflow_dispatch"}:
        found.append("deploy: a stranger or a clock can start it")
    if dict(job["permissions"]) != DEPLOY:
        found.append("deploy: more permissions than it needs")
    if job.get("if") != "github.ref == 'refs/heads/main'":
        found.append("deploy: from another branch than main")
    if job.get("environment", {}).get("name") != "github-pages":
        found.append("deploy: outside the environment that the settings protect")
    if [step.get("uses", "").split("@")[0] for step in job["steps"]] != [
        "actions/deploy-pages"
    ]:
        found.append("deploy: does more than to deploy")
    if job["steps"][0].get("with"):
        found.append("deploy: takes another artifact than the one of its run")
    jobs = workflow["jobs"]
    build = jobs.get(job.get("needs"), {})
    steps = [step.get("uses", "") for step in build.get("steps", [])]
    if not any("upload-pages-artifact@" in action for action in steps):
        found.append("deploy: the site was not built in the same run")
    needs = build.get("needs", [])
    called = {jobs.get(name, {}).get("uses") for name in [*needs]}
    if called != CALLED or "if" in build:
        found.append("deploy: the site is published though a test failed")
    return found


@cache
def read(path: Path) -> Any:
    """Parse a workflow."""
    return yaml.safe_load(path.read_text("utf-8"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_keeps_the_rules(path):
    assert faults(path, read(path)) == []


def test_only_pages_deploys():
    for path in WORKFLOWS:
        deploys = bool(re.search(r"(pages|id-token): write", path.read_text("utf-8")))
        assert deploys == (path.name == "pages.yml"), path.name


PIN = "@" + "0" * 40
MISTAKES = {  # workflow, where in it, what is put there, a part of the fault's name
    "target": ("test", (True,), {"pull_request_target": None}, "stranger's words"),
    "run": ("pages", (True,), {"workflow_run": {}}, "a trigger"),
    "branch": ("pages", (True, "push"), {"branches": ["*"]}, "another branch"),
    "clock": ("pages", (True,), {"schedule": []}, "deploy: a stranger or a clock"),
    "pull": ("pages", (True,), {"pull_request": None}, "deploy: a stranger"),
    "issues": ("weekly", (True,), {"pull_request": None}, "writes issues"),
    "all": ("check", ("permissions",), {"contents": "read"}, "for every job"),
    "write": (
        "check",
        ("jobs", "check", "permissions"),
        {"contents": "write"},
        "check: more",
    ),
    "machine": ("test", ("jobs", "linux", "runs-on"), "self-hosted", "fresh machine"),
    "if": ("pages", ("jobs", "deploy", "if"), "always()", "another branch than main"),
    "environment": ("pages", ("jobs", "deploy", "environment"), {}, "environment"),
    "needs": ("pages", ("jobs", "deploy", "needs"), "deploy", "in the same run"),
    "untested": ("pages", ("jobs", "build", "needs"), ["check"], "a test failed"),
    "always": ("pages", ("jobs", "build", "if"), "always()", "a test failed"),
    "call": ("pages", ("jobs", "test", "uses"), f"a/b/c.yml{PIN}", "not ours"),
    "tag": ("check", ("jobs", "check", "steps", 0, "uses"), "actions/x@v1", "commit"),
    "token": ("check", ("jobs", "check", "steps", 0, "with"), {}, "leaves its token"),
    "ref": (
        "check",
        ("jobs", "check", "steps", 0, "with", "ref"),
        "x",
        "something else",
    ),
    "script": ("check", ("jobs", "check", "steps", 2, "run"), "${{ x }}", "expression"),
    "more": ("pages", ("jobs", "deploy", "steps", 0, "uses"), f"a/b{PIN}", "does more"),
    "other": ("pages", ("jobs", "deploy", "steps", 0, "with"), {"a": 1}, "another art"),
    "words": (
        "pages",
        ("jobs", "build", "steps", 1, "with", "x"),
        "${{ github.head_ref }}",
        "a stranger's words in an action's",
    ),
    "artifact": (
        "pages",
        ("jobs", "build", "steps", 1, "uses"),
        f"actions/download-artifact{PIN}",
        "what another run made",
    ),
    "cache": (
        "pages",
        ("jobs", "build", "steps", 1, "uses"),
        f"actions/cache{PIN}",
        "is not needed",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_noticed(mistake):
    name, place, value, fault = MISTAKES[mistake]
    path = PROJECT.root / ".github" / "workflows" / f"{name}.yml"
    part = workflow = copy.deepcopy(read(path))
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    assert any(fault in each for each in faults(path, workflow)), faults(path, workflow)


@pytest.mark.parametrize(
    "line", ["cache: pip", "enable-cache: true", "X: ${{ secrets.X }}"]
)
def test_cache_and_secret_are_noticed(tmp_path, line):
    source = PROJECT.root / ".github" / "workflows" / "test.yml"
    text = source.read_text("utf-8")
    path = tmp_path / "test.yml"
    path.write_text(f"{text}        env:\n          {line}\n", "utf-8")
    assert "a secret, or a cache" in str(faults(path, read(source)))
