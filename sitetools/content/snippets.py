"""Run single functions of a snippet without the imports that they don't need.

A snippet imports torch; its draw() and check() use only numbers. Executing just what
they need lets the site be built, and its claims be checked, without torch.
"""

from __future__ import annotations
import __future__

import ast
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any


def _defined(node: ast.stmt) -> set[str]:
    """Return the names that a top-level statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return _assigned(node)


def _assigned(node: ast.stmt) -> set[str]:
    """Return the names that a statement, or what stands in it, assigns."""
    return {
        name.id
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }


def _used(node: ast.stmt) -> set[str]:
    """Return the names that a statement reads, its annotations aside."""
    used: set[str] = set()
    skip: set[int] = set()
    for child in ast.walk(node):
        for annotation in (
            getattr(child, "annotation", None),
            getattr(child, "returns", None),
        ):
            if annotation is not None:
                skip |= {id(inner) for inner in ast.walk(annotation)}
        if isinstance(child, ast.Name) and id(child) not in skip:
            used.add(child.id)
    # What a function assigns is its own, even if something outside has that name.
    return used - (_assigned(node) if isinstance(node, ast.FunctionDef) else set())


def needed(source: str, name: str) -> list[ast.stmt]:
    """Return the top-level statements that the function `name` needs, in order.

    What runs only as a script is none of them, though it sets names, too.
    """
    body = [node for node in ast.parse(source).body if not isinstance(node, ast.If)]
    wanted, known = {name}, set[str]()
    while wanted - known:
        looking = wanted - known
        known |= looking
        for node in body:
            if _defined(node) & looking:
                wanted |= _used(node)
    return [node for node in body if _defined(node) & known]


def code_for(source: str, name: str, path: Path) -> CodeType:
    """Compile only what the function needs, with the snippet's own line numbers.

    Annotations are not evaluated: they may name torch's types.
    """
    module = ast.Module(needed(source, name), [])
    code = compile(module, str(path), "exec", __future__.annotations.compiler_flag)
    assert isinstance(code, CodeType)
    return code


def line_in(error: BaseException, path: Path) -> int:
    """Return the line of the file at which the error arose, or 1."""
    line, trace = 1, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def function(path: Path, name: str) -> Callable[..., Any]:
    """Return one function of a snippet, ready to call.

    Raises:
        KeyError: if the snippet has no such function.
    """
    source = path.read_text("utf-8")
    namespace: dict[str, Any] = {"__name__": path.stem}
    exec(code_for(source, name, path), namespace)
    function: Callable[..., Any] = namespace[name]
    return function
