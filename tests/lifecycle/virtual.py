"""Time that passes only when nobody has anything left to do: no test sleeps, and a wait of two hours costs nothing.

What is ready is run, and when nothing is, time jumps to the next sleeper. When nobody sleeps either, nothing can ever
happen again: that is an error, not a hang. The loop does what tasks, futures and events need, and no more: no sockets,
no threads, no debug mode. A life is tens of thousands of such steps, so that asyncio's own loop, with its selector,
would take most of the time.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class StandstillError(RuntimeError):
    """Every task waits, and none of them for time."""


def _nobody(_seconds: float) -> None:
    """Nobody else lives in this time."""


class VirtualClock:
    """`ports.Clock` in virtual seconds; made anew for every run.

    Args:
        advance: moves whoever lives in the same time, by seconds.
        now_s: when it begins.
    """

    def __init__(self, advance: Callable[[float], None] = _nobody, *, now_s: float = 0.0) -> None:
        self._advance, self._now_s = advance, now_s
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
        self._advance(seconds)
        self._now_s += seconds

    def jump(self) -> bool:
        """Wakes the next sleeper; False where nobody sleeps."""
        while self._sleepers:
            moment_s, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                if moment_s > self._now_s:
                    self.pass_time(moment_s - self._now_s)
                    self._now_s = moment_s  # a sum of steps is not quite the moment
                woken.set_result(None)
                return True
        return False


class _Loop(asyncio.AbstractEventLoop):
    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._ready: deque[tuple[contextvars.Context | None, Callable[..., Any], tuple[Any, ...]]] = deque()
        self._timers: list[tuple[float, int, asyncio.Handle]] = []
        self._order = itertools.count()
        self.failure: BaseException | None = None

    def call_soon(self, callback: Any, *args: Any, context: contextvars.Context | None = None) -> Any:
        self._ready.append((context, callback, args))

    def call_later(self, delay: float, callback: Any, *args: Any, context: contextvars.Context | None = None) -> Any:
        """Once nothing else can happen: it is the machine's time that such a timer counts, and none of that passes."""
        handle = asyncio.Handle(callback, args, self, context)
        heapq.heappush(self._timers, (delay, next(self._order), handle))
        return handle

    def _give_up(self) -> bool:
        """Lets the shortest timer run out; False where none is set."""
        while self._timers:
            _, _, handle = heapq.heappop(self._timers)
            if not handle.cancelled():
                handle._run()
                return True
        return False

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Any = None) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """At once: what would block a thread takes no time here."""
        del executor
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it is whoever awaits it that it concerns
            done.set_exception(error)
        return done

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def time(self) -> float:
        return self._clock.now_s()

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """What nobody awaited is a failure of the life, not a line on a screen."""
        self.failure = self.failure or context.get("exception") or RuntimeError(str(context.get("message")))

    def run_until_complete(self, future: Any) -> Any:
        main = asyncio.ensure_future(future, loop=self)
        asyncio._set_running_loop(self)
        ready = self._ready
        try:
            while not main.done():
                while ready:
                    context, callback, args = ready.popleft()
                    if context is None:
                        callback(*args)
                    else:
                        context.run(callback, *args)
                if not (main.done() or self._clock.jump() or self._give_up()):
                    raise StandstillError("every task waits, and none of them for time")
        finally:
            asyncio._set_running_loop(None)
        return main.result()


def run(clock: VirtualClock, work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` on an event loop of its own whose time is `clock`, and ends what it left running.

    Raises:
        StandstillError: nothing can ever happen again.
        Exception: that of a task which nobody awaited.
    """
    loop = _Loop(clock)
    try:
        result: T = loop.run_until_complete(work)
    finally:
        loop.run_until_complete(end_everything())
    if loop.failure is not None:
        raise loop.failure
    return result


async def end_everything() -> None:
    """Cancels whatever else still runs on this loop, and waits for it."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
