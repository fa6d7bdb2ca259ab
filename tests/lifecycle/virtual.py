"""Time that passes only when nobody has anything left to do: no test sleeps, and a wait of two hours costs nothing.

The event loop asks its selector for events; when it would block, every task waits for time, so the clock jumps to the
next sleeper instead. When nobody sleeps either, nothing can ever happen again: that is an error, not a hang.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["StandstillError", "VirtualClock", "run"]

T = TypeVar("T")


class StandstillError(RuntimeError):
    """Every task waits, and none of them for time."""


class VirtualClock:
    """`ports.Clock` in virtual seconds; made anew for every run."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self.naps: list[float] = []
        """The duration of every sleep, in the order in which they began."""

    def now_s(self) -> float:
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_s + max(0.0, seconds), next(self._order), woken))
        await woken

    def pass_time(self, seconds: float) -> None:
        """Moves on without waking anybody: what takes the cloud that long has happened."""
        self._now_s += seconds

    def jump(self) -> bool:
        """Wakes the next sleeper; False where nobody sleeps."""
        while self._sleepers:
            moment_s, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                self._now_s = max(self._now_s, moment_s)
                woken.set_result(None)
                return True
        return False


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found and timeout != 0 and not self._clock.jump():
            raise StandstillError("every task waits, and none of them for time")
        return found


def run(clock: VirtualClock, work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` on an event loop of its own whose time is `clock`."""
    loop = asyncio.SelectorEventLoop(_JumpingSelector(clock))
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(_end_everything())
        loop.close()


async def _end_everything() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
