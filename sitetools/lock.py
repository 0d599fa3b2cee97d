"""Run a command while no other process runs one under the same lock.

    python -m sitetools.lock .cache/build.lock make build

The system lets go of the lock when a process ends, however it ends.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main(name: str, command: list[str]) -> int:
    """Run the command under the lock; return its exit code."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"Another process holds {name}; waiting for it.", flush=True)
                fcntl.flock(file, fcntl.LOCK_EX)
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
