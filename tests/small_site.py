"""A small site of its own, to break something in it and see what its tools say.

One page and one lab in English and Korean, and one snippet. It is built in this
process, where an error that its tool did not foresee is not a click exception and so
fails the test, as it would show a traceback.
"""

import logging
import re
import shutil
from pathlib import Path

import material
import project
from click import ClickException
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from mkdocs.structure.files import File

from sitetools.content import frozen, notebooks
from sitetools.render import labs
from sitetools.translate import staleness

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


def make(root: Path) -> None:
    """Make the small site in a folder."""
    for name in ("theme", "docs/shared", "docs/root", "snippets/explorer"):
        shutil.copytree(project.ROOT / name, root / name)
    nav = "nav:\n  - index.md\n  - nav_labs:\n      - labs/lab.ipynb\n\nhooks:"
    config = (project.ROOT / "mkdocs.yml").read_text("utf-8")
    config = re.sub(r"(?s)\bnav:\n.*?\bhooks:", nav, config, count=1)
    (root / "mkdocs.yml").write_text(config, "utf-8")
    for name in ("mkdocs_hooks.py", "LICENSE", "CITATION.cff"):
        shutil.copy(project.ROOT / name, root)
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
    (root / "snippets" / "a").mkdir()
    (root / "snippets" / "a" / "small.py").write_text(SMALL, "utf-8")
    save(root)
    labs.save(root / LAB, {"one": [{"text": "1"}]}, "Python")
    for name in ("index.md", "labs/lab.ipynb"):
        staleness.stamp(root / "docs" / "ko" / name)


def add_scripts(files, env, config):
    """Add the theme's scripts and styles only: it has 14,000 icons."""
    theme = Path(material.__file__).parent / "templates"
    for pattern in ("javascripts/**/[bs]*.min.js", "stylesheets/*.min.css"):
        for path in sorted(theme.glob(f"assets/{pattern}")):
            name = path.relative_to(theme).as_posix()
            where = (str(theme), config.site_dir, config.use_directory_urls)
            files.append(File(name, *where))


def save(root):
    """Freeze what the small snippet measures."""
    snippet = root / "snippets" / "a" / "small.py"
    frozen.save(snippet, {"x": [1.0, 2.0]}, "test")


def files(root):
    """Return the content of all files, but for caches."""
    return {
        path: path.read_bytes()
        for path in root.rglob("*")
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
