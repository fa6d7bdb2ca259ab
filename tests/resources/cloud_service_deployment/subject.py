"""`CloudServiceDeployment` as a subject of the laws that every type obeys, on a cluster in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from computenest.kernel.errors import Conflict, Invalid, Meaning, NotFound, Transient
from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.reconcile.retry import retrying
from computenest.resources._components.managed import ManagedCluster, manager_of
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.opened import Desk
from computenest.resources._components.plan import Declared, LeaveAlone, Refuse, decide
from computenest.resources._components.policy import Policy
from computenest.resources._components.ports import ClusterSeen, Looked, Removal
from computenest.resources._components.release import (
    CHART_LABEL,
    INCARNATION_LABEL,
    OWNER_LABEL,
    ApplyMethod,
    Revision,
    Status,
)
from computenest.resources._components.shared import INSTALLER_LABEL, shared_labels, user_label, users
from computenest.resources._components.wish import Outlook, Wish
from computenest.resources.cloud_service_deployment.lifecycle import CloudServiceDeploymentLifecycle
from lifecycle.case import LifecycleCase
from lifecycle.driver import _no_lease
from lifecycle.faults import Halting, InMemory
from lifecycle.subjects import MemorySubject
from lifecycle.virtual import VirtualClock
from resources.cloud_service_deployment.hub import OnHub

__all__ = [
    "CASES",
    "CloudServiceDeploymentSubject",
    "ClusterInMemory",
    "ClusterSubject",
    "ClustersInMemory",
    "HubSubject",
    "ManyClustersSubject",
    "OnHub",
]


@dataclass
class ClusterInMemory(InMemory):
    """`ports.Clusters` of one cluster: releases without their objects. A chart's version is the end of its path."""

    clock: VirtualClock
    faults: Halting
    uid: str = "uid-1"
    releases: dict[str, tuple[Revision, ...]] = field(default_factory=dict)
    managed: dict[str, OnHub] | None = None
    """What it knows as a hub; None where it is none."""

    async def identify(self, access: ClusterAccess) -> ClusterSeen:
        return await self._call("identify", lambda: ClusterSeen(self.uid, "v1.37.2"), str(access.name))

    async def declared(self, wish: Wish) -> Declared:
        version = str(getattr(wish.chart, "path", "x-0")).rpartition("/")[2].partition("-")[2]
        return Declared(
            release=wish.release,
            namespace=wish.namespace,
            chart="web",
            version=version,
            chart_digest=f"digest-{version}",
            values={} if wish.values is UNKNOWN else wish.values,
            owner=wish.owner,
            policy=Policy(adopts=wish.policy.adopts, is_shared=wish.policy.is_shared),
        )

    async def hear_another(self, access: ClusterAccess) -> None:
        """There are none."""
        raise Transient(f"none but {access.name}", meaning=Meaning.UNANSWERED)

    async def look(self, access: ClusterAccess, release: str, namespace: str) -> Looked:
        where = f"{namespace}/{release}"
        return await self._call("look", lambda: Looked(self.releases.get(where, ())), where)

    async def preview(self, access: ClusterAccess | None, wish: Wish, *, kubernetes_version: str = "") -> Outlook:
        wanted = await self.declared(wish)
        if access is None or wish.values is UNKNOWN or has_unknown(wish.values):
            return Outlook(version=wanted.version, digest=UNKNOWN, words="not known yet")
        action = decide(wanted, (await self.look(access, wish.release, wish.namespace)).history)
        digest = f"objects of {wanted.version} with {sorted(wanted.values.items())} in {wish.namespace}/{wish.release}"
        problems = (action.reason,) if isinstance(action, Refuse) else ()
        is_idle, instead = isinstance(action, LeaveAlone), getattr(action, "instead", "")
        return Outlook(
            version=instead or wanted.version,
            digest=digest,
            words=str(action),
            problems=problems,
            is_idle=is_idle,
            is_otherwise=bool(instead),
        )

    async def bring(
        self, access: ClusterAccess, wish: Wish, *, incarnation: int, acting: Callable[[str], None]
    ) -> None:
        wanted, where = await self.declared(wish), f"{wish.namespace}/{wish.release}"
        action = decide(wanted, (await self.look(access, wish.release, wish.namespace)).history)
        if isinstance(action, Refuse):
            raise Conflict(action.reason)
        if isinstance(action, LeaveAlone):
            if wish.policy.is_shared:
                await self.take_over(access, wish, incarnation=incarnation)
            return
        acting(str(action))
        labels = {
            OWNER_LABEL: wish.owner,
            CHART_LABEL: wanted.chart_digest,
            INCARNATION_LABEL: str(incarnation),
        }
        history = self.releases.get(where, ())
        if wish.policy.is_shared:
            labels = {**(history[-1].labels if history else {}), **labels}
            labels |= shared_labels(wish.owner, incarnation, history)

        def begin() -> None:
            before = self.releases.get(where, ())
            made = _revision(len(before) + 1, Status.PENDING_UPGRADE, wanted, labels)
            self.releases[where] = (*before, made)

        def end() -> None:
            *before, last = self.releases[where]
            kept = (replace(one, status=Status.SUPERSEDED) for one in before)
            self.releases[where] = (*kept, replace(last, status=Status.DEPLOYED))

        await self._call("begin", begin, where)
        await self._call("end", end, where)

    async def managed_clusters(self, access: ClusterAccess) -> tuple[ManagedCluster, ...]:
        def listed() -> tuple[ManagedCluster, ...]:
            if self.managed is None:
                raise NotFound("the main cluster is no hub")
            return tuple(one.seen(name) for name, one in self.managed.items())

        return await self._call("managed_clusters", listed, str(access.name))

    async def label(
        self,
        access: ClusterAccess,
        cluster: ManagedCluster,
        labels: Mapping[str, str],
        *,
        owner: OwnerId,
        takes: bool = False,
        is_dry: bool = False,
    ) -> ManagedCluster:
        def effect() -> ManagedCluster:
            assert self.managed is not None
            if cluster.name not in self.managed:
                raise Conflict("uid mismatch")
            found = self.managed[cluster.name].apply(labels, manager_of(owner), takes=takes)
            if not is_dry:
                self.managed[cluster.name] = found
            return found.seen(cluster.name)

        return await self._call("look at labels" if is_dry else "label", effect, cluster.name)

    async def kubeconfig_of(self, access: ClusterAccess, cluster: str) -> str:
        def read() -> str:
            found = (self.managed or {}).get(cluster)
            if found is None or found.kubeconfig is None:
                raise Invalid(f"the Secret {cluster}/computenest-kubeconfig is not there", path="hub.kubeconfigSecrets")
            return found.kubeconfig

        return await self._call("kubeconfig_of", read, cluster)

    async def take_over(self, access: ClusterAccess, wish: Wish, *, incarnation: int) -> None:
        where = f"{wish.namespace}/{wish.release}"

        def effect() -> None:
            *before, last = self.releases[where]
            ours = {OWNER_LABEL: wish.owner, INCARNATION_LABEL: str(incarnation)}
            labels = {**last.labels, **({user_label(wish.owner): str(incarnation)} if wish.policy.is_shared else ours)}
            self.releases[where] = (*before, replace(last, labels=labels))

        await self._call("take_over", effect, where)

    async def remove(
        self,
        access: ClusterAccess,
        release: str,
        namespace: str,
        *,
        owner: OwnerId,
        incarnation: int,
        timeout_s: float,
        is_shared: bool = False,
    ) -> Removal:
        where = f"{namespace}/{release}"
        history = (await self.look(access, release, namespace)).history  # type: ignore[arg-type]
        if is_shared and history:
            asking = users(history[-1])
            if asking.get(owner, 0) > incarnation:
                return Removal(is_anothers=True)
            if asking.keys() - {owner} or INSTALLER_LABEL not in history[-1].labels:
                await self._call("leave", lambda: self._leave(where, owner), where)
                return Removal(left_because="others ask for it, or it was there before")
        elif history and history[-1].owner != owner:
            raise Conflict(f"the release {where} is not of this resource any more")
        elif history and history[-1].incarnation > incarnation:
            return Removal(is_anothers=True)
        await self._call("remove", lambda: self.releases.pop(where, None), where)
        return Removal()

    def _leave(self, where: str, owner: OwnerId) -> None:
        *before, last = self.releases[where]
        labels = {key: text for key, text in last.labels.items() if key != user_label(owner)}
        self.releases[where] = (*before, replace(last, labels=labels))


