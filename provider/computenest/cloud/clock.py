"""Time as the cloud counts it, for everything that waits.

The embedded cloud may run faster than the world; a wait of so many of its seconds is then that much shorter here.
This is the only module of the provider that sleeps: everything else takes a clock.
"""

from __future__ import annotations

import asyncio
import threading
import time

from computenest.cloud.control import Control

# A scaled-down wait never becomes a busy loop.
SHORTEST_SLEEP_S = 0.02


class ScaledClock:
    """A clock that runs `scale` times as fast as the world's. Implements `ports.Clock`."""

    def __init__(self, scale: float) -> None:
        if not scale > 0:
            raise ValueError("a clock's scale is above 0")
        self.scale = scale
        self._began_s = time.monotonic()

    def now_s(self) -> float:
        return (time.monotonic() - self._began_s) * self.scale

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds / self.scale, SHORTEST_SLEEP_S) if seconds > 0 else 0)


class RealClock(ScaledClock):
    """The world's own clock."""

    def __init__(self) -> None:
        super().__init__(1.0)


class VirtualClock:
    """The clock of an embedded cloud whose time stands still until someone moves it: whoever waits moves it on.

    Waiting at the same time is waiting once: each waiter moves the clock to its own moment, not by its own duration.
    """

    def __init__(self, control: Control) -> None:
        self._control = control
        self._moving = threading.Lock()

    def now_s(self) -> float:
        return float(self._control.get("status")["now"])

    async def sleep(self, seconds: float) -> None:
        until_s = self.now_s() + seconds  # before anybody else gets to move it
        await asyncio.sleep(SHORTEST_SLEEP_S if seconds > 0 else 0)  # others may have earlier moments to wait for
        await asyncio.to_thread(self._move_to, until_s)

    def _move_to(self, moment_s: float) -> None:
        with self._moving:
            ahead_s = moment_s - self.now_s()
            if ahead_s > 0:
                self._control.post("clock", {"advance_s": ahead_s})


def pause(seconds: float) -> None:
    """Blocks the calling thread for a moment of the world's time; only for the embedded cloud's process control."""
    time.sleep(seconds)
