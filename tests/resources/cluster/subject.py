"""`Cluster` as a subject of the laws that every type obeys, on a cluster in memory: it is looked at, and not made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from computenest.reconcile.retry import retrying
from computenest.resources._components.opened import Desk
from computenest.resources.cluster.lifecycle import ClusterLifecycle
from lifecycle.case import LifecycleCase
from lifecycle.driver import Screen, _no_lease
from lifecycle.faults import Halting
from lifecycle.subjects import MemorySubject, retry_of
from lifecycle.transports import CoreOfOne
from lifecycle.virtual import VirtualClock
from resources.cloud_service_deployment.subject import ClusterInMemory

__all__ = ["CASES", "ClusterSubject"]


class ClusterSubject(MemorySubject):
    """What the laws ask."""

    type_name, id_key, is_pure = "Cluster", "ownerId", True

    def __init__(self) -> None:
        self.clock, self.faults, self.screen = VirtualClock(), Halting(), Screen()
        self.cluster, self.retry = ClusterInMemory(self.clock, self.faults), retry_of(self.clock)

    def lifecycle(self) -> ClusterLifecycle:
        cluster: Any = self.cluster
        once = replace(self.retry, attempts=1, bears_silence=False)
        asking, bearing = (retrying(cluster, each, self.clock) for each in (once, self.retry))
        core: Any = CoreOfOne(self.screen)
        return ClusterLifecycle(core, Desk(bearing, asking, self.clock, self.screen, _no_lease))

    def news(self, number: int) -> dict[str, Any]:
        return {"ownerId": "o-1", "logicalName": "main", "kubeconfig": f"text-{number}"}

    def things(self) -> list[str]:
        return []

    def leftovers(self) -> list[str]:
        return []


CASES = (LifecycleCase("Cluster", ClusterSubject),)
