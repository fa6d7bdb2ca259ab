"""How an operation under way is ended from outside without losing what it knows: with a reason, not just a cancel.

A task that is stopped ends in an `Outcome` with the resource's id and the reason, so that the next run goes on; a
task that is merely cancelled (its caller is gone) ends as asyncio has it. Whoever stops holds the task. The reason is
kept beside the task, and travels in the cancellation for tasks that it started: a cancellation that passes through
several awaited at once may come out without its message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")
_LAST_ANSWER_S = 4.0  # of this machine's time: a call that names an id is under way; a stopped run ends within five

_REASONS: WeakKeyDictionary[asyncio.Task[Any], str] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class _Stop:
    reason: str


def stop(task: asyncio.Task[Any], reason: str) -> None:
    """Ends an operation at its next await; `reason` says why and what to do next."""
    _REASONS[task] = reason
    task.cancel(_Stop(reason))


def stopped_because(cancelled: asyncio.CancelledError) -> str | None:
    """Why an operation was stopped, None where it was merely cancelled. A stop is answered, so it is taken back."""
    task, reason = asyncio.current_task(), _reason_of(cancelled)
    if task is not None and reason is not None:
        _REASONS.pop(task, None)
        task.uncancel()
    return reason


async def answered(call: Coroutine[Any, Any, T], keep: Callable[[T], None]) -> None:
    """Makes a call whose answer must not be lost, for it names what was made.

    A stop in its middle takes effect once it is answered, or not in time.

    Args:
        keep: is given the answer, also of a call that was stopped.
    """
    making = asyncio.ensure_future(call)
    try:
        keep(await asyncio.shield(making))
    except asyncio.CancelledError as cancelled:
        if _reason_of(cancelled) is not None:
            await asyncio.wait({making}, timeout=_LAST_ANSWER_S)
        if making.done() and not making.cancelled() and making.exception() is None:
            keep(making.result())
        making.cancel()
        raise


def _reason_of(cancelled: asyncio.CancelledError) -> str | None:
    task = asyncio.current_task()
    kept = _REASONS.get(task) if task is not None else None
    if kept is not None:
        return kept
    found = cancelled.args[0] if cancelled.args else None
    return found.reason if isinstance(found, _Stop) else None
