"""Every call that was answered, for tests that count: how often was what asked, by whom, when, with which result.

Kept in memory only: it is about one run, not about the state of the cloud.
"""

from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

REMEMBERED_CALLS = 5000


@dataclass(frozen=True)
class CallRecord:
    service: str
    action: str
    account: str
    region: str
    at: float
    result: str  # "OK", or the error's code, or the fault's kind
    is_internal: bool = False  # made by Compute Nest itself in the hub account


class CallLog:
    def __init__(self) -> None:
        self._last: deque[CallRecord] = deque(maxlen=REMEMBERED_CALLS)
        self._counts: Counter[str] = Counter()
        self._internal_counts: Counter[str] = Counter()

    def add(self, record: CallRecord) -> None:
        self._last.append(record)
        (self._internal_counts if record.is_internal else self._counts)[record.action] += 1

    def count(self, action: str) -> int:
        """How often it was called, by clients and by the cloud itself; "" counts every action of clients."""
        if not action:
            return self._counts.total()
        return self._counts[action] + self._internal_counts[action]

    def clear(self) -> None:
        self._last.clear()
        self._counts.clear()
        self._internal_counts.clear()

    def report(self) -> dict[str, Any]:
        return {
            "counts": dict(sorted(self._counts.items())),
            "internal_counts": dict(sorted(self._internal_counts.items())),
            "last": [asdict(record) for record in self._last],
        }
