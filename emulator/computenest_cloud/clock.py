"""The cloud's own time: real, scaled, or virtual and stepped from outside.

Everything that happens "later" in the cloud asks this clock. It is the only place that reads the machine's clock,
except the check of a request's signature date, which the client makes from the real one. Guarantees: (1) time never
goes back; (2) it goes on from where it was saved after a restart, so a copy that was half done is half done; (3) a
virtual clock moves only by `advance`, and so does one that was stopped.
"""

import time
from datetime import UTC, datetime

VIRTUAL_EPOCH_S = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


class Clock:
    """Emulated seconds since 1970."""

    def __init__(self, *, start_s: float, scale: float, is_virtual: bool, advanced_s: float = 0.0) -> None:
        self._base_s = start_s
        self.advanced_s = advanced_s
        self._mark_s = time.monotonic()
        self.scale = 0.0 if is_virtual else scale
        self.is_virtual = is_virtual
        self.behind_s = 0.0  # by how much of what was advanced the cloud is still behind: see `World.settle`
        self._jumps: list[tuple[float, float]] = []  # what was advanced and is not over for everything: (from, to)
        self._is_stopped = False

    def now(self) -> float:
        if self._is_stopped:
            return self._base_s
        return self._base_s + (time.monotonic() - self._mark_s) * self.scale

    def advance(self, seconds: float) -> None:
        seconds, start_s = max(0.0, seconds), self.now()
        end_s = start_s + seconds
        if self._jumps and self._jumps[-1][1] == start_s:
            start_s = self._jumps.pop()[0]  # that one only goes further
        self._jumps.append((start_s, end_s))
        self._base_s += seconds
        self.advanced_s += seconds

    def advanced_since(self, moment_s: float) -> float:
        """How many of the seconds behind a moment of the past were advanced; the others passed by themselves.

        Args:
            moment_s: never before that of an earlier call: what lies before it is forgotten.
        """
        self._jumps = [(start, end) for start, end in self._jumps if end > moment_s]
        return sum(end - max(start, moment_s) for start, end in self._jumps)

    def stop(self) -> None:
        """Time stands still until `go_on`; `advance` moves it all the same."""
        self._base_s, self._mark_s, self._is_stopped = self.now(), time.monotonic(), True

    def go_on(self) -> None:
        self._mark_s, self._is_stopped = time.monotonic(), False

    def lifetime_now(self) -> float:
        """The time by which keys, tokens and signed URLs expire: the clients' own, and what was advanced.

        Not scaled, because what they are used for takes real time: at 1500 times, an hour of key would be 2.4 seconds
        of upload. Clients sign URLs and compare dates with their own clock, too.
        """
        return wall_now() + self.advanced_s - self.behind_s


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
