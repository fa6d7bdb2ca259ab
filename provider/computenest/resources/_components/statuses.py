"""The releases of a namespace, or of all, as they are now: their last revision, and how their workloads are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from computenest.resources._components.health import WORKLOADS, Health, health_of, selector_of
from computenest.resources._components.objects import KubeObject
from computenest.resources._components.observe import Observer, revision_in
from computenest.resources._components.release import ReleaseName, Revision, Status
from computenest.resources._components.release_status import ReleaseStatus, last_words, redactor_of_release

_SECRET = ("", "Secret")
_POD = ("", "Pod")


async def statuses(observer: Observer, namespace: str, *, release: str = "") -> tuple[ReleaseStatus, ...]:
    """Those that helm keeps, by namespace and name, without what is secret in them.

    Args:
        observer: of the cluster.
        namespace: which; "" for all.
        release: one alone; "" for all.
    """
    kinds = await observer.client.kinds()
    wanted = "owner=helm,status!=superseded" + (f",name={release}" if release else "")  # helm keeps ten of those
    secrets = await observer.client.list(kinds[_SECRET], namespace=namespace, labels=wanted)
    last: dict[tuple[str, str], Mapping[str, Any]] = {}
    for secret in secrets:
        key = (str(secret["metadata"]["namespace"]), str(secret["metadata"]["labels"]["name"]))
        if key not in last or _number(secret) > _number(last[key]):
            last[key] = secret
    without = await observer.cluster_kinds()
    revisions = {key: revision_in(secret, without) for key, secret in sorted(last.items())}
    there = {key: one for key, one in revisions.items() if one.status is not Status.UNINSTALLED}
    return tuple(await asyncio.gather(*(_status(observer, *key, one) for key, one in there.items())))


async def _status(observer: Observer, namespace: str, name: str, revision: Revision) -> ReleaseStatus:
    listed = sorted((one for one in revision.objects if one.key.kind in WORKLOADS), key=lambda one: one.key)
    found = await asyncio.gather(*(_health(observer, one) for one in listed))
    told, (said,) = redactor_of_release(revision).text, last_words((revision,))
    return ReleaseStatus(
        release=ReleaseName(name),
        namespace=namespace,
        chart=revision.chart,
        version=revision.version,
        revision=revision.number,
        status=revision.status,
        workloads=tuple(
            (str(one.key), replace(health, words=told(health.words))) for one, health in zip(listed, found, strict=True)
        ),
        description=said,
    )


async def _health(observer: Observer, one: KubeObject) -> Health:
    _, body = await observer.found(one.key)
    health = health_of(body)
    if health.is_ready or body is None or not (labels := selector_of(body)):
        return health
    pods = (await observer.client.kinds())[_POD]
    return health_of(body, await observer.client.list(pods, namespace=one.key.namespace, labels=labels))


def _number(secret: Mapping[str, Any]) -> int:
    return int(secret["metadata"]["labels"].get("version") or 0)
