"""Create, update, read and delete container groups of one account, on the one loop of `reconcile`."""

from __future__ import annotations

from dataclasses import dataclass

from computenest.kernel.outcome import INCOMPLETE, Outcome
from computenest.kernel.ports import Clock, Progress
from computenest.kernel.unknown import Known
from computenest.reconcile.desk import Lease
from computenest.reconcile.operating import Operating
from computenest.resources.container_group import plan as steps
from computenest.resources.container_group.group_run import GroupRun, observed
from computenest.resources.container_group.model import ContainerGroupId, Inputs, State
from computenest.resources.container_group.ports import ContainerGroups, PullKeys
from computenest.resources.container_group.replicas.set_run import SetRun, read_set


@dataclass(frozen=True, slots=True)
class ContainerGroupUseCases(Operating[Inputs[Known], State[Known]]):
    """Of one account."""

    groups: ContainerGroups
    keys: PullKeys
    clock: Clock
    progress: Progress
    lease: Lease
    poll_interval_s: float

    async def read(self, group_id: ContainerGroupId, known: State[Known]) -> Outcome[State[Known]] | None:
        """What is there now, None where it is gone.

        Raises:
            ComputeNestError: where it cannot be told.
        """
        if known.is_set:
            groups = await read_set(self, known)
            return Outcome(groups.container_group_id, groups) if groups is not None else None
        seen = await self.groups.get(region=known.region, group_id=group_id)
        if seen is None:
            return None
        found = State[Known].made(
            observed(known, seen),
            key_expiry=known.key_expiry,
            incarnation=known.incarnation or 1,  # it is seen now
        )
        if known.status == INCOMPLETE and not steps.has_arrived(known, seen):
            found = State[Known].made(found, status=INCOMPLETE, reasons=known.reasons)  # the next run has to go on
        return Outcome(found.container_group_id, found)

    def _run(self, inputs: Inputs[Known], former: State[Known] | None) -> GroupRun | SetRun:
        if inputs.is_set:
            return SetRun(desk=self, wanted=inputs, former=former)
        return GroupRun(
            desk=self,
            wanted=inputs,
            former=former,
            object_id=former.container_group_id if former is not None else "",
        )
