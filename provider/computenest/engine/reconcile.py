"""The one loop: observe, ask the plan for a step, take it, look again. Whatever a resource is made of, this drives it.

How long that may last, what an answer to a create is worth before anybody has seen the object, whose the object is, and
what is recorded when an operation ends early (an error, a deadline, a stop) is told here, once. A type of resource
brings an observer, a pure plan, and its steps.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from computenest.domain import identity
from computenest.domain.errors import ComputeNestError, Conflict, Meaning, Permanent
from computenest.domain.outcome import Outcome
from computenest.domain.plan import Await, Create, Done, Fail
from computenest.engine.desk import Desk, Wanted
from computenest.engine.ownership import refuse_foreign, tag_changes
from computenest.engine.stopping import answered, stopped_because

__all__ = ["Run"]

_MAX_REPLAYS = 16  # answers about an object that was deleted since, before we give up on a fresh token
_NOT_YET_LOOKS = 5  # looks at a fresh id before "not found" means a stale answer and not a slow list
_NOT_YET_S = 5.0
_NEVER_SEEN = 0  # the incarnation in the state of an object that no look ever showed
_PASSES = frozenset({Meaning.BUSY, Meaning.WRONG_STATUS})  # of refused deletions: another look may show what moves
_MAX_REFUSED_DELETIONS = 3


@dataclass(kw_only=True)
class Run(ABC):
    """One create, update or delete under way: what it knows, and what it did.

    Guarantees:
        1. An id that the cloud answered is in every outcome from then on, whatever happens.
        2. A create is made once: its token counts on only after the object that the last one named is not there.
        3. An id that was recorded before any look showed its object is not taken for the truth: a token may answer
           with an object that was deleted since, so the next operation goes on creating where this one stopped.
        4. Nothing that is not ours is changed or deleted.

    Args:
        desk: the use cases that it belongs to.
        wanted: what `inputs` say.
        former: the state before, {} for a create.
        object_id: "" while it is not known.
        has_acted: something was changed, or is waited for: an error is a state from then on, no exception.
    """

    kind: ClassVar[str]
    """What messages call such an object."""
    passes: ClassVar[frozenset[Meaning]] = frozenset({Meaning.HAS_DRAFT, Meaning.BUSY})
    """Of refusals of a change: another look decides, for what stands in the way is a draft, or ends by itself."""
    max_steps: ClassVar[int] = 40  # changes; no story needs more than a dozen, more is a fault of ours
    max_refusals: ClassVar[int] = 20  # of one change, a few seconds apart: a state that passes has passed by then
    max_deletions: ClassVar[int] = 16  # that were answered, and left the object there

    desk: Desk
    wanted: Wanted
    inputs: Mapping[str, Any]
    former: Mapping[str, Any]
    object_id: str = ""
    deadline_s: float = 0.0
    incarnation: int = 1
    creations: int = 0
    has_acted: bool = False
    is_seen: bool = False
    is_found: bool = False
    is_clearing: bool = False
    attempts: Counter[str] = field(default_factory=Counter)
    """Changes that the cloud accepted in this run, by the step's name: an ordinal of the next one's token."""
    refusals: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        known = self.former.get("incarnation")
        self.is_seen = bool(self.former) and known != _NEVER_SEEN
        self.creations = 1 if self.former and not self.is_seen else 0
        self.incarnation = int(known or 1)
        self.deadline_s = self.deadline_s or self.desk.clock.now_s() + self.wanted.timeout_s

    @property
    @abstractmethod
    def name(self) -> str:
        """What messages call this one."""

    @property
    def row(self) -> str:
        """What its live line calls it."""
        return self.name

    @property
    def label(self) -> str:
        """What a run that was stopped calls it; where it is, if that helps."""
        return self.name

    @property
    @abstractmethod
    def seen_tags(self) -> Mapping[str, str] | None:
        """The tags of what the last look showed; None where it showed nothing."""

    @abstractmethod
    async def look(self) -> None:
        """Observes."""

    @abstractmethod
    def next_step(self) -> object:
        """The next step for what was observed last. Pure."""

    @abstractmethod
    async def find(self) -> tuple[str, Mapping[str, str]] | None:
        """Id and tags of what an earlier, interrupted create of this identity began. A foreign object in its place is
        a Conflict."""

    @abstractmethod
    async def make(self, ordinal: int) -> str:
        """Creates, with the token of the given ordinal; the id."""

    @abstractmethod
    async def is_there(self) -> bool | None:
        """Whether the object is there: False where it is shown as deleted, None where it is not shown, or not yet."""

    @abstractmethod
    async def act(self, step: Any) -> None:
        """Takes a step of the type's own. `acting` comes right before the first change."""

    @abstractmethod
    async def wait(self, step: Any) -> None:
        """Waits until another look is worth it. `timed_out` is raised after the deadline."""

    @abstractmethod
    async def finish(self, done: Any) -> Outcome:
        """What follows once everything wanted is there, and the state."""

    @abstractmethod
    def kept(self, reason: str) -> Outcome:
        """What was observed last, for an operation that ends early."""

    def failed(self, step: Any) -> Outcome:
        """The same, for a plan that ends in failure."""
        return self.kept(step.reason)

    def told(self, error: ComputeNestError) -> ComputeNestError:
        """What an error says to people."""
        return error

    @abstractmethod
    async def tag(self, tags: Mapping[str, str]) -> None:
        """Sets tags of the object."""

    @abstractmethod
    async def untag(self, keys: list[str]) -> None:
        """Takes tags off the object."""

    @property
    def busy(self) -> Await | None:
        """What a deletion has to wait for."""
        step = self.next_step()
        return step if isinstance(step, Await) else None

    @abstractmethod
    async def remove(self, attempt: int) -> None:
        """One step towards nothing: attempt number `attempt`, from 1."""

    async def converge(self) -> Outcome:
        """Brings what is there to what is wanted.

        Raises:
            ComputeNestError: nothing has happened that a state would have to record.
        """
        async with self.desk.lease(self.wanted.owner_id):
            try:
                return await self._converge()
            except ComputeNestError as error:
                told = self.told(error)
                if self._is_unrecorded:
                    if told is error:
                        raise
                    raise told from None
                await self.look_once_more()
                return self.kept(str(told))
            except asyncio.CancelledError as cancelled:
                reason = stopped_because(cancelled)
                if reason is None:
                    raise
                if self._is_unrecorded:
                    raise Permanent(f"{self.name}: {reason}") from cancelled
                return replace(self.kept(reason), reasons=(f"{self.label}: {reason}",))

    async def delete(self, *, incarnation: int) -> None:
        """Deletes the object and verifies that it is gone; already gone is success, and so is taken over by another.

        Args:
            incarnation: as the state has it: a later create that found the object has counted it up.

        Raises:
            Conflict: it is not ours any more, or in use.
            Permanent: it is still there after everything, or after the deadline.
        """
        async with self.desk.lease(self.wanted.owner_id):
            await self.clear(incarnation=incarnation)

    async def clear(self, *, incarnation: int) -> None:
        """`delete`, within a run that holds the lease."""
        self.is_clearing, attempt = True, 0
        while True:
            await self.look()
            if (tags := self.seen_tags) is None:
                return
            self.refuse_foreign()
            if identity.incarnation(tags) > incarnation:
                self.warn(f"{self.object_id} stays, its replacement has adopted it")
                return
            if (busy := self.busy) is not None:
                await self.wait(busy)
                continue
            attempt += 1
            if attempt > self.max_deletions:
                raise Permanent(
                    f"{self.kind} {self.object_id} is still there after {attempt - 1} deletions",
                    hint="look at it in the console, then run pulumi destroy again",
                )
            try:
                await self.remove(attempt)
            except Conflict as conflict:
                self.refusals["remove"] += 1
                if conflict.meaning not in _PASSES or self.refusals["remove"] > _MAX_REFUSED_DELETIONS:
                    raise
                await self.pause(conflict)

    @property
    def recorded_incarnation(self) -> int:
        """What the state says of it: how often the object was taken over, or that nobody has seen it yet."""
        return self.incarnation if self.is_seen else _NEVER_SEEN

    def acting(self, said: str = "") -> None:
        """A change is about to be made, and an error is a state from then on."""
        self.has_acted = True
        if said:
            self.show(said)

    def show(self, said: str) -> None:
        """Live status."""
        self.desk.progress.show(f"{self.row}: {said}")

    def warn(self, said: str) -> None:
        """What people should know, though nothing failed."""
        self.desk.progress.warn(f"{self.name}: {said}")

    async def pause(self, cause: Exception | None = None, *, interval_s: float = _NOT_YET_S) -> None:
        """Waits before another look.

        Raises:
            Exception: `cause`, or that it timed out, once the deadline has passed.
        """
        clock = self.desk.clock
        if clock.now_s() >= self.deadline_s:
            raise cause or Permanent(f"{self.name}: timed out while the cloud did not show what it had created")
        await clock.sleep(interval_s)

    def timed_out(self, seen: str) -> Permanent:
        """The error for a deadline that has passed; `seen` says what the object was then."""
        again = "destroy again" if self.is_clearing else "up again to go on waiting where this run stopped"
        return Permanent(
            f"{self.name}: timed out after {self.wanted.timeout_s} s while {seen}",
            hint=f"run pulumi {again}, or raise timeout_s",
        )

    def refuse_foreign(self, *, may_restore: bool = False) -> None:
        """What is there must be ours; where it has lost our tag, an update (its id is in our state) may restore that.

        Raises:
            Conflict: it is somebody else's.
        """
        tags = self.seen_tags
        if tags is not None:
            refuse_foreign(self.kind, self.object_id, self.name, self.wanted, tags, may_restore=may_restore)

    async def settle_tags(self) -> None:
        """Tags as wanted: ours, and those of the program."""
        self.refuse_foreign(may_restore=True)
        changed, dropped = tag_changes(self.wanted, self.seen_tags or {}, self.former)
        if changed:
            await self.tag(changed)
        if dropped:
            await self.untag(dropped)

    async def _converge(self) -> Outcome:
        if not self.object_id:
            await self._adopt()
        while self.attempts.total() < self.max_steps:
            await self._look()
            step = self.next_step()
            if isinstance(step, Done):
                return await self.finish(step)
            if isinstance(step, Fail):
                await self.look_once_more()
                return self.failed(step)
            if isinstance(step, Await):
                self.has_acted = True
                self.refusals.clear()
                await self.wait(step)
            else:
                await self._take(step)
        raise Permanent(
            f"{self.name} needs more than {self.max_steps} steps; this is a fault of the provider",
            hint="please report it with the output of `pulumi up --logtostderr -v=9`",
        )

    async def _take(self, step: object) -> None:
        purpose = type(step).__name__
        try:
            if isinstance(step, Create):
                await self._create()
            else:
                self.refuse_foreign(may_restore=bool(self.former))
                await self.act(step)
            self.attempts[purpose] += 1
        except Conflict as conflict:
            self.refusals[purpose] += 1
            if conflict.meaning not in self.passes or self.refusals[purpose] > self.max_refusals:
                raise
            await self.pause(conflict)

    async def _look(self) -> None:
        await self.look()
        self.is_seen |= self.seen_tags is not None

    async def look_once_more(self) -> None:
        """Before the state is kept; what was observed before is true enough where that fails, or is stopped."""
        try:
            await self._look()
        except ComputeNestError:
            return
        except asyncio.CancelledError as cancelled:
            if stopped_because(cancelled) is None:
                raise

    async def _adopt(self) -> None:
        """Takes over what an earlier create of this identity began; a delete of that one's state leaves it then."""
        found = await self.find()
        if found is None:
            return
        self.object_id, tags = found
        self.is_seen = self.is_found = True
        self.incarnation = identity.incarnation(tags) + 1
        await self.tag({identity.INCARNATION_TAG: str(self.incarnation)})

    async def _create(self) -> None:
        """Creates the object that a look did not show: the first time, or anew where the answer was about a dead one.

        Raises:
            Conflict: the object of an existing state is gone.
            Permanent: every answer is about a deleted object.
        """
        if self.former and self.is_seen:
            raise Conflict(
                f"{self.kind} {self.object_id} of {self.name} is gone",
                hint="run `pulumi refresh` so that the state says so, then `pulumi up` to make it anew",
            )
        if self.creations and self.object_id:
            for _ in range(_NOT_YET_LOOKS):
                shown = await self.is_there()
                if shown:
                    return
                if shown is False:
                    break
                await self.pause()
        if self.creations >= _MAX_REPLAYS:
            raise Permanent(f"{self.name}: the cloud answered {self.creations} times with a deleted {self.kind}")
        self.creations, self.is_seen = self.creations + 1, False
        try:
            await answered(self.make(self.creations), self._keep)
        except Conflict as conflict:
            if conflict.meaning not in {Meaning.TOKEN_REUSED, Meaning.NAME_TAKEN}:
                raise
            await self._adopt_late(conflict)

    def _keep(self, answer: str) -> None:
        self.object_id, self.has_acted = answer, True

    async def _adopt_late(self, conflict: Conflict) -> None:
        """The name or token was used before: by an object of ours that no list shows yet, or by one deleted since."""
        self.object_id = ""
        for _ in range(_NOT_YET_LOOKS):
            await self.pause(conflict)
            await self._adopt()
            if self.object_id:
                return
        if conflict.meaning is Meaning.NAME_TAKEN:
            raise conflict

    @property
    def _is_unrecorded(self) -> bool:
        """Whether the state before is still the whole truth."""
        return not self.object_id or (bool(self.former) and not self.has_acted)
