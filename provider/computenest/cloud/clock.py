"""Time as the cloud counts it, for everything that waits.

The embedded cloud may run faster than the world; a wait of so many of its seconds is then that much shorter here.
This is the only module of the provider that sleeps: everything else takes a clock.
"""

from __future__ import annotations

import asyncio
import time

__all__ = ["RealClock", "ScaledClock", "pause"]

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


def pause(seconds: float) -> None:
    """Blocks the calling thread for a moment of the world's time; only for the embedded cloud's process control."""
    time.sleep(seconds)
