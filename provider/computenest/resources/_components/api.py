"""Clusters as they are: implements `ports.Clusters` with helm and each cluster's own API."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace

from computenest.cloud.kubernetes.helm import Helm, HelmChart, HelmError
from computenest.cloud.kubernetes.kubeconfig import Access, ambient_kubeconfig, read_kubeconfig
from computenest.cloud.kubernetes.lines import Lines
from computenest.cloud.kubernetes.silence import while_it_answers
from computenest.cloud.secret import Secret
from computenest.kernel.errors import Conflict, Invalid, Meaning, NotFound, Permanent, Transient, unless_denied
from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._components import hub_api
from computenest.resources._components.chart_store import ChartStore
from computenest.resources._components.fingerprint import fingerprint
from computenest.resources._components.managed import ManagedCluster
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.observation import Rendering
from computenest.resources._components.observe import Observer
from computenest.resources._components.plan import CannotTell, Declared, LeaveAlone, Refuse
from computenest.resources._components.ports import ClusterSeen, Looked, Removal
from computenest.resources._components.preview import Preview
from computenest.resources._components.redacting import concealed_in
from computenest.resources._components.release import ReleaseName
from computenest.resources._components.releases import Releases, age_s
from computenest.resources._components.rendering import render
from computenest.resources._components.renderings import Renderings
from computenest.resources._components.sharing import leave_shared
from computenest.resources._components.statuses import statuses
from computenest.resources._components.wish import Outlook, Wish

_CREDENTIALS_LAST_S = 60.0  # a program that makes credentials takes a second, and many calls follow one another
_LOOKS_AGAIN_S = 2.0
_ANY_KUBERNETES = "v1.31.0"
"""Where a program declares none: charts ask for the version that they need."""
_SYSTEM = "kube-system"


@dataclass(slots=True)
class KubernetesClusters:
    """Every cluster that this process is told how to reach."""

    charts: ChartStore = field(default_factory=ChartStore)
    is_patient: bool = True
    """Whether a cluster that stops answering is waited for: operations bear it, questions of previews do not."""
    heard: dict[str, ClusterAccess] = field(default_factory=dict)
    """Clusters that have answered in this run, by how they are reached."""
    _accesses: dict[str, tuple[float, str, Access]] = field(default_factory=dict)
    _lines: Lines = field(default_factory=Lines)
    _renderings: Renderings = field(default_factory=Renderings)

    async def identify(self, access: ClusterAccess) -> ClusterSeen:
        async with self._reached(access) as releases:
            client = releases.observer.client
            version = await client.probe()
            self.heard[_key(access)] = access
            with unless_denied(), suppress(NotFound):
                found = await client.call("GET", f"/api/v1/namespaces/{_SYSTEM}")
                return ClusterSeen(str((found.get("metadata") or {}).get("uid") or ""), version)
            return ClusterSeen("", version)

    async def hear_another(self, access: ClusterAccess) -> None:
        others = [one for key, one in self.heard.items() if key != _key(access)]
        told = await asyncio.gather(*map(self.identify, others), return_exceptions=True)
        if not any(isinstance(one, ClusterSeen) for one in told):
            raise Transient("no other cluster of the program answers", meaning=Meaning.UNANSWERED)

    async def declared(self, wish: Wish) -> Declared:
        return _declared(wish, await self.charts.seen(wish))

    async def look(self, access: ClusterAccess, release: ReleaseName, namespace: str) -> Looked:
        async with self._reached(access) as releases:
            history = await releases.observer.history(release, namespace)
            return Looked(history, age_s(history))

    async def preview(self, access: ClusterAccess | None, wish: Wish, *, kubernetes_version: str = "") -> Outlook:
        chart = await self.charts.seen(wish)
        if wish.values is UNKNOWN:
            words = f"{chart.version}, with values that are not known yet"
            return Outlook(version=chart.version, digest=UNKNOWN, words=words)
        if access is None:
            return await self._without_cluster(wish, chart, kubernetes_version or _ANY_KUBERNETES)
        async with self._reached(access) as releases:
            return _outlook(wish, chart, await releases.preview(_declared(wish, chart), chart))

    async def bring(
        self, access: ClusterAccess, wish: Wish, *, incarnation: int, acting: Callable[[str], None]
    ) -> None:
        chart = await self.charts.brought(wish)
        async with self._reached(access) as releases:
            seen: list[str] = []

            def begin(said: str) -> None:
                acting(said)
                watching.append(asyncio.create_task(_watch(releases, wish, seen, acting)))

            watching: list[asyncio.Task[None]] = []
            try:
                await releases.bring(_declared(wish, chart), chart, incarnation=incarnation, acting=begin)
            except HelmError as error:
                cause = f" ({'; '.join(seen)})" if seen else ""
                raise error.reworded(f"{wish.component} {chart.version}: helm says {error.summary}{cause}") from None
            finally:
                for task in watching:
                    task.cancel()

    async def take_over(self, access: ClusterAccess, wish: Wish, *, incarnation: int) -> None:
        async with self._reached(access) as releases:
            await releases.take_over(wish, incarnation)

    async def remove(
        self,
        access: ClusterAccess,
        release: ReleaseName,
        namespace: str,
        *,
        owner: OwnerId,
        incarnation: int,
        timeout_s: float,
        is_shared: bool = False,
    ) -> Removal:
        async with self._reached(access) as releases:
            if is_shared:
                return await leave_shared(releases, release, namespace, owner, incarnation, timeout_s=timeout_s)
            history = await releases.observer.history(release, namespace)
            if history and history[-1].owner == owner and history[-1].incarnation > incarnation:
                return Removal(is_anothers=True)
            return Removal(await releases.remove(release, namespace, owner=owner, timeout_s=timeout_s))

    async def managed_clusters(self, access: ClusterAccess) -> tuple[ManagedCluster, ...]:
        async with self._reached(access) as releases:
            return await hub_api.managed_clusters(releases.observer.client)

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
        async with self._reached(access) as releases:
            client = releases.observer.client
            return await hub_api.label(client, cluster, labels, owner=owner, takes=takes, is_dry=is_dry)

    async def kubeconfig_of(self, access: ClusterAccess, cluster: str) -> str:
        async with self._reached(access) as releases:
            return await hub_api.kubeconfig_of(releases.observer.client, cluster)

    @asynccontextmanager
    async def _reached(self, access: ClusterAccess) -> AsyncIterator[Releases]:
        text, reach = await asyncio.to_thread(self._access, access)
        async with (
            self._lines.line(f"{text}\0{access.context}", reach) as client,
            nullcontext() if self.is_patient else while_it_answers(client),
        ):
            helm = Helm(Secret(text), str(access.context or ""))
            yield Releases(Observer(client, helm, self._renderings))

    async def _without_cluster(self, wish: Wish, chart: HelmChart, kubernetes_version: str) -> Outlook:
        """Of a cluster that is made in the same run."""
        declared = _declared(wish, chart)

        async def make() -> Rendering:
            return await render(Helm(Secret("")), declared, chart, is_upgrade=False, offline=kubernetes_version)

        serves = f"offline {kubernetes_version}"
        rendering = await self._renderings.of(declared, chart, is_upgrade=False, serves=serves, make=make)
        lines = [f"+ {one.key}" for one in sorted(rendering.objects, key=lambda one: one.key)]
        notes = [f"({note}; checked at up)" for note in rendering.notes]
        return Outlook(version=chart.version, digest=UNKNOWN, words=f"install {chart.version}", lines=(*lines, *notes))

    def _access(self, access: ClusterAccess) -> tuple[str, Access]:
        key = _key(access)
        made_s, text, reach = self._accesses.get(key, (-_CREDENTIALS_LAST_S, "", None))
        if reach is None or access.kubeconfig is None or time.monotonic() - made_s > _CREDENTIALS_LAST_S:
            context = str(access.context or "")
            is_given = access.kubeconfig is not None
            text = str(access.kubeconfig) if is_given else ambient_kubeconfig(os.environ, context)
            reach = read_kubeconfig(text, context=context, path="cluster.kubeconfig")
            self._accesses[key] = (time.monotonic(), text, reach)
        return text, reach


def _key(access: ClusterAccess) -> str:
    """The same for the same cluster and credentials."""
    return f"{access.kubeconfig}\0{access.context}"


def _declared(wish: Wish, chart: HelmChart) -> Declared:
    """A wish with its chart. Its concealed paths are those of the release alone."""
    return Declared(
        release=wish.release,
        namespace=wish.namespace,
        chart=chart.name,
        version=chart.version,
        chart_digest=chart.digest,
        values=wish.values if wish.values is not UNKNOWN else {},
        owner=wish.owner,
        policy=replace(wish.policy, concealed=concealed_in(wish)),
    )


def _outlook(wish: Wish, chart: HelmChart, done: Preview) -> Outlook:
    """What is said of a release, from everything that a preview found."""
    action, effects = done.action, done.effects
    is_idle = isinstance(action, LeaveAlone)
    problems = effects.problems if not is_idle else ()
    if isinstance(action, Refuse | CannotTell):
        problems = (action.reason, *problems)
    instead = action.instead if isinstance(action, LeaveAlone) else ""
    return Outlook(
        version=instead or chart.version,
        digest=UNKNOWN if done.rendering.unknown else fingerprint(done.rendering, wish.release, wish.namespace),
        words=str(action),
        lines=effects.lines() if wish.policy.drift != "ignore" or not is_idle else (),
        problems=problems,
        is_idle=is_idle,
        is_otherwise=bool(instead),
        drifted=done.drifted if is_idle and wish.policy.drift != "ignore" else 0,
    )


async def _watch(releases: Releases, wish: Wish, seen: list[str], show: Callable[[str], None]) -> None:
    """What is not ready while helm waits, kept for the case that it fails: a rollback takes the cause away."""
    while True:
        await asyncio.sleep(_LOOKS_AGAIN_S)
        with suppress(Permanent, Conflict, NotFound, Invalid):
            for one in await statuses(releases.observer, wish.namespace, release=wish.release):
                waiting = [f"{name}: {health.words}" for name, health in one.workloads if not health.is_ready]
                if waiting:
                    seen[:] = waiting
                    show(waiting[0])
