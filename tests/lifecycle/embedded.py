"""The time of an embedded cloud over the wire, for calls that go on at the same time: it is moved on between them."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from typing import Any

from emulator.harness import Cloud

_YIELDS = 20


class SteppedClock:
    """`ports.Clock`: moves the server on to the next sleeper whenever no call is under way.

    A deadline of two hours beside polls of a minute must not move time by two hours: all sleepers of a process wait
    in one queue, as they would for one clock on the wall.
    """

    def __init__(self, server: Cloud) -> None:
        self._server = server
        self._now_s = float(server.control("GET", "status")["now"])
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._mover: asyncio.Task[None] | None = None
        self._is_idle = asyncio.Event()
        self._calls = 0
        self._events = 0

    def begin_call(self) -> None:
        self._calls += 1
        self._events += 1

    def end_call(self) -> None:
        self._calls -= 1
        self._events += 1
        if not self._calls:
            self._is_idle.set()

    def now_s(self) -> float:
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_s + max(0.0, seconds), next(self._order), woken))
        if self._mover is None or self._mover.done():
            self._mover = asyncio.create_task(self._move())
        await woken

    async def _move(self) -> None:
        while self._sleepers:
            before = self._events
            for _ in range(_YIELDS):  # whoever can go on without time goes on
                await asyncio.sleep(0)
            if self._calls:
                self._is_idle.clear()
                await self._is_idle.wait()
            if self._events != before:  # a call that ended only now has somebody going on from it
                continue
            moment_s, _, woken = heapq.heappop(self._sleepers)
            if woken.done():
                continue
            if moment_s > self._now_s:
                self._server.control("POST", "clock", {"advance_s": moment_s - self._now_s})
                self._now_s = moment_s
            woken.set_result(None)


class Counted:
    """A port whose calls the clock waits for."""

    def __init__(self, port: Any, clock: SteppedClock) -> None:
        self._port = port
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        async def counted(*args: Any, **options: Any) -> Any:
            self._clock.begin_call()
            try:
                return await method(*args, **options)
            finally:
                self._clock.end_call()

        return counted
