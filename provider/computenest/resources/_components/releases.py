"""Brings releases to what is declared, and takes them away: look, decide, act. Helm does what helm does; what helm
leaves behind or refuses to go on with is dealt with here.

A step depends on nothing that this process did before, so a crash between any two costs nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from computenest.cloud.clock import RealClock
from computenest.cloud.kubernetes.client import APPLY, ApiResource
from computenest.cloud.kubernetes.helm import HelmChart
from computenest.cloud.kubernetes.runs import has_ended, this_run
from computenest.kernel.errors import Conflict, NotFound, Transient
from computenest.kernel.names import OwnerId
from computenest.kernel.ports import Clock
from computenest.resources._components.defining import apply_definitions
from computenest.resources._components.effects import Removed
from computenest.resources._components.objects import KubeObject, ObjectKey, as_map
from computenest.resources._components.observe import OUR_MANAGER, Observer
from computenest.resources._components.plan import (
    ApplyDefinitions,
    CannotTell,
    Declared,
    LeaveAlone,
    Repair,
    Rollback,
)
from computenest.resources._components.preview import Preview, preview
from computenest.resources._components.recording import forget_records, record
from computenest.resources._components.redacting import redactor_of_values
from computenest.resources._components.release import (
    CHART_LABEL,
    INCARNATION_LABEL,
    OWNER_LABEL,
    RUN_LABEL,
    ReleaseName,
    Revision,
    Status,
    release_of,
    secret_name,
    with_status,
)
from computenest.resources._components.shared import shared_labels, user_label
from computenest.resources._components.staying import claims_of, what_stays
from computenest.resources._components.wish import Wish

_SECRET = ("", "Secret")
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"})
_MOST_STORED = 1 << 20
_HELM_ENDS_S = 8.0
"""A helm whose parent was killed is asked to end at once, and made to after a while (facts §11.1)."""


def _silent(_said: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases of one cluster."""

    observer: Observer
    clock: Clock = field(default_factory=RealClock)

    async def preview(self, declared: Declared, chart: HelmChart) -> Preview:
        """What `bring` would do now. Nothing is written."""
        seen = await self.observer.look(declared, chart)
        found = preview(declared, seen, last_change_s=age_s(seen.history))
        if chart.stored_bytes <= _MOST_STORED or isinstance(found.action, LeaveAlone):
            return found
        size = f"helm keeps the chart in every revision, here {chart.stored_bytes / (1 << 20):.1f} MiB"
        why = f"{size}, and a Secret holds 1 MiB: take files out of it that no template reads (.helmignore)"
        return replace(found, effects=replace(found.effects, problems=(*found.effects.problems, why)))

    async def bring(
        self, declared: Declared, chart: HelmChart, *, incarnation: int = 1, acting: Callable[[str], None] = _silent
    ) -> Preview:
        """Makes the release what is declared; what was done.

        Args:
            declared: what is wanted.
            chart: the same, on this machine.
            incarnation: how often a create has taken the release over.
            acting: is told what is done, right before the first change.

        Raises:
            Conflict: it would fail or harm somebody; nothing was changed.
            HelmError: helm failed.
            Transient: the cluster does not answer, or another helm is at work.
        """
        await self._await_end_of_killed(declared)
        done = await self.preview(declared, chart)
        if isinstance(done.action, CannotTell):
            raise Transient(f"the release {declared.release}: {done.action}")
        if done.is_refused:
            raise Conflict(
                f"the release {declared.release}: {'; '.join(done.effects.problems) or done.action}",
                hint="nothing was changed",
            )
        if isinstance(done.action, LeaveAlone):
            await self.take_over(declared, incarnation)
            if not declared.policy.is_shared:
                await self._mark(declared)
            return done
        acting(str(done.action))
        if declared.policy.definitions == "apply":
            await apply_definitions(self.observer, done.effects.definitions, self.clock)
        if isinstance(done.action, ApplyDefinitions):
            return done
        history = await self._unlock(declared)
        for one in done.effects.objects:
            if isinstance(one, Removed) and one.is_leftover:
                await self._remove_leftover(one.key, declared)
        await self._act(declared, chart, done, history, incarnation)
        made = (await self.observer.history(declared.release, declared.namespace))[-1].number
        redactor = redactor_of_values((declared.values, *(one.values for one in history)), declared.policy.concealed)
        await record(self.observer, declared, done, revision=made, most=declared.policy.history, told=redactor.text)
        await self._mark(declared)
        return done

    async def take_over(self, wanted: Declared | Wish, incarnation: int) -> None:
        """Writes on the last revision whose the release is, and how often a create has found it."""
        history = await self.observer.history(wanted.release, wanted.namespace)
        if wanted.policy.is_shared and history:
            labels: dict[str, str] = {user_label(wanted.owner): str(incarnation)}
        elif history:
            labels = {OWNER_LABEL: wanted.owner, INCARNATION_LABEL: str(incarnation)}
        if history and any(history[-1].labels.get(key) != text for key, text in labels.items()):
            await self.observer.relabel(wanted.release, wanted.namespace, history[-1], labels)

    async def remove(
        self, release: ReleaseName, namespace: str, *, owner: OwnerId | None = None, timeout_s: float = 300.0
    ) -> tuple[str, ...]:
        """Takes a release away; what stays of it, each with the reason.

        Args:
            release: which.
            namespace: where helm keeps it.
            owner: whose it has to be; None for whoever asks for any.
            timeout_s: for helm, hooks included.

        Raises:
            Conflict: it is not that owner's; nothing was changed.
            HelmError: helm failed.
        """
        history = await self.observer.history(release, namespace)
        if not history:
            return ()
        if owner is not None and owner not in {one.owner for one in history}:
            raise Conflict(
                f"the release {release} in namespace {namespace} ({history[-1].chart} {history[-1].version}) is not of"
                " this resource any more: somebody made it anew",
                hint="nothing was changed; uninstall it with helm if it has to go, then run pulumi destroy again",
            )
        claims = await claims_of(self.observer, history)
        await self.observer.helm.uninstall(release, namespace=namespace, timeout_s=timeout_s)
        await forget_records(self.observer, release, namespace)
        objects = {one.key: one for revision in history for one in revision.objects}
        stays = []
        for key in sorted(objects):
            resource, body = await self.observer.found(key)
            if body is None or as_map(body.get("metadata")).get("deletionTimestamp"):
                continue
            if KubeObject(key, "", body).is_kept:
                stays.append(f"{key} (resource-policy keep)")
            elif resource and release_of(body) == (release, namespace):  # helm forgot what is ours (facts §11.2)
                await self.observer.client.delete(resource, key.namespace, key.name)
        return (*stays, *await what_stays(self.observer, history, namespace=namespace, claims=claims))

    async def _act(
        self, declared: Declared, chart: HelmChart, done: Preview, history: tuple[Revision, ...], incarnation: int
    ) -> None:
        helm, policy = self.observer.helm, declared.policy
        forces = policy.conflicts == "force" or isinstance(done.action, Repair)
        if isinstance(done.action, Rollback):
            await helm.rollback(
                declared.release,
                done.action.revision,
                namespace=declared.namespace,
                timeout_s=policy.timeout_s,
                forces=forces,
            )
            return
        await helm.upgrade(
            declared.release,
            chart,
            namespace=declared.namespace,
            values=declared.values,
            labels={
                OWNER_LABEL: declared.owner,
                CHART_LABEL: chart.digest,
                INCARNATION_LABEL: str(incarnation),
                RUN_LABEL: this_run(),
                **(shared_labels(declared.owner, incarnation, history) if policy.is_shared else {}),
            },
            timeout_s=policy.timeout_s,
            waits=policy.waits,
            forces=forces,
            rolls_back=policy.on_failure == "rollback" and _can_go_back(history),
            history=policy.history,
            is_confined=policy.is_confined,
        )

    async def _await_end_of_killed(self, declared: Declared) -> None:
        """The helm of a killed run of this machine ends soon, and writes how until then."""
        until_s = self.clock.now_s() + _HELM_ENDS_S
        while self.clock.now_s() < until_s:
            history = await self.observer.history(declared.release, declared.namespace)
            if not history or not history[-1].status.is_pending or not has_ended(history[-1].labels.get(RUN_LABEL, "")):
                return
            await self.clock.sleep(1.0)

    async def _unlock(self, declared: Declared) -> tuple[Revision, ...]:
        """A pending revision that nobody is at work on becomes a failed one: helm goes on then, and its hooks run."""
        history = await self.observer.history(declared.release, declared.namespace)
        if not history or not history[-1].status.is_pending:
            return history
        client, kind = self.observer.client, (await self.observer.client.kinds())[_SECRET]
        name = secret_name(declared.release, history[-1].number)
        secret = await client.get(kind, declared.namespace, name)
        if secret is not None:
            await client.replace(kind, declared.namespace, name, with_status(secret, Status.FAILED))
        return history

    async def _remove_leftover(self, key: ObjectKey, declared: Declared) -> None:
        resource, body = await self.observer.found(key)
        if resource and body and release_of(body) == (declared.release, declared.namespace):
            await self.observer.client.delete(resource, key.namespace, key.name)

    async def _mark(self, declared: Declared) -> None:
        """Labels on what has pods: one labelled list then tells the state of a component."""
        if not declared.policy.labels:
            return
        history = await self.observer.history(declared.release, declared.namespace)
        kinds = await self.observer.client.kinds()
        for one in history[-1].objects if history else ():
            resource = kinds.get((one.key.group, one.key.kind))
            if resource is not None and one.key.kind in _WORKLOADS:
                await self._label(resource, one, declared.policy.labels)

    async def _label(self, resource: ApiResource, one: KubeObject, labels: Mapping[str, str]) -> None:
        body = {
            "apiVersion": resource.api_version,
            "kind": one.key.kind,
            "metadata": {"name": one.key.name, "labels": labels},
        }
        try:
            await self.observer.client.patch(
                resource, one.key.namespace, one.key.name, body, content_type=APPLY, manager=OUR_MANAGER, force=True
            )
        except NotFound:
            return  # a hook or somebody else took it away meanwhile


def _can_go_back(history: tuple[Revision, ...]) -> bool:
    """Whether helm finds what to go back to; a first install it takes away."""
    return not history or any(one.status in (Status.DEPLOYED, Status.SUPERSEDED) for one in history)


def age_s(history: tuple[Revision, ...]) -> float | None:
    """How long ago the last revision began; None where its process is known to be gone, or nobody can tell."""
    if not history or has_ended(history[-1].labels.get(RUN_LABEL, "")):
        return None
    text = history[-1].updated
    try:
        began = dt.datetime.fromisoformat(f"{text[:19]}+00:00" if text.endswith("Z") else text[:19] + text[-6:])
    except ValueError:
        return None
    return max(0.0, (dt.datetime.now(dt.UTC) - began).total_seconds())
