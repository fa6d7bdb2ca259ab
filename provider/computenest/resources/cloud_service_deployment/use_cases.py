"""Create, update, read and delete deployments of services."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from computenest.kernel.errors import ComputeNestError, Conflict, Invalid, Reason, Transient
from computenest.kernel.outcome import INCOMPLETE, Outcome
from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import UNKNOWN, Known
from computenest.resources._components.deployed import DEPLOYED
from computenest.resources._components.deployed_use_cases import DeployedUseCases
from computenest.resources._components.deploying import DeployingRun, places_of
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.opened import Desk
from computenest.resources._components.placement import MAIN
from computenest.resources._components.plan import is_there
from computenest.resources._components.previewing import CANNOT_TELL
from computenest.resources._components.redacting import redactor_of
from computenest.resources._components.rollout import Strategy, waves
from computenest.resources._components.spreading import SpreadingRun, held_already
from computenest.resources.cloud_service_deployment.check import wanted_releases
from computenest.resources.cloud_service_deployment.hub import has_hub, with_clusters
from computenest.resources.cloud_service_deployment.hub_run import AtHub, at_hub, has_labels, with_secrets
from computenest.resources.cloud_service_deployment.model import Inputs, State
from computenest.resources.cloud_service_deployment.parts import (
    accesses,
    held_in,
    is_spread,
    joined,
    parts_of,
    secrets_in,
)


@dataclass(frozen=True, slots=True)
class Deployments(DeployedUseCases[Inputs[Known], State[Known]]):
    """Of every cluster: what is not as wanted is brought, and what is not wanted any more is taken away, last brought
    first. Of several clusters those that can be cleared are, whatever others say (`SpreadingRun.clear`)."""

    desk: Desk

    async def read(self, known: State[Known]) -> State[Known] | None:
        """What is there now, None where none of its releases is. A cluster that does not answer is as it was known.

        Raises:
            ComputeNestError: where it cannot be told of any cluster.
        """
        if not is_spread(known):
            return await self._read(known)
        listed = known
        at = self
        if has_hub(known):
            at, listed = Deployments(with_secrets(self.desk, known)), with_clusters(known, held_in(known), {})
        parts = parts_of(listed, accesses(listed))
        errors: list[ComputeNestError] = []

        async def one(cluster: str) -> State[Known] | None:
            try:
                return await at._read(parts[cluster])
            except (Transient, Invalid) as error:
                if isinstance(error, Invalid) and not error.path.startswith("hub"):
                    raise
                errors.append(error)
                where = cluster or str(known.cluster.name)
                self.desk.progress.warn(Reason.of(error, left_out=f"cannot tell what is there on {where}"))
                return parts[cluster]

        found = dict(zip(parts, await asyncio.gather(*map(one, parts)), strict=True))
        if len(errors) == len(parts):
            raise errors[0]
        there = {cluster: state for cluster, state in found.items() if state is not None and state.releases}
        if not there and not await has_labels(at.desk, known):
            return None
        read = joined(listed, there).with_those_of(known, "cluster", "clusters")
        return read if there else State[Known].made(read, status=known.status, incarnation=known.incarnation)

    async def _read(self, known: State[Known]) -> State[Known] | None:
        run = _run(self.desk, known, known)
        run.refuse_another_cluster((await self.desk.asking.identify(known.cluster)).uid)
        found: dict[str, str] = {}
        objects, revisions = {}, {}
        for wish in run.wishes:
            history = (await self.desk.asking.look(known.cluster, wish.release, wish.namespace)).history
            if not is_there(history) or wish.owner not in {one.owner for one in history}:
                continue
            last = history[-1]
            found[wish.component], revisions[wish.component] = last.version, last.number
            is_as_left = known.revisions.get(wish.component, last.number) == last.number
            as_left = known.objects.get(wish.component, "")
            objects[wish.component] = as_left if is_as_left else f"revision {last.number}, made by somebody else"
        if not found:
            return None
        return State[Known].made(
            known,
            uid=run.uid,
            rollout=found,
            objects=objects,
            drifted={},
            revisions=revisions,
            releases=places_of(known, wanted_releases),
            status=known.status or DEPLOYED,
            incarnation=max(1, known.incarnation),
        )

    async def create(self, inputs: Inputs[Known]) -> Outcome[State[Known]]:
        return await self._at(await at_hub(self.desk, inputs, None)).converge()

    async def update(self, inputs: Inputs[Known], former: State[Known]) -> Outcome[State[Known]]:
        return await self._at(await at_hub(self.desk, inputs, former)).converge()

    async def delete(self, known: State[Known]) -> None:
        at = await at_hub(self.desk, known, known, is_clearing=True)
        await self._at(at).delete(incarnation=known.incarnation or 1)

    def _run(self, inputs: Inputs[Known], former: State[Known] | None) -> _Run | _Everywhere:
        return self._at(AtHub(desk=self.desk, given=inputs, wanted=inputs, former=former))

    def _at(self, at: AtHub) -> _Run | _Everywhere:
        inputs, wanted, before_all = at.given, at.wanted, at.former
        if not (is_spread(inputs) or (before_all is not None and is_spread(before_all))):
            return _run(self.desk, inputs, before_all)
        reach = accesses(wanted)
        before = parts_of(before_all, {**accesses(before_all), **reach}) if before_all is not None else {}
        gone = {name: one.cluster for name, one in before.items() if name and name not in inputs.abandon}
        parts = parts_of(wanted, {**gone, **reach})
        parts = {cluster: one for cluster, one in parts.items() if cluster in before or cluster not in at.kept}
        quiet = replace(at.desk, lease=held_already)
        runs: dict[str, DeployingRun[State[Known]]] = {
            cluster: _run(quiet, part, before.get(cluster)) for cluster, part in parts.items()
        }
        strategy = Strategy(
            at_once=inputs.max_clusters_at_once,
            wave_label=inputs.wave_label,
            most_failures_percent=inputs.max_failures_percent,
        )
        labels = {cluster: _labels(one.cluster) for cluster, one in parts.items()}
        return _Everywhere(
            desk=at.desk,
            wanted=wanted,
            former=before_all,
            parts=runs,
            order=waves(labels, strategy),
            strategy=strategy,
            at=at,
        )


@dataclass(kw_only=True)
class _Everywhere(SpreadingRun[State[Known]]):
    wanted: Inputs[Known]
    at: AtHub
    has_labelled: bool = False

    def is_as_recorded(self, cluster: str) -> bool:
        part = cast("_Run", self.parts[cluster])
        before = part.former
        if before is None or before.status == INCOMPLETE:
            return False
        return (before.rollout, before.objects) == (part.wanted.rollout, part.wanted.objects)

    def is_doubtful(self, cluster: str) -> bool:
        is_leaving = cluster != MAIN and cluster not in accesses(Inputs[Known].made(self.wanted))
        return is_leaving or self.parts[cluster].is_doubtful

    def missing_for(self, cluster: str) -> dict[str, str]:
        part = self.parts[cluster]
        if cluster == MAIN or MAIN not in self.ended:
            return {}
        main, wanted = self.ended[MAIN].state, cast("_Run", self.parts[MAIN]).wanted
        own = {one.component for one in part.wishes}
        needed = {need for one in part.wishes for need in one.needs} - own
        return {
            name: f"{name} is not as wanted on {wanted.cluster.name}, and is needed on {cluster}"
            for name in sorted(needed & wanted.rollout.keys())
            if (main.rollout.get(name), main.objects.get(name)) != (wanted.rollout[name], wanted.objects.get(name))
        }

    def whole(self, reason: str = "") -> State[Known]:
        parts = {}
        for cluster, part in self.parts.items():
            ended = self.ended.get(cluster) or part.kept("it was not begun")
            parts[cluster] = ended.state
        found = joined(self.wanted, parts).with_those_of(self.at.given, "cluster", "clusters")
        return State[Known].made(found, reasons={**found.reasons, "": reason}) if reason else found

    async def begin(self) -> None:
        for cluster in self.former.uids if self.former is not None else ():
            if cluster in self.wanted.abandon:
                self.warn(f"{cluster} is abandoned: what is there stays, and is forgotten")
        for cluster, why in self.at.kept.items():
            if cluster in self.parts:
                self.leave(cluster, why)
        await self._label()
        await super().begin()

    async def clear(self, *, incarnation: int) -> None:
        """Labels last: those of another that has taken the releases over are not ours any more."""
        await super().clear(incarnation=incarnation)
        if self.at.error is not None:
            raise self.at.error
        if not any(part.is_anothers for part in self.parts.values()):
            await self._label()

    @property
    def is_unrecorded(self) -> bool:
        return super().is_unrecorded and not self.has_labelled

    async def _label(self) -> None:
        """Before anything else is changed: a label that somebody else has set ends a run that has not begun."""
        for one, labels in self.at.changes:
            self.acting(f"labels of {one.name}")
            takes, owner = self.wanted.conflicts == "force", self.wanted.owner_id
            before, self.has_labelled = self.has_labelled, True
            try:
                await self.desk.clusters.label(self.wanted.cluster, one, labels, owner=owner, takes=takes)
            except (Conflict, Invalid):
                self.has_labelled = before
                raise


@dataclass(kw_only=True)
class _Run(DeployingRun[State[Known]]):
    wanted: Inputs[Known]

    @property
    def is_doubtful(self) -> bool:
        return CANNOT_TELL in self.wanted.objects.values()

    @property
    def row(self) -> str:
        return self.label if self.desk.lease is held_already else self.name

    @property
    def redactor(self) -> Redactor:
        given = (self.wanted, *((self.former,) if self.former is not None else ()))
        return redactor_of(secrets_in(one) for one in given)

    def reached(self, *, is_whole: bool) -> State[Known]:
        """Of an operation that did not finish with what was reached: a component that was not brought is as before."""
        rollout, objects = dict(self.wanted.rollout), dict(self.wanted.objects)
        if not is_whole:
            before = self.former if self.former is not None else State[Known]()
            reached = {one.wish.component for one in self.releases if one.is_as_wanted}
            rollout = {**before.rollout, **{name: text for name, text in rollout.items() if name in reached}}
            objects = {**before.objects, **{name: text for name, text in objects.items() if name in reached}}
        return State[Known].made(
            self.wanted,
            rollout=rollout,
            objects=objects,
            drifted={},
            revisions=self.revisions,
        )


def _run(desk: Desk, inputs: Inputs[Known], former: State[Known] | None) -> _Run:
    return _Run(
        desk=desk,
        wanted=inputs,
        wishes=wanted_releases(inputs),
        brought=places_of(former, wanted_releases) if former is not None else (),
        former=former,
        suspects=_suspects(inputs, former),
    )


def _suspects(inputs: Inputs[Known], former: State[Known] | None) -> frozenset[str]:
    """What helm's history does not show: drift that is to be repaired, other labels."""
    if former is not None and former.labels != inputs.labels:
        return frozenset(inputs.rollout)
    return frozenset(inputs.drifted)


def _labels(access: ClusterAccess) -> Mapping[str, str]:
    listed = access.labels if access.labels is not None and access.labels is not UNKNOWN else {}
    return {key: str(text) for key, text in listed.items()}
