"""Keeps one issue by a report: opens it, renews it, closes it when nothing is left.

    python .github/keep_issue.py "Dead links" report.md

Only issues that a workflow opened count, so no one else's issue is ever changed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def gh(*arguments: str) -> str:
    """Call GitHub's command line client; return what it prints."""
    command = ["gh", "issue", *arguments]
    return subprocess.check_output(command, encoding="utf-8")


def plan(title: str, report: Path, issues: list[dict[str, Any]]) -> list[str]:
    """Return what to ask of `gh issue`, given the open issues; [] if all is well."""
    mine = [str(issue["number"]) for issue in issues if issue["title"] == title]
    text = report.read_text("utf-8").strip()
    if text and mine:
        return ["edit", mine[0], "--body-file", str(report)]
    if text:
        return ["create", "--title", title, "--body-file", str(report)]
    return ["close", mine[0], "--comment", "Nothing is left of it."] if mine else []


def main() -> None:
    """Do what the report asks for."""
    title, report = sys.argv[1:]
    options = ("--app", "github-actions", "--state", "open", "--json", "number,title")
    call = plan(title, Path(report), json.loads(gh("list", *options)))
    if call:
        print(gh(*call), end="")


if __name__ == "__main__":
    main()
