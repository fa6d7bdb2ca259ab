"""The one loop: observe, ask the plan for a step, take it, look again. Whatever a resource is made of, this drives it.

How long that may last, who else works on the same, and what is recorded when an operation ends early (an error, a
deadline, a stop) is told here, once. A type of resource brings an observer, a pure plan, and its steps; what is one
object in the cloud has more in common (`reconcile/objects.py`).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import ClassVar, Generic, cast

from typing_extensions import TypeVar

from computenest.kernel.errors import ComputeNestError, Conflict, Meaning, Permanent
from computenest.kernel.outcome import Outcome
from computenest.kernel.plan import Await, Done, Fail, Failed, Step
from computenest.kernel.redact import Redactor
from computenest.reconcile.desk import Desk, Wanted
from computenest.reconcile.ownership import Recorded
from computenest.reconcile.stopping import stopped_because

_LOOK_AGAIN_S = 5.0
S = TypeVar("S", bound=Recorded)
"""What a state is."""
A_contra = TypeVar("A_contra", bound=Await, default=Await, contravariant=True)
D_contra = TypeVar("D_contra", bound=Done, default=Done, contravariant=True)
F_contra = TypeVar("F_contra", bound=Fail, default=Failed, contravariant=True)
"""What the plan of the type at hand ends a run with, or waits for."""


@dataclass(kw_only=True)
class Run(ABC, Generic[S, A_contra, D_contra, F_contra]):
    """One create, update or delete under way: what it knows, and what it did.

    Guarantee: once it has acted, whatever happens ends in an outcome, with the id and the reason.

    Args:
        desk: the use cases that it belongs to.
        former: what the state before says, None for a create.
        incarnation: how often what there is was taken over by a later create.
        has_acted: something was changed, or is waited for: an error is a state from then on, no exception.
    """

    passes: ClassVar[frozenset[Meaning]] = frozenset({Meaning.HAS_DRAFT, Meaning.BUSY})
    """Of refusals of a change: another look decides, for what stands in the way is a draft, or ends by itself."""
    max_steps: ClassVar[int] = 40  # changes; no story needs more than a dozen, more is a fault of ours
    max_refusals: ClassVar[int] = 20  # of one change, a few seconds apart: a state that passes has passed by then

    desk: Desk
    wanted: Wanted
    former: S | None = None
    deadline_s: float = 0.0
    incarnation: int = 1
    has_acted: bool = False
    is_clearing: bool = False
    attempts: Counter[str] = field(default_factory=Counter)
    """Changes that the cloud accepted in this run, by the step's name: an ordinal of the next one's token."""
    refusals: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.incarnation = (self.former.incarnation if self.former else None) or 1
        self.deadline_s = self.deadline_s or self.desk.clock.now_s() + self.wanted.timeout_s

    @property
    def name(self) -> str:
        """What messages call this one."""
        return self.wanted.name

    @property
    def row(self) -> str:
        """What its live line calls it."""
        return self.name

    @property
    def label(self) -> str:
        """What a run that was stopped calls it; where it is, if that helps."""
        return self.name

    @abstractmethod
    async def look(self) -> None:
        """Observes."""

    @abstractmethod
    def next_step(self) -> Step:
        """The next step for what was observed last. Pure."""

    async def begin(self) -> None:
        """Comes before the first look."""

    @abstractmethod
    async def take(self, step: Step) -> None:
        """Takes a step. `acting` comes right before the first change."""

    @abstractmethod
    async def wait(self, step: A_contra) -> None:
        """Waits until another look is worth it. `timed_out` is raised after the deadline."""

    @abstractmethod
    async def finish(self, done: D_contra) -> Outcome[S]:
        """What follows once everything wanted is there, and the state."""

    @abstractmethod
    def kept(self, reason: str) -> Outcome[S]:
        """What was observed last, for an operation that ends early."""

    def failed(self, step: F_contra) -> Outcome[S]:
        """The same, for a plan that ends in failure. One that says more than a reason has words of its own for it."""
        if not isinstance(step, Failed):
            raise NotImplementedError(f"{type(self).__name__} has no words for {type(step).__name__}")
        return self.kept(step.reason)

    @property
    def is_unrecorded(self) -> bool:
        """Whether the state before is still the whole truth."""
        return not self.has_acted

    def told(self, error: ComputeNestError) -> ComputeNestError:
        """What an error says to people."""
        return self.redactor.error(error)

    @property
    def redactor(self) -> Redactor:
        """Over what no message repeats; nothing where a type has no secrets."""
        return Redactor(())

    async def converge(self) -> Outcome[S]:
        """Brings what is there to what is wanted.

        Raises:
            ComputeNestError: nothing has happened that a state would have to record.
        """
        async with self.desk.lease(self.wanted.owner_id):
            try:
                return await self._converge()
            except ComputeNestError as error:
                told = self.told(error)
                if self.is_unrecorded:
                    if told is error:
                        raise
                    raise told from None
                await self.look_once_more()
                return self.kept(str(told))
            except asyncio.CancelledError as cancelled:
                reason = stopped_because(cancelled)
                if reason is None:
                    raise
                if self.is_unrecorded:
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

    @abstractmethod
    async def clear(self, *, incarnation: int) -> None:
        """`delete`, within a run that holds the lease."""

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

    async def pause(self, cause: Exception | None = None, *, interval_s: float = _LOOK_AGAIN_S) -> None:
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

    async def _converge(self) -> Outcome[S]:
        await self.begin()
        while self.attempts.total() < self.max_steps:
            await self.look()
            step = self.next_step()
            if isinstance(step, Done):
                return await self.finish(cast("D_contra", step))  # its plan has no other, nor those below
            if isinstance(step, Fail):
                await self.look_once_more()
                return self.failed(cast("F_contra", step))
            if isinstance(step, Await):
                self.has_acted = True
                self.refusals.clear()
                await self.wait(cast("A_contra", step))
            else:
                await self._take(step)
        raise Permanent(
            f"{self.name} needs more than {self.max_steps} steps; this is a fault of the provider",
            hint="please report it with the output of `pulumi up --logtostderr -v=9`",
        )

    async def _take(self, step: Step) -> None:
        purpose = type(step).__name__
        try:
            await self.take(step)
            self.attempts[purpose] += 1
        except Conflict as conflict:
            self.refusals[purpose] += 1
            if conflict.meaning not in self.passes or self.refusals[purpose] > self.max_refusals:
                raise
            await self.pause(conflict)

    async def look_once_more(self) -> None:
        """Before the state is kept; what was observed before is true enough where that fails, or is stopped."""
        try:
            await self.look()
        except ComputeNestError:
            return
        except asyncio.CancelledError as cancelled:
            if stopped_because(cancelled) is None:
                raise
