"""What a block, a snippet or a lab must not do: use the network, write elsewhere."""

from __future__ import annotations

import os
import sys


def shut_in(folder: str) -> None:
    """Close to this process the network, and to writing the disk outside a folder."""
    folder = os.path.realpath(folder)
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    network = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind")
    changing = {"os.mkdir", "os.remove", "os.rmdir", "os.rename", "os.truncate"}
    changing |= {"os.link", "os.symlink", "os.chmod", "shutil.rmtree"}

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in network:
            address = arguments[event != "socket.getaddrinfo"]
            if not isinstance(address, (str, bytes)) or event == "socket.getaddrinfo":
                raise RuntimeError(
                    f"no network here to reach {address!r}: use data that a package "
                    "ships, or make some"
                )
        elif event in changing or (event == "open" and int(arguments[2]) & writing):  # type: ignore[call-overload]
            for path in arguments[: 2 if event == "os.rename" else 1]:
                if isinstance(path, (str, bytes, os.PathLike)):
                    place = os.path.realpath(os.fsdecode(path))
                    if not f"{place}{os.sep}".startswith((folder + os.sep, os.devnull)):
                        raise PermissionError(
                            f"{place}: a block writes into its own folder only"
                        )

    sys.addaudithook(watch)
