"""Run Python source alone: a fresh process, an empty folder, nothing left behind.

A fork server imports the heavy libraries once, so that a run costs milliseconds; where
the system can't fork (Windows) each run is a new interpreter: the same, but slower.
"""

from __future__ import annotations

import ast
import contextlib
import linecache
import multiprocessing
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

LIMIT = 60.0
"""Seconds that a run may take."""
MOST_OUTPUT = 100_000
"""Bytes of output after which a run counts as out of hand."""
PRELOAD = ["torch", "matplotlib.pyplot", "sklearn.datasets"]


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


def _context() -> Any:  # noqa: ANN401 - the two contexts share no public type
    """Return the way to start processes that this system is good at."""
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MPLBACKEND="agg")
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    return context


_CONTEXT = _context()


def run(
    source: str,
    filename: str = "block.py",
    lines: Sequence[int] = (),
    values: Sequence[str] = (),
    limit: float = LIMIT,
    beside: Sequence[Path] = (),
) -> Outcome:
    """Run the source as a reader would who pasted it into an empty file.

    Args:
        source: Python source.
        filename: the name that tracebacks show.
        lines: for each line of the source, its line in that file.
        values: names of the namespace to return.
        limit: seconds after which the run is stopped.
        beside: files that the reader was told to put beside it.
    """
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder, "work")
        work.mkdir()
        for path in beside:
            shutil.copy(path, work)
        receive, send = _CONTEXT.Pipe(duplex=False)
        arguments = (send, source, filename, list(lines), list(values), folder)
        process = _CONTEXT.Process(target=_child, args=arguments, daemon=False)
        process.start()
        send.close()
        outcome = Outcome(broken="it ended the process before its last line")
        try:
            if receive.poll(limit):
                with contextlib.suppress(EOFError):
                    outcome = receive.recv()
            else:
                outcome = Outcome(broken=f"it ran longer than {limit:g} s")
        finally:
            process.kill()
            process.join()
            receive.close()
        for name in ("stdout", "stderr"):
            path = Path(folder, name)
            if path.is_file():
                data = path.read_bytes()[: MOST_OUTPUT + 1]
                if len(data) > MOST_OUTPUT:
                    outcome.broken = f"it wrote more than {MOST_OUTPUT:,} bytes"
                    data = data[:1000]
                text = data.decode("utf-8", "replace").replace("\r\n", "\n")
                setattr(outcome, name, text)
        return outcome


def _child(
    send: Any,  # noqa: ANN401 - multiprocessing's Connection
    source: str,
    filename: str,
    lines: list[int],
    values: list[str],
    folder: str,
) -> None:
    """Run the source in this process and send its outcome."""
    _quiet(Path(folder))
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
        outcome.error = "".join(traceback.format_exception_only(error)).strip()
        outcome.trace, outcome.line = _trace(error, filename)
        if isinstance(error, SyntaxError) and error.lineno:
            inside = 0 < error.lineno <= len(lines)
            outcome.line = lines[error.lineno - 1] if inside else error.lineno
    outcome.values = {name: main.__dict__.get(name) for name in values}
    sys.stdout.flush()
    sys.stderr.flush()
    send.send(outcome)
    send.close()


def _quiet(folder: Path) -> None:
    """Cut this process off: output to files, an empty folder, another random state."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
    project = str(Path(__file__).resolve().parents[1])
    sys.path[:] = [
        entry
        for entry in sys.path
        if "site-packages" in entry or not os.path.abspath(entry).startswith(project)
    ]
    sys.path.insert(0, str(folder / "work"))  # as Python does for a script
    os.chdir(folder / "work")
    linecache.clearcache()
    _other_seeds()
    import warnings

    # A window cannot open here; the reader's can.
    warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")


def _other_seeds() -> None:
    """Seed every generator anew, so that a block that forgets its seed is caught."""
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
    text = "".join(traceback.format_list(frames[own[0] :]))
    return text, frames[own[-1]].lineno


def described(outcome: Outcome, names: Mapping[str, str]) -> str:
    """Return the outcome's error output for a person, with plain file names."""
    text = outcome.trace + (outcome.error or "")
    for long, short in names.items():
        text = text.replace(long, short)
    return text
