"""Clusters as somebody looked at them, without any cluster."""

from __future__ import annotations

from computenest.resources._components.health import Health
from computenest.resources._components.release import ReleaseName, Status
from computenest.resources._components.release_status import ReleaseStatus
from computenest.review.clusters import ClusterLook

MOMENT, SILENT = "2026-11-29 12:00:00", "the cluster at https://10.0.0.3:6443 did not answer within 3 s"
WHY = "0 of 2 ready: pod web-1, container web (registry.example.com/web:2): ImagePullBackOff: the token is refused"


def release(
    name: str = "shop-web", why: str = "", *, status: Status = Status.DEPLOYED, said: str = "", namespace: str = "shop"
) -> ReleaseStatus:
    """Ready where nothing is said against it."""
    workloads = ((f"Deployment {namespace}/{name}", Health(not why, why or "2 of 2 ready")),)
    return ReleaseStatus(ReleaseName(name), namespace, name, "1.4.2", 7, status, workloads, said or "Upgrade complete")


def silent(name: str, *releases: ReleaseStatus, answered: str = "") -> ClusterLook:
    return ClusterLook(name, releases, SILENT, answered)


def wide(clusters: int = 20, components: int = 10) -> list[ClusterLook]:
    """As many clusters and components as the largest services have; the fourth does not answer, on the seventh one
    component is not ready."""
    names = [f"shop-component-{number}" for number in range(components)]
    return [
        silent(f"edge-{at}")
        if at == 3
        else ClusterLook(
            f"edge-{at}", tuple(release(name, WHY if at == 6 and name == names[4] else "") for name in names)
        )
        for at in range(clusters)
    ]
