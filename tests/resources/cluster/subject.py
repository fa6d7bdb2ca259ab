"""`Cluster` as a subject of the laws that every type obeys, on a cluster in memory: it is looked at, and not made."""

from __future__ import annotations

from typing import Any

from computenest.resources.cluster.lifecycle import ClusterLifecycle
from lifecycle.case import LifecycleCase
from resources.clusters import ClusterSubject


class LookedAtSubject(ClusterSubject):
    """What the laws ask."""

    type_name, is_pure, serves = "Cluster", True, ClusterLifecycle

    def news(self, number: int) -> dict[str, Any]:
        return {"ownerId": "o-1", "logicalName": "main", "kubeconfig": f"text-{number}"}


CASES = (LifecycleCase("Cluster", LookedAtSubject),)
