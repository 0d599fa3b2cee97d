"""Run a lab in a Jupyter kernel, top to bottom, and keep what it printed and drew."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import figures
import frozen
import labs
import pages

LIMIT = 300
"""Seconds after which a cell counts as endless; a whole lab takes 120 at most."""
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class LabError(Exception):
    """A lab that fails or warns; the message names file, line and cell."""


def _style(name: str) -> str:
    """Return the code that lets a kernel draw as the site does."""
    settings: dict[str, Any] = figures.drawing_style(name)
    settings.pop("axes.prop_cycle")
    settings |= {"figure.facecolor": "none", "axes.facecolor": "none"}
    return (
        "import matplotlib, cycler\n"
        "from matplotlib_inline.backend_inline import set_matplotlib_formats\n"
        f"matplotlib.rcParams.update({settings!r})\n"
        "matplotlib.rcParams['axes.prop_cycle'] = "
        f"cycler.cycler(color={figures.CYCLE!r})\n"
        "set_matplotlib_formats('svg', bbox_inches=None, metadata={'Date': None})"
    )


def place(path: Path, ident: str) -> str:
    """Return `docs/en/labs/name.ipynb:12`, where a cell stands."""
    before = pages.read_file(path).partition(f'"id": "{ident}"')[0]
    line = before.count("\n") + 1
    return f"{pages.relative(path)}:{line}: cell {ident!r}"


def run(path: Path) -> labs.Outputs:
    """Run the notebook as its reader would, in an empty folder; return the outputs.

    Lines that begin with % are for the reader's machine (`%pip install …`): left out.

    Raises:
        LabError: if a cell fails, takes too long, prints a warning, or shows something
            else than text and figures.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    name = f"labs/{path.stem}"
    notebook = nbformat.v4.new_notebook()
    notebook.cells.append(nbformat.v4.new_code_cell(_style(name), id="style"))
    for cell in labs.cells(path):
        if cell.code:
            code = re.sub(r"(?m)^%.*$", "", cell.source)
            notebook.cells.append(nbformat.v4.new_code_cell(code, id=cell.ident))
    with tempfile.TemporaryDirectory() as folder:
        # Nothing of the user's: neither settings nor history.
        home = {key: folder for key in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR")}
        home["OMP_NUM_THREADS"] = "1"  # labs and tests run side by side
        home["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
        resources = {"metadata": {"path": folder}}
        with mock.patch.dict(os.environ, home):
            client = NotebookClient(
                notebook,
                timeout=LIMIT,
                kernel_name="python3",
                resources=resources,
                coalesce_streams=True,  # one text, however it arrived in pieces
                extra_arguments=["--IPKernelApp.log_level=40"],  # errors only
            )
            try:
                client.execute()
            except (CellExecutionError, CellTimeoutError) as error:
                message = _ANSI.sub("", str(error)).strip()
                done = [c for c in notebook.cells if c.execution_count is not None]
                ident = done[-1].id if done else notebook.cells[0].id
                raise LabError(f"{place(path, ident)}: {message}") from None
    outputs: labs.Outputs = {}
    for cell in notebook.cells[1:]:
        shown = [_shown(path, cell.id, output) for output in cell.outputs]
        found = [
            _themed(output, f"{name}-{cell.id}-{number}", path, cell.id)
            for number, output in enumerate(shown)
        ]
        if found:
            outputs[cell.id] = found
    return outputs


def _shown(path: Path, ident: str, output: Any) -> dict[str, str]:  # noqa: ANN401
    """Return one of a cell's outputs as text or SVG."""
    if output.output_type == "stream" and output.name == "stdout":
        lines = output.text.strip("\n").split("\n")
        return {"text": "\n".join(line.rstrip() for line in lines)}
    if output.output_type == "stream":
        raise LabError(f"{place(path, ident)} warns its reader:\n{output.text}")
    data = output.get("data", {})
    if "image/svg+xml" not in data:
        raise LabError(
            f"{place(path, ident)} shows {', '.join(data) or output.output_type}; "
            "a lab prints text and shows figures, nothing else."
        )
    return {"svg": data["image/svg+xml"]}


def _themed(
    output: dict[str, str], name: str, path: Path, ident: str
) -> dict[str, str]:
    """Return the output with a figure as the site shows it."""
    if "svg" not in output:
        return output
    try:
        return {"svg": figures.themed(output["svg"], {}, name)}
    except figures.FigureError as error:
        raise LabError(f"{place(path, ident)}: {error}") from None


def stale() -> list[Path]:
    """Return the labs whose outputs are missing, damaged or outdated."""
    found = []
    for path in labs.labs():
        try:
            labs.load(path)
        except frozen.FrozenError:
            found.append(path)
    return found
