"""The releases of a namespace as they are now: their last revision, and how their workloads are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from computenest.resources._components.health import WORKLOADS, Health, health_of, selector_of
from computenest.resources._components.objects import KubeObject
from computenest.resources._components.observe import Observer, revision_in
from computenest.resources._components.release import ReleaseName, Revision, Status

__all__ = ["ReleaseStatus", "statuses"]

_SECRET = ("", "Secret")
_POD = ("", "Pod")


@dataclass(frozen=True, slots=True)
class ReleaseStatus:
    """One release.

    Args:
        release: its name.
        chart: the chart's name.
        version: of the chart.
        revision: the last.
        status: of it.
        workloads: each with its health, by its name.
    """

    release: ReleaseName
    chart: str
    version: str
    revision: int
    status: Status
    workloads: tuple[tuple[str, Health], ...]

    @property
    def is_ready(self) -> bool:
        """Whether it is deployed, and everything that it brought is ready."""
        return self.status is Status.DEPLOYED and all(health.is_ready for _, health in self.workloads)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "release": self.release,
            "chart": self.chart,
            "version": self.version,
            "revision": self.revision,
            "status": self.status.value,
            "ready": self.is_ready,
            "workloads": {name: {"ready": health.is_ready, "why": health.words} for name, health in self.workloads},
        }


async def statuses(observer: Observer, namespace: str, *, release: str = "") -> tuple[ReleaseStatus, ...]:
    """Those that helm keeps in a namespace, by their names.

    Args:
        observer: of the cluster.
        namespace: which.
        release: one alone; "" for all.
    """
    kinds = await observer.client.kinds()
    wanted = "owner=helm" + (f",name={release}" if release else "")
    secrets = await observer.client.list(kinds[_SECRET], namespace=namespace, labels=wanted)
    last: dict[str, Mapping[str, Any]] = {}
    for secret in secrets:
        name = str(secret["metadata"]["labels"]["name"])
        if name not in last or _number(secret) > _number(last[name]):
            last[name] = secret
    without = await observer.cluster_kinds()
    revisions = {name: revision_in(secret, without) for name, secret in sorted(last.items())}
    return tuple(await asyncio.gather(*(_status(observer, name, one) for name, one in revisions.items())))


async def _status(observer: Observer, name: str, revision: Revision) -> ReleaseStatus:
    listed = sorted((one for one in revision.objects if one.key.kind in WORKLOADS), key=lambda one: one.key)
    found = await asyncio.gather(*(_health(observer, one) for one in listed))
    workloads = tuple((str(one.key), health) for one, health in zip(listed, found, strict=True))
    return ReleaseStatus(
        ReleaseName(name), revision.chart, revision.version, revision.number, revision.status, workloads
    )


async def _health(observer: Observer, one: KubeObject) -> Health:
    kinds = await observer.client.kinds()
    resource = kinds.get((one.key.group, one.key.kind))
    body = await observer.client.get(resource, one.key.namespace, one.key.name) if resource else None
    health = health_of(body)
    if health.is_ready or body is None or not (labels := selector_of(body)):
        return health
    return health_of(body, await observer.client.list(kinds[_POD], namespace=one.key.namespace, labels=labels))


def _number(secret: Mapping[str, Any]) -> int:
    return int(secret["metadata"]["labels"].get("version") or 0)
