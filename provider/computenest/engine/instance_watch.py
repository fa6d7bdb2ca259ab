"""Polls of service instances, coalesced: one ListServiceInstances call a tick covers up to 100 that are waited for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from computenest.domain.instance.model import InstanceId, Summary
from computenest.ports import Clock
from computenest.ports.instances import Instances

__all__ = ["InstanceWatch"]

_PAGE = 100


@dataclass(slots=True)
class InstanceWatch:
    """One for an account and process.

    Guarantees: 1. ceil(N / 100) list calls a tick for N waiters, none while nobody waits; 2. each answer is younger
    than the question.
    """

    instances: Instances
    clock: Clock
    interval_s: float = 5.0
    _asked: dict[InstanceId, asyncio.Future[Summary | None]] = field(default_factory=dict)
    _ticks: set[asyncio.Task[None]] = field(default_factory=set)

    async def next(self, instance_id: InstanceId) -> Summary | None:
        """The instance's row at the next tick, None where the list has none (it may lag behind a write)."""
        if not self._asked:
            tick = asyncio.create_task(self._tick())
            self._ticks.add(tick)
            tick.add_done_callback(self._ticks.discard)
        return await asyncio.shield(self._asked.setdefault(instance_id, asyncio.get_running_loop().create_future()))

    async def _tick(self) -> None:
        await self.clock.sleep(self.interval_s)
        asked, self._asked = self._asked, {}
        ids = sorted(asked)
        try:
            for start in range(0, len(ids), _PAGE):
                page = ids[start : start + _PAGE]
                found = await self.instances.list_by_id(page)
                for instance_id in page:
                    asked[instance_id].set_result(found.get(instance_id))
        except Exception as error:  # noqa: BLE001 - handed to every operation that waits for this tick
            for future in asked.values():
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # whoever was stopped meanwhile does not ask any more
