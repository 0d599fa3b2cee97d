"""Write a file whole or not at all: nobody reads a half, and nothing is lost."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


class WriteError(OSError):
    """A file that could not be written; the message names it and the remedy."""


def write(path: Path, text: str) -> None:
    """Replace a file's content, or make the file; newlines stay as they are.

    Another build or test may read or write it at the same time. What a killed one
    leaves behind is hidden, from git and MkDocs too.

    Raises:
        WriteError: if the disk is full or does not let us; the file is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(text.encode())
        temporary.replace(path)
    except OSError as error:
        raise WriteError(
            f"{path}:1: cannot be written ({error.strerror}) and is as it was; make "
            "room, or allow writing there, and run this again."
        ) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
