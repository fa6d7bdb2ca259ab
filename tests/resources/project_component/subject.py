"""`ProjectComponent` as a subject of the laws that every type obeys, on a cluster in memory."""

from __future__ import annotations

from typing import Any

from computenest.resources.project_component.lifecycle import ProjectComponentLifecycle
from lifecycle.case import LifecycleCase
from resources.clusters import ClusterSubject


class ProjectComponentSubject(ClusterSubject):
    """What the laws ask."""

    type_name, serves = "ProjectComponent", ProjectComponentLifecycle

    def news(self, number: int) -> dict[str, Any]:
        given = {"ownerId": "o-1", "logicalName": "web", "cluster": {"name": "main", "kubeconfig": "text"}}
        chart = {"kind": "folder", "path": f"/charts/web-{number}"}
        return {**given, "namespace": "team", "chart": chart, "values": {"size": number}, "timeoutS": 100_000}


CASES = (LifecycleCase("ProjectComponent", ProjectComponentSubject),)
