"""Call draw() or check() of a snippet without torch.

A snippet imports torch to measure; what it draws and claims comes from frozen results.
So everything but Python's own library, matplotlib and numpy is replaced by a stand-in
that accepts anything while the file is imported, and refuses everything afterwards.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from sitetools.content import files, snippets

REAL = {"matplotlib", "mpl_toolkits", "numpy"}
"""Packages that draw() and check() may use."""


class _StandIn:
    """Stands in for anything of a package: it can be called, subclassed, combined."""

    def __init__(self, name: str, finder: _Finder) -> None:
        self._name, self._finder = name, finder

    def _another(self, *_: object, **__: object) -> _StandIn:
        if not self._finder.importing:
            raise ImportError(f"{self._name} is not available here")
        return self

    def __getattr__(self, name: str) -> _StandIn:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._another()

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        return ()

    __call__ = __getitem__ = __or__ = __ror__ = _another
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _another
    __truediv__ = __rtruediv__ = __pow__ = __neg__ = _another


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a stand-in for each of these packages."""

    def __init__(self, packages: set[str]) -> None:
        self.packages = packages
        self.importing = True

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of a stand-in, or None for a real package."""
        if name.partition(".")[0] not in self.packages:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        """Let the module have every name."""
        stand_in = _StandIn(module.__name__, self)
        module.__dict__["__getattr__"] = lambda name: getattr(stand_in, name)


def function(snippet: Path, name: str) -> Callable[..., Any]:
    """Return one function of a snippet, ready to call.

    Raises:
        KeyError: if the snippet has no such function.
        Exception: what the file raises while it is imported.
    """
    finder = _Finder(set(snippets.imported(files.read(snippet))) - REAL)
    with _instead_of_packages(finder):
        names = runpy.run_path(str(snippet), run_name=snippet.stem)
    finder.importing = False
    found: Callable[..., Any] = names[name]
    return found


@contextlib.contextmanager
def _instead_of_packages(finder: _Finder) -> Iterator[None]:
    """Let imports find the stand-ins, and afterwards what they found before."""

    def theirs() -> dict[str, ModuleType]:
        return {
            name: module
            for name, module in sys.modules.items()
            if name.partition(".")[0] in finder.packages
        }

    hidden = theirs()
    for name in hidden:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in theirs():
            del sys.modules[name]
        sys.modules.update(hidden)


def line_in(error: BaseException, path: Path) -> int:
    """Return the line of the file at which the error arose, or 1."""
    line, trace = 1, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
