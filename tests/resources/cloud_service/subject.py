"""`CloudService` as a subject of the laws that every type obeys: a definition, and no object anywhere."""

from __future__ import annotations

from typing import Any

from computenest.resources.cloud_service.lifecycle import CloudServiceLifecycle
from lifecycle.case import LifecycleCase
from lifecycle.driver import Screen
from lifecycle.faults import Halting
from lifecycle.subjects import MemorySubject, retry_of
from lifecycle.transports import CoreOfOne
from lifecycle.virtual import VirtualClock

__all__ = ["CASES", "CloudServiceSubject"]


class CloudServiceSubject(MemorySubject):
    """What the laws ask."""

    type_name, id_key, is_pure = "CloudService", "ownerId", True

    def __init__(self) -> None:
        self.clock, self.faults, self.screen = VirtualClock(), Halting(), Screen()
        self.retry = retry_of(self.clock)

    def lifecycle(self) -> CloudServiceLifecycle:
        core: Any = CoreOfOne(self.screen)
        return CloudServiceLifecycle(core)

    def news(self, number: int) -> dict[str, Any]:
        web = {"name": "web", "chart": {"kind": "folder", "path": "/charts/web"}, "values": {"size": number}}
        return {"ownerId": "o-1", "logicalName": "shop", "version": f"1.{number}", "components": [web]}

    def things(self) -> list[str]:
        return []

    def leftovers(self) -> list[str]:
        return []


CASES = (LifecycleCase("CloudService", CloudServiceSubject),)
