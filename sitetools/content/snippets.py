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

REAL = {*sys.stdlib_module_names, "matplotlib", "mpl_toolkits", "numpy"}


class _StandIn:
    """Stands in for anything of a package: it can be called, subclassed, combined."""

    def __init__(self, name: str, importing: list[bool]) -> None:
        self._name, self._importing = name, importing

    def _another(self, *_: object, **__: object) -> _StandIn:
        if not self._importing:
            raise ImportError(f"{self._name} is not available here")
        return _StandIn(self._name, self._importing)

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
    """Finds a stand-in for every package that is not real."""

    def __init__(self) -> None:
        self.importing = [True]

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of a stand-in, or None for a real package."""
        if name.partition(".")[0] in REAL:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        """Let the module have every name."""
        stand_in = _StandIn(module.__name__, self.importing)
        module.__dict__["__getattr__"] = lambda name: getattr(stand_in, name)


def function(snippet: Path, name: str) -> Callable[..., Any]:
    """Return one function of a snippet, ready to call.

    Raises:
        KeyError: if the snippet has no such function.
        Exception: what the file raises while it is imported.
    """
    finder = _Finder()
    with _only_stand_ins(finder):
        names = runpy.run_path(str(snippet), run_name=snippet.stem)
    finder.importing.clear()
    found: Callable[..., Any] = names[name]
    return found


@contextlib.contextmanager
def _only_stand_ins(finder: _Finder) -> Iterator[None]:
    """Hide the packages that are not real, and take the stand-ins away afterwards."""
    import matplotlib.pyplot  # noqa: F401 - its own imports must be real
    import numpy  # noqa: F401

    hidden = {
        name: module
        for name, module in sys.modules.items()
        if name.partition(".")[0] in {"torch", "sklearn", "keras", "mnist1d"}
    }
    for name in hidden:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    before = set(sys.modules)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in set(sys.modules) - before:
            if name.partition(".")[0] not in REAL:
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
