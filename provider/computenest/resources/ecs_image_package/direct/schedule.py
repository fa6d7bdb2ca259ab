"""Who copies from whom, now: a pure decision over all jobs of one account, made anew whenever something changes.

A finished copy is an own custom image, so it can be copied on to any region; an image that another account shares can
only be copied within its region. At most five copies run per region, and the documentation does not say whether the
source or the destination region counts (facts §4). Both limits are data, and by default both are kept: what this
scheduler starts then never queues in the cloud, whichever reading is true.

The order, first served first: a package that exists only where everybody begins leaves it once (the scarce slots are
there, and each copy that left multiplies elsewhere); then first copies of shared images; then whatever spreads the
package with the longest way to go. A slot is never kept free for later, except where a copy that runs already will
serve the destination sooner. No two copies take the same time, so routes that are about as near count as equally near:
otherwise everybody would go where one copy happened to be quick.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from computenest.kernel.names import RegionId

Topology = Literal["tree", "star"]
USUAL_S_PER_GIB = 6.0
_FAN_OUT = 6  # one holder and the five that it serves at once
_NEAR = 1.2  # a route that takes at most this many times the shortest one into its destination is near; and a step
_PENALTY = 4.0  # how much longer a route that failed is thought to take


@dataclass(frozen=True, slots=True)
class Limits:
    """Running copies that one region may take part in, on either side; None where that side is not limited."""

    per_source: int | None = 5
    per_destination: int | None = 5


@dataclass(frozen=True, slots=True)
class Routes:
    """What is known of durations, in seconds per GiB.

    Args:
        usual_s_per_gib: of a route that nothing is known of; only ratios matter.
        learned: measured, or told.
        failures: how often a copy on this route failed.
    """

    usual_s_per_gib: float = USUAL_S_PER_GIB
    learned: Mapping[tuple[RegionId, RegionId], float] = field(default_factory=dict)
    failures: Mapping[tuple[RegionId, RegionId], int] = field(default_factory=dict)

    def duration_s(self, source: RegionId, destination: RegionId, size_gib: int) -> float:
        route = (source, destination)
        rate = self.learned.get(route, self.usual_s_per_gib)
        return max(1, size_gib) * rate * _PENALTY ** self.failures.get(route, 0)


@dataclass(frozen=True, slots=True)
class Job:
    """One package's part in it.

    Args:
        origin: the source image's region.
        needs_root: the hub's first copy in `origin` is neither there nor running.
        holders: regions with a finished copy that may serve as a source.
        wanted: regions that lack a copy, none running.
        key: tells jobs apart; also the last tie-break, so that the decision is a function of its arguments.
        deaf: destinations that a holder may not serve (an encrypted copy, a region without a key), by holder.
    """

    key: str
    size_gib: int
    origin: RegionId
    needs_root: bool
    holders: frozenset[RegionId]
    wanted: frozenset[RegionId]
    topology: Topology = "tree"
    deaf: Mapping[RegionId, frozenset[RegionId]] = field(default_factory=dict)

    @property
    def sources(self) -> frozenset[RegionId]:
        """The regions that may serve: with a star only its centre."""
        if self.topology == "tree":
            return self.holders
        return self.holders & {self.origin}


@dataclass(frozen=True, slots=True)
class Running:
    """A copy under way. `left_s` is how long it is thought to take yet."""

    key: str
    source: RegionId
    destination: RegionId
    left_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Assignment:
    """Copy this job's image from `source` to `destination` now; equal regions: the first copy of a shared image."""

    key: str
    source: RegionId
    destination: RegionId


class Haste(Enum):
    """What a slot may be spent on: the nearest route, the first copy to a far neighbourhood, or whatever helps."""

    THRIFTY = "thrifty"
    PIONEER = "pioneer"
    ANY = "any"


