"""Bad input, fault by fault: one clear message, and nothing that was there is lost.

Each table says what is broken, and what a tool must say of it: file, line and remedy. A
small site of its own is built in this process, where an error that its tool did not
foresee is no click exception and so fails the test, as it would show a traceback.
What a translator's tools say of a page is in test_translating.py.
"""

import errno
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import blocks
import project
import pytest
from click import ClickException
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from sitetools import languages
from sitetools.content import atomic, frozen, labels, notebooks, pages
from sitetools.measure import remeasure, run_labs, sandbox
from sitetools.publish import page_cache
from sitetools.render import figures, labs
from sitetools.translate import new_language, staleness, structure

SMALL = '''\
"""Two numbers."""

import torch
from matplotlib.figure import Figure
import matplotlib.pyplot as plt

TOLERANCE = {"x": 0.01}


def measure() -> dict:
    return {"x": [1.0, 2.0]}


def draw(results: dict) -> Figure:
    figure, axes = plt.subplots()
    axes.plot(results["x"])
    axes.set(xlabel="layer", ylabel="variance")
    return figure


def check(results: dict) -> None:
    assert results["x"][1] == 2, "x ends at two"


if __name__ == "__main__":
    results = measure()
'''
PAGE = "---\ntitle: T\ndescription: D\n---\n\n# T {#t}\n\ntext\n"
FIGURE = '![a line that rises](figure:a/small "Two numbers")'
LAB = "docs/en/labs/lab.ipynb"


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """Return a site of one page and one lab in English and Korean, made once."""
    root = tmp_path_factory.mktemp("faults") / "project"
    for name in ("sitetools", "theme", "docs/shared", "docs/root", "snippets/explorer"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(project.ROOT / name, root / name, ignore=ignore)
    nav = "nav:\n  - index.md\n  - nav_labs:\n      - labs/lab.ipynb\n\nhooks:"
    config = (project.ROOT / "mkdocs.yml").read_text("utf-8")
    config = re.sub(r"(?s)\bnav:\n.*?\bhooks:", nav, config, count=1)
    (root / "mkdocs.yml").write_text(config, "utf-8")
    for code in ("en", "ko"):
        shutil.copy(project.ROOT / f"mkdocs.{code}.yml", root)
        (root / "docs" / code / "labs").mkdir(parents=True)
        shutil.copy(project.ROOT / "docs" / code / "labels.yml", root / "docs" / code)
        (root / "docs" / code / "index.md").write_text(PAGE, "utf-8")
        cells = [
            notebooks.Cell("title", False, "# L\n\ntext", {}),
            notebooks.Cell("one", True, "print(1)", {}),
        ]
        lab = root / "docs" / code / "labs" / "lab.ipynb"
        lab.write_text(notebooks.dump(cells), "utf-8")
    shutil.copy(project.ROOT / "LICENSE", root)
    (root / "snippets" / "a").mkdir()
    (root / "snippets" / "a" / "small.py").write_text(SMALL, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        settle(patch, root)
        save(root)
        labs.save(root / LAB, {"one": [{"text": "1"}]}, "Python")
        for name in ("index.md", "labs/lab.ipynb"):
            staleness.stamp(root / "docs" / "ko" / name)
    return root


def settle(patch, root):
    """Let the hooks work on the project in the folder."""
    for module in (pages, frozen):
        patch.setattr(module, "ROOT", root)
    patch.setattr(pages, "DOCS", root / "docs")
    patch.setattr(pages, "LANGUAGES", ["en", "ko"])
    patch.setattr(frozen, "SNIPPETS", root / "snippets")
    patch.setattr(figures, "CACHE", root / ".cache" / "figures")
    patch.setattr(page_cache, "CACHE", root / ".cache" / "pages")
    patch.setattr(page_cache, "TEMPLATES", root / ".cache" / "templates")
    patch.setattr(labs, "FOLDER", root / "docs" / "en" / "labs")
    patch.setattr(languages, "SHARED", root / "docs" / "shared")
    pages._preprocessor.cache_clear()


def save(root):
    """Freeze what the small snippet measures."""
    snippet = root / "snippets" / "a" / "small.py"
    frozen.save(snippet, {"x": [1.0, 2.0]}, "test")


@pytest.fixture
def root(template, tmp_path, monkeypatch):
    """Return a copy of the small site, to break something in it."""
    copy = tmp_path / "project"
    shutil.copytree(template, copy)
    settle(monkeypatch, copy)
    quick = "mkdocs.structure.files.Files.add_files_from_theme"  # 14,000 icons
    monkeypatch.setattr(quick, lambda *_: None)
    yield copy
    pages._preprocessor.cache_clear()


def files(folder):
    """Return every file's content, but for caches."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not {".cache", "__pycache__"} & set(path.parts)
    }


def built(root, config="mkdocs.yml", command="build"):
    """Build strictly; return what MkDocs says, without its own `Aborted with …`."""
    said = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(record.getMessage())
    logger = logging.getLogger("mkdocs")
    logger.addHandler(handler)
    try:
        settings = load_config(
            str(root / config), site_dir=str(root.parent / "site"), strict=True
        )
        settings.plugins.on_startup(command=command, dirty=False)
        build(settings)
    except Abort:
        assert said
    except ClickException as error:
        said.append(str(error))
    finally:
        logger.removeHandler(handler)
        frozen.on_stale = None
    return [line for line in said if not re.fullmatch(r"Error .*ing page '.*':", line)]


def add(text):
    """Return what adds text to the English page, which makes it line 10."""
    return write("docs/en/index.md", f"{PAGE}\n{text}\n")


def write(name, content):
    """Return what gives a file another content."""
    data = content if isinstance(content, bytes) else content.encode()
    return lambda root: (root / name).write_bytes(data)


def cut(name):
    """Return what cuts a file in its middle."""

    def act(root):
        data = (root / name).read_bytes()
        (root / name).write_bytes(data[: len(data) // 2])

    return act


def remove(name):
    return lambda root: (root / name).unlink()


def change(name, old, new):
    """Return what replaces a text in a file."""

    def act(root):
        text = (root / name).read_text("utf-8")
        assert old in text
        (root / name).write_text(text.replace(old, new, 1), "utf-8")

    return act


def figure(old, new):
    """Return what changes draw() of the figure that the page shows."""

    def act(root):
        add(FIGURE)(root)
        change("snippets/a/small.py", old, new)(root)
        save(root)

    return act


def shown(act):
    """Return what shows the figure, and breaks something that it is made from."""

    def both(root):
        add(FIGURE)(root)
        act(root)

    return both


PLOT = '    axes.plot(results["x"])\n'
PAGES = {  # what whoever reads pages must notice
    "missing include": (
        add('--8<-- "snippets/none.py"'),
        r"docs/en/index\.md:10: .*none\.py.*; check the name in --8<--",
    ),
    "unknown section": (
        add('```python\n--8<-- "snippets/a/small.py:nowhere"\n```'),
        r"docs/en/index\.md:11: .*'nowhere'.*; check the name",
    ),
    "include on two lines": (
        add('```python\n--8<--\n"snippets/a/small.py"\n--8<--\n```'),
        r"docs/en/index\.md:11: write each include on one line",
    ),
    "included file not UTF-8": (
        lambda root: (
            add('```python\n--8<-- "notes.py"\n```')(root),
            write("notes.py", b"# \xe9\n")(root),
        ),
        r"docs/en/index\.md:11: .*notes\.py.* not UTF-8; save that file again",
    ),
    "fence without end": (
        add("```python\nx"),
        r"docs/en/index\.md:10: this fence is never closed; add ```",
    ),
    "not UTF-8": (
        write("docs/en/index.md", PAGE.encode() + b"\n\xe9\n"),
        r"docs/en/index\.md:10: not UTF-8; save the file again",
    ),
    "UTF-16": (
        write("docs/en/index.md", PAGE.encode("utf-16")),
        r"docs/en/index\.md:1: not UTF-8; save the file again",
    ),
    "marks of a merge": (
        add("<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs"),
        r"docs/en/index\.md:10: a merge left its marks; keep one version",
    ),
}
BUILD = PAGES | {
    "front matter no YAML": (
        write("docs/en/index.md", PAGE.replace("T\n", "[\n", 1)),
        r"docs/en/index\.md:\d: the front matter is not valid YAML .*; mend this line",
    ),
    "front matter says it twice": (
        write("docs/en/index.md", PAGE.replace("T\n", "T\ntitle: U\n", 1)),
        r"docs/en/index\.md:3: .*\('title' stands twice: keep one\); mend this line",
    ),
    "front matter a list": (
        write("docs/en/index.md", "---\n- T\n---\n\n# T {#t}\n"),
        r"docs/en/index\.md:2: the front matter must be `name: value` lines",
    ),
    "formula": (
        add(r"$\nosuch$"),
        r"docs/en/index\.md:10: the formula \\nosuch .*; mend it there",
    ),
    "link": (add("[x](nowhere.md)"), r"docs/en/index\.md:10: .*nowhere\.md.*not found"),
    "anchor": (add("[x](#nowhere)"), r"docs/en/index\.md:10: .*#nowhere.*no such"),
    "image": (add("![x](none.png)"), r"docs/en/index\.md:10: .*none\.png.*not found"),
    "snippet of a number": (
        add("{{ a/smal:x.0 | .1f }}"),
        r"docs/en/index\.md:10: .*no snippet 'a/smal'; there are a/small, explorer",
    ),
    "name of a number": (
        add("{{ a/small:y.0 | .1f }}"),
        r"docs/en/index\.md:10: .*there is no 'y'; there is x\.",
    ),
    "index of a number": (
        add("{{ a/small:x.2 | .1f }}"),
        r"docs/en/index\.md:10: .*there is no item 2; the list has 2\.",
    ),
    "no number": (
        add("{{ a/small:x | .1f }}"),
        r"docs/en/index\.md:10: .*it must name one number\.",
    ),
    "number without format": (
        add("{{ a/small:x.0 }}"),
        r"docs/en/index\.md:10: .*with a format behind the bar",
    ),
    "explorer": (
        add('<gradient-explorer markdown activation="relo"></gradient-explorer>'),
        r'docs/en/index\.md:10: the explorer needs activation="…", one of sigmoid',
    ),
    "explorer's data cut": (
        cut("snippets/explorer/grid.json"),
        r"snippets/explorer/grid\.json:\d+: not JSON .*; run `make results`",
    ),
    "explorer's data missing": (
        remove("snippets/explorer/grid.json"),
        r"snippets/explorer/grid\.json: no such file; run `make results`",
    ),
    "figure of no snippet": (
        add('![a](figure:a/none "t")'),
        r"docs/en/index\.md:10: there is no snippet 'a/none'; there are a/small",
    ),
    "figure without description": (
        add("![](figure:a/small)"),
        r"docs/en/index\.md:10: write !\[what the figure shows\]",
    ),
    "draw() raises": (
        figure(PLOT, "    1 / 0\n"),
        r"docs/en/index\.md:10: .*small\.py:16: draw\(\) failed: ZeroDivisionError",
    ),
    "draw() exits": (
        figure(PLOT, "    raise SystemExit(3)\n"),
        r"docs/en/index\.md:10: .*small\.py:16: draw\(\) failed: SystemExit: 3 \(it",
    ),
    "draw() draws nothing": (
        figure(PLOT, ""),
        r"docs/en/index\.md:10: .*draw\(\) must return a figure that shows data",
    ),
    "draw() returns something else": (
        figure("return figure", "return axes"),
        r"docs/en/index\.md:10: .*draw\(\) must return a figure that shows data",
    ),
    "draw() uses torch": (
        figure(PLOT, "    axes.plot(torch.ones(2))\n"),
        r"docs/en/index\.md:10: .*small\.py:3: draw\(\) failed: ModuleNotFoundError: .*"
        r"\(it may use matplotlib, the standard library",
    ),
    "no draw()": (
        figure("def draw", "def paint"),
        r"docs/en/index\.md:10: .*small\.py:1: has no draw\(results\); write it",
    ),
    "axis without label": (
        figure(', ylabel="variance"', ""),
        r"docs/en/index\.md:10: .*an axis has no label; call set_xlabel and set_ylabel",
    ),
    "colour outside the palette": (
        figure('results["x"]', 'results["x"], color="red"'),
        r"docs/en/index\.md:10: .*a/small uses the colour #ff0000, .*; use C0 to C5",
    ),
    "label without translation": (
        lambda root: (
            write("docs/ko/index.md", f"{PAGE}\n{FIGURE}\n")(root),
            figure('"variance"', '"varianz"')(root),
            staleness.stamp(root / "docs/ko/index.md"),
        ),
        r"docs/ko/index\.md:\d+: docs/ko/labels\.yml:\d+: no translation of 'varianz' "
        r".*; add it below `figures:`",
    ),
    "snippet no Python": (
        shown(change("snippets/a/small.py", "def measure", "def def measure")),
        r"docs/en/index\.md:10: snippets/a/small\.py:10: not Python .*; mend it",
    ),
    "snippet not UTF-8": (
        shown(write("snippets/a/small.py", SMALL.encode() + b"# \xe9\n")),
        r"docs/en/index\.md:10: snippets/a/small\.py:27: not UTF-8; save the file",
    ),
    "frozen file cut": (
        shown(cut("snippets/a/small.json")),
        r"docs/en/index\.md:10: .*small\.json:\d+: not JSON .*; run `make results`",
    ),
    "frozen file of another snippet": (
        shown(
            lambda root: shutil.copy(
                root / "snippets/explorer/grid.json", root / "snippets/a/small.json"
            )
        ),
        r"docs/en/index\.md:10: .*small\.py:1: the code changed since .*small\.json was"
        r" measured; run `make results`",
    ),
    "frozen file missing": (
        shown(remove("snippets/a/small.json")),
        r"docs/en/index\.md:10: .*small\.json: no such file; run `make results`",
    ),
    "NaN in results": (
        shown(change("snippets/a/small.json", "1.0", "NaN")),
        r"docs/en/index\.md:10: .*small\.json:1: not a file of frozen results; run",
    ),
    "number edited by hand": (
        shown(change("snippets/a/small.json", "1.0", "1.5")),
        r"docs/en/index\.md:10: .*small\.json:1: the numbers were changed .*; run",
    ),
    "labels no YAML": (
        change("docs/ko/labels.yml", "site:\n", "site: [\n"),
        r"docs/ko/labels\.yml:\d+: not YAML \(.*\); mend this line or the one above",
    ),
    "a word twice": (
        change("docs/ko/labels.yml", "site:\n", "site:\n  home: 홈\n"),
        r"docs/ko/labels\.yml:\d\d: not YAML \('home' stands twice: keep one\); mend",
    ),
    "labels a list": (
        write("docs/ko/labels.yml", "- a\n"),
        r"docs/ko/labels\.yml:1: `site:` must hold lines of `name: text`",
    ),
    "words a list": (
        change("docs/ko/labels.yml", "explorer:", "explorer: [a]\nx:"),
        r"docs/ko/labels\.yml:\d\d+: `explorer:` must hold lines of `name: text`",
    ),
    "word no text": (
        change("docs/ko/labels.yml", "  nav_labs:", "  nav_labs: 1\n  x:"),
        r"docs/ko/labels\.yml:\d+: 'nav_labs' must map text to text; put both in quote",
    ),
    "word missing": (
        change("docs/ko/labels.yml", "  home:", "  no_home:"),
        r"docs/ko/labels\.yml:\d+: no word for 'home'; add it below `site:`",
    ),
    "labels not UTF-8": (
        write("docs/ko/labels.yml", b"site:\n  language: \xe9\n"),
        r"docs/ko/labels\.yml:2: not UTF-8; save the file again",
    ),
    "labels missing": (
        remove("docs/ko/labels.yml"),
        r"docs/ko/labels\.yml: no such file; copy docs/en/labels\.yml and translate",
    ),
    "config without site_name": (
        change("mkdocs.ko.yml", "site_name:", "# site_name:"),
        r"mkdocs\.ko\.yml:1: has no site_name; add the line",
    ),
    "config of another folder": (
        change("mkdocs.ko.yml", "docs_dir: docs/ko", "docs_dir: docs/root"),
        r"mkdocs\.ko\.yml:1: its docs_dir is not .*; write `docs_dir: docs/ko`",
    ),
    "config no YAML": (
        change("mkdocs.ko.yml", "docs_dir: docs/ko", "docs_dir: [docs/ko"),
        r"(?s)error parsing the configuration.*mkdocs\.ko\.yml\", line \d+, column",
    ),
    "template's tag": (
        change("theme/partials/path.html", "{% endif %}", ""),
        r"^theme/partials/path\.html:\d+: Unexpected end of template.*; mend this line",
    ),
    "template's part": (
        change(
            "theme/main.html",
            "{% block header %}",
            '{% block header %}{% include "no.html" %}',
        ),
        r"^theme/main\.html:\d+: 'no\.html' not found.*; mend this line",
    ),
    "template's name": (
        change(
            "theme/main.html", "{% block header %}", "{% block header %}\n{{ no.no }}"
        ),
        r"^theme/main\.html:\d+: 'no' is undefined; mend this line",
    ),
    "menu's section": (
        change("mkdocs.yml", "- nav_labs:", "- nav_labz:"),
        r"mkdocs\.yml:\d+: the menu's 'nav_labz' has no words; add it to `site`",
    ),
    "lab no JSON": (
        change(LAB, '"title"', '"title'),
        r"docs/en/labs/lab\.ipynb:5: not JSON \(.*\); mend this line, or",
    ),
    "lab no notebook": (
        write(LAB, "[]"),
        r"docs/en/labs/lab\.ipynb:1: not a notebook of nbformat 4; save it by Jupyter",
    ),
    "cell without id": (
        change(LAB, '"id": "one"', '"ident": "one"'),
        r"docs/en/labs/lab\.ipynb:1: cell 2 has the id ''; copy the id",
    ),
    "two cells with one id": (
        change(LAB, '"id": "one"', '"id": "title"'),
        r"docs/en/labs/lab\.ipynb:1: two cells have the id 'title'; rename one",
    ),
    "lab's outputs cut": (
        cut("docs/en/labs/lab.json"),
        r"docs/en/labs/lab\.json:1: not a file of a lab's outputs; run `make results`",
    ),
    "lab's outputs missing": (
        remove("docs/en/labs/lab.json"),
        r"docs/en/labs/lab\.json: no such file; run `make results`",
    ),
    "lab's outputs of other code": (
        change(LAB, "print(1)", "print(2)"),
        r"docs/en/labs/lab\.ipynb:1: the code changed since .*; run `make results`",
    ),
    "site is a file": (
        lambda root: (root.parent / "site").write_text("mine"),
        r"/site: Not a directory; make room, or allow reading and writing there",
    ),
}


BUILT_BY = {  # all others by English alone, which is quicker
    "link": "mkdocs.yml",
    "anchor": "mkdocs.yml",
    "image": "mkdocs.yml",
    "label without translation": "mkdocs.ko.yml",
    "word missing": "mkdocs.ko.yml",
    "config without site_name": "mkdocs.yml",
    "config of another folder": "mkdocs.yml",
    "config no YAML": "mkdocs.yml",
}


@pytest.mark.parametrize("fault", BUILD)
def test_build_names_the_fault_once(root, monkeypatch, fault):
    monkeypatch.setitem(sys.modules, "torch", None)  # a preview has none
    act, message = BUILD[fault]
    act(root)
    before = files(root)
    (said,) = built(root, BUILT_BY.get(fault, "mkdocs.en.yml"))
    assert re.search(message, said), said
    assert files(root) == before


IN_MENU = {  # said once for each language
    "nav names no page": (
        change("mkdocs.yml", "- index.md\n", "- index.md\n  - none.md\n"),
        r"mkdocs\.yml:\d+: A reference to 'none\.md' is included in the 'nav'",
    ),
    "page not in nav": (
        write("docs/en/more.md", PAGE),
        r"(?s)mkdocs\.yml:\d+: The following pages exist .* \"nav\" .*more\.md",
    ),
}


@pytest.mark.parametrize("fault", IN_MENU)
def test_build_names_what_the_menu_lacks_in_each_language(root, fault):
    act, message = IN_MENU[fault]
    act(root)
    said = built(root)
    assert said
    for line in said:
        assert re.match(message, line), line


@pytest.mark.parametrize("fault", PAGES)
def test_block_tests_name_the_fault_too(root, fault):
    act, message = PAGES[fault]
    act(root)
    with pytest.raises(pytest.Collector.CollectError) as error:  # shown bare
        blocks.PageDocument.parse(str(root / "docs" / "en" / "index.md"))
    assert re.match(message, str(error.value)), error.value


def of_html(root):
    return (root.parent / "site" / "index.html").read_text("utf-8")


def test_newlines_and_mark_of_windows_are_fine(root):
    """Notepad saves so."""
    code = '```python\n--8<-- "snippets/a/small.py"\n```'
    text = f"{PAGE}\n{FIGURE}\n\n{{{{ a/small:x.1 | .2f }}}} $x$\n\n{code}\n"
    write("docs/en/index.md", text)(root)
    assert built(root, "mkdocs.en.yml") == []
    plain = of_html(root)
    assert "<svg" in plain
    for name in ("docs/en/index.md", "snippets/a/small.py", LAB):
        data = (root / name).read_bytes().replace(b"\n", b"\r\n")
        mark = b"" if name.endswith(".py") else b"\xef\xbb\xbf"
        (root / name).write_bytes(mark + data)
    assert built(root, "mkdocs.en.yml") == []
    assert of_html(root) == plain


@pytest.mark.parametrize("damage", [lambda data: data[:30], lambda data: b"\xff"])
def test_damaged_cache_is_drawn_again(root, damage):
    snippet = root / "snippets" / "a" / "small.py"
    right = figures.svg(snippet, "en")
    kept = list(figures.CACHE.iterdir())
    assert len(kept) == 2
    for path in kept:
        path.write_bytes(damage(path.read_bytes()))
    assert figures.svg(snippet, "en") == right
    shutil.rmtree(figures.CACHE)
    figures.CACHE.write_text("no folder")
    assert figures.svg(snippet, "en") == right


def test_preview_shows_older_numbers_and_says_so(root):
    change("snippets/a/small.py", "[1.0", "[1.5")(root)
    add("{{ a/small:x.0 | .1f }}")(root)
    said = built(root, "mkdocs.en.yml", "serve")
    assert said == [
        "snippets/a/small.py:1: the code changed since snippets/a/small.json was "
        "measured; run `make results`."
    ]


def test_only_a_preview_keeps_what_it_built(root, monkeypatch):
    monkeypatch.setattr(languages, "build", lambda _: None)
    monkeypatch.setattr(languages, "_built", {})
    monkeypatch.setattr(frozen, "on_stale", None)  # a preview sets it
    languages._kept.cache_clear()
    config = load_config(str(root / "mkdocs.yml"), site_dir=str(root.parent / "site"))
    for command, folders in (("build", 0), ("serve", 0), ("serve", 1)):
        monkeypatch.setattr(languages, "_command", command)
        languages.on_post_build(config)
        assert languages._kept.cache_info().currsize == folders, command


def test_traceback_is_nowhere(root):
    """The whole way, once: what a person sees who types the command."""
    add("{{ a/small:y.0 | .1f }}")(root)
    result = project.build(root.parent / "site", root)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr + result.stdout
    assert len(re.findall(r"index\.md:10: ", result.stderr)) == 1


# What a block may do to whoever runs it.

LEFT = (
    "import subprocess, sys\nprint(subprocess.Popen([sys.executable, '-c', "
    "'import time; time.sleep(99)']).pid, flush=True)\n"
)
BLOCKS = {
    "never ends": ("while True: pass", ":2: .* it ran longer than 1 s"),
    "leaves a thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=[9]).start()",
        ":2: .* it ran longer than 1 s",
    ),
    "exits": ("import sys\nsys.exit(3)", r":4: (.|\n)*SystemExit: 3"),
    "exits at once": ("import os; os._exit(0)", ":2: .* it ended the process before"),
    "kills itself": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        ":2: .* the signal SIGKILL ended it",
    ),
    "crashes": ("import ctypes; ctypes.string_at(0)", ":2: .* the signal SIGSEGV"),
    "exits in an import": (
        "open('other.py', 'w').write('raise SystemExit')\nimport other",
        r":4: (.|\n)*SystemExit",
    ),
    "calls itself": ("def f(): f()\nf()", r":3: (.|\n)*RecursionError: maximum"),
    "forks": (
        "import os, time\nif not os.fork(): time.sleep(9)",
        ":2: .* it left a process running; wait for it, or end it",
    ),
    "leaves a process": (LEFT, ":2: .* it left a process running; wait for it, or end"),
    "prints a megabyte": ("print('x' * 10**6)", ":2: .* more than 100,000 bytes"),
    "prints for ever": ("while True: print('x' * 10**5)", ":2: .* more than 100,000"),
    "fails with a megabyte": ("raise ValueError('x' * 10**6)", r":3: (.|\n)*ValueErr"),
    "warns": (
        "import sys\nprint('old', file=sys.stderr)",
        r":2: .* warns its (.|\n)*old",
    ),
    "asks its reader": ("input()", r":3: (.|\n)*EOFError"),
    "needs the network": (
        "import urllib.request as u\nu.urlopen('http://example.org/')",
        r":4: (.|\n)*no network here to reach 'example.org': use data that a package",
    ),
    "connects to an address": (
        "import socket\nsocket.create_connection(('127.0.0.1', 1))",
        r":4: (.|\n)*no network here to reach '127.0.0.1'",
    ),
    "writes a file elsewhere": (
        "open('../../mine', 'w').write('theirs')",
        r":3: (.|\n)*mine: a block writes into its own folder only",
    ),
    "removes a file elsewhere": (
        "import os\nos.chdir('{outside}')\nos.remove('mine')",
        r":5: (.|\n)*mine: a block writes into its own folder only",
    ),
    "replaces a file elsewhere": (
        "import os\nopen('x', 'w').close()\nos.replace('x', '{outside}/mine')",
        r":5: (.|\n)*mine: a block writes into its own folder only",
    ),
    "is no Python": ("x = = 1", r":3: (.|\n)*page\.md\", line 3(.|\n)*SyntaxError"),
}


def gone(process):
    """Tell whether a process has ended, as soon as the system has buried it."""
    for _ in range(200):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes")


@posix
@pytest.mark.torch
@pytest.mark.parametrize("fault", BLOCKS)
def test_block_out_of_hand_is_named_and_harms_nothing(tmp_path, fault):
    code, message = BLOCKS[fault]
    (tmp_path / "mine").write_text("mine")
    code = code.replace("{outside}", str(tmp_path))
    path = tmp_path / "page.md"
    path.write_text(f"\n```python\n{code}\n```\n")
    (block,) = blocks.blocks(path)
    before = files(tmp_path)
    limit = 1 if "longer than 1 s" in message else sandbox.LIMIT
    outcome = sandbox.run(block.code.text, str(path), block.code.lines, limit=limit)
    said = blocks.judge(block, outcome)
    assert re.match(f"{path}{message}", said), said
    assert len(said) < 10_000, "nobody reads a megabyte"
    assert "alone.py" not in said, "our own code is no part of the message"
    assert files(tmp_path) == before
    if fault == "leaves a process":
        assert gone(int(outcome.stdout))


@pytest.mark.torch
def test_next_block_notices_nothing():
    sandbox.run(
        "import os, torch, matplotlib\n"
        "os.environ['LEFT'] = '1'; open('left', 'w').close(); os.chdir('/')\n"
        "torch.set_default_dtype(torch.float64); matplotlib.rcParams['font.size'] = 99"
    )
    outcome = sandbox.run(
        "import os, torch, matplotlib\n"
        "print(os.listdir(), 'LEFT' in os.environ, torch.get_default_dtype(),"
        " matplotlib.rcParams['font.size'])"
    )
    assert outcome.stdout == "[] False torch.float32 10.0\n"


@pytest.mark.torch
@pytest.mark.parametrize(
    "code",
    [
        "open('own', 'w').write('x'); print(open('own').read())",
        "import tempfile; tempfile.TemporaryFile().write(b'x'); print('x')",
        "import os; open(os.devnull, 'w').write('y'); os.mkdir('d'); print('x')",
        "import threading; threading.Thread(target=print, args='x').start()",
        "import sys; print('x'); sys.stdout.close()",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(\"x\")'])",
    ],
)
def test_what_a_block_may_do(code):
    outcome = sandbox.run(code)
    assert (outcome.stdout, outcome.error, outcome.broken) == ("x\n", None, None)


# What `make results` says of a snippet.

MEASURE = '    return {"x": [1.0, 2.0]}'
RESULTS = {
    "measure() raises": (MEASURE, "    return 1 / 0", r":11: ZeroDivisionError"),
    "measure() exits": (MEASURE, "    raise SystemExit(0)", r":11: SystemExit: 0"),
    "measure() crashes": (
        MEASURE, "    __import__('os')._exit(0)", ":1: did not finish: it ended the"
    ),
    "measure() never ends": (
        MEASURE, "    while True: pass", ":1: did not finish: it ran longer than 2 s"
    ),
    "measure() warns": (
        MEASURE, f"    import warnings; warnings.warn('old')\n{MEASURE}",
        r":1: warns its reader:\n.*old",
    ),
    "measure() returns nothing": (MEASURE, "    pass", ":1: its main part must set"),
    "measure() returns a list": (MEASURE, "    return [1]", ":1: its main part must"),
    "no results": ("results = measure", "found = measure", ":1: its main part must"),
    "no tolerance": ("TOLERANCE", "TOLERANT", ":1: its main part must set .*TOLERANCE"),
    "tolerance of something else": (
        '{"x": 0.01}', '{"y": 0.01}', ":1: TOLERANCE must name each .*; look at x, y"
    ),
    "tolerance no number": (
        '{"x": 0.01}', '{"x": "little"}', r":1: TOLERANCE\['x'\] is 'little'; it must be"
    ),
    "a tensor": (
        "[1.0, 2.0]", "torch.ones(2)", r":1: .*results.x is a Tensor; .*\.tolist\(\)"
    ),
    "a function": ("[1.0, 2.0]", "[1.0, len]", ":1: .*results.x.1 is a builtin_func"),
    "NaN": (
        "[1.0, 2.0]", "[1.0, 2.0, float('nan')]", ":1: the result x.2 is nan; return None"
    ),
    "too large": (
        "[1.0, 2.0]", "[1.0, 2.0, *range(10**5, 3 * 10**5)]", ":1: .* bytes of JSON, more than 1,000"
    ),
    "broken claim": ("[1.0, 2.0]", "[1.0, 3.0]", ":22: a claim does not hold: x ends at"),
    "broken claim without words": (
        '== 2, "x ends at two"', "== 3", r":22: a claim does not hold: assert results\["
    ),
    "check() fails": (
        '["x"][1] ==', '["x"][7] ==', r":22: check\(\) failed: IndexError: .* \(it may"
    ),
    "no check()": ("def check", "def czech", r":1: has no check\(results\); write one"),
    "no Python": (MEASURE, "    return {", r":11: (.|\n)*SyntaxError"),
    "draw() raises": (PLOT, "    1 / 0\n", r":16: draw\(\) failed: ZeroDivisionError"),
}  # fmt: skip


@pytest.fixture
def results(capsys):
    """Return a function that runs `make results`: its exit code, what it says."""

    def run():
        code = remeasure.main(force=False)
        out, err = capsys.readouterr()
        err = re.sub(r".*\d+/\d+ \|.*", "", err.replace("\r", "\n"))  # the bar
        return code, (out + err).strip()

    return run


@pytest.fixture
def alone_in(root, results):
    """Return the small site with one snippet, whose results are all current."""
    shutil.rmtree(root / "snippets" / "explorer")
    snippet = root / "snippets" / "a" / "small.py"
    frozen.save(snippet, {"x": [1.0, 2.0]}, "test", figures.shown(snippet))
    assert results() == (
        0,
        "All results are current. FORCE=1 measures everything again.",
    )
    return root


@pytest.mark.torch
@pytest.mark.parametrize("fault", RESULTS)
def test_make_results_names_the_fault_and_keeps_what_was(
    alone_in, results, monkeypatch, fault
):
    old, new, message = RESULTS[fault]
    if "longer than 2 s" in message:
        monkeypatch.setattr(remeasure, "LIMIT", 2)
    change("snippets/a/small.py", old, new)(alone_in)
    before = files(alone_in)
    code, said = results()
    assert code == 1
    assert re.match(rf"snippets/a/small\.py{message}", said), said
    assert len(re.findall(r"small\.py:\d+: (?!\w+Warning)", said)) == 1
    assert "hooks/" not in said
    assert files(alone_in) == before


@pytest.mark.torch
@pytest.mark.parametrize(
    "act",
    [
        cut("snippets/a/small.json"),
        remove("snippets/a/small.json"),
        write("snippets/a/small.json", b"{\xff}"),
        change("snippets/a/small.json", "1.0", "NaN"),
        change("snippets/a/small.json", "1.0", "1.5"),
        change("snippets/a/small.json", '"figure"', '"picture"'),
    ],
)
def test_make_results_mends_a_damaged_file(alone_in, results, act):
    path = alone_in / "snippets" / "a" / "small.json"
    right = frozen.load(path.with_suffix(".py"))
    act(alone_in)
    with pytest.raises(frozen.FrozenError, match=r"small\.json.*; run `make results`"):
        frozen.load(path.with_suffix(".py"))
    assert results() == (0, "")
    assert frozen.load(path.with_suffix(".py")) == right


@pytest.mark.torch
def test_one_fault_does_not_keep_the_others_from_being_saved(alone_in, results):
    small = alone_in / "snippets" / "a" / "small.py"
    for name, value in (("bad", "1 / 0"), ("other", '{"x": [5.0, 2.0]}')):
        path = small.with_name(f"{name}.py")
        path.write_text(SMALL.replace('{"x": [1.0, 2.0]}', value), "utf-8")
    write(LAB, "{")(alone_in)
    code, said = results()
    assert code == 1
    assert re.match(
        r"snippets/a/bad\.py:11: (.|\n)*docs/en/labs/lab\.ipynb:1: not JSON", said
    )
    assert frozen.load(small.with_name("other.py")) == {"x": [5.0, 2.0]}


@pytest.mark.torch
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            [1.1, 2.0],
            r"small\.json:1: 1 numbers (.|\n)*x\.0: frozen 1\.1, now 1\.0 .*0\.01",
        ),
        (
            [1.0, 2.0, 3.0],
            r"small\.json:1: 1 numbers (.|\n)*x\.2: only in one of the two",
        ),
        ([1.0, 2.1], r"small\.py:22: a claim does not hold: x ends at two"),
    ],
)
def test_results_that_are_not_measured_again_are_named(alone_in, value, message):
    snippet = alone_in / "snippets" / "a" / "small.py"
    frozen.save(snippet, {"x": value}, "test")
    assert re.match(f"snippets/a/{message}", remeasure.problem(snippet))


# A disk that is full, and a process that is killed.


@pytest.fixture
def full(monkeypatch):
    """Return a function that fills the disk: half of a file still fits."""
    real = Path.write_bytes

    def half(path, data):
        real(path, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return lambda: monkeypatch.setattr(Path, "write_bytes", half)


WRITERS = {
    "stamp": lambda root: staleness.main(["stamp", str(root / "docs/ko/index.md")]),
    "start": lambda root: staleness.main(["start", str(root / "docs/ko/new.md")]),
    "fix": lambda root: staleness.main(["fix", str(root / "docs/ko/index.md")]),
    "clean": lambda root: notebooks.main([str(root / LAB)]),
    "language": lambda root: new_language.main(["ja", "日本語"]),
}


@pytest.mark.parametrize("tool", WRITERS)
def test_full_disk_loses_nothing(root, full, capsys, tool):
    write("docs/en/new.md", PAGE)(root)
    change("docs/ko/index.md", "{#t}", "{#x}" if tool == "fix" else "{#t}")(root)
    change("docs/ko/index.md", "text", "말")(root)
    before = files(root)
    full()
    assert WRITERS[tool](root) == 1
    said = capsys.readouterr().err.strip()
    assert re.fullmatch(
        r"\S+:1: cannot be written \(No space left on device\) and is as it was; make "
        r"room, or allow writing there, and run this again\.",
        said,
    ), said
    assert files(root) == before


@pytest.mark.torch
def test_full_disk_keeps_results_and_outputs(alone_in, results, full, monkeypatch):
    path = alone_in / "docs" / "en" / "index.md"
    path.write_text(f"{PAGE}\n```python\nprint(1)\n```\n", "utf-8")
    changes = {path: [(block, "1") for block in blocks.blocks(path)]}
    change("snippets/a/small.py", "2.0]", "2.00]")(alone_in)
    before = files(alone_in)
    full()
    code, said = results()
    assert code == 1
    assert re.match(r"\S+/small\.json:1: cannot be written \(No space left", said)
    assert files(alone_in) == before
    monkeypatch.setattr(blocks, "_updates", changes)
    session = type("Session", (), {"exitstatus": 0})()
    blocks.Plugin().pytest_sessionfinish(session)
    assert session.exitstatus
    assert files(alone_in) == before


def test_build_on_a_full_disk_says_so(root, monkeypatch):
    def fails(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("mkdocs.utils.write_file", fails)
    assert built(root, "mkdocs.en.yml") == [
        "the site: No space left on device; make room, or allow reading and writing "
        "there, then build again."
    ]


@posix
def test_killed_while_writing_keeps_the_old_file(root):
    code = (
        f"import os, signal, sys; sys.path.insert(0, {str(project.ROOT)!r})\n"
        "from pathlib import Path\nimport whole\n"
        "Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "whole.write(Path(sys.argv[1]), 'new')\n"
    )
    before = files(root)
    for name in ("docs/en/index.md", "snippets/a/small.json"):
        done = subprocess.run([sys.executable, "-c", code, str(root / name)])
        assert done.returncode == -signal.SIGKILL
    left = files(root).keys() - before.keys()
    assert len(left) == 2
    assert {
        path: data for path, data in files(root).items() if path in before
    } == before
    ignored = (project.ROOT / ".gitignore").read_text("utf-8").split("\n")
    assert ".*.tmp" in ignored
    assert all(re.fullmatch(r"\..*\.tmp", path.name) for path in left)
    assert built(root, "mkdocs.en.yml") == []
    assert not list((root.parent / "site").rglob("*.tmp"))
    assert remeasure.stale() == []
    atomic.write(root / "docs" / "en" / "index.md", "next")


@posix
@pytest.mark.parametrize("end", ["exit 1", "kill -9 $PPID", "kill -9 $$"])
def test_make_build_that_fails_or_is_killed_keeps_the_site(tmp_path, end):
    shutil.copy(project.ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "constraints.txt", "pip.txt"):
        (tmp_path / name).touch()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("pip", "site"):
        (tmp_path / ".venv" / name).touch()
    python = tmp_path / ".venv" / "bin" / "python"
    page = tmp_path / "site" / "index.html"
    page.parent.mkdir()
    page.write_text("old")
    script = "#!/bin/sh\nmkdir site.new\necho {} > site.new/index.html\n{}\n"
    for text, last, expected in (("half", end, "old"), ("new", "exit 0", "new\n")):
        python.write_text(script.format(text, last))
        python.chmod(0o755)
        done = subprocess.run(["make", "build"], cwd=tmp_path, capture_output=True)
        assert bool(done.returncode) == (expected == "old")
        assert page.read_text() == expected
    assert sorted(path.name for path in tmp_path.glob("site*")) == ["site"]


# What a lab may do.

CELLS = {
    "fails": ("x = 1\n1 / 0", r" fails: (.|\n)*ZeroDivisionError: division by zero"),
    "warns": ("import warnings\nwarnings.warn('no')", r" warns its reader:\n.*no"),
    "never ends": ("while True: pass", r" runs longer than 5 s; make it shorter"),
    "ends the kernel": (
        "import os; os._exit(0)",
        r" ends the kernel; remove what exit",
    ),
    "exits": ("exit()", r" fails: (.|\n)*not callable"),
    "prints a megabyte": ("print('x' * 10**6)", r" prints more than 100,000 character"),
    "shows an object": ("3", r" shows text/plain; a lab prints text and shows figures"),
    "a colour": (
        "import matplotlib.pyplot as plt\nplt.plot([1, 2], color='red')\nplt.show()",
        r": .*#ff0000, which dark mode can't change; use C0",
    ),
    "network and disk": (
        "import os, urllib.request as u\n"
        "try:\n    os.remove({mine!r})\nexcept PermissionError as error:\n"
        "    u.urlopen('http://example.org/')",
        r" fails: (.|\n)*no network here to reach 'example.org'",
    ),
}


@pytest.mark.torch
@pytest.mark.parametrize("fault", CELLS)
def test_lab_out_of_hand_names_the_cell(root, monkeypatch, fault):
    code, message = CELLS[fault]
    if "longer than 5 s" in message:
        monkeypatch.setattr(run_labs, "LIMIT", 5)
    code = code.replace("{mine!r}", repr(str(root / "mkdocs.yml")))
    cells = [notebooks.Cell("one", True, code, {})]
    (root / LAB).write_text(notebooks.dump(cells), "utf-8")
    before = files(root)
    with pytest.raises(run_labs.LabError) as error:
        run_labs.run(root / LAB)
    said = str(error.value)
    assert re.match(rf"docs/en/labs/lab\.ipynb:6: cell 'one'{message}", said), said
    assert len(said) < 5000
    assert files(root) == before


def test_labels_are_named_with_their_line(root):
    with pytest.raises(labels.LabelError, match=r"labels\.yml:\d\d+: no translation"):
        labels.translate("no such label", "ko", "a/small")
    assert structure.fix(root / "docs" / "ko" / "index.md")[0] == 0
