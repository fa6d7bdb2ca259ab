"""What is due when. Progress is computed from the clock at each request; nothing runs in the background.

Between two requests many things may have become due, and one may cause the next (a copy ends, so a waiting one
starts). They are worked through in the order of their times, each at its own time, so that the result never depends
on how often somebody asked.
"""

import heapq
from collections.abc import Callable

Handler = Callable[[str, float], None]


class Timeline:
    def __init__(self) -> None:
        self._heap: list[tuple[float, int, str, str]] = []
        self._handlers: dict[str, Handler] = {}
        self._count = 0
        self._kept = 0

    def on(self, kind: str, handler: Handler) -> None:
        """`handler(key, due)` is called at the time; it must ignore an entry that is no longer true."""
        self._handlers[kind] = handler

    def schedule(self, kind: str, key: str, due_s: float) -> None:
        self._count += 1
        heapq.heappush(self._heap, (due_s, self._count, kind, key))

    def next_due(self) -> float | None:
        return self._heap[0][0] if self._heap else None

    def pop(self) -> tuple[float, Callable[[], None]]:
        due_s, _, kind, key = heapq.heappop(self._heap)
        return due_s, lambda: self._handlers[kind](key, due_s)

    def keep(self) -> None:
        """What is scheduled by now stays, whatever fails later."""
        self._kept = self._count

    def roll_back(self) -> None:
        """Forgets what was scheduled since `keep`."""
        if self._count > self._kept:
            self._heap = [entry for entry in self._heap if entry[1] <= self._kept]
            heapq.heapify(self._heap)

    def clear(self) -> None:
        self._heap.clear()