def _revision(number: int, status: Status, wanted: Declared, labels: dict[str, str]) -> Revision:
    return Revision(
        number=number,
        status=status,
        chart=wanted.chart,
        version=wanted.version,
        values=wanted.values,
        defaults={},
        objects=(),
        hooks=(),
        apply_method=ApplyMethod.SERVER_SIDE,
        labels=labels,
    )


class ClusterSubject(MemorySubject):
    """What is declared for a cluster, or of one."""

    id_key = "ownerId"
    serves: ClassVar[Callable[..., Any]]
    """The type's lifecycle."""

    def __init__(self, cluster: ClusterInMemory | None = None) -> None:
        super().__init__()
        self.cluster: Any = cluster or ClusterInMemory(self.clock, self.faults)

    def asking_and_bearing(self, port: Any) -> tuple[Any, Any]:
        """A port as a check has it, and as an operation."""
        once = replace(self.retry, attempts=1, bears_silence=False)
        return retrying(port, once, self.clock), retrying(port, self.retry, self.clock)

    def desk(self) -> Desk:
        """What a lifecycle of this subject stands on."""
        asking, bearing = self.asking_and_bearing(self.cluster)
        return Desk(bearing, asking, self.clock, self.screen, _no_lease)

    def lifecycle(self) -> Any:
        return self.serves(self.core(), self.desk())

    def things(self) -> list[str]:
        return sorted({str(one[-1].owner) for one in self.cluster.releases.values()})

    def leftovers(self) -> list[str]:
        return sorted(self.cluster.releases)


