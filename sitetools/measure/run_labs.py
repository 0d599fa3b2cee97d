"""Run a lab in a Jupyter kernel, top to bottom, and keep what it printed and drew."""

from __future__ import annotations

import os
import re
import tempfile
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sitetools.content import notebooks
from sitetools.content.project import Project
from sitetools.fault import Fault
from sitetools.measure import compare, sandbox, sandbox_process
from sitetools.render import drawing, labs, svg

LIMIT = 300
"""Seconds after which a cell counts as endless; a whole lab takes 120 at most."""
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def _style(folder: str) -> str:
    """Return the code that lets a kernel draw as the site does, shut in a folder."""
    root = str(Path(__file__).resolve().parents[2])
    return (
        "import sys, matplotlib\n"
        f"sys.path.insert(0, {root!r})\n"
        "from sitetools.measure import sandbox_guard\n"
        "from sitetools.render import backend, drawing\n"
        "del sys.path[0]\n"
        "from matplotlib_inline.backend_inline import set_matplotlib_formats\n"
        "matplotlib.rcParams.update(drawing.style())\n"
        "matplotlib.rcParams['legend.facecolor'] = 'none'\n"
        "matplotlib.backend_bases.register_backend('svg', backend.Canvas)\n"
        "set_matplotlib_formats('svg', bbox_inches=None)\n"
        f"sandbox_guard.shut_in({folder!r})\n"
        "exit = quit = None  # a script would end here, a notebook goes on"
    )


def run(path: Path) -> labs.Outputs:
    """Run the notebook as its reader would, in an empty folder; return the outputs.

    Lines that begin with % are for the reader's machine (`%pip install …`): left out.

    Raises:
        Fault: if a cell fails, takes too long, prints a warning, or shows something
            else than text and figures.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import (
        CellExecutionError,
        CellTimeoutError,
        DeadKernelError,
    )

    name = f"labs/{path.stem}"
    notebook = nbformat.v4.new_notebook()
    for cell in labs.cells(path):
        if cell.code:
            code = re.sub(r"(?m)^%.*$", "", cell.source)
            notebook.cells.append(nbformat.v4.new_code_cell(code, id=cell.ident))
    with tempfile.TemporaryDirectory() as folder:
        style = nbformat.v4.new_code_cell(_style(folder), id="style")
        notebook.cells.insert(0, style)
        # Nothing of the user's: neither settings nor history.
        home = {key: folder for key in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR")}
        home["OMP_NUM_THREADS"] = "1"  # labs and tests run side by side
        home["TMPDIR"] = folder
        home["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
        resources = {"metadata": {"path": folder}}
        begun: list[str] = []
        client = NotebookClient(
            notebook,
            on_cell_start=lambda cell, cell_index: begun.append(cell.id),
            # A kernel may take long to start, not a cell to run.
            timeout_func=lambda cell: None if cell.id == "style" else LIMIT,
            kernel_name="python3",
            resources=resources,
            extra_arguments=["--IPKernelApp.log_level=40"],  # errors only
        )
        try:
            client.execute(env=os.environ | home)
        except CellTimeoutError:
            problem = f"runs longer than {LIMIT} s"
            raise _fault(path, begun[-1], problem, "make it shorter") from None
        except DeadKernelError:
            remedy = "remove what exits or crashes"
            raise _fault(path, begun[-1], "ends the kernel", remedy) from None
        except CellExecutionError as error:
            detail = _short(error)
            raise _fault(path, begun[-1], "fails", "fix its code", detail) from None
    outputs: labs.Outputs = {}
    for cell in notebook.cells[1:]:
        shown = [_shown(path, cell.id, output) for output in _joined(cell.outputs)]
        found = [
            _themed(output, f"{name}-{cell.id}-{number}", path, cell.id)
            for number, output in enumerate(shown)
        ]
        if found:
            outputs[cell.id] = found
    return outputs


def _fault(
    path: Path, ident: str, problem: str, remedy: str, detail: str = ""
) -> Fault:
    """Return what is wrong with a cell."""
    place = notebooks.place_of(path, ident)
    return Fault(place, f"cell {ident!r} {problem}", remedy, detail)


def _short(error: Exception) -> str:
    """Return a traceback of the kernel without colors, and not all of a long one."""
    text = _ANSI.sub("", str(error)).strip().rstrip(".")
    if len(text) > sandbox_process.MOST_ERROR:
        text = f"{text[:1000]}\n…\n{text[-1000:]}"
    return text


def _joined(outputs: list[Any]) -> list[Any]:
    """Return the outputs with all text where its first piece is.

    nbclient's own way takes hours for a long line.
    """
    found: list[Any] = []
    texts: dict[str, Any] = {}
    for output in outputs:
        name = output.get("name")
        if output.output_type == "stream" and name in texts:
            texts[name].text += output.text
            continue
        if output.output_type == "stream":
            texts[name] = output
        found.append(output)
    return found


def _shown(path: Path, ident: str, output: Any) -> dict[str, str]:  # noqa: ANN401
    """Return one of a cell's outputs as text or SVG."""
    if output.output_type == "stream" and output.name == "stdout":
        if len(output.text) > sandbox.MOST_OUTPUT:
            problem = f"prints more than {sandbox.MOST_OUTPUT:,} characters"
            raise _fault(path, ident, problem, "print less")
        return {"text": compare.tidy(output.text)}
    if output.output_type == "stream":
        shown = output.text[: sandbox_process.MOST_ERROR]
        remedy = "remove what causes the warning"
        raise _fault(path, ident, "warns its reader", remedy, shown)
    data = output.get("data", {})
    if "image/svg+xml" not in data:
        problem = f"shows {', '.join(data) or output.output_type}"
        raise _fault(path, ident, problem, "print text and show figures, nothing else")
    return {"svg": data["image/svg+xml"]}


def _themed(
    output: dict[str, str], name: str, path: Path, ident: str
) -> dict[str, str]:
    """Return the output with a figure as the site shows it."""
    if "svg" not in output:
        return output
    try:
        return {"svg": svg.named(output["svg"], name)}
    except ValueError as error:
        problem = f"draws a figure that {error}"
        raise _fault(path, ident, problem, drawing.ALLOWED) from None


def confirm(path: Path) -> None:
    """Run the lab again.

    Raises:
        Fault: as run(), or if a cell shows something else than its page.
    """
    old, new = labs.load(path), run(path)
    for cell in labs.cells(path):
        outputs = (found.get(cell.ident, []) for found in (old, new))
        for before, now in zip_longest(*outputs, fillvalue={}):
            if not compare.same_output(before, now, cell.metadata):
                problem = "shows something else than when it was frozen"
                remedy = "if the new one is right, run `make results`"
                words = [
                    out.get("text", "a figure or nothing") for out in (now, before)
                ]
                detail = "now:\n{}\nbefore:\n{}".format(*words)
                raise _fault(path, cell.ident, problem, remedy, detail)


def stale(project: Project) -> list[Path]:
    """Return the labs whose outputs are missing, damaged or outdated."""
    found = []
    for path in labs.labs(project):
        try:
            labs.load(path)
        except Fault:  # running it says more
            found.append(path)
    return found
