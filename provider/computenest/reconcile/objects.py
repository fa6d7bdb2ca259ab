"""What is one object in the cloud, with an id and tags: created once, adopted, kept ours, deleted. On `reconcile.Run`.

What an answer to a create is worth before anybody has seen the object, and whose the object is, is told here, once.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Generic, cast

from computenest.kernel import identity
from computenest.kernel.errors import Conflict, Meaning, Permanent
from computenest.kernel.plan import Await, Create, Step
from computenest.reconcile.ownership import refuse_foreign, tag_changes
from computenest.reconcile.reconciler import A_contra, D_contra, F_contra, Run, S
from computenest.reconcile.stopping import answered

_MAX_REPLAYS = 16  # answers about an object that was deleted since, before we give up on a fresh token
_NOT_YET_LOOKS = 5  # looks at a fresh id before "not found" means a stale answer and not a slow list
_NEVER_SEEN = 0  # the incarnation in the state of an object that no look ever showed
_PASSES = frozenset({Meaning.BUSY, Meaning.WRONG_STATUS})  # of refused deletions: another look may show what moves
_MAX_REFUSED_DELETIONS = 3


@dataclass(kw_only=True)
class ObjectRun(Run[S, A_contra, D_contra, F_contra], Generic[S, A_contra, D_contra, F_contra]):
    """One operation on one object.

    Guarantees:
        1. An id that the cloud answered is in every outcome from then on, whatever happens.
        2. A create is made once: its token counts on only after the object that the last one named is not there.
        3. An id that was recorded before any look showed its object is not taken for the truth: a token may answer
           with an object that was deleted since, so the next operation goes on creating where this one stopped.
        4. Nothing that is not ours is changed or deleted.

    Args:
        object_id: "" while it is not known.
        is_seen: a look of this run or an earlier one showed it.
        is_found: an earlier, interrupted create had made it.
    """

    kind: ClassVar[str]
    """What messages call such an object."""
    max_deletions: ClassVar[int] = 16  # that were answered, and left the object there

    object_id: str = ""
    creations: int = 0
    is_seen: bool = False
    is_found: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.is_seen = self.former is not None and self.former.incarnation != _NEVER_SEEN
        self.creations = 1 if self.former and not self.is_seen else 0

    @property
    @abstractmethod
    def seen_tags(self) -> Mapping[str, str] | None:
        """The tags of what the last look showed; None where it showed nothing."""

    @abstractmethod
    async def observe(self) -> None:
        """Looks at the object, where there is an id."""

    @abstractmethod
    async def find(self) -> tuple[str, Mapping[str, str]] | None:
        """Id and tags of what an earlier, interrupted create of this identity began. A foreign object in its place is
        a Conflict."""

    async def prepare(self) -> None:
        """Puts in place what the object is made from. A stop takes effect at once here: nothing has an id yet."""

    @abstractmethod
    async def make(self, ordinal: int) -> str:
        """Creates, with the token of the given ordinal; the id."""

    @abstractmethod
    async def is_there(self) -> bool | None:
        """Whether the object is there: False where it is shown as deleted, None where it is not shown, or not yet."""

    @abstractmethod
    async def act(self, step: Step) -> None:
        """Takes a step of the type's own: not `Create`."""

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

    async def look(self) -> None:
        await self.observe()
        self.is_seen |= self.seen_tags is not None

    async def begin(self) -> None:
        if not self.object_id:
            await self._adopt()

    async def take(self, step: Step) -> None:
        if isinstance(step, Create):
            await self._create()
        else:
            self.refuse_foreign(may_restore=self.former is not None)
            await self.act(step)

    async def clear(self, *, incarnation: int) -> None:
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
                await self.wait(cast("A_contra", busy))
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
    def owner_tags(self) -> dict[str, str]:
        """What says that an object is ours."""
        return identity.owner_tags(self.wanted.owner_id, self.wanted.generation)

    @property
    def tags(self) -> dict[str, str]:
        """The program's, and ours."""
        return {**self.wanted.tags, **self.owner_tags}

    @property
    def recorded_incarnation(self) -> int:
        """What the state says of it: how often the object was taken over, or that nobody has seen it yet."""
        return self.incarnation if self.is_seen else _NEVER_SEEN

    @property
    def is_unrecorded(self) -> bool:
        return not self.object_id or (self.former is not None and not self.has_acted)

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
        changed, dropped = tag_changes(self.tags, self.seen_tags or {}, self.former)
        if changed:
            await self.tag(changed)
        if dropped:
            await self.untag(dropped)

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
        await self.prepare()
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
