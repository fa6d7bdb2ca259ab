"""`ClusterComponent` as a subject of the laws that every type obeys, on a cluster in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from computenest.reconcile.retry import retrying
from computenest.resources._components.opened import Desk
from computenest.resources._components.shared import users
from computenest.resources.cluster_component.lifecycle import ClusterComponentLifecycle
from lifecycle.case import LifecycleCase
from lifecycle.driver import Screen, _no_lease
from lifecycle.faults import Halting
from lifecycle.subjects import MemorySubject, retry_of
from lifecycle.transports import CoreOfOne
from lifecycle.virtual import VirtualClock
from resources.cloud_service_deployment.subject import ClusterInMemory

__all__ = ["CASES", "ClusterComponentSubject"]


class ClusterComponentSubject(MemorySubject):
    """What the laws ask."""

    type_name, id_key, yields = "ClusterComponent", "ownerId", True

    def __init__(self, cluster: ClusterInMemory | None = None, owner: str = "o-1") -> None:
        self.clock, self.faults, self.screen, self.owner = VirtualClock(), Halting(), Screen(), owner
        self.cluster, self.retry = cluster or ClusterInMemory(self.clock, self.faults), retry_of(self.clock)

    def lifecycle(self) -> ClusterComponentLifecycle:
        cluster: Any = self.cluster
        once = replace(self.retry, attempts=1, bears_silence=False)
        asking, bearing = (retrying(cluster, each, self.clock) for each in (once, self.retry))
        core: Any = CoreOfOne(self.screen)
        return ClusterComponentLifecycle(core, Desk(bearing, asking, self.clock, self.screen, _no_lease))

    def news(self, number: int) -> dict[str, Any]:
        return self.asking(f"{number}.0.0", {"size": number})

    def asking(self, version: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
        """For the component in a version."""
        chart = {"kind": "folder", "path": f"/charts/certs-{version}"}
        given = {
            "ownerId": self.owner,
            "logicalName": "certs",
            "name": "certs",
            "cluster": {"name": "main", "kubeconfig": "text"},
        }
        return {**given, "chart": chart, "values": values or {}, "timeoutS": 100_000}

    def things(self) -> list[str]:
        return sorted({owner for one in self.cluster.releases.values() for owner in users(one[-1])})

    def leftovers(self) -> list[str]:
        return sorted(self.cluster.releases)


CASES = (LifecycleCase("ClusterComponent", ClusterComponentSubject),)
