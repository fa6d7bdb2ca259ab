"""What the pods of a release say: their containers' logs, and what happened to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from computenest.kernel.errors import ComputeNestError
from computenest.resources._components.health import WORKLOADS, selector_of
from computenest.resources._components.objects import Body, as_map
from computenest.resources._components.observe import Observer
from computenest.resources._components.release import ReleaseName

_POD, _EVENT = ("", "Pod"), ("", "Event")
_NO_ADDRESS = "no preferred addresses found"
"""What the API server says of a node that nobody can ask: that of the embedded cluster."""


@dataclass(frozen=True, slots=True)
class ContainerLog:
    """Of one container.

    Args:
        name: of it.
        lines: what it printed last.
        why: why there is no log, "" where there is one.
    """

    name: str
    lines: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class PodLog:
    """Of one pod.

    Args:
        name: of it.
        events: `Warning Failed: …`, oldest first.
        containers: each with its log.
    """

    name: str
    events: tuple[str, ...]
    containers: tuple[ContainerLog, ...]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        told = [{"name": one.name, "lines": list(one.lines), "why": one.why} for one in self.containers]
        return {"pod": self.name, "events": list(self.events), "containers": told}


async def pod_logs(observer: Observer, release: ReleaseName, namespace: str, *, tail: int) -> tuple[PodLog, ...]:
    """Of every pod of a release's workloads, by their names; () where it has none.

    Args:
        observer: of the cluster.
        release: which.
        namespace: where helm keeps it.
        tail: how many lines of each container.
    """
    history = await observer.history(release, namespace)
    kinds = await observer.client.kinds()
    pods: dict[tuple[str, str], Body] = {}
    for one in history[-1].objects if history else ():
        _, body = await observer.found(one.key) if one.key.kind in WORKLOADS else (None, None)
        labels = selector_of(body) if body else ""
        found = await observer.client.list(kinds[_POD], namespace=one.key.namespace, labels=labels) if labels else []
        pods |= {(one.key.namespace, str(pod["metadata"]["name"])): pod for pod in found}
    return tuple([await _of_pod(observer, where, name, pod, tail) for (where, name), pod in sorted(pods.items())])


async def _of_pod(observer: Observer, namespace: str, name: str, pod: Body, tail: int) -> PodLog:
    kinds = await observer.client.kinds()
    events = await observer.client.list(kinds[_EVENT], namespace=namespace)
    ours = [one for one in events if as_map(one.get("involvedObject")).get("name") == name]
    told = tuple(f"{one.get('type')} {one.get('reason')}: {one.get('message')}" for one in sorted(ours, key=_when))
    spec = as_map(pod.get("spec"))
    names = [str(one.get("name")) for one in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))]
    return PodLog(name, told, tuple([await _of_container(observer, namespace, name, one, tail) for one in names]))


async def _of_container(observer: Observer, namespace: str, pod: str, container: str, tail: int) -> ContainerLog:
    resource = (await observer.client.kinds())[_POD]
    try:
        text = await observer.client.text(
            f"{resource.path(namespace, pod)}/log", query={"container": container, "tailLines": str(tail)}
        )
    except ComputeNestError as error:
        is_virtual = _NO_ADDRESS in error.summary
        return ContainerLog(
            container, (), "no container runs on its node, which is virtual" if is_virtual else error.summary
        )
    return ContainerLog(container, tuple(text.splitlines()))


def _when(event: Body) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")
