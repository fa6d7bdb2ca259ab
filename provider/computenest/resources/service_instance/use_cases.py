"""The lifecycle of a service instance: its deployment, upgrades, changes of its parameters, and what its stack holds.

Every effect is preceded by a look and carries a token that is a function of identity and of what was observed, so that
the same run twice, or two runs at once, do one thing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from computenest.kernel import identity
from computenest.kernel.errors import ComputeNestError, Meaning, Permanent, Reason
from computenest.kernel.logs import LogLine, said_of, shortened
from computenest.kernel.names import AccountName, OwnerId, RegionId, Token
from computenest.kernel.outcome import Outcome
from computenest.kernel.plan import Await, Done, Step
from computenest.kernel.ports import Clock, Progress
from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import Known
from computenest.kernel.values import Json
from computenest.reconcile.desk import Lease
from computenest.reconcile.objects import ObjectRun
from computenest.resources._packages.watch import MISSING_TICKS, ListWatch
from computenest.resources.service_instance import plan, state
from computenest.resources.service_instance import waiting as waits
from computenest.resources.service_instance.api import CloudInstances
from computenest.resources.service_instance.classify import BEGINNINGS, DELETED, WAITING, has_failed
from computenest.resources.service_instance.diff import is_other_draft, same_parameters
from computenest.resources.service_instance.images import surprises
from computenest.resources.service_instance.model import (
    Instance,
    InstanceId,
    InstanceResource,
    State,
    Summary,
    Wanted,
    given_to,
)

_ONCE = ("Upgrade", "Rollback", "Change", "Power", "Continue")
"""Steps that are taken once in a run."""


@dataclass(frozen=True, slots=True)
class ServiceInstances:
    """Create, upgrade, read and delete service instances of one account."""

    instances: CloudInstances
    watch: ListWatch[InstanceId, Summary]
    clock: Clock
    progress: Progress
    lease: Lease

    async def create(self, inputs: Wanted[Known]) -> Outcome[State[Known]]:
        """Deploys, adopting what an earlier, interrupted create of the same identity began.

        Raises:
            ComputeNestError: before an instance exists; after that every failure is in the Outcome.
        """
        if waits.is_wanted(inputs, None):
            return waits.outcome_of(made := waits.waiting(inputs), "", made)
        return await self._run(inputs, None, "").converge()

    async def update(self, inputs: Wanted[Known], former: State[Known]) -> Outcome[State[Known]]:
        """Brings the instance of `former` to the checked `inputs`; what runs goes on running where that fails."""
        if waits.is_wanted(inputs, former):
            return waits.outcome_of(former, "", waits.waiting(inputs))
        return await self._run(inputs, former, former.instance_id).converge()

    async def read(self, known: State[Known]) -> Outcome[State[Known]] | None:
        """The observed state, None where the instance is gone.

        Raises:
            ComputeNestError: where it cannot be told; the caller keeps the state and warns.
        """
        seen = await self.get(await self._known_id(known))
        if seen is None:
            return waits.outcome_of(known, "", known) if known.status == WAITING else None
        made = state.observed(known, seen, await self.parts_of(known.name, seen))
        return waits.outcome_of(known, seen.instance_id, made)

    async def adopt(
        self, instance_id: InstanceId, *, owner_id: OwnerId, account: AccountName
    ) -> Outcome[State[Known]] | None:
        """The state of an instance that no state records, for an import; None where there is no such instance."""
        seen = await self.get(instance_id)
        if seen is None:
            return None
        region = RegionId(str(seen.parameters.get("RegionId") or (seen.stack[1] if seen.stack else "")))
        parts = await self.parts_of(seen.name, seen)
        made = state.adopted(seen, region=region, owner_id=owner_id, account=account, parts=parts)
        return Outcome(seen.instance_id, made)

    async def delete(self, known: State[Known]) -> None:
        """Deletes the instance and waits until it is gone, which is verified; already gone is success.

        Raises:
            Conflict: it is not ours any more.
            Permanent: the cloud could not delete it, or not in time; the message says what it said.
        """
        run = self._run(known, known, await self._known_id(known))
        await run.delete(incarnation=known.incarnation or 1)

    async def get(self, instance_id: InstanceId) -> Instance | None:
        """The instance; None where there is none, whichever way the cloud says so."""
        seen = await self.instances.get(instance_id=instance_id) if instance_id else None
        return None if seen is None or seen.status == DELETED else seen

    async def parts_of(self, name: str, seen: Instance) -> Sequence[InstanceResource] | None:
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

    async def causes(self, seen: Instance, redactor: Redactor) -> str:
        """What its logs and its stack's events say of a failure; "" where they say nothing more, or cannot be read."""
        lines: list[LogLine] = []
        with contextlib.suppress(ComputeNestError):  # the failure is told all the same
            lines += await self.instances.logs(instance_id=seen.instance_id)
        if seen.stack is not None:
            stack_id, region = seen.stack
            with contextlib.suppress(ComputeNestError):
                lines += await self.instances.events(region=region, stack_id=stack_id)
        # What failed before the change that failed now is past.
        began = max((line.moment for line in lines if line.status in BEGINNINGS), default="")
        return redactor.text(shortened([line for line in lines if line.moment >= began], said=seen.status_detail))

    async def _known_id(self, known: State[Known]) -> InstanceId:
        """The instance's id; of a state without one (it waits for reviewers, or was made before ids were outputs) that
        of an instance which a killed run left behind, "" for none."""
        if known.instance_id:
            return InstanceId(known.instance_id)
        ours = await self.instances.find(tags=identity.owner_tags(known.owner_id, known.generation))
        return ours[0].instance_id if ours else InstanceId("")

    def _run(self, wanted: Wanted[Known], former: State[Known] | None, instance_id: str) -> _Run:
        return _Run(desk=self, wanted=wanted, former=former, object_id=instance_id)


