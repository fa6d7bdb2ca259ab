"""The cloud's own time: real, scaled, or virtual and stepped from outside.

Everything that happens "later" in the cloud asks this clock. It is the only place that reads the machine's clock,
except the check of a request's signature date, which the client makes from the real one. Guarantees: (1) time never
goes back; (2) it goes on from where it was saved after a restart, so a copy that was half done is half done; (3) a
virtual clock moves only by `advance`.
"""

import time
from datetime import UTC, datetime

VIRTUAL_EPOCH_S = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


class Clock:
    """Emulated seconds since 1970."""

    def __init__(self, *, start_s: float, scale: float, is_virtual: bool) -> None:
        self._base_s = start_s
        self._mark_s = time.monotonic()
        self.scale = 0.0 if is_virtual else scale
        self.is_virtual = is_virtual

    def now(self) -> float:
        return self._base_s + (time.monotonic() - self._mark_s) * self.scale

    def advance(self, seconds: float) -> None:
        self._base_s += max(0.0, seconds)


def wall_now() -> float:
    """The machine's own time: only to start a real clock, and to check the date of a signature."""
    return time.time()


def format_time(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> float | None:
    """Seconds of `2026-01-01T00:00Z` or `2026-01-01T00:00:00Z`; None for anything else."""
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None
