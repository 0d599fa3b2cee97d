"""Read and write text files: always UTF-8, always whole."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from sitetools.fault import Fault, Place

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def read(path: Path) -> str:
    """Return a file's text with plain newlines, without a byte order mark.

    Raises:
        Fault: if the file is not UTF-8, or has a character that no one sees: HTML and
            YAML cannot show it.
    """
    data = path.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = Place(path, data.count(b"\n", 0, error.start) + 1)
        raise Fault(place, "not UTF-8", "save the file again as UTF-8") from None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if odd := _CONTROL.search(text):
        place = Place(path, text.count("\n", 0, odd.start()) + 1)
        if odd[0] == "\r":
            remedy = "save the file again with line ends LF"
            raise Fault(place, "a carriage return alone ends no line", remedy)
        problem = f"has the control character U+{ord(odd[0]):04X}"
        raise Fault(place, problem, "delete it")
    return text


def write(path: Path, text: str) -> None:
    """Replace a file's content, or make the file; newlines stay as they are.

    Another process may read or write it at the same time: no one sees half a file.
    What a killed process leaves behind is hidden, from git and MkDocs too.

    Raises:
        Fault: if the disk is full or the folder is read-only; the file is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(text.encode())
        temporary.replace(path)
    except OSError as error:
        problem = f"cannot be written ({error.strerror}) and is as it was"
        remedy = "make room, or allow writing there, and run this again"
        raise Fault(path, problem, remedy) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def line_of(path: Path, text: str) -> int:
    """Return the first line of a file that contains the text's first line, or 1."""
    first = text.strip().split("\n")[0]
    for number, line in enumerate(read(path).split("\n"), 1):
        if first in line:
            return number
    return 1
