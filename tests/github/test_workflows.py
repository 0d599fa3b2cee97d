"""The workflows can do no more than they need, and no one else can feed the site.

zizmor, which `make test` runs too, looks at pinned actions, triggers that run a
stranger's words, expressions in scripts and tokens that are left behind. These are our
own rules.
"""

import re

import pytest
import yaml
from project import PROJECT

FOLDER = PROJECT.root / ".github" / "workflows"
BY_US = {"push", "schedule", "workflow_dispatch"}  # no one else can start these
ACTIONS = {
    "run": set(),
    "actions/checkout": {"persist-credentials", "fetch-depth"},
    "actions/setup-python": {"python-version"},
    "actions/configure-pages": set(),
    "actions/upload-pages-artifact": {"path"},
    "astral-sh/setup-uv": {"version", "enable-cache"},
}
"""What a job may use, with which options: nothing that another run made."""
DEPLOY = {
    "name": "Deploy",
    "if": "github.ref == 'refs/heads/main'",
    "needs": "build",
    "runs-on": "ubuntu-24.04",
    "timeout-minutes": 10,
    "permissions": {"pages": "write", "id-token": "write"},
    "environment": {
        "name": "github-pages",
        "url": "${{ steps.deployment.outputs.page_url }}",
    },
    "steps": [{"id": "deployment"}],
}
"""The one job that publishes, but for the action's version."""


def faults(text):
    """Return what a workflow does against the rules."""
    workflow = yaml.safe_load(text)
    triggers, jobs = workflow[True], workflow["jobs"]  # YAML takes `on` for a truth
    found = []
    if not set(triggers) <= {*BY_US, "pull_request", "workflow_call"}:
        found.append("a trigger that runs a stranger's words with our rights")
    if "push" in triggers and triggers["push"] != {"branches": ["main"]}:
        found.append("pushed to another branch than main")
    if workflow["permissions"] != {}:
        found.append("permissions for every job")
    if re.search(r"\bsecrets\b|(?<!enable-)cache: |enable-cache: true", text):
        found.append("a secret, or a cache, which a pull request could fill")
    if re.search(r"github\.(event\.|head_ref)", text):
        found.append("a stranger's words")
    if "deploy" in jobs:
        found += faults_of_publishing(set(triggers), jobs)
    for name, job in jobs.items():
        allowed = {("contents", "read"), ("pages", "read")}
        if set(triggers) <= BY_US:
            allowed |= {("issues", "write")}
        if name != "deploy" and not job["permissions"].items() <= allowed:
            found.append(f"{name}: more permissions than it needs")
        called = job.get("uses", "$/.github/workflows/test.yml")
        if called not in [f"$/.github/workflows/{n}.yml" for n in ("check", "test")]:
            found.append(f"{name}: calls a workflow that is not ours")
        if job.get("runs-on", "ubuntu-24.04") not in ("ubuntu-24.04", "windows-2025"):
            found.append(f"{name}: not GitHub's own fresh machine")
        for step in job.get("steps", []) if name != "deploy" else []:
            action = step.get("uses", "").partition("@")[0]
            options = ACTIONS.get(action or "run")
            if options is None or not set(step.get("with", ())) <= options:
                found.append(f"{name}: {action} is not needed, or has such an option")
    return found


def faults_of_publishing(triggers, jobs):
    """Return why something else than `main`, built and tested here, could be public."""
    deploy, build = jobs["deploy"], jobs["build"]
    step, found = dict(deploy["steps"][0]), []
    action = step.pop("uses").partition("@")[0]
    if not triggers <= {"push", "workflow_dispatch"}:
        found.append("deploy: a stranger or a clock can start it")
    steps = [step, *deploy["steps"][1:]]
    if deploy | {"steps": steps} != DEPLOY or action != "actions/deploy-pages":
        found.append("deploy: is not the job that was looked at")
    called = {jobs.get(name, {}).get("uses") for name in build["needs"]}
    if len(called - {None}) != 2 or "if" in build:
        found.append("deploy: the site is published though a test failed")
    return found


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yml")), ids=lambda p: p.name)
def test_workflow_keeps_the_rules(path):
    text = path.read_text("utf-8")
    assert faults(text) == []
    assert ("id-token: write" in text) == (path.name == "pages.yml")


MISTAKES = [  # workflow, what is there, what is put there, a part of the fault's name
    ("test", "pull_request:", "pull_request_target:", "stranger's words with"),
    ("pages", "workflow_dispatch:", "workflow_run:", "stranger's words with"),
    ("pages", "branches: [main]", 'branches: ["*"]', "another branch"),
    ("pages", "workflow_dispatch:", "schedule: []", "deploy: a stranger or a clock"),
    ("pages", "workflow_dispatch:", "pull_request:", "deploy: a stranger"),
    ("weekly", "workflow_dispatch:", "pull_request:", "links: more permissions"),
    ("check", "permissions: {}", "permissions: {contents: read}", "for every job"),
    ("check", "contents: read", "contents: write", "check: more"),
    ("test", "runs-on: ubuntu-24.04", "runs-on: self-hosted", "fresh machine"),
    ("pages", "if: github.ref == 'refs/heads/main'", "if: always()", "looked at"),
    ("pages", "name: github-pages", "name: x", "looked at"),
    ("pages", "needs: build", "needs: check", "looked at"),
    ("pages", "actions/deploy-pages", "a/b", "looked at"),
    ("pages", "id: deployment", "with: {a: 1}", "looked at"),
    ("pages", "needs: [check, test]", "needs: [check]", "a test failed"),
    ("pages", "needs: [check, test]", "needs: [check, test]\n    if: x", "test failed"),
    ("pages", "$/.github/workflows/test.yml", "a/b/c.yml@0", "not ours"),
    ("check", "fetch-depth: 0", "ref: x", "not needed, or has such an option"),
    ("pages", "actions/configure-pages", "actions/download-artifact", "not needed"),
    ("pages", "actions/configure-pages", "actions/cache", "not needed"),
    ("pages", "base_url }}", "base_url }}${{ github.head_ref }}", "stranger's words"),
    ("check", "fetch-depth: 0", "cache: pip", "a secret, or a cache"),
    ("test", 'version: "0.13.9"', "enable-cache: true", "a secret, or a cache"),
    ("test", "NO_MKDOCS_2_WARNING: 1", "X: ${{ secrets.X }}", "a secret, or a cache"),
]


@pytest.mark.parametrize(("name", "old", "new", "fault"), MISTAKES)
def test_mistake_is_noticed(name, old, new, fault):
    text = (FOLDER / f"{name}.yml").read_text("utf-8")
    assert old in text
    assert fault in "\n".join(faults(text.replace(old, new, 1)))
