"""Clusters in memory, and the subjects that reach them: the provider's own `KubernetesClusters`, on releases without
objects and on the documents of a hub."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from computenest.cloud.kubernetes.client import ApiResource
from computenest.cloud.kubernetes.helm import HelmChart
from computenest.kernel.errors import Conflict, Meaning, NotFound, Transient
from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.reconcile.retry import retrying
from computenest.resources._components.api import KubernetesClusters
from computenest.resources._components.effects import Effects
from computenest.resources._components.hub_api import SECRET
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.objects import KubeObject, ObjectKey
from computenest.resources._components.observation import Rendering
from computenest.resources._components.opened import Desk
from computenest.resources._components.plan import Declared, decide
from computenest.resources._components.preview import Preview
from computenest.resources._components.release import Revision, Status
from computenest.resources._components.releases import Releases
from computenest.resources._components.wish import Outlook, Wish
from lifecycle.driver import _no_lease
from lifecycle.faults import Halting, InMemory
from lifecycle.subjects import MemorySubject
from lifecycle.virtual import VirtualClock
from resources.on_hub import OnHub
from unit.components.worlds import revision

_KINDS = {
    (group, kind): ApiResource(group, "v1", kind, "", is_namespaced=kind != "Namespace", verbs=frozenset())
    for group, kind in (("", "Secret"), ("", "Namespace"), ("apps", "ControllerRevision"))
}


@dataclass
class ClusterInMemory(InMemory):
    """One cluster: what the provider asks of its API, and the helm for it. Records of changes are not kept."""

    clock: VirtualClock
    faults: Halting
    uid: str = "uid-1"
    releases: dict[str, tuple[Revision, ...]] = field(default_factory=dict)
    managed: dict[str, OnHub] | None = None
    """What it knows as a hub; None where it is none."""
    looked: set[str] = field(default_factory=set)
    """Releases that this call has seen as they are: to look again is no moment of its own."""

    @property
    def client(self) -> Self:
        return self

    @property
    def helm(self) -> Self:
        return self

    async def probe(self) -> str:
        return await self._call("identify", lambda: "v1.37.2", self.uid)

    async def call(self, _method: str, _path: str) -> dict[str, Any]:
        return {"metadata": {"uid": self.uid}}

    async def kinds(self) -> Mapping[tuple[str, str], ApiResource]:
        return _KINDS

    async def list(self, kind: ApiResource, **_: str) -> list[dict[str, Any]]:
        def listed() -> list[dict[str, Any]]:
            if self.managed is None:
                raise NotFound("the server has no such kind")
            return [one.document(name) for name, one in self.managed.items()]

        return await self._call("managed_clusters", listed, self.uid) if kind.kind == "ManagedCluster" else []

    async def get(self, _kind: ApiResource, namespace: str, name: str) -> dict[str, Any] | None:
        secret = (self.managed or {}).get(namespace, OnHub(kubeconfig=None)).secret
        return await self._call(f"kubeconfig of {namespace}", lambda: secret, name) if name == SECRET else None

    async def create(self, *_: Any) -> None:
        """Of records."""

    async def patch(
        self,
        _kind: ApiResource,
        _namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        manager: str,
        is_dry: bool,
        force: bool,
        **_: str,
    ) -> dict[str, Any]:
        def effect() -> dict[str, Any]:
            if self.managed is None or name not in self.managed:
                raise Conflict("uid mismatch")
            found = self.managed[name].apply(body["metadata"].get("labels", {}), manager, takes=force)
            if not is_dry:
                self.managed[name] = found
            return found.document(name)

        return await self._call("look at labels" if is_dry else "label", effect, name)

    async def history(self, release: str, namespace: str) -> tuple[Revision, ...]:
        where = f"{namespace}/{release}"
        if where not in self.looked:
            await self._call("look", lambda: self.looked.add(where), where)
        return self.releases.get(where, ())

    async def relabel(self, release: str, namespace: str, _: Revision, labels: Mapping[str, str | None]) -> None:
        where = f"{namespace}/{release}"

        def effect() -> None:
            *before, last = self.releases[where]
            told = {key: text for key, text in {**last.labels, **labels}.items() if text is not None}
            self.releases[where] = (*before, replace(last, labels=told))

        await self._call("relabel", effect, where)

    async def upgrade(
        self, release: str, chart: HelmChart, *, namespace: str, values: Any, labels: Mapping[str, str], **_: Any
    ) -> None:
        where = f"{namespace}/{release}"

        def begin() -> None:
            self.looked.discard(where)
            before = self.releases.get(where, ())
            made = revision(len(before) + 1, Status.PENDING_UPGRADE, chart.version, values)
            kept = before[-1].labels if before else {}
            made = replace(made, chart=chart.name, labels={**kept, **labels})
            self.releases[where] = (*before, made)

        def end() -> None:
            *before, last = self.releases[where]
            kept = (replace(one, status=Status.SUPERSEDED) for one in before)
            self.releases[where] = (*kept, replace(last, status=Status.DEPLOYED))

        await self._call("begin", begin, where)
        await self._call("end", end, where)

    async def uninstall(self, release: str, *, namespace: str, **_: float) -> None:
        where = f"{namespace}/{release}"
        await self._call("uninstall", lambda: self.releases.pop(where, None), where)


class _Releases(Releases):
    """Of one object, which has all values in it."""

    async def preview(self, declared: Declared, chart: HelmChart) -> Preview:
        history = await self.observer.history(declared.release, declared.namespace)
        key = ObjectKey("", "ConfigMap", declared.namespace, declared.release)
        one = KubeObject(key, "v1", {"version": chart.version, "values": declared.values})
        unknown = {key: frozenset({""})} if has_unknown(declared.values) else {}
        return Preview(decide(declared, history), Effects(), Rendering((one,), unknown=unknown))


class ChartsInMemory:
    """Name and version of a chart are what its path ends with."""

    async def seen(self, wish: Wish) -> HelmChart:
        name, _, version = Path(str(getattr(wish.chart, "path", "web-0"))).name.partition("-")
        nothing = {"makes_values_up": False, "reads_cluster": False, "counts_revisions": False}
        return HelmChart(Path(name), name, version, f"digest-{version}", **nothing)

    async def brought(self, wish: Wish) -> HelmChart:
        return await self.seen(wish)


@dataclass
class ClustersInMemory(KubernetesClusters):
    """Several, by their names; the first answers to every other name, too."""

    charts: Any = field(default_factory=ChartsInMemory)
    clusters: dict[str, ClusterInMemory] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    """Those that do not answer."""
    asked: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, clock: VirtualClock, faults: Halting, *names: str) -> Self:
        return cls(clusters={name: ClusterInMemory(clock, faults, uid=f"uid-{name}") for name in names})

    @property
    def main(self) -> ClusterInMemory:
        return next(iter(self.clusters.values()))

    def hear(self, name: str) -> None:
        """One more, which has answered in this run."""
        self.clusters[name] = ClusterInMemory(self.main.clock, self.main.faults)
        self.heard[name] = ClusterAccess(name=name, kubeconfig=f"text of {name}")

    @asynccontextmanager
    async def _reached(self, access: ClusterAccess) -> AsyncIterator[Releases]:
        name = str(access.name)
        self.asked.append(name)
        if name in self.silent:
            raise Transient(f"the cluster at {name} did not answer within 3 s", meaning=Meaning.UNANSWERED)
        observer: Any = self.clusters.get(name, self.main)
        observer.looked.clear()
        yield _Releases(observer, self.main.clock)

    async def _without_cluster(self, wish: Wish, chart: HelmChart, kubernetes_version: str) -> Outlook:
        del wish, kubernetes_version
        return Outlook(version=chart.version, digest=UNKNOWN, words="not known yet")


class ClusterSubject(MemorySubject):
    """What is declared for a cluster, or of one."""

    id_key = "ownerId"
    serves: ClassVar[Any]
    """The type's lifecycle."""
    names: ClassVar[tuple[str, ...]] = ("main",)
    """Of its clusters."""

    def __init__(self, clusters: ClustersInMemory | None = None) -> None:
        super().__init__()
        self.clusters = clusters or ClustersInMemory.of(self.clock, self.faults, *self.names)
        self.cluster = self.clusters.main

    def asking_and_bearing(self, port: Any) -> tuple[Any, Any]:
        """A port as a check has it, and as an operation."""
        once = replace(self.retry, attempts=1, bears_silence=False)
        return retrying(port, once, self.clock), retrying(port, self.retry, self.clock)

    def desk(self) -> Desk:
        """What a lifecycle of this subject stands on."""
        asking, bearing = self.asking_and_bearing(self.clusters)
        return Desk(bearing, asking, self.clock, self.screen, _no_lease)

    def lifecycle(self) -> Any:
        return self.serves(self.core(), self.desk())

    def things(self) -> list[str]:
        histories = [one for each in self.clusters.clusters.values() for one in each.releases.values()]
        return sorted({str(one[-1].owner) for one in histories})

    def leftovers(self) -> list[str]:
        return sorted(self.cluster.releases)
