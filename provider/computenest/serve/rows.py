"""Which live lines go to the engine: at most one a row and interval, and never one for work that has ended. Pure.

Without a terminal the engine prints every live line as one of its log, so what comes too often is held back; the last
one is not lost, it comes when its time has come.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_INTERVAL_S = 0.25


@dataclass(slots=True)
class Rows:
    """What was said in each row, and what waits.

    Args:
        interval_s: between two lines of a row, in seconds of real time.
    """

    interval_s: float = _INTERVAL_S
    _said: dict[str, tuple[float, str]] = field(default_factory=dict)
    _waiting: dict[str, str] = field(default_factory=dict)

    def offer(self, row: str, text: str, *, now_s: float) -> float | None:
        """In how many seconds to call `take`; None where that is arranged already, or nothing new is said."""
        said_s, said = self._said.get(row, (now_s - self.interval_s, ""))
        is_arranged = row in self._waiting
        if not is_arranged and text == said:
            return None
        self._waiting[row] = text
        return None if is_arranged else max(0.0, said_s + self.interval_s - now_s)

    def take(self, row: str, *, now_s: float) -> str | None:
        """The line to send now, None where the work of this row has ended since."""
        text = self._waiting.pop(row, None)
        if text is not None:
            self._said[row] = (now_s, text)
        return text

    def end(self, row: str) -> bool:
        """The work of this row is over; what still waits is dropped. Whether a line stands there, to be taken away."""
        self._waiting.pop(row, None)
        return self._said.pop(row, None) is not None


def own_text(row: str, text: str) -> str:
    """A line as the row of the resource `row` (a URN) shows it: without the name that stands there anyway."""
    name = row.rpartition("::")[2]
    return text.removeprefix(f"{name}: ") if name else text