class _Board:
    """Free slots, and how much each region already holds, while one decision is made."""

    def __init__(self, jobs: Sequence[Job], running: Iterable[Running], limits: Limits, routes: Routes) -> None:
        self.limits, self.routes = limits, routes
        self.out: Counter[RegionId] = Counter()
        self.into: Counter[RegionId] = Counter()
        self.load: Counter[RegionId] = Counter()
        self.demand: Counter[RegionId] = Counter()
        self.coming: dict[str, list[Running]] = {}
        self.free_in_s: dict[RegionId, float] = {}
        for copy in running:
            self.out[copy.source] += 1
            self.into[copy.destination] += 1
            self.load[copy.destination] += 1
            self.coming.setdefault(copy.key, []).append(copy)
            self.free_in_s[copy.source] = min(copy.left_s, self.free_in_s.get(copy.source, float("inf")))
        for job in jobs:
            self.load.update(job.holders)
            self.demand.update(job.wanted)
        self.left = {job.key: set(job.wanted) for job in jobs}
        self.regions = {region for job in jobs for region in (job.origin, *job.holders, *job.wanted)}
        self._least: dict[RegionId, float] = {}
        self._steps: dict[tuple[RegionId, RegionId], int] = {}
        self._shortest: float | None = None
        self.started: list[Assignment] = []

    def can_leave(self, region: RegionId) -> bool:
        return self.limits.per_source is None or self.out[region] < self.limits.per_source

    def can_enter(self, region: RegionId) -> bool:
        return self.limits.per_destination is None or self.into[region] < self.limits.per_destination

    def start(self, job: Job, source: RegionId, destination: RegionId) -> None:
        self.started.append(Assignment(job.key, source, destination))
        self.out[source] += 1
        self.into[destination] += 1
        self.load[destination] += 1
        self.left[job.key].discard(destination)
        self.demand[destination] -= 1
        left_s = self.routes.duration_s(source, destination, job.size_gib)
        self.free_in_s[source] = min(left_s, self.free_in_s.get(source, left_s))
        self.coming.setdefault(job.key, []).append(Running(job.key, source, destination, left_s))

    def best(self, job: Job, sources: Set[RegionId], haste: Haste) -> tuple[RegionId, RegionId] | None:
        """The route to start now for this job, from the nearest and then least busy holder; None where none fits."""
        free = [source for source in sources if self.can_leave(source)]
        found: tuple[tuple[int, int, int, int, float, str, str], RegionId, RegionId] | None = None
        for destination in self.left[job.key] if free else ():
            if not self.can_enter(destination):
                continue
            longest_s = self._longest_s(job, destination, haste)
            for source in free:
                takes_s = self.routes.duration_s(source, destination, job.size_gib)
                if takes_s > longest_s or destination in job.deaf.get(source, ()):
                    continue
                steps, busy, load = self._steps_away(source, destination), self.out[source], self.load[destination]
                rank = (steps, -self.demand[destination], load, busy, takes_s, destination, source)
                if found is None or rank < found[0]:
                    found = (rank, source, destination)
        return None if found is None else found[1:]

    def _longest_s(self, job: Job, destination: RegionId, haste: Haste) -> float:
        """The slowest route that is worth a slot; never one that a copy under way beats by serving afterwards."""
        sooner_s = self._sooner_s(job, destination)
        if haste is Haste.ANY:
            return sooner_s
        near_s = _NEAR * self._least_s(job, destination)
        if haste is Haste.THRIFTY:
            return min(sooner_s, near_s)
        known = {*job.sources, *(copy.destination for copy in self.coming.get(job.key, ()))} - {destination}
        serves = any(self.routes.duration_s(source, destination, job.size_gib) <= near_s for source in known)
        return 0.0 if serves else sooner_s

    def _steps_away(self, source: RegionId, destination: RegionId) -> int:
        """How far a route is, in whole steps: 0 up to `_NEAR` times the shortest one anywhere, and so on."""
        route = source, destination
        if route not in self._steps:
            if self._shortest is None:
                routes = itertools.permutations(self.regions, 2)
                itself_s = self.routes.duration_s(*route, 1)  # where there is but one region
                self._shortest = min((self.routes.duration_s(*ends, 1) for ends in routes), default=itself_s)
            self._steps[route] = int(math.log(self.routes.duration_s(*route, 1) / self._shortest, _NEAR))
        return self._steps[route]

    def _least_s(self, job: Job, destination: RegionId) -> float:
        if destination not in self._least:
            others = [region for region in self.regions if region != destination]
            self._least[destination] = min((self.routes.duration_s(s, destination, 1) for s in others), default=0.0)
        return self._least[destination] * max(1, job.size_gib)

    def _sooner_s(self, job: Job, destination: RegionId) -> float:
        """When a copy that runs already, or a holder whose slots are all taken now, could have served `destination`."""
        if job.topology == "star":
            return float("inf")
        later = [(copy.left_s, copy.destination) for copy in self.coming.get(job.key, ())]
        later += [(self.free_in_s.get(s, 0.0), s) for s in job.sources if not self.can_leave(s)]
        return min(
            (
                begins_s + self.routes.duration_s(source, destination, job.size_gib)
                for begins_s, source in later
                if source != destination and destination not in job.deaf.get(source, ())
            ),
            default=float("inf"),
        )

    def tail(self, job: Job) -> tuple[float, int, str]:
        """How long this job has to go yet, the longest first: size times generations of copying, then rarity."""
        holders = len(job.sources) + len(self.coming.get(job.key, ()))
        levels, reach = 0, max(1, holders)
        while reach < holders + len(self.left[job.key]):
            reach *= _FAN_OUT
            levels += 1
        return (-float(levels * job.size_gib), holders, job.key)


