"""Run the tests on a copy of the project that has three more languages.

    .venv/bin/python tests/with_new_languages.py tests -m "not torch and not browser"

Chinese has no spaces, Spanish is in Latin letters and has a decimal comma, Arabic runs
from right to left. In each, one section of the home page is translated; everything else
falls back to English. So no test may expect of each language what only ours have.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sitetools.content.project import Project  # noqa: E402
from sitetools.translate import new_language, staleness  # noqa: E402

LANGUAGES = {
    "zh": ("中文", "首页"),
    "es": ("español", "Inicio"),
    "ar": ("العربية", "الرئيسية"),
}
_LEFT_OUT = (".git", ".venv", ".cache", "__pycache__", ".*_cache")


def copy(folder: Path) -> Path:
    """Return a copy of the project with the languages, in a clone of its own."""
    root = folder / "project"
    # With its history: what lags is compared with what it followed.
    subprocess.run(["git", "clone", "-q", ROOT, root], check=True)
    left_out = shutil.ignore_patterns(*_LEFT_OUT)
    shutil.copytree(ROOT, root, ignore=left_out, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(root / "site", ignore_errors=True)  # but not tests/site
    (root / ".venv").symlink_to((ROOT / ".venv").resolve())
    for code, (name, home) in LANGUAGES.items():
        new_language.add(Project(root), code, name)
        translate(root / "docs" / code / "index.md", home)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["add", "-A"], ["commit", "-qm", "Three more"]):
        subprocess.run([*git, *arguments], cwd=root, check=True)
    return root


def translate(page: Path, home: str) -> None:
    """Translate title, description and first section of a copy of the home page."""
    text = page.read_text("utf-8")
    text = re.sub(r"(?m)^title: .*", f"title: {home}", text)
    said = f"{home}: " + " ".join([home] * 12)
    text = re.sub(
        r"(?m)^description: >-\n(?:  .*\n)+", f"description: >-\n  {said[:90]}\n", text
    )
    text = re.sub(r"(?m)^# .* \{", f"# {home} {{", text)
    text = re.sub(r"(?m)^A deep network .*\n.*\n.*", home, text)
    page.write_text(text, "utf-8")
    staleness.stamp(page, "top")
    staleness.stamp(page, "home")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
        sys.exit(
            subprocess.run(command, cwd=copy(Path(folder)), check=False).returncode
        )
