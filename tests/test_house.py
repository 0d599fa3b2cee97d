"""One room, one job: imports go one way, and importing changes nothing."""

import ast
import subprocess
import sys

import project
import pytest

SITETOOLS = project.ROOT / "sitetools"
MODULES = sorted(SITETOOLS.rglob("*.py"))
MAY_IMPORT = {
    "content": {"fault"},
    "render": {"fault", "content"},
    "measure": {"fault", "content", "render"},
    "publish": {"fault", "content", "render"},
    "translate": {"fault", "content", "render"},
    "fault": set(),
    "__init__": set(),
    "__main__": {"fault", "content", "render", "measure", "publish", "translate"},
}
"""Rooms that each room may import, besides itself."""
MOST_LINES = 400


def room_of(path):
    return path.relative_to(SITETOOLS).parts[0].removesuffix(".py")


def name_of(path):
    return path.relative_to(project.ROOT).as_posix()


def imports(source):
    """Yield (line, module) for every import, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: write the whole name"
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def not_allowed(source, room):
    """Yield what a module of a room may not import."""
    never = {"mkdocs", "properdocs", "mkdocs_hooks", "tests"}
    never |= {path.stem for path in (project.ROOT / "tests").glob("*.py")}
    for line, name in imports(source):
        package, _, rest = name.partition(".")
        theirs = rest.partition(".")[0]
        if package in never or (
            package == "sitetools" and theirs not in {room} | MAY_IMPORT[room]
        ):
            yield line, name


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_one_way(path):
    found = list(not_allowed(path.read_text("utf-8"), room_of(path)))
    assert not found, f"{name_of(path)}: {found}"


@pytest.mark.parametrize(
    ("room", "source", "number"),
    [
        ("content", "from sitetools.render import labs", 1),
        ("content", "from sitetools import fault, content", 0),
        ("render", "import sitetools.content.pages, sitetools.measure.sandbox", 1),
        ("publish", "def f():\n    from sitetools.translate import status", 1),
        ("translate", "from sitetools.publish import markdown as m", 1),
        ("measure", "from sitetools.translate.status import fill", 1),
        ("content", "import mkdocs.config", 1),
        ("content", "from blocks import judge", 1),
        ("__main__", "from sitetools.measure import remeasure", 0),
    ],
)
def test_wrong_import_is_seen(room, source, number):
    assert len(list(not_allowed(source, room))) == number


def test_only_the_hooks_import_mkdocs():
    code = [
        *MODULES,
        *project.ROOT.glob("*.py"),
        *project.PROJECT.snippets.rglob("*.py"),
    ]
    found = {
        name_of(path)
        for path in code
        for _, name in imports(path.read_text("utf-8"))
        if name.partition(".")[0] in ("mkdocs", "properdocs")
    }
    assert found == {"mkdocs_hooks.py"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_file_is_too_long(path):
    lines = path.read_text("utf-8").count("\n")
    assert lines <= MOST_LINES, f"{name_of(path)} has {lines} lines"


IMPORT_ALL = """
import importlib, logging, os, sys

def state():
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "finders": list(sys.meta_path),
        "handlers": [h for each in loggers for h in getattr(each, "handlers", [])],
    }

# What others do on being imported is theirs.
import matplotlib, pymdownx.snippets, yaml, markdown, PIL.Image
before = state()
for name in sys.argv[1:]:
    importlib.import_module(name)
    for what, now in state().items():
        if now != before[what]:
            sys.exit(f"importing {name} changes the {what}")
"""


def test_importing_has_no_side_effects():
    names = [
        ".".join(path.relative_to(project.ROOT).with_suffix("").parts)
        for path in MODULES
        if path.name != "__init__.py"
    ]
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *names],
        cwd=project.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
