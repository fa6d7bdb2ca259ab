"""Create, update, read and delete container groups of one account, on the one loop of `reconcile`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from computenest.kernel import identity, plan
from computenest.kernel.errors import ComputeNestError
from computenest.kernel.names import Token
from computenest.kernel.outcome import INCOMPLETE, Outcome
from computenest.kernel.ports import Clock, Progress
from computenest.kernel.redact import Veil
from computenest.kernel.unknown import Known
from computenest.reconcile.desk import Lease
from computenest.reconcile.objects import ObjectRun
from computenest.resources.container_group import plan as steps
from computenest.resources.container_group.model import ContainerGroup, ContainerGroupId, Inputs, State
from computenest.resources.container_group.ports import ContainerGroups

__all__ = ["ContainerGroupUseCases"]

_LOG_LINES = 20


@dataclass(frozen=True, slots=True)
class ContainerGroupUseCases:
    """Of one account."""

    groups: ContainerGroups
    clock: Clock
    progress: Progress
    lease: Lease
    poll_interval_s: float

    async def create(self, inputs: Inputs[Known]) -> Outcome[State[Known]]:
        """Makes it, adopting what an earlier, interrupted create of the same identity began.

        Raises:
            ComputeNestError: before anything exists; after that every failure is in the Outcome.
        """
        return await self._run(inputs, None).converge()

    async def update(self, inputs: Inputs[Known], former: State[Known]) -> Outcome[State[Known]]:
        """Brings it to what is wanted."""
        return await self._run(inputs, former).converge()

    async def read(self, group_id: ContainerGroupId, known: State[Known]) -> State[Known] | None:
        """What is there now, None where it is gone.

        Raises:
            ComputeNestError: where it cannot be told.
        """
        seen = await self.groups.get(region=known.region, group_id=group_id)
        if seen is None:
            return None
        return State[Known].made(observed(known, seen), incarnation=known.incarnation or 1)  # it is seen now

    async def delete(self, known: State[Known]) -> None:
        """Deletes it and waits until it is gone; already gone is success.

        Raises:
            Conflict: it is not ours any more.
        """
        await self._run(known, known).delete(incarnation=known.incarnation)

    def _run(self, inputs: Inputs[Known], former: State[Known] | None) -> _Run:
        return _Run(
            desk=self,
            wanted=inputs,
            former=former,
            object_id=former.container_group_id if former is not None else "",
        )


def observed(known: Inputs[Known], seen: ContainerGroup) -> State[Known]:
    """A state with what the cloud shows now, in the words of the program: what it left out is the cloud's to choose."""
    ours = identity.is_ours(seen.tags, owner_id=known.owner_id, generation=known.generation)
    kept = {key: value for key, value in seen.tags.items() if key in known.tags or not ours}
    own = {key: value for key, value in kept.items() if not key.startswith(identity.TAG_PREFIX)}
    size = {} if known.cpu is None else {"cpu": seen.cpu, "memory": seen.memory}
    return State[Known].made(
        known,
        container_group_id=seen.container_group_id,
        name=seen.name,
        containers=steps.as_wanted(known.containers, seen),
        restart_policy=seen.restart_policy,
        status=seen.status,
        phase=seen.status,
        address=seen.address,
        tags=own,
        **size,
    )


