"""An event loop for lives in virtual time: what is ready is run, and when nothing is, time jumps to the next sleeper.

It does what tasks, futures and events need, and no more: no sockets, no threads, no debug mode. A life is tens of
thousands of such steps, so that asyncio's own loop, with its selector, would take most of the time.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from lifecycle.virtual import StandstillError, VirtualClock

__all__ = ["run"]

T = TypeVar("T")


class _Loop(asyncio.AbstractEventLoop):
    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._ready: deque[tuple[contextvars.Context | None, Callable[..., Any], tuple[Any, ...]]] = deque()
        self.failure: BaseException | None = None

    def call_soon(self, callback: Any, *args: Any, context: contextvars.Context | None = None) -> Any:
        self._ready.append((context, callback, args))

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Any = None) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=self, name=name, context=context)

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
                if not main.done() and not self._clock.jump():
                    raise StandstillError("every task waits, and none of them for time")
        finally:
            asyncio._set_running_loop(None)
        return main.result()


def run(clock: VirtualClock, work: Coroutine[Any, Any, T]) -> T:
    """Runs `work`, and ends what it left running.

    Raises:
        StandstillError: nothing can ever happen again.
        Exception: that of a task which nobody awaited.
    """
    loop = _Loop(clock)
    try:
        result: T = loop.run_until_complete(work)
    finally:
        loop.run_until_complete(_end_everything(loop))
    if loop.failure is not None:
        raise loop.failure
    return result


async def _end_everything(loop: asyncio.AbstractEventLoop) -> None:
    others = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
