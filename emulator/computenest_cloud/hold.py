"""A moment at which the whole cloud stands still, so that whoever talks to it can be stopped exactly there.

Who wants to know what a crash leaves behind has to strike at a known moment, on a slow machine as on a fast one. From
the moment on that so many calls were made, time stops and nobody gets an answer, the last caller included: its call has
had its effect. Requests that come meanwhile wait, and act when the hold ends.
"""

import asyncio

from computenest_cloud.calls import CallLog
from computenest_cloud.clock import Clock


class Hold:
    def __init__(self, clock: Clock, calls: CallLog) -> None:
        self._clock = clock
        self._calls = calls
        self._action = ""
        self._count = 0  # 0: none is wanted
        self._is_free = asyncio.Event()
        self._is_free.set()

    @property
    def is_reached(self) -> bool:
        return not self._is_free.is_set()

    def put(self, action: str, calls: int) -> None:
        """Holds as soon as `action` ("": any) was called so many times from now on, by clients or the cloud itself."""
        self.end()
        self._action, self._count = action, self._calls.count(action) + calls

    def look(self) -> None:
        """Called after every call."""
        if self._count and not self.is_reached and self._calls.count(self._action) >= self._count:
            self._clock.stop()
            self._is_free.clear()

    async def passed(self) -> None:
        await self._is_free.wait()

    def end(self) -> None:
        self._count = 0
        if self.is_reached:
            self._clock.go_on()
            self._is_free.set()
