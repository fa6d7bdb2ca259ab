"""How an operation under way is ended from outside without losing what it knows: with a reason, not just a cancel.

A task that is stopped ends in an `Outcome` with the artifact's id and the reason, so that the next run goes on; a
task that is merely cancelled (its caller is gone) ends as asyncio has it. Whoever stops holds the task, and the reason
travels in the cancellation itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

__all__ = ["stop", "stopped_because"]


@dataclass(frozen=True, slots=True)
class _Stop:
    reason: str


def stop(task: asyncio.Task[Any], reason: str) -> None:
    """Ends an operation at its next await; `reason` says why and what to do next."""
    task.cancel(_Stop(reason))


def stopped_because(cancelled: asyncio.CancelledError) -> str | None:
    """Why an operation was stopped, None where it was merely cancelled. A stop is answered, so it is taken back."""
    found = cancelled.args[0] if cancelled.args else None
    if not isinstance(found, _Stop):
        return None
    if (task := asyncio.current_task()) is not None:
        task.uncancel()
    return found.reason
