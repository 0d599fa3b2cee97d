"""A project with one English page, its Korean translation and git: no site is built."""

import shutil
import subprocess
from pathlib import Path

import project

from sitetools.content import notebooks
from sitetools.content.project import Project
from sitetools.fault import Fault
from sitetools.render import labs
from sitetools.translate import staleness

DESCRIPTION = "What one learns on this page, in a sentence of a sensible length."
PAGE = f"""\
---
title: T
description: {DESCRIPTION}
---

# T {{#t}}

text $x^2$ [a](b.md)

## One {{#one}}

```python
--8<-- "snippets/a.py"
```

- item

  ```output
  1
  ```
"""
KOREAN = (
    PAGE.replace(
        DESCRIPTION,
        "이 페이지를 읽으면 무엇을 알게 되는지 알맞은 길이의 문장으로 적었습니다.",
    )
    .replace("text", "글")
    .replace("item", "항목")
)
LABELS = """\
site:
  language: {}
  page: Page
  sections_current: now
  is_current: ok
  is_missing: none
  is_stale: "{{stale}}/{{total}}"
"""
FIRST = "# Lab\n\nWhat one learns in this lab, in a sentence of a sensible length."
CELLS = [
    notebooks.Cell("lab", False, FIRST, {}),
    notebooks.Cell("install", True, "%pip install -q torch", {}),
    notebooks.Cell("plot", True, "print(1)", {"tolerance": 0.1}),
    notebooks.Cell("plot-seen", False, "The line rises to one, and then it falls.", {}),
]


def make(root: Path) -> Project:
    """Make the project: English, Korean, which is complete, and Japanese."""
    shutil.copy(project.ROOT / "mkdocs.yml", root)
    for code, name in (("en", "English"), ("ko", "한국어"), ("ja", "日本語")):
        write(root / "docs" / code / "labels.yml", LABELS.format(name))
        config = f"docs_dir: docs/{code}\nsite_dir: site/{code}\n"
        config += f"theme:\n  language: {code}\n"
        write(root / f"mkdocs.{code}.yml", f"site_name: S\n{config}")
    write(root / "snippets" / "a.py", "print(1)\n")
    write(root / "docs" / "en" / "page.md", PAGE)
    write(root / "docs" / "ko" / "page.md", KOREAN)
    staleness.stamp(root / "docs" / "ko" / "page.md")
    git(root, "init", "-q")
    commit(root)
    return Project(root)


def add_lab(root: Path) -> Path:
    """Add a lab with a figure; return its Korean notebook, stamped."""
    source = root / "docs" / "en" / "labs" / "lab.ipynb"
    write(source, notebooks.dump(CELLS))
    svg = {"svg": "<svg><text>loss</text></svg>"}
    labs.save(source, {"plot": [{"text": "1"}, svg]}, "Python")
    own = root / "docs" / "ko" / "labs" / "lab.ipynb"
    text = notebooks.dump(CELLS).replace(FIRST[7:], KOREAN.split("\n")[2][13:])
    write(own, text.replace(CELLS[3].source, f"선이 올라갑니다. {'글' * 40}"))
    staleness.stamp(own)
    return own


def write(path: Path, text: str) -> None:
    """Write a file, and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def change(path: Path, old: str, new: str) -> None:
    """Replace a text in a file."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def git(root: Path, *arguments: str) -> None:
    """Run git."""
    settings = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", *settings, *arguments], cwd=root, check=True)


def commit(root: Path) -> None:
    """Commit everything."""
    git(root, "add", "-A")
    git(root, "commit", "-qm", "change")


def places(faults: list[Fault]) -> list[str]:
    """Return where faults are: `docs/ko/page.md:12`."""
    return [str(fault.place) for fault in faults]


def line_of(path: Path, text: str) -> int:
    """Return the first line of a file that has a text."""
    lines = enumerate(path.read_text("utf-8").split("\n"), 1)
    return next(number for number, line in lines if text in line)
