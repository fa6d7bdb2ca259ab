"""The lifecycle of a service instance: observe, take the planned next step, look again.

Every effect is preceded by a look and carries a token that is a function of identity and of what was observed, so that
the same run twice, or two runs at once, do one thing. From the moment the instance's id is known, whatever happens
ends in an `Outcome` that carries it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from computenest.domain import identity
from computenest.domain.errors import ComputeNestError, Conflict, Meaning, Permanent, Reason
from computenest.domain.instance import plan, state
from computenest.domain.instance import waiting as waits
from computenest.domain.instance.check import wanted_of
from computenest.domain.instance.classify import DELETED, WAITING, has_failed, is_moving
from computenest.domain.instance.diff import is_other_draft
from computenest.domain.instance.images import surprises
from computenest.domain.instance.model import Instance, InstanceId, Part, Wanted
from computenest.domain.instance.ownership import refuse_stranger
from computenest.domain.names import AccountName, OwnerId, Token
from computenest.domain.outcome import Outcome
from computenest.domain.redact import Veil
from computenest.engine.instance_watch import InstanceWatch
from computenest.engine.operation import Operation
from computenest.engine.ownership import tag_changes
from computenest.engine.packages import Lease
from computenest.ports import Clock, Progress
from computenest.ports.instances import Instances

__all__ = ["ServiceInstances"]

_MAX_STEPS = 40  # changes; no story needs more than a handful
_MAX_DELETIONS = 16  # that were answered, and left the instance there
_MAX_REFUSALS = 3  # of one change, for the status that the instance is in
_MISSING_TICKS = 3  # ticks without a row before the instance itself is looked at


@dataclass(slots=True, kw_only=True)
class _Run(Operation):
    """One operation on an instance under way."""

    wanted: Wanted
    is_found: bool = False
    is_other_draft: bool = False
    tried: frozenset[str] = frozenset()
    has_waited: bool = False
    refusals: int = 0
    steps: int = 0
    seen: Instance | None = None

    @property
    def instance_id(self) -> InstanceId:
        return InstanceId(self.object_id)

    @property
    def label(self) -> str:
        return f"{self.name} ({self.object_id} in {self.wanted.region})"

    @property
    def veil(self) -> Veil:
        known = {**(self.former.get("parameters") or {}), **self.wanted.parameters}
        return Veil.over(known, self.wanted.concealed)


@dataclass(frozen=True, slots=True)
class ServiceInstances:
    """Create, upgrade, read and delete service instances of one account."""

    instances: Instances
    watch: InstanceWatch
    clock: Clock
    progress: Progress
    lease: Lease

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        """Deploys, adopting what an earlier, interrupted create of the same identity began.

        Raises:
            ComputeNestError: before an instance exists; after that every failure is in the Outcome.
        """
        if waits.is_wanted(inputs, {}):
            return waits.outcome_of(made := waits.waiting(inputs), "", made)
        return await self._converge(inputs, former={}, instance_id="")

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        """Brings the instance of `former` to the checked `inputs`; what runs goes on running where that fails."""
        if waits.is_wanted(inputs, former):
            return waits.outcome_of(former, "", waits.waiting(inputs))
        return await self._converge(inputs, former=former, instance_id=str(former.get("instanceId") or ""))

    async def read(self, known: Mapping[str, Any]) -> Outcome | None:
        """The observed state, None where the instance is gone.

        Raises:
            ComputeNestError: where it cannot be told; the caller keeps the state and warns.
        """
        wanted = wanted_of(known)
        seen = await self._get(await self._known_id(wanted, known))
        if seen is None:
            return waits.outcome_of(known, "", known) if known.get("status") == WAITING else None
        made = state.observed(known, wanted, seen, await self._parts(wanted.name, seen))
        return waits.outcome_of(known, seen.instance_id, made)

    async def adopt(self, instance_id: InstanceId, *, owner_id: OwnerId, account: AccountName) -> Outcome | None:
        """The state of an instance that no state records, for an import; None where there is no such instance."""
        seen = await self._get(instance_id)
        if seen is None:
            return None
        region = str(seen.parameters.get("RegionId") or (seen.stack[1] if seen.stack else ""))
        parts = await self._parts(seen.name, seen)
        made = state.adopted(seen, region=region, owner_id=owner_id, account=account, parts=parts)
        return Outcome(seen.instance_id, made)

    async def delete(self, known: Mapping[str, Any]) -> None:
        """Deletes the instance and waits until it is gone, which is verified; already gone is success.

        Raises:
            Conflict: it is not ours any more.
            Permanent: the cloud could not delete it, or not in time; the message says what it said.
        """
        wanted = wanted_of(known)
        async with self.lease(wanted.owner_id):
            run = self._run(wanted, known, await self._known_id(wanted, known))
            await self._delete(run, incarnation=int(known.get("incarnation") or 1))

    async def _known_id(self, wanted: Wanted, known: Mapping[str, Any]) -> InstanceId:
        """The instance's id; of a state without one (it waits for reviewers, or was made before ids were outputs) that
        of an instance which a killed run left behind, "" for none."""
        if known.get("instanceId"):
            return InstanceId(str(known["instanceId"]))
        ours = await self.instances.find(tags=identity.owner_tags(wanted.owner_id, wanted.generation))
        return ours[0].instance_id if ours else InstanceId("")

    async def _delete(self, run: _Run, *, incarnation: int) -> None:
        attempt = 0
        while (seen := await self._get(run.instance_id)) is not None:
            refuse_stranger(run.wanted, seen)
            if identity.incarnation(seen.tags) > incarnation:
                self.progress.warn(f"{run.wanted.name}: {seen.instance_id} stays, its replacement has adopted it")
                return
            if is_moving(seen.status):
                await self._await_change(
                    run, seen, verb="deleting" if seen.status == "Deleting" else "waiting to delete"
                )
                continue
            if seen.status == "DeletedFailed" and attempt:
                raise Permanent(
                    f"instance {seen.instance_id} named {run.wanted.name!r} cannot be deleted: "
                    f"{state.failure(seen, run.veil)}",
                    hint="look at its stack in the console, then run pulumi destroy again",
                )
            attempt += 1
            if attempt > _MAX_DELETIONS:
                raise Permanent(
                    f"instance {seen.instance_id} is still there after {attempt - 1} deletions",
                    hint="look at it in the console, then run pulumi destroy again",
                )
            token = self._token(run, seen, "delete", attempt)
            try:
                await self.instances.delete(instance_id=seen.instance_id, token=token)
            except Conflict as conflict:  # another run, or the cloud, is at work on it: another look decides
                await run.pause(conflict)

    def _run(self, wanted: Wanted, former: Mapping[str, Any], instance_id: str) -> _Run:
        return _Run(
            kind="instance",
            name=wanted.name,
            former=former,
            clock=self.clock,
            deadline_s=self.clock.now_s() + wanted.timeout_s,
            object_id=instance_id,
            wanted=wanted,
        )

    async def _converge(self, inputs: Mapping[str, Any], *, former: Mapping[str, Any], instance_id: str) -> Outcome:
        wanted = wanted_of(inputs)
        run = self._run(wanted, former, instance_id)
        run.is_other_draft = bool(former.get("instanceId")) and is_other_draft(former, inputs)
        async with self.lease(wanted.owner_id):
            return await run.outcome_of(
                self._made_so(run, inputs),
                look=lambda: self._last_look(run),
                kept=lambda reason: self._kept(run, inputs, reason),
                veil=run.veil.error,
            )

    async def _made_so(self, run: _Run, inputs: Mapping[str, Any]) -> Outcome:
        done = await self._step_until_done(run)
        if isinstance(done, plan.Done):
            return await self._finish(run, inputs)
        with suppress(ComputeNestError):
            await self._last_look(run)
        return self._kept(run, inputs, done.reason)

    async def _last_look(self, run: _Run) -> None:
        """What was observed before is kept where there is nothing to be seen now: it says more of a failure."""
        run.seen = await self._get(run.instance_id) or run.seen
        run.is_seen |= run.seen is not None

    async def _step_until_done(self, run: _Run) -> plan.Done | plan.Fail:
        if not run.object_id:
            await self._find(run)
        while run.steps < _MAX_STEPS:
            run.seen = await self._get(run.instance_id)
            run.is_seen |= run.seen is not None
            step = plan.next_step(
                run.wanted,
                run.seen,
                tried=run.tried,
                is_found=run.is_found,
                is_other_draft=run.is_other_draft,
                has_waited=run.has_waited,
            )
            if isinstance(step, plan.Done | plan.Fail):
                return step
            if isinstance(step, plan.Await) and run.seen is not None:
                run.has_acted, run.has_waited, run.refusals = True, True, 0
                await self._await_change(run, run.seen, verb="waiting")
                continue
            run.steps += 1
            await self._perform(run, step)
        raise run.exhausted(_MAX_STEPS)

    async def _perform(self, run: _Run, step: plan.Step) -> None:
        if isinstance(step, plan.Create):
            await self._create(run)
            return
        seen = run.seen
        if seen is None:
            return
        wanted, purpose = run.wanted, type(step).__name__
        refuse_stranger(wanted, seen, may_restore=bool(run.former))
        parameters = wanted.deployment_parameters()
        if isinstance(step, plan.Discard):
            self.progress.show(f"{wanted.name}: deleting {seen.instance_id}, whose deployment failed")
            await self._delete(run, incarnation=run.incarnation)
            run.object_id, run.is_found = "", False
            return
        token = self._token(run, seen, purpose, wanted.service_version or "", identity.digest(repr(parameters)))
        try:
            if isinstance(step, plan.Upgrade) and wanted.service_version is not None:
                self.progress.show(f"{wanted.name}: upgrading to version {wanted.service_version}")
                run.has_acted = True
                await self.instances.upgrade(
                    instance_id=seen.instance_id,
                    service_version=wanted.service_version,
                    parameters=parameters,
                    token=token,
                )
            elif isinstance(step, plan.Change) and wanted.operation is not None:
                self.progress.show(f"{wanted.name}: {wanted.operation}")
                run.has_acted = True
                await self.instances.change(
                    instance_id=seen.instance_id, operation=wanted.operation, parameters=parameters, token=token
                )
            run.tried |= {purpose}
        except Conflict as conflict:
            run.refusals += 1  # not moving, and refused for its status all the same: another look may show why, once
            if conflict.meaning is not Meaning.WRONG_STATUS or run.refusals > _MAX_REFUSALS:
                raise
            await run.pause(conflict)

    async def _create(self, run: _Run) -> None:
        wanted = run.wanted

        async def make(ordinal: int) -> str:
            self.progress.show(f"{wanted.name}: deploying in {wanted.region}")
            return await self.instances.create(
                name=wanted.name,
                service_id=wanted.service_id,
                service_version=wanted.service_version,
                template_name=wanted.template_name,
                parameters=wanted.deployment_parameters(),
                tags={**wanted.tags, **identity.owner_tags(wanted.owner_id, wanted.generation)},
                resource_group_id=wanted.resource_group_id,
                token=identity.token(wanted.owner_id, wanted.generation, "create", ordinal),
            )

        async def is_there(instance_id: str) -> bool | None:
            shown = await self.instances.get(instance_id=InstanceId(instance_id))
            return None if shown is None else shown.status != DELETED

        await run.create(make, is_there=is_there, adopt=lambda: self._find(run))

    async def _find(self, run: _Run) -> None:
        """Takes over what an earlier create of this identity began."""
        tags = identity.owner_tags(run.wanted.owner_id, run.wanted.generation)
        ours = await self.instances.find(tags=tags)
        if ours:
            run.object_id, run.is_found, run.is_seen = ours[0].instance_id, True, True
            run.incarnation = identity.incarnation(ours[0].tags) + 1
            found = {identity.INCARNATION_TAG: str(run.incarnation)}
            await self.instances.tag(instance_id=ours[0].instance_id, tags=found)

    async def _get(self, instance_id: InstanceId) -> Instance | None:
        """The instance; None where there is none, whichever way the cloud says so."""
        seen = await self.instances.get(instance_id=instance_id) if instance_id else None
        return None if seen is None or seen.status == DELETED else seen

    async def _await_change(self, run: _Run, seen: Instance, *, verb: str) -> None:
        progress = "" if seen.progress_percent is None else f" {seen.progress_percent} %"
        self.progress.show(f"{run.wanted.name}: {verb} · {seen.status}{progress}")
        patience = 1 if seen.status == "Deleting" else _MISSING_TICKS
        missing = 0
        while self.clock.now_s() < run.deadline_s:
            row = await self.watch.next(seen.instance_id)
            missing = missing + 1 if row is None else 0
            if missing >= patience or (row is not None and row.status != seen.status):
                return
        raise Permanent(
            f"{run.wanted.name}: timed out after {run.wanted.timeout_s} s while instance {seen.instance_id} in "
            f"{run.wanted.region} is {seen.status}{progress}",
            hint="run pulumi up again to go on waiting where this run stopped, or raise timeout_s",
        )

    async def _finish(self, run: _Run, inputs: Mapping[str, Any]) -> Outcome:
        """Tags as wanted, and what the deployment made."""
        wanted, seen = run.wanted, run.seen
        if seen is None:
            raise Permanent(f"{wanted.name}: the instance is gone while it was looked at")
        await self._settle_tags(run, seen)
        parts = await self._parts(wanted.name, seen)
        made = state.deployed(inputs, wanted, seen, parts, run.former)
        for surprise in surprises(wanted.expected_images, made["images"]):
            self.progress.warn(f"{wanted.name}: {surprise}")
        if has_failed(seen.status):
            self.progress.warn(f"{wanted.name}: {seen.instance_id} is kept as it is: {state.failure(seen, run.veil)}")
        self.progress.show(f"{wanted.name}: version {seen.service_version} is {seen.status} in {wanted.region}")
        return waits.outcome_of(run.former, seen.instance_id, {**made, "incarnation": run.incarnation})

    async def _settle_tags(self, run: _Run, seen: Instance) -> None:
        refuse_stranger(run.wanted, seen, may_restore=True)
        changed, dropped = tag_changes(run.wanted, seen.tags, run.former)
        if changed:
            await self.instances.tag(instance_id=seen.instance_id, tags=changed)
        if dropped:
            await self.instances.untag(instance_id=seen.instance_id, keys=dropped)

    async def _parts(self, name: str, seen: Instance) -> Sequence[Part] | None:
        """What the stack holds; None where this account may not look into it, which is said and no failure."""
        if seen.stack is None:
            return ()
        stack_id, region = seen.stack
        try:
            parts = await self.instances.parts(region=region, stack_id=stack_id)
        except Permanent as error:
            self.progress.warn(Reason.of(error, left_out="resources and their images cannot be read", name=name))
            return None
        return () if parts is None else parts

    @staticmethod
    def _kept(run: _Run, inputs: Mapping[str, Any], reason: str) -> Outcome:
        before = {} if run.former.get("status") == WAITING else run.former
        made = state.incomplete(inputs, run.wanted, run.seen, before, run.instance_id, reason)
        reasons = (f"{run.label}: {made['reason']}",)
        made |= {"incarnation": run.recorded_incarnation}
        return waits.outcome_of(run.former, run.instance_id, made, reasons)

    @staticmethod
    def _token(run: _Run, seen: Instance, purpose: str, *ordinals: str | int) -> Token:
        """Of one change of one instance, as it is now."""
        wanted = run.wanted
        return identity.token(
            wanted.owner_id,
            wanted.generation,
            purpose,
            seen.instance_id,
            seen.service_version,
            seen.modified,
            *ordinals,
        )
