"""The addresses that the cloud answers at: the one it was started on, and those that come later.

A registry has a port of its own, a registry's storage one that is bound to its bucket, a region's internal addresses
lie in that region's network (networks.py). All are on the loopback interface and end with the process.
"""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

Serve = Callable[[socket.socket], Coroutine[Any, Any, object]]
BACKLOG = 512


@dataclass(frozen=True)
class Door:
    kind: str  # "main", or what the service that opened it calls it
    name: str = ""  # of the registry or the bucket


MAIN = Door("main")


def listen(host: str, port: int) -> socket.socket:
    # The protocol is named because asyncio turns Nagle's delay (40 ms an answer) off only where it is.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class Doors:
    def __init__(self) -> None:
        self.port = 0
        self._doors: dict[int, Door] = {}
        self._open: dict[tuple[str, int], socket.socket] = {}
        self._serve: Serve | None = None
        self._tasks: set[asyncio.Task[object]] = set()

    def attach(self, port: int, serve: Serve) -> None:
        """Called when the server answers on its own port; from now on new doors are served at once."""
        self.port, self._serve = port, serve
        for listener in self._open.values():
            self._start(listener)

    def _start(self, listener: socket.socket) -> None:
        if self._serve is not None:
            task: asyncio.Task[object] = asyncio.get_running_loop().create_task(self._serve(listener))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def open(self, host: str, port: int, door: Door) -> int:
        """The port: the wanted one, or a free one where that is taken. Opening twice is opening once."""
        if port and (host, port) in self._open:
            return port
        try:
            listener = listen(host, port)
        except OSError:
            if not port:
                raise
            listener = listen(host, 0)
        number = int(listener.getsockname()[1])
        self._open[host, number] = listener
        self._doors[number] = door
        self._start(listener)
        return number

    def open_internal(self, host: str) -> int:
        """The cloud's own port at a region's internal address."""
        if self.port == 0:
            return 0
        found = self._internal(host)
        return found if found is not None else self.open(host, self.port, MAIN)

    def _internal(self, host: str) -> int | None:
        return next((port for at, port in self._open if at == host and self._doors[port] == MAIN), None)

    def at(self, port: int) -> Door:
        return self._doors.get(port, MAIN)

    def close(self) -> None:
        for listener in self._open.values():
            listener.close()
        self._open.clear()
        self._doors.clear()
