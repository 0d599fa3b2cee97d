"""What happens in a sandbox's process: cut off from the rest, run, report.

`sandbox.run` starts it and stops it; this module knows nothing of its parent.
"""

from __future__ import annotations

import ast
import contextlib
import linecache
import math
import os
import sys
import tempfile
import threading
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from sitetools.measure import sandbox_guard

MOST_ERROR = 2000
"""Characters of an error's message that are shown."""


@dataclass
class Outcome:
    """What a run did."""

    stdout: str = ""
    stderr: str = ""
    error: str | None = None
    """The last line of the traceback, such as `ValueError: no`."""
    line: int | None = None
    """Line of the source at which the error arose, counted as in `lines`."""
    trace: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    """Those names of the source's namespace that the caller asked for."""
    broken: str | None = None
    """Why there is no outcome at all: it ran too long, exited or crashed."""


def run(
    send: Any,  # noqa: ANN401 - multiprocessing's Connection
    source: str,
    filename: str,
    lines: list[int],
    values: list[str],
    folder: str,
    limit: float,
) -> None:
    """Run the source in this process and send its outcome."""
    process = os.getpid()
    if hasattr(os, "setsid"):
        os.setsid()  # whatever it starts can be ended with it
    _quiet(Path(folder))
    with contextlib.suppress(ImportError):  # Windows has none
        import resource

        seconds = math.ceil(limit)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    outcome = Outcome()
    main = ModuleType("__main__")
    main.__dict__["__file__"] = filename
    sys.modules["__main__"] = main
    sys.argv = [filename]
    try:
        tree = ast.parse(source, filename)
        if lines:
            _renumber(tree, lines)
        exec(compile(tree, filename, "exec"), main.__dict__)
    except BaseException as error:
        outcome.trace, outcome.line = _trace(error, filename)
        if isinstance(error, SyntaxError) and error.lineno:
            inside = 0 < error.lineno <= len(lines)
            outcome.line = lines[error.lineno - 1] if inside else error.lineno
            error.lineno = error.end_lineno = outcome.line
        *above, last = traceback.format_exception_only(error)
        if isinstance(error, SyntaxError):  # its line and a mark below
            outcome.trace += "".join(above)
            above = []
        outcome.error = "".join([*above, last]).strip()
        if len(outcome.error) > MOST_ERROR:
            outcome.error = outcome.error[:MOST_ERROR] + " …"
    if os.getpid() != process:
        os._exit(0)  # a child that the source forked: its parent reports
    for thread in threading.enumerate():  # as Python waits before it ends
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    if _has_children():
        outcome.broken = "it left a process running; wait for it, or end it"
    try:
        outcome.values = {k: plain(main.__dict__.get(k), k) for k in values}
    except TypeError as error:
        outcome.broken = outcome.broken or str(error)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the source may have closed it
            stream.flush()
    send.send(vars(outcome))  # plain data: our own modules are hidden
    os._exit(0)  # nothing that the source left behind gets another word


def _quiet(folder: Path) -> None:
    """Cut this process off: output to files, an empty folder, another random state."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
    project = str(Path(__file__).resolve().parents[2])
    sys.path[:] = [
        entry
        for entry in sys.path
        if "site-packages" in entry or not os.path.abspath(entry).startswith(project)
    ]
    sys.path.insert(0, str(folder / "work"))  # as Python does for a script
    for name in [n for n in sys.modules if n.partition(".")[0] == "sitetools"]:
        del sys.modules[name]  # the reader has none
    os.chdir(folder / "work")
    linecache.clearcache()
    _other_seeds()
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    sandbox_guard.shut_in(str(folder))
    import warnings

    # A window cannot open here; the reader's can.
    warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")


def _other_seeds() -> None:
    """Seed every generator again, so that a block that forgets its seed is caught."""
    import random

    random.seed()
    if "numpy" in sys.modules:
        import numpy

        numpy.random.seed()
    if "torch" in sys.modules:
        import torch

        torch.seed()


def _renumber(tree: ast.AST, lines: Sequence[int]) -> None:
    """Give every node the line of the file that the reader's editor shows."""

    def moved(line: int) -> int:
        return lines[min(line, len(lines)) - 1]

    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            node.lineno = moved(node.lineno)
        if getattr(node, "end_lineno", None):
            node.end_lineno = max(node.lineno, moved(node.end_lineno))  # type: ignore[attr-defined]
            if node.end_lineno == node.lineno:  # type: ignore[attr-defined]
                # The lines of an include fall together.
                node.end_col_offset = max(node.col_offset, node.end_col_offset)  # type: ignore[attr-defined]


def _trace(error: BaseException, filename: str) -> tuple[str, int | None]:
    """Return the traceback from the source on, and the source's last line in it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [index for index, frame in enumerate(frames) if frame.filename == filename]
    if not own:
        return "", None
    ours = (__file__, sandbox_guard.__file__)
    shown = [frame for frame in frames[own[0] :] if frame.filename not in ours]
    text = "".join(traceback.format_list(shown))
    return text, frames[own[-1]].lineno


def plain(value: Any, name: str) -> Any:  # noqa: ANN401 - any value
    """Return the value if it is plain data, which another process can receive.

    Raises:
        TypeError: naming the part that is not.
    """
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, (str, int, float, bool)):
                raise TypeError(f"{name} has a {type(key).__name__} as a name")
        return {key: plain(inner, f"{name}.{key}") for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner, f"{name}.{i}") for i, inner in enumerate(value)]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"{name} is a {type(value).__name__}; results are numbers, text, lists and "
        "dicts of them (.item() and .tolist() make them)"
    )


def _has_children() -> bool:
    """Return whether this process started one that runs still."""
    if not hasattr(os, "WNOHANG"):
        return False
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
        return True
    return False
