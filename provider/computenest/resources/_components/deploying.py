"""Brings the releases of one resource to what is wanted, one after the other, and takes them away again, on the one
loop of `reconcile`. Which are to be brought is decided by the same pure function as a preview.

No step depends on what this process did before: what a look shows as done is done.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NewType

from typing_extensions import TypeVar

from computenest.kernel import plan
from computenest.kernel.errors import ComputeNestError, Conflict
from computenest.kernel.outcome import INCOMPLETE, Outcome
from computenest.kernel.unknown import Known
from computenest.reconcile.reconciler import Run
from computenest.resources._components.deployed import DEPLOYED, DeployedInputs, DeployedState
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.opened import Desk, refuse_silent
from computenest.resources._components.plan import Declared, LeaveAlone, decide
from computenest.resources._components.ports import Clusters, Looked
from computenest.resources._components.previewing import another_cluster
from computenest.resources._components.release import ReleaseName
from computenest.resources._components.shared import users
from computenest.resources._components.wish import Wish

S = TypeVar("S", bound=DeployedState[Known])
Place = NewType("Place", str)
"""`namespace/release`: where helm keeps one."""


@dataclass(frozen=True, slots=True)
class Bring(plan.Step):
    """A release is not as wanted."""

    component: str


@dataclass(frozen=True, slots=True)
class Remove(plan.Step):
    """A release is not wanted any more."""

    place: Place


@dataclass(frozen=True, slots=True)
class Release:
    """One wanted release as the last look showed it.

    Args:
        wish: what is wanted.
        declared: the same, with its chart.
        seen: what helm keeps.
        is_suspect: whether the check has found something that helm's history does not show: drift, other labels.
    """

    wish: Wish
    declared: Declared
    seen: Looked
    is_suspect: bool = False

    @property
    def is_as_wanted(self) -> bool:
        action = decide(self.declared, self.seen.history, last_change_s=self.seen.age_s)
        return isinstance(action, LeaveAlone) and not self.is_suspect and _is_ours(self.seen, self.wish)


def next_step(
    releases: Sequence[Release], surplus: Sequence[Place], *, done: frozenset[str], failed: Mapping[str, str]
) -> plan.Step:
    """The one next step. Pure.

    Args:
        releases: in the order in which they are brought.
        surplus: what a former run brought and nobody wants any more.
        done: components that this run has brought: each once.
        failed: component -> why, of those that this run could not bring and goes on without.
    """
    for one in releases:
        if one.wish.component in done or one.wish.component in failed or one.is_as_wanted:
            continue
        if not set(one.wish.needs) & failed.keys():
            return Bring(one.wish.component)
    for place in surplus:
        return Remove(place)
    return plan.Failed("; ".join(failed.values())) if failed else plan.Done()


@dataclass(kw_only=True)
class DeployingRun(Run[S]):
    """One create, update or delete of a resource that is made of releases on one cluster."""

    max_steps: ClassVar[int] = 500
    done_as: ClassVar[str] = DEPLOYED
    """The status of what is as wanted."""

    desk: Desk
    wanted: DeployedInputs[Known]  # type: ignore[assignment]  # each type says what it is called
    wishes: tuple[Wish, ...]
    """In the order in which they are brought."""
    suspects: frozenset[str] = frozenset()
    brought: tuple[Place, ...] = ()
    """What the state before says was brought, in that order."""
    elsewhere: dict[str, str] = field(default_factory=dict)
    """Component -> why, of those of another cluster that are not there: who needs them waits."""
    is_shared: bool = False
    """Whether its releases are those that others may ask for, too."""
    least_incarnation: int = 0
    """Of what other clusters have of the same interrupted create: one number for all."""
    uid: str = ""
    """Of the cluster, once it was asked."""
    releases: tuple[Release, ...] = ()
    done: set[str] = field(default_factory=set)
    not_brought: dict[str, str] = field(default_factory=dict)
    removed: set[Place] = field(default_factory=set)
    is_anothers: bool = False
    """Whether a later create has taken one of them over."""

    @property
    def is_doubtful(self) -> bool:
        """Whether the check of this run could not tell what is on the cluster."""
        return False

    @property
    def surplus(self) -> tuple[Place, ...]:
        """Of the former ones, last brought first."""
        settled = {place_of(one) for one in self.wishes} | self.removed
        return tuple(one for one in reversed(self.brought) if one not in settled)

    @property
    def places(self) -> tuple[Place, ...]:
        """Where something of ours may be now."""
        return tuple(dict.fromkeys((*self.surplus, *map(place_of, self.wishes))))

    @property
    def access(self) -> ClusterAccess:
        """How the cluster is reached."""
        return self.wanted.cluster

    @property
    def label(self) -> str:
        return f"{self.name} on {self.access.name}"

    def refuse_another_cluster(self, uid: str) -> None:
        """What answers under the cluster's name must be the cluster that the state knows."""
        known = (self.former.uid if self.former is not None else "") or self.wanted.uid
        if known and uid and known != uid:
            raise Conflict(another_cluster(self.access, known, uid))
        self.uid = uid or known

    async def begin(self) -> None:
        """What an earlier, interrupted create has brought is taken over; a delete of that one's state leaves it."""
        if self.is_doubtful:
            await refuse_silent(self.desk, self.access)
        self.refuse_another_cluster((await self.desk.clusters.identify(self.access)).uid)
        if self.former is not None:
            return
        ours = await self.found()
        if not ours and not self.least_incarnation:
            return
        self.incarnation = 1 + max((*(incarnation_of(one, wish) for one, wish in ours), self.least_incarnation))
        for _, wish in ours:
            await self.desk.clusters.take_over(self.access, wish, incarnation=self.incarnation)

    async def found(self, clusters: Clusters | None = None) -> list[tuple[Looked, Wish]]:
        """What is there of ours already, asked with or without patience."""
        asked = clusters or self.desk.clusters
        looks = [await asked.look(self.access, wish.release, wish.namespace) for wish in self.wishes]
        return [(one, wish) for one, wish in zip(looks, self.wishes, strict=True) if _is_ours(one, wish)]

    async def look(self) -> None:
        found = []
        for wish in self.wishes:
            is_suspect = wish.component in self.suspects and wish.component not in self.done
            seen = await self.desk.clusters.look(self.access, wish.release, wish.namespace)
            found.append(Release(wish, await self.desk.clusters.declared(wish), seen, is_suspect))
        self.releases = tuple(found)

    def next_step(self) -> plan.Step:
        missing = {**self.elsewhere, **self.not_brought}
        return next_step(self.releases, self.surplus, done=frozenset(self.done), failed=missing)

    async def take(self, step: plan.Step) -> None:
        if isinstance(step, Remove):
            await self._remove(step.place)
        elif isinstance(step, Bring):
            await self._bring(step)

    async def _bring(self, step: Bring) -> None:
        wish = next(one for one in self.wishes if one.component == step.component)
        try:
            await self.desk.clusters.bring(
                self.access,
                wish,
                incarnation=self.incarnation,
                acting=lambda said: self.acting(f"{wish.component}: {said}"),
            )
        except ComputeNestError as error:
            if wish.policy.on_failure != "leave" or isinstance(error, Conflict):
                raise
            self.not_brought[wish.component] = str(self.told(error))
            return
        self.done.add(wish.component)

    async def wait(self, step: plan.Await) -> None:
        """Helm waits by itself."""

    async def finish(self, done: plan.Done) -> Outcome[S]:
        del done
        return Outcome(self.wanted.owner_id, self._state(self.done_as))

    def kept(self, reason: str) -> Outcome[S]:
        why = self.redactor.text(reason)
        return Outcome(self.wanted.owner_id, self._state(INCOMPLETE, why), (f"{self.row}: {why}",))

    @abstractmethod
    def reached(self, *, is_whole: bool) -> S:
        """What was reached, by what the type keeps of it; of an operation that did not finish (`is_whole` False) what
        it did not reach is as the state before says."""

    def _state(self, status: str, why: str = "") -> S:
        found = self.reached(is_whole=not why)
        return found.made(
            found,
            uid=self.uid,
            releases=self.places,
            status=status,
            reasons={"": why} if why else {},
            incarnation=self.incarnation,
        )

    @property
    def revisions(self) -> dict[str, int]:
        """Component -> the number of its last revision."""
        return {one.wish.component: one.seen.history[-1].number for one in self.releases if one.seen.history}

    async def clear(self, *, incarnation: int) -> None:
        self.is_clearing, self.incarnation = True, incarnation
        self.refuse_another_cluster((await self.desk.clusters.identify(self.access)).uid)
        for place in reversed(self.brought):
            await self._remove(place)

    async def _remove(self, place: Place) -> None:
        namespace, _, release = place.partition("/")
        self.acting(f"uninstalling {place}")
        gone = await self.desk.clusters.remove(
            self.access,
            ReleaseName(release),
            namespace,
            owner=self.wanted.owner_id,
            incarnation=self.incarnation,
            timeout_s=self.wanted.timeout_s,
            is_shared=self.is_shared,
        )
        self.removed.add(place)
        self.is_anothers = self.is_anothers or gone.is_anothers
        if gone.is_anothers:
            self.warn(f"the release {place} stays, its replacement has taken it over")
        elif gone.left_because:
            self.warn(f"the release {place} stays: {gone.left_because}")
        elif gone.stays:
            self.warn(f"the release {place} is uninstalled; what stays of it: {', '.join(gone.stays)}")


def place_of(wish: Wish) -> Place:
    """Where helm keeps it."""
    return Place(f"{wish.namespace}/{wish.release}")


def places_of(known: S, wanted: Callable[[S], Iterable[Wish]]) -> tuple[Place, ...]:
    """Where something of ours may be, by a state; of one that lost that, by what it says was wanted."""
    return tuple(map(Place, known.releases)) or tuple(map(place_of, wanted(known)))


def incarnation_of(seen: Looked, wish: Wish) -> int:
    """How often a create of its owner has taken it over."""
    last = seen.history[-1]
    return users(last).get(wish.owner, 0) if wish.policy.is_shared else last.incarnation


def _is_ours(seen: Looked, wish: Wish) -> bool:
    """Whether a look shows a release of its owner, or one that the owner asks for, whoever made it."""
    if wish.policy.is_shared:
        return bool(seen.history) and wish.owner in users(seen.history[-1])
    return bool(seen.history) and wish.owner in {one.owner for one in seen.history}
