"""Write a file whole or not at all: nobody reads a half, and nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Replace a file's content, or make the file; newlines stay as they are.

    Another build or test may read or write it at the same time.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(text.encode())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