@dataclass(kw_only=True)
class _Run(ObjectRun[State[Known]]):
    """One operation on a group under way."""

    kind: ClassVar[str] = "container group"

    desk: ContainerGroupUseCases
    wanted: Inputs[Known]
    former: State[Known] | None
    seen: ContainerGroup | None = None
    logs: dict[str, str] = field(default_factory=dict)

    @property
    def recorded(self) -> State[Known] | None:
        return self.former

    @property
    def name(self) -> str:
        return self.wanted.name

    @property
    def label(self) -> str:
        return f"{self.name} ({self.object_id} in {self.wanted.region})"

    @property
    def group_id(self) -> ContainerGroupId:
        return ContainerGroupId(self.object_id)

    @property
    def veil(self) -> Veil:
        """Over the values of all variables: containers log them, and no name tells which of them are secret."""
        before = self.former.containers if self.former is not None else ()
        known = {str(number): one.wire() for number, one in enumerate((*before, *self.wanted.containers))}
        return Veil.over({key: one.get("environment", {}) for key, one in known.items()}, known)

    @property
    def seen_tags(self) -> Mapping[str, str] | None:
        return None if self.seen is None else self.seen.tags

    async def observe(self) -> None:
        self.seen = await self._get() if self.object_id else None

    def next_step(self) -> steps.Step:
        return steps.next_step(self.wanted, self.seen)

    async def find(self) -> tuple[str, Mapping[str, str]] | None:
        ours = await self.desk.groups.find(region=self.wanted.region, tags=self.owner_tags)
        return (ours[0].container_group_id, ours[0].tags) if ours else None

    async def make(self, ordinal: int) -> str:
        self.show(f"creating it in {self.wanted.region}")
        return await self.desk.groups.create(wanted=self.wanted, tags=self.tags, token=self._token("create", ordinal))

    async def is_there(self) -> bool | None:
        return True if await self._get() else None

    async def act(self, step: steps.Step) -> None:
        if isinstance(step, steps.Update):
            self.acting("changing it in place")
            spec = identity.digest(repr(self.wanted.bag()))
            token = self._token("update", self.group_id, spec, self.attempts["Update"])
            await self.desk.groups.update(group_id=self.group_id, wanted=self.wanted, token=token)

    async def wait(self, step: steps.Await) -> None:
        self.show(step.status)
        await self.pause(self.timed_out(f"it is {step.status}"), interval_s=self.desk.poll_interval_s)

    async def look_once_more(self) -> None:
        """With the end of the log of each container that failed."""
        await super().look_once_more()
        for one in self.seen.containers if self.seen is not None else ():
            if one.state == "Terminated" and one.exit_code:
                name = str(one.container.name)
                try:
                    self.logs[name] = await self.desk.groups.log(
                        region=self.wanted.region, group_id=self.group_id, container=name, lines=_LOG_LINES
                    )
                except ComputeNestError:
                    continue  # the failure itself says more

    async def finish(self, done: plan.Done) -> Outcome[State[Known]]:
        del done
        await self.settle_tags()
        return Outcome(self.object_id, self._state("", {}))

    def kept(self, reason: str) -> Outcome[State[Known]]:
        told = [reason, *(f"last lines of {name}:\n{text}" for name, text in sorted(self.logs.items()) if text)]
        why = self.veil.text("\n".join(told))
        return Outcome(self.object_id, self._state(INCOMPLETE, {"": why}), (f"{self.name}: {why}",))

    def told(self, error: ComputeNestError) -> ComputeNestError:
        return self.veil.error(error)

    async def tag(self, tags: Mapping[str, str]) -> None:
        await self.desk.groups.tag(region=self.wanted.region, group_id=self.group_id, tags=tags)

    async def untag(self, keys: list[str]) -> None:
        await self.desk.groups.untag(region=self.wanted.region, group_id=self.group_id, keys=keys)

    @property
    def busy(self) -> plan.Await | None:
        """A group that is on its way can be deleted all the same; one that ends already is waited for."""
        is_ending = self.seen is not None and self.seen.status == "Terminating"
        return steps.Await("Terminating") if is_ending else None

    async def remove(self, attempt: int) -> None:
        token = self._token("delete", self.group_id, attempt)  # one made after a deletion by hand is another
        await self.desk.groups.delete(region=self.wanted.region, group_id=self.group_id, token=token)

    async def _get(self) -> ContainerGroup | None:
        return await self.desk.groups.get(region=self.wanted.region, group_id=self.group_id)

    def _state(self, status: str, reasons: Mapping[str, str]) -> State[Known]:
        """What was observed last; of an operation that did not finish, with why."""
        if self.seen is not None:
            shown = observed(self.wanted, self.seen)
        else:
            shown = State[Known].made(self.wanted, container_group_id=self.object_id, address="")
        return State[Known].made(
            shown,
            tags=shown.tags if reasons else self.wanted.tags,
            status=status or shown.status,
            reasons=dict(reasons),
            incarnation=self.recorded_incarnation,
        )

    def _token(self, purpose: str, *ordinals: str | int) -> Token:
        return identity.token(self.wanted.owner_id, self.wanted.generation, purpose, *ordinals)
