"""Run Python source alone: a fresh process, an empty folder, nothing left behind.

It has no network, and writes only into its folder: it works for every reader, and
cannot harm what was there before.

A fork server imports the heavy libraries once, so that a run costs milliseconds; where
the system can't fork (Windows) each run is a new interpreter: the same, but slower.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from sitetools.measure import sandbox_process
from sitetools.measure.sandbox_process import Outcome

LIMIT = 60.0
"""Seconds that a run may compute."""
PATIENCE = 10
"""How often as long it may take in all, where other programs compute, too."""
MOST_OUTPUT = 100_000
"""Bytes of output after which a run counts as out of hand."""
_PRELOAD = [
    *("torch", "torch._dynamo"),  # optimizers import the second, which takes seconds
    *("matplotlib.pyplot", "mnist1d.data", "sklearn.datasets"),
    "sklearn.model_selection",
]
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
}


@cache
def _context() -> Any:  # noqa: ANN401 - the two contexts share no public type
    """Return the way to start processes that this system is good at."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    return context


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
        limit: seconds of computing after which the run is stopped.
        beside: files that the reader was told to put beside it.
    """
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder, "work")
        work.mkdir()
        for path in beside:
            shutil.copy(path, work)
        context = _context()
        receive, send = context.Pipe(duplex=False)
        arguments = (send, source, filename, list(lines), list(values), folder, limit)
        process = context.Process(
            target=sandbox_process.run, args=arguments, daemon=False
        )
        with mock.patch.dict(os.environ, _ENVIRONMENT):
            process.start()
        send.close()
        outputs = [Path(folder, name) for name in ("stdout", "stderr")]
        endless = Outcome(broken=f"it ran longer than {limit:g} s")
        outcome, end = endless, time.monotonic() + limit * PATIENCE
        try:
            while time.monotonic() < end and not _too_much(outputs):
                if receive.poll(0.1):
                    try:
                        outcome = Outcome(**receive.recv())
                    except EOFError:
                        process.join(1)
                        if process.exitcode != -getattr(signal, "SIGXCPU", 0):
                            outcome = Outcome(broken=_ended(process.exitcode))
                    break
        finally:
            process.kill()
            with contextlib.suppress(AttributeError, OSError):  # Windows has none
                os.killpg(process.pid, signal.SIGKILL)  # what it started
            process.join()
            receive.close()
        if _too_much(outputs):
            outcome.broken = f"it wrote more than {MOST_OUTPUT:,} bytes"
        for path in filter(Path.is_file, outputs):
            with path.open("rb") as file:
                data = file.read(1000 if _too_much([path]) else -1)
            text = data.decode("utf-8", "replace").replace("\r\n", "\n")
            setattr(outcome, path.name, text)
        return outcome


def _too_much(outputs: Sequence[Path]) -> bool:
    """Return whether a run has written more than anyone would read."""
    return any(p.is_file() and p.stat().st_size > MOST_OUTPUT for p in outputs)


def _ended(status: int | None) -> str:
    """Return how a process ended that has not sent its outcome."""
    if status is not None and status < 0:
        return f"the signal {signal.Signals(-status).name} ended it"
    return "it ended the process before its last line"