def schedule(
    jobs: Sequence[Job], running: Iterable[Running], *, limits: Limits | None = None, routes: Routes | None = None
) -> tuple[Assignment, ...]:
    """The copies to start now, in the order in which to start them.

    Guarantees:
        1. Neither limit is exceeded by what runs and what is started.
        2. A region gets at most one copy of a job, and only one that it lacks.
        3. Sources are finished copies; only a job's first copy stays within its region.
        4. Something is started, or runs, as long as some job can go on at all.
    """
    board = _Board(jobs, running, limits or Limits(), routes or Routes())
    open_jobs = [job for job in jobs if board.left[job.key] or job.needs_root]
    _leave_origins(board, open_jobs)
    scarce = {job.origin for job in open_jobs if job.needs_root or job.sources == {job.origin}}
    _spread(board, open_jobs, Haste.PIONEER, without=scarce)
    for job in sorted(open_jobs, key=board.tail):
        if job.needs_root and board.can_leave(job.origin) and board.can_enter(job.origin):
            board.start(job, job.origin, job.origin)
    _spread(board, open_jobs, Haste.THRIFTY, without=scarce)
    _spread(board, open_jobs, Haste.PIONEER)
    _spread(board, open_jobs, Haste.THRIFTY)
    _spread(board, open_jobs, Haste.ANY)
    return tuple(board.started)


def _leave_origins(board: _Board, jobs: Sequence[Job]) -> None:
    """Each job that only its origin holds leaves it once, the longest first."""
    stuck = [job for job in jobs if job.sources == {job.origin} and job.topology == "tree"]
    for job in sorted(stuck, key=board.tail):
        if any(copy.destination != job.origin for copy in board.coming.get(job.key, ())):
            continue
        route = board.best(job, job.sources, Haste.THRIFTY) or board.best(job, job.sources, Haste.ANY)
        if route is not None:
            board.start(job, *route)


def _spread(board: _Board, jobs: Sequence[Job], haste: Haste, *, without: Set[RegionId] = frozenset()) -> None:
    """One copy a job and turn, the longest way to go first, until no slot fits anybody."""
    waiting = [(board.tail(job), job) for job in jobs if job.sources - without]
    heapq.heapify(waiting)
    while waiting:
        _, job = heapq.heappop(waiting)
        route = board.best(job, job.sources - without, haste)
        if route is not None:
            board.start(job, *route)
            if board.left[job.key]:
                heapq.heappush(waiting, (board.tail(job), job))
