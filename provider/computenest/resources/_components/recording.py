"""What was done to a release and its objects, as ControllerRevisions beside it, one a change: for whoever has no state.
Helm's own Secrets tell values and manifests; these tell what happened, and hold no value of anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from computenest.cloud.kubernetes.client import ApiResource
from computenest.kernel.errors import Conflict, unless_denied
from computenest.resources._components.effects import Added, Changed, Kept, ObjectEffect
from computenest.resources._components.observe import Observer
from computenest.resources._components.plan import Declared
from computenest.resources._components.preview import Preview
from computenest.resources._components.release import OWNER_LABEL, ReleaseName

RELEASE_LABEL = "computenest.aliyun.com/release"
_KIND = ("apps", "ControllerRevision")
_MOST_OBJECTS = 200


@dataclass(frozen=True, slots=True)
class Record:
    """One change.

    Args:
        revision: of the release, that it made.
        action: `upgrade 1.0.0 -> 1.1.0`.
        chart: the chart's name.
        version: of the chart.
        digest: of the chart's content.
        objects: `+ Deployment shop/web`, for each that was added, changed or removed.
    """

    revision: int
    action: str
    chart: str
    version: str
    digest: str
    objects: tuple[str, ...]


async def record(
    observer: Observer, declared: Declared, done: Preview, *, revision: int, most: int, told: Callable[[str], str]
) -> None:
    """Writes what was done, and takes away the oldest; nothing where these credentials may not.

    Args:
        observer: of the cluster.
        declared: the release.
        done: what was done to it.
        revision: of the release, that it made.
        most: how many are kept.
        told: a text without what is secret: charts make names of values, too.
    """
    kind = (await observer.client.kinds())[_KIND]
    name = f"{declared.release}-r{revision}"
    objects = [told(_told(one)) for one in done.effects.objects]
    body = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": name, "labels": {RELEASE_LABEL: declared.release, OWNER_LABEL: declared.owner}},
        "revision": revision,
        "data": {
            "action": str(done.action),
            "chart": declared.chart,
            "version": declared.version,
            "digest": declared.chart_digest,
            "objects": objects[:_MOST_OBJECTS],
        },
    }
    with unless_denied():
        await _make(observer, kind, declared.namespace, name, body)
        kept = await _listed(observer, declared.release, declared.namespace)
        for old in sorted(kept, key=lambda one: int(one.get("revision") or 0))[:-most]:
            await observer.client.delete(kind, declared.namespace, str(old["metadata"]["name"]))


async def read_records(observer: Observer, release: ReleaseName, namespace: str) -> tuple[Record, ...]:
    """Those that are kept, oldest first."""
    found = []
    for one in await _listed(observer, release, namespace):
        data = one.get("data")
        told: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        texts = {key: str(told.get(key) or "") for key in ("action", "chart", "version", "digest")}
        objects = told.get("objects")
        listed = tuple(map(str, objects)) if isinstance(objects, list) else ()
        found.append(Record(revision=int(one.get("revision") or 0), objects=listed, **texts))
    return tuple(sorted(found, key=lambda one: one.revision))


async def forget_records(observer: Observer, release: ReleaseName, namespace: str) -> None:
    """Of a release that is gone."""
    kind = (await observer.client.kinds())[_KIND]
    with unless_denied():
        for one in await _listed(observer, release, namespace):
            await observer.client.delete(kind, namespace, str(one["metadata"]["name"]))


async def _make(observer: Observer, kind: ApiResource, namespace: str, name: str, body: Mapping[str, Any]) -> None:
    """What it says cannot be changed, so one of a release that was made anew is another one."""
    try:
        await observer.client.create(kind, namespace, body)
    except Conflict:
        await observer.client.delete(kind, namespace, name)
        await observer.client.create(kind, namespace, body)


async def _listed(observer: Observer, release: ReleaseName, namespace: str) -> list[Mapping[str, Any]]:
    """As the cluster has them, in no order."""
    kind = (await observer.client.kinds())[_KIND]
    return await observer.client.list(kind, namespace=namespace, labels=f"{RELEASE_LABEL}={release}")


def _told(one: ObjectEffect) -> str:
    """Without its fields: their values may be secret."""
    sign = "+" if isinstance(one, Added) else "~" if isinstance(one, Changed) else "!" if isinstance(one, Kept) else "-"
    return f"{sign} {one.key}"
