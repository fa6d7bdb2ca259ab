"""A create or an update under way: what packages, services and instances have in common, whatever they are made of.

Each of them observes, takes the planned step, and looks again; how long that may last, what an answer to a create is
worth before anybody has seen the object, and what is recorded when it ends early is told here, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any

from computenest.domain.errors import ComputeNestError, Conflict, Meaning, Permanent
from computenest.domain.outcome import Outcome
from computenest.engine.stopping import answered, stopped_because
from computenest.ports import Clock

__all__ = ["MAY_PASS", "Operation"]

MAY_PASS = frozenset({Meaning.HAS_DRAFT, Meaning.BUSY})
"""Of refusals of a change: another look decides, for what stands in the way is a draft, or passes."""

_MAX_REPLAYS = 16  # answers about an object that was deleted since, before we give up on a fresh token
_NOT_YET_LOOKS = 5  # looks at a fresh id before "not found" means a stale answer and not a slow list
_NOT_YET_S = 5.0
_NEVER_SEEN = 0  # the incarnation in the state of an object that no look ever showed


@dataclass(slots=True, kw_only=True)
class Operation:
    """What one operation knows, and what it did.

    Guarantees:
        1. An id that the cloud answered is in every outcome from then on, whatever happens.
        2. A create is made once: its token counts on only after the object that the last one named is not there.
        3. An id that was recorded before any look showed its object is not taken for the truth: a token may answer
           with an object that was deleted since, so the next operation goes on creating where this one stopped.

    Args:
        kind: what messages call such an object.
        name: what messages call this one.
        former: the state before, {} for a create.
        clock: the cloud's.
        deadline_s: the moment, on the clock, after which nothing is waited for.
        object_id: "" while it is not known.
        has_acted: something was changed, or is waited for: an error is a state from then on, no exception.
    """

    kind: str
    name: str
    former: Mapping[str, Any]
    clock: Clock
    deadline_s: float
    object_id: str = ""
    incarnation: int = 1
    creations: int = 0
    has_acted: bool = False
    is_seen: bool = False

    def __post_init__(self) -> None:
        known = self.former.get("incarnation")
        self.is_seen = bool(self.former) and known != _NEVER_SEEN
        self.creations = 1 if self.former and not self.is_seen else 0
        self.incarnation = int(known or 1)

    @property
    def label(self) -> str:
        """What a run that fails calls it; where it is, if that helps."""
        return self.name

    @property
    def recorded_incarnation(self) -> int:
        """What the state says of it: how often the object was taken over, or that nobody has seen it yet."""
        return self.incarnation if self.is_seen else _NEVER_SEEN

    @property
    def is_unrecorded(self) -> bool:
        """Whether the state before is still the whole truth."""
        return not self.object_id or (bool(self.former) and not self.has_acted)

    async def pause(self, cause: Exception | None = None, *, interval_s: float = _NOT_YET_S) -> None:
        """Waits before another look.

        Raises:
            Exception: `cause`, or that it timed out, once the deadline has passed.
        """
        if self.clock.now_s() >= self.deadline_s:
            raise cause or Permanent(f"{self.name}: timed out while the cloud did not show what it had created")
        await self.clock.sleep(interval_s)

    def exhausted(self, steps: int) -> Permanent:
        """More changes than any story needs."""
        return Permanent(
            f"{self.name} needs more than {steps} steps; this is a fault of the provider",
            hint="please report it with the output of `pulumi up --logtostderr -v=9`",
        )

    async def create(
        self,
        make: Callable[[int], Coroutine[Any, Any, str]],
        *,
        is_there: Callable[[str], Awaitable[bool | None]],
        adopt: Callable[[], Awaitable[None]],
    ) -> None:
        """Creates the object that a look did not show: the first time, or anew where the answer was about a dead one.

        Args:
            make: creates with the token of the given ordinal, and returns the id.
            is_there: whether an object is there, by its id: False where it is shown as deleted, None where it is not
                shown, or not yet.
            adopt: looks for an object of this identity by what it carries, and sets `object_id` where there is one.

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
                shown = await is_there(self.object_id)
                if shown:
                    return
                if shown is False:
                    break
                await self.pause()
        if self.creations >= _MAX_REPLAYS:
            raise Permanent(f"{self.name}: the cloud answered {self.creations} times with a deleted {self.kind}")
        self.creations, self.is_seen = self.creations + 1, False
        try:
            await answered(make(self.creations), self._keep)
        except Conflict as conflict:
            if conflict.meaning not in {Meaning.TOKEN_REUSED, Meaning.NAME_TAKEN}:
                raise
            await self._adopt_late(adopt, conflict)

    def _keep(self, answer: str) -> None:
        self.object_id, self.has_acted = answer, True

    async def _adopt_late(self, adopt: Callable[[], Awaitable[None]], conflict: Conflict) -> None:
        """The name or token was used before: by an object of ours that no list shows yet, or by one deleted since."""
        self.object_id = ""
        for _ in range(_NOT_YET_LOOKS):
            await self.pause(conflict)
            await adopt()
            if self.object_id:
                return
        if conflict.meaning is Meaning.NAME_TAKEN:
            raise conflict

    async def outcome_of(
        self,
        work: Awaitable[Outcome],
        *,
        look: Callable[[], Awaitable[None]],
        kept: Callable[[str], Outcome],
        veil: Callable[[ComputeNestError], ComputeNestError] = lambda error: error,
    ) -> Outcome:
        """What `work` comes to: its own outcome, or what there is when it ends early, with the reason.

        Args:
            look: observes once more after a failure; what was observed before is true enough where that fails too.
            kept: the outcome of what was observed last.
            veil: what an error says to people.

        Raises:
            ComputeNestError: nothing has happened that a state would have to record.
        """
        try:
            return await work
        except ComputeNestError as error:
            veiled = veil(error)
            if self.is_unrecorded:
                if veiled is error:
                    raise
                raise veiled from None
            await self._last(look)
            return kept(str(veiled))
        except asyncio.CancelledError as cancelled:
            reason = stopped_because(cancelled)
            if reason is None:
                raise
            if self.is_unrecorded:
                raise Permanent(f"{self.name}: {reason}") from cancelled
            return replace(kept(reason), reasons=(f"{self.label}: {reason}",))

    @staticmethod
    async def _last(look: Callable[[], Awaitable[None]]) -> None:
        try:
            await look()
        except ComputeNestError:
            return
        except asyncio.CancelledError as cancelled:
            if stopped_because(cancelled) is None:
                raise
