"""One operation on a set of groups: the one loop of `reconcile` over places, and in each place over its group."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from computenest.kernel import identity, plan
from computenest.kernel.errors import ComputeNestError
from computenest.kernel.outcome import INCOMPLETE, Outcome
from computenest.kernel.unknown import Known
from computenest.reconcile.reconciler import Run
from computenest.resources.container_group import plan as steps
from computenest.resources.container_group.group_run import GroupRun
from computenest.resources.container_group.model import ContainerGroup, ContainerGroupId, Inputs, Replica, State
from computenest.resources.container_group.replicas import plan as sets
from computenest.resources.container_group.replicas.naming import (
    SET_TAG,
    generation_of,
    name_of,
    number_of,
    of_replica,
    own_tags,
    set_id,
)
from computenest.resources.container_group.replicas.state import (
    groups_of,
    numbers_in,
    recorded_of,
    replica_of,
    set_state,
    shown_rollout,
)
from computenest.resources.container_group.temporary_keys import key_ends

if TYPE_CHECKING:
    from computenest.resources.container_group.use_cases import ContainerGroupUseCases

_AT_ONCE = 10  # groups that are made or taken away together: a hundred calls at once are throttled


@dataclass(kw_only=True)
class ReplicaRun(GroupRun):
    """One operation on a group of a set."""

    is_new: bool = False
    """The list of the whole set has shown that nothing is there."""

    async def begin(self) -> None:
        if not self.is_new:
            await super().begin()

    @property
    def tags(self) -> dict[str, str]:
        return {**super().tags, **own_tags(self.wanted)}

    def warn_of_key(self) -> None:
        """The set says it, once."""


async def _places_in(
    desk: ContainerGroupUseCases, wanted: Inputs[Known], known: State[Known] | None
) -> dict[int, list[ContainerGroup]]:
    """Every group of a set by its place: those that carry its tag, and those that the state knows and no list shows."""
    found: dict[int, list[ContainerGroup]] = defaultdict(list)
    for one in await desk.groups.find(region=wanted.region, tags={SET_TAG: set_id(wanted)}):
        if number := number_of(one, wanted):
            found[number].append(one)
    shown = {one.container_group_id for listed in found.values() for one in listed}
    for number, replica in (numbers_in(known) if known is not None else {}).items():
        group_id = ContainerGroupId(replica.container_group_id)
        if group_id and group_id not in shown:
            seen = await desk.groups.get(region=wanted.region, group_id=group_id)
            if seen is not None:
                found[number].append(seen)
    return dict(found)


async def read_set(desk: ContainerGroupUseCases, known: State[Known]) -> State[Known] | None:
    """What there is now of a set; None where nothing is left of one that has groups."""
    shown = await _places_in(desk, known, known)
    if known.groups and not shown:
        return None
    places = {number: sets.place_of(of_replica(known, number, 1), listed) for number, listed in shown.items()}
    told = set_state(known, groups_of(known, places), known)
    is_finished = known.status != INCOMPLETE
    return State[Known].made(
        told,
        rollout=shown_rollout(known, places),
        status=told.status if is_finished else INCOMPLETE,
        reasons=known.reasons,
    )


@dataclass(kw_only=True)
class SetRun(Run[State[Known]]):
    """Guarantee: a group that this run has begun is in the outcome, and every other one as it was."""

    max_steps: ClassVar[int] = 1000  # a roll is a step a group

    desk: ContainerGroupUseCases
    wanted: Inputs[Known]
    shown: dict[int, list[ContainerGroup]] = field(default_factory=dict)
    done: dict[int, Replica] = field(default_factory=dict)
    """Place -> the group that this run has brought to what is wanted."""
    begun: dict[int, Replica] = field(default_factory=dict)
    """The same of groups that it has begun and not finished."""
    failed_of: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    keys_end: list[str] = field(default_factory=list)

    async def look(self) -> None:
        """Not after a failure, which may be a stop: what was seen before is told of the others then."""
        if self.failed_of:
            return
        self.shown = await _places_in(self.desk, self.wanted, self.former)

    def next_step(self) -> plan.Step:
        numbers = range(1, (self.wanted.replicas or 0) + 1)
        places = {number: self._place(number) for number in numbers}
        surplus = [one for number, listed in sorted(self.shown.items()) if number not in places for one in listed]
        left = [one for one in surplus if one.container_group_id not in self.dropped]
        return sets.next_step(places, left, done=self.done.keys(), failed=self.failed_of)

    def _place(self, number: int) -> sets.Place:
        wanted = of_replica(self.wanted, number, 1)
        former = recorded_of(self.former, number) if self.former is not None else None
        dropped = self.former.tags.keys() - self.wanted.tags.keys() if self.former is not None else frozenset()
        shown = self.shown.get(number, ())
        is_pulling = any(one.status == "Pending" for one in shown)
        due = steps.unseen_parts(former, wanted, is_pulling=is_pulling)
        return sets.place_of(wanted, shown, due, frozenset(dropped))

    async def take(self, step: plan.Step) -> None:
        if isinstance(step, sets.Roll):
            await self._bring(step.number)
        elif isinstance(step, sets.Together):
            await self._at_once(self._bring(number) for number in step.numbers)
        elif isinstance(step, sets.Drop):
            await self._at_once(self._remove(one) for one in step.groups)

    async def wait(self, step: plan.Await) -> None:
        """Never: whatever runs is waited for where it is."""

    async def finish(self, done: plan.Done) -> Outcome[State[Known]]:
        del done
        if self.keys_end and (said := key_ends(self.wanted, min(self.keys_end))):
            self.warn(said)
        return Outcome(set_id(self.wanted), self._state())

    def kept(self, reason: str) -> Outcome[State[Known]]:
        reasons = self.failed_of or {"": reason}
        told = tuple(f"{name or self.name}: {why}" for name, why in sorted(reasons.items()))
        if left := self._not_reached():
            told = (*told, f"{self.name}: {', '.join(left)} {'is' if len(left) == 1 else 'are'} as before")
        state = State[Known].made(self._state(), status=INCOMPLETE, reasons=reasons)
        return Outcome(set_id(self.wanted), state, told)

    async def clear(self, *, incarnation: int) -> None:
        """Until no list shows one any more but those that a later create has taken over."""
        del incarnation  # each group has its own
        self.is_clearing = True
        while True:
            await self.look()
            groups = [one for listed in self.shown.values() for one in listed]
            left = [one for one in groups if one.container_group_id not in self.dropped]
            if not left:
                return
            await self._at_once(self._remove(one) for one in left)

    # --- one place

    async def _bring(self, number: int) -> None:
        """What is in a place becomes what is wanted there; what it is replaced by comes after it, or before."""
        place, name = self._place(number), name_of(self.wanted.name, number)
        old = [place.group] if place.group is not None and place.fate is sets.Fate.REPLACE else []
        try:
            if old and not self.wanted.create_before_delete:
                await self._remove_all([*old, *place.doomed])
                old, place = [], sets.Place(None, sets.Fate.MAKE)
            run = self._run(number, place)
            outcome = await run.converge()
        except ComputeNestError as error:
            self.failed_of[name] = str(error)
            if not self.has_acted:
                raise
            return
        self.has_acted = True
        made = Replica.model_validate(outcome.state, from_attributes=True)
        if not outcome.is_complete:
            self.begun[number] = made
            self.failed_of[name] = str(outcome.state.reasons.get("") or outcome.reasons[0])
            return
        await self._remove_all([*old, *place.doomed])
        self.done[number] = made
        self.begun.pop(number, None)
        if run.key is not None:
            self.keys_end.append(run.key.expires_ms)

    def _run(self, number: int, place: sets.Place) -> ReplicaRun:
        """An operation on the group that is there, or on one of a generation that nobody has seen yet."""
        former = recorded_of(self.former, number) if self.former is not None else None
        seen = place.group if place.fate is not sets.Fate.REPLACE else None
        if seen is None:
            latest = [generation_of(one) for one in self.shown.get(number, ())]
            generation = max([self._generation, *(one + 1 for one in latest)])
            run = self._opened(of_replica(self.wanted, number, generation), None)
            run.is_new = True
            return run
        wanted = of_replica(self.wanted, number, generation_of(seen))
        if former is not None and former.container_group_id == seen.container_group_id:
            return self._opened(wanted, former)
        run = self._opened(wanted, None)
        if self.former is not None:  # begun by an operation of this very state: nobody takes it over from another
            run.object_id, run.is_found, run.is_seen = seen.container_group_id, True, True
            run.incarnation = identity.incarnation(seen.tags)
        return run

    def _opened(self, wanted: Inputs[Known], former: State[Known] | None) -> ReplicaRun:
        return ReplicaRun(
            desk=self.desk,
            wanted=wanted,
            former=former,
            object_id=former.container_group_id if former is not None else "",
            deadline_s=self.deadline_s,
        )

    @property
    def _generation(self) -> int:
        """That of every group that this operation makes anew: a function of the state, so that whoever repeats it
        finds what it began."""
        return ((self.former.generations if self.former is not None else None) or 0) + 1

    # --- what goes

    async def _remove_all(self, groups: Iterable[ContainerGroup]) -> None:
        for one in groups:
            await self._remove(one)

    async def _remove(self, group: ContainerGroup) -> None:
        number = number_of(group, self.wanted) or self._recorded_number(group)
        known = recorded_of(self.former, number) if self.former is not None else None
        is_known = known is not None and known.container_group_id == group.container_group_id
        incarnation = known.incarnation if known is not None and is_known else 1
        if not self.is_clearing:
            incarnation = identity.incarnation(group.tags)
        wanted = of_replica(self.wanted, number, generation_of(group))
        state = State[Known].made(wanted, container_group_id=group.container_group_id, incarnation=incarnation)
        self.dropped.add(group.container_group_id)
        self.has_acted = True
        await self._opened(wanted, state).delete(incarnation=incarnation)

    def _recorded_number(self, group: ContainerGroup) -> int:
        known = numbers_in(self.former) if self.former is not None else {}
        return next((n for n, one in known.items() if one.container_group_id == group.container_group_id), 0)

    async def _at_once(self, works: Iterable[Awaitable[None]]) -> None:
        """A few at a time; the first error once all have ended."""
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(work: Awaitable[None]) -> None:
            async with room:
                await work

        ended = await asyncio.gather(*(one(work) for work in works), return_exceptions=True)
        for end in ended:
            if isinstance(end, BaseException):
                raise end

    # --- the state

    def _state(self) -> State[Known]:
        """What this run has seen and made: a group that it did not reach has the revision of before."""
        groups, rollout = {}, {}
        for number in sorted({*self.shown, *self.done, *self.begun}):
            name, place = name_of(self.wanted.name, number), self._place(number)
            found = self.done.get(number) or self.begun.get(number)
            living = place.group is not None and place.group.container_group_id not in self.dropped
            if found is None and living and place.group is not None:
                is_wanted = place.is_settled and number <= (self.wanted.replicas or 0)
                found = replica_of(place.group, status="" if is_wanted else INCOMPLETE)
            if found is None:
                continue
            groups[name] = found
            before = (self.former.rollout or {}).get(name) if self.former is not None else None
            wanted = (self.wanted.rollout or {}).get(name)
            if number in self.begun:
                rollout[name] = f"{wanted}, not finished"
            elif revision := wanted if number in self.done or place.is_settled else before:
                rollout[name] = revision
        state = set_state(self.wanted, groups, self.former)
        is_older = len(self.keys_end) < len(groups)  # than any key that this run has taken
        ends = min((*self.keys_end, *([state.key_expiry] if state.key_expiry and is_older else ())), default="")
        return State[Known].made(
            state,
            rollout=rollout,
            key_expiry=ends if self.wanted.has_packages else "",
            generations=max([self._generation - 1, *(one.generation for one in groups.values())]),
        )

    def _not_reached(self) -> list[str]:
        """Names of groups that are not as wanted, and that this run has left alone."""
        numbers = range(1, (self.wanted.replicas or 0) + 1)
        left = (n for n in numbers if n not in self.done and n not in self.begun and self.shown.get(n))
        names = (name_of(self.wanted.name, n) for n in left if not self._place(n).is_settled)
        return [name for name in names if name not in self.failed_of]