@dataclass(kw_only=True)
class _Run(ObjectRun[State[Known]]):
    """One operation on an instance under way."""

    kind: ClassVar[str] = "instance"
    passes: ClassVar[frozenset[Meaning]] = frozenset({Meaning.WRONG_STATUS})
    max_refusals: ClassVar[int] = 3  # not moving, and refused for its status all the same: a look may show why, once

    desk: ServiceInstances
    wanted: Wanted[Known]
    has_waited: bool = False
    seen: Instance | None = None
    causes: str = ""
    """What its logs say of a failure."""

    @property
    def instance_id(self) -> InstanceId:
        return InstanceId(self.object_id)

    @property
    def label(self) -> str:
        return f"{self.name} ({self.object_id} in {self.wanted.region})"

    @property
    def redactor(self) -> Redactor:
        known = {**(self.former.parameters if self.former else {}), **self.wanted.parameters}
        return Redactor.over(known, self.wanted.concealed)

    @property
    def seen_tags(self) -> Mapping[str, str] | None:
        return None if self.seen is None else self.seen.tags

    async def observe(self) -> None:
        self.seen = await self.desk.get(self.instance_id)

    async def look_once_more(self) -> None:
        """What was observed before is kept where there is nothing to be seen now: it says more of a failure."""
        before = self.seen
        await super().look_once_more()
        self.seen = self.seen or before
        if self.seen is not None and has_failed(self.seen.status):
            self.causes = await self.desk.causes(self.seen, self.redactor)

    def next_step(self) -> Step:
        former = self.former
        return plan.next_step(
            self.wanted,
            self.seen,
            tried=frozenset(purpose for purpose in _ONCE if self.attempts[purpose]),
            is_found=self.is_found,
            is_known=former is not None and bool(former.instance_id),
            is_changed=former is not None and not same_parameters(former.parameters, self.wanted.parameters),
            is_other_draft=former is not None and bool(former.instance_id) and is_other_draft(former, self.wanted),
            has_waited=self.has_waited,
        )

    async def find(self) -> tuple[str, Mapping[str, str]] | None:
        ours = await self.desk.instances.find(tags=self.owner_tags)
        return (ours[0].instance_id, ours[0].tags) if ours else None

    async def make(self, ordinal: int) -> str:
        wanted = self.wanted
        self.show(f"deploying in {wanted.region}")
        token = identity.token(wanted.owner_id, wanted.generation, "create", ordinal)
        return await self.desk.instances.create(wanted=wanted, tags=self.tags, token=token)

    async def is_there(self) -> bool | None:
        shown = await self.desk.instances.get(instance_id=self.instance_id)
        return None if shown is None else shown.status != DELETED

    async def act(self, step: Step) -> None:
        wanted, version, operation = self.wanted, self.wanted.service_version, self.wanted.operation
        parameters = given_to(wanted)
        token = self._token(type(step).__name__, version or "", identity.digest(repr(parameters)))
        port, instance_id = self.desk.instances, self.instance_id
        if isinstance(step, plan.Discard):
            self.show(f"deleting {instance_id}, whose deployment failed")
            await self.clear(incarnation=self.incarnation)
            self.object_id, self.is_found, self.is_clearing = "", False, False
        elif isinstance(step, plan.Upgrade) and version is not None:
            self.acting(f"upgrading to version {version}")
            await port.upgrade(instance_id=instance_id, service_version=version, parameters=parameters, token=token)
        elif isinstance(step, plan.Continue):
            self.acting("going on with the deployment that failed")
            await port.go_on(instance_id=instance_id, parameters=parameters, token=token)
        elif isinstance(step, plan.Power):
            self.acting("starting its machines" if step.is_on else "stopping its machines")
            await port.power(instance_id=instance_id, is_on=step.is_on, token=token)
        elif isinstance(step, plan.Rollback):
            self.acting(f"going back to version {version}")
            await port.rollback(instance_id=instance_id, token=token)
        elif isinstance(step, plan.Change) and operation is not None:
            self.acting(operation)
            await port.change(
                instance_id=instance_id, operation=operation, parameters=self._moved(parameters), token=token
            )

    def _moved(self, parameters: Mapping[str, Json]) -> Mapping[str, Json]:
        """Of an operation only what it changes: it may refuse the rest."""
        before = {} if self.former is None else self.former.parameters
        moved = {key: value for key, value in parameters.items() if key not in before or before[key] != value}
        return parameters if moved.keys() <= {"RegionId"} else moved

    async def wait(self, step: Await) -> None:
        del step
        seen, self.has_waited = self.seen, True
        if seen is None:
            return
        progress = "" if seen.progress_percent is None else f" {seen.progress_percent} %"
        verb = "waiting" if not self.is_clearing else "deleting" if seen.status == "Deleting" else "waiting to delete"
        self.show(f"{verb} · {seen.status}{progress}")
        patience = 1 if seen.status == "Deleting" else MISSING_TICKS
        moved = self.desk.watch.until(
            seen.instance_id, lambda row: row.status != seen.status, until_s=self.deadline_s, patience=patience
        )
        if await moved:
            return
        raise self.timed_out(f"instance {seen.instance_id} in {self.wanted.region} is {seen.status}{progress}")

    async def finish(self, done: Done) -> Outcome[State[Known]]:
        """Tags as wanted, and what the deployment made."""
        del done
        wanted, seen = self.wanted, self.seen
        if seen is None:
            raise Permanent(f"{wanted.name}: the instance is gone while it was looked at")
        await self.settle_tags()
        parts = await self.desk.parts_of(wanted.name, seen)
        made = state.deployed(wanted, seen, parts, self.former)
        for surprise in surprises(wanted.expected_images, made.images):
            self.warn(surprise)
        if has_failed(seen.status):
            self.warn(f"{seen.instance_id} is kept as it is: {state.failure(seen, self.redactor)}")
        self.show(f"version {seen.service_version} is {seen.status} in {wanted.region}")
        made = State[Known].made(made, incarnation=self.incarnation)
        return waits.outcome_of(self.former, seen.instance_id, made)

    def kept(self, reason: str) -> Outcome[State[Known]]:
        before = None if self.former is None or self.former.status == WAITING else self.former
        said = said_of(self.name, self.causes)
        reason = f"{reason}; {said}" if said else reason
        made = state.incomplete(self.wanted, self.seen, before, self.instance_id, reason)
        reasons = (f"{self.label}: {made.reason}",)
        made = State[Known].made(made, incarnation=self.recorded_incarnation)
        return waits.outcome_of(self.former, self.instance_id, made, reasons)

    async def tag(self, tags: Mapping[str, str]) -> None:
        await self.desk.instances.tag(instance_id=self.instance_id, tags=tags)

    async def untag(self, keys: list[str]) -> None:
        await self.desk.instances.untag(instance_id=self.instance_id, keys=keys)

    async def remove(self, attempt: int) -> None:
        seen = self.seen
        if seen is not None and seen.status == "DeletedFailed" and attempt > 1:
            why = state.failure(seen, self.redactor)
            raise Permanent(
                f"instance {seen.instance_id} named {self.name!r} cannot be deleted: {why}",
                hint="look at its stack in the console, then run pulumi destroy again",
            )
        await self.desk.instances.delete(instance_id=self.instance_id, token=self._token("delete", attempt))

    def _token(self, purpose: str, *ordinals: str | int) -> Token:
        """Of one change of one instance, as it is now."""
        wanted, seen = self.wanted, self.seen
        about = () if seen is None else (seen.instance_id, seen.service_version, seen.modified)
        return identity.token(wanted.owner_id, wanted.generation, purpose, *about, *ordinals)
