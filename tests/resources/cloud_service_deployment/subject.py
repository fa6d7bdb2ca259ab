"""`CloudServiceDeployment` as a subject of the laws that every type obeys, on clusters in memory."""

from __future__ import annotations

from typing import Any

from computenest.resources.cloud_service_deployment.lifecycle import CloudServiceDeploymentLifecycle
from lifecycle.case import LifecycleCase
from resources.clusters import ClusterSubject
from resources.on_hub import OnHub


class CloudServiceDeploymentSubject(ClusterSubject):
    """What the laws ask."""

    type_name, serves = "CloudServiceDeployment", CloudServiceDeploymentLifecycle

    def news(self, number: int) -> dict[str, Any]:
        web = {"name": "web", "chart": {"kind": "folder", "path": f"/charts/web-{number}"}, "values": {"size": number}}
        database = {"name": "db", "chart": {"kind": "folder", "path": "/charts/db-1"}}
        given = {"ownerId": "o-1", "logicalName": "web", "cluster": {"name": "main", "kubeconfig": "text"}}
        service = {"name": "shop", "components": [{**web, "needs": ["db"]}, database]}
        return {**given, "service": service, "configuration": {"db": {"size": number}}, "timeoutS": 100_000}


class ManyClustersSubject(CloudServiceDeploymentSubject):
    """A control plane on the main cluster, and a data plane on two others, of which one has values of its own."""

    at_once, names = 2, ("main", "one", "two")

    def news(self, number: int) -> dict[str, Any]:
        given = super().news(number)
        web, database = given["service"]["components"]
        web = {**web, "clusterSelector": {"matchLabels": {"tier": "edge"}}}
        guests = [
            {"name": name, "kubeconfig": f"text of {name}", "labels": {"tier": "edge"}} for name in self.names[1:]
        ]
        overlay = {"two": {"web": {"extra": number}}}
        service = {**given["service"], "components": [web, database]}
        return {**given, "service": service, "clusters": guests, "perCluster": overlay}

    def leftovers(self) -> list[str]:
        return sorted(f"{name}/{place}" for name, one in self.clusters.clusters.items() for place in one.releases)


class HubSubject(ManyClustersSubject):
    """The same on the clusters of a hub: one is listed, and gets its label from the deployment; one has it already, and
    is reached by its Secret; a third is none of it."""

    def __init__(self) -> None:
        super().__init__()
        self.hub: dict[str, OnHub] = {"one": OnHub(), "two": OnHub(), "three": OnHub(kubeconfig=None)}
        self.hub["two"].set("tier", "edge")
        self.cluster.managed = self.hub

    def news(self, number: int) -> dict[str, Any]:
        given = super().news(number)
        return {**given, "clusters": given["clusters"][:1], "hub": {"kubeconfigSecrets": True}}

    def leftovers(self) -> list[str]:
        ours = [
            f"{name}:{key}"
            for name, one in self.hub.items()
            for key, each in one.owners.items()
            if each != {"a person"}
        ]
        return sorted((*super().leftovers(), *ours))


CASES = (
    LifecycleCase("CloudServiceDeployment", CloudServiceDeploymentSubject),
    LifecycleCase("CloudServiceDeployment, on many clusters", ManyClustersSubject),
    LifecycleCase("CloudServiceDeployment, on the clusters of a hub", HubSubject),
)
