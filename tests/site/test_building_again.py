"""What a build keeps from the one before: never more than what is still true."""

import json
import subprocess
import sys

import project
from project import PROJECT

from sitetools.content import frozen
from sitetools.render import figures

PREVIEW = """
import json, sys, tempfile
from pathlib import Path
from mkdocs.commands.build import build
from mkdocs.config import load_config

site = Path(tempfile.mkdtemp())
page = Path("docs/ko/myths.md")
seen = []
for text in ("", "", "\\n새 문장입니다.\\n"):
    if text:
        page.write_text(page.read_text("utf-8") + text, "utf-8")
    config = load_config("mkdocs.yml", site_dir=str(site))
    config.plugins.on_startup(command="serve", dirty=False)
    build(config)
    files = [site / code / "myths" / "index.html" for code in ("en", "ko")]
    seen.append([
        [file.stat().st_mtime_ns, "새 문장입니다." in file.read_text("utf-8")]
        for file in files
    ])
print(json.dumps(seen))
"""


def keys(copy):
    """Return what each page of the cache was rendered from."""
    return {
        path.name: json.loads(path.read_text("utf-8"))["key"]
        for path in (copy / ".cache" / "pages").glob("*.json")
    }


def test_page_is_rendered_again_if_what_it_includes_changed(site, tmp_path):
    copy = project.copy_project(tmp_path, languages=["en"])
    assert project.build(tmp_path / "site", copy).returncode == 0
    before = keys(copy)
    included = copy / "snippets" / "diagnose" / "gradient_report.py"
    included.write_text(included.read_text("utf-8") + "# one more line\n", "utf-8")
    assert project.build(tmp_path / "site", copy).returncode == 0
    changed = {name for name, key in keys(copy).items() if before[name] != key}
    assert changed == {"en-diagnose.md.json"}
    page = tmp_path / "site" / "en" / "diagnose" / "index.html"
    assert "# one more line" in page.read_text("utf-8")


def test_warning_is_said_in_every_build(site, tmp_path):
    copy = project.copy_project(tmp_path, languages=["en"])
    page = copy / "docs" / "en" / "myths.md"
    page.write_text(page.read_text("utf-8") + "\n[x](nowhere.md)\n", "utf-8")
    for _ in range(2):
        result = project.build(tmp_path / "site", copy)
        assert result.returncode
        assert "nowhere.md" in result.stderr


def test_preview_builds_only_the_language_that_changed(site, tmp_path):
    copy = project.copy_project(tmp_path, languages=["en", "ko"])
    result = subprocess.run(
        [sys.executable, "-c", PREVIEW],
        cwd=copy,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stderr
    first, second, third = json.loads(result.stdout.splitlines()[-1])
    assert first == second, "nothing changed"
    english, korean = third
    assert english == second[0]
    assert korean[0] > second[1][0]
    assert korean[1]


def test_figures_are_drawn_ahead_in_every_language(site, tmp_path):
    copy = project.copy_project(tmp_path)
    cache = copy / ".cache" / "figures"
    names = ["home/three_networks", "initialization/variance_by_depth"]
    for path in cache.iterdir():
        path.unlink()
    command = [sys.executable, "-m", "sitetools.render.draw_ahead", *names]
    subprocess.run(command, cwd=copy, check=True)
    drawn = sorted(path.suffix for path in cache.iterdir())
    assert drawn == [".json"] * 2 + [".svg"] * len(PROJECT.languages()) * 2


def test_figure_is_the_same_whichever_language_was_drawn_first(tmp_path, monkeypatch):
    snippet = frozen.find(PROJECT, "clipping/directions")
    drawn = []
    for first in ("ko", "en"):
        monkeypatch.setattr(figures, "CACHE", tmp_path / first)
        figures._settled.cache_clear()
        figures.svg(snippet, first)
        drawn.append(figures.svg(snippet, "ko"))
    assert drawn[0] == drawn[1]
