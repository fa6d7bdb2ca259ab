"""What every operation asks of the outside: a clock, and a place to show progress."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Time as the cloud's durations count it; scaled or virtual where the cloud is."""

    def now_s(self) -> float:
        """Seconds, monotonic, of the cloud's time."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds of the cloud's time."""
        ...


class Progress(Protocol):
    """Where people look while work is long."""

    def show(self, text: str) -> None:
        """Replaces the live status line of the operation under way; leaves nothing behind."""
        ...

    def warn(self, text: str) -> None:
        """A line that stays."""
        ...
