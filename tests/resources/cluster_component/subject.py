"""`ClusterComponent` as a subject of the laws that every type obeys, on a cluster in memory."""

from __future__ import annotations

from typing import Any

from computenest.resources._components.shared import users
from computenest.resources.cluster_component.lifecycle import ClusterComponentLifecycle
from lifecycle.case import LifecycleCase
from resources.clusters import ClustersInMemory, ClusterSubject


class ClusterComponentSubject(ClusterSubject):
    """What the laws ask."""

    type_name, yields, serves = "ClusterComponent", True, ClusterComponentLifecycle

    def __init__(self, clusters: ClustersInMemory | None = None, owner: str = "o-1") -> None:
        super().__init__(clusters)
        self.owner = owner

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


CASES = (LifecycleCase("ClusterComponent", ClusterComponentSubject),)