class CloudServiceDeploymentSubject(ClusterSubject):
    """What the laws ask."""

    type_name, serves = "CloudServiceDeployment", CloudServiceDeploymentLifecycle

    def news(self, number: int) -> dict[str, Any]:
        web = {"name": "web", "chart": {"kind": "folder", "path": f"/charts/web-{number}"}, "values": {"size": number}}
        database = {"name": "db", "chart": {"kind": "folder", "path": "/charts/db-1"}}
        given = {"ownerId": "o-1", "logicalName": "web", "cluster": {"name": "main", "kubeconfig": "text"}}
        service = {"name": "shop", "components": [{**web, "needs": ["db"]}, database]}
        return {**given, "service": service, "configuration": {"db": {"size": number}}, "timeoutS": 100_000}


@dataclass
class ClustersInMemory:
    """Several of them, by their names."""

    clusters: dict[str, ClusterInMemory]
    silent: set[str] = field(default_factory=set)
    """Those that do not answer."""
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def hear_another(self, access: ClusterAccess) -> None:
        for name in self.clusters.keys() - self.silent - {access.name}:
            with suppress(Transient):
                await self.clusters[name].identify(access)
                return
        raise Transient(f"none but {access.name}", meaning=Meaning.UNANSWERED)

    def __getattr__(self, name: str) -> Any:
        async def call(*given: Any, **more: Any) -> Any:
            if name == "declared":
                return await next(iter(self.clusters.values())).declared(*given)
            access = given[0]
            await asyncio.sleep(0)
            if access.name in self.silent:
                raise Transient(f"the cluster at {access.name} did not answer within 3 s", meaning=Meaning.UNANSWERED)
            self.asked.append((name, access.name))
            return await getattr(self.clusters[access.name], name)(*given, **more)

        if name.startswith("__"):
            raise AttributeError(name)
        return call


class ManyClustersSubject(CloudServiceDeploymentSubject):
    """A control plane on the main cluster, and a data plane on two others, of which one has values of its own."""

    at_once = 2

    def __init__(self) -> None:
        super().__init__()
        each = {name: ClusterInMemory(self.clock, self.faults, uid=f"uid-{name}") for name in ("main", "one", "two")}
        self.clusters = self.cluster = ClustersInMemory(each)

    def news(self, number: int) -> dict[str, Any]:
        given = super().news(number)
        web, database = given["service"]["components"]
        web = {**web, "clusterSelector": {"matchLabels": {"tier": "edge"}}}
        guests = [{"name": name, "kubeconfig": "text", "labels": {"tier": "edge"}} for name in ("one", "two")]
        overlay = {"two": {"web": {"extra": number}}}
        service = {**given["service"], "components": [web, database]}
        return {**given, "service": service, "clusters": guests, "perCluster": overlay}

    def things(self) -> list[str]:
        histories = [one for each in self.clusters.clusters.values() for one in each.releases.values()]
        return sorted({str(one[-1].owner) for one in histories})

    def leftovers(self) -> list[str]:
        return sorted(f"{name}/{place}" for name, one in self.clusters.clusters.items() for place in one.releases)


class HubSubject(ManyClustersSubject):
    """The same on the clusters of a hub: one is listed, and gets its label from the deployment; one has it already, and
    is reached by its Secret; a third is none of it."""

    def __init__(self) -> None:
        super().__init__()
        self.hub: dict[str, OnHub] = {"one": OnHub(), "two": OnHub(), "three": OnHub(kubeconfig=None)}
        self.hub["two"].set("tier", "edge")
        self.clusters.clusters["main"].managed = self.hub

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
