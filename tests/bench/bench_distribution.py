"""Makespans of direct distribution in virtual time, against what quotas and durations allow. `make bench` prints it;
`python tests/bench/bench_distribution.py 1 10` only the rows of so many packages.

Equal copies take one round; a region takes part in five copies at a time. How each bound follows is in
docs/benchmarks.md.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from computenest.kernel.names import RegionId
from computenest.resources.ecs_image_package.direct.schedule import (
    Assignment,
    Job,
    Limits,
    Routes,
    Running,
    Topology,
    schedule,
)

ORIGIN = RegionId("origin")
_SLOTS = 5
SOURCE, DESTINATION, BOTH = Limits(_SLOTS, None), Limits(None, _SLOTS), Limits(_SLOTS, _SLOTS)


@dataclass(frozen=True)
class Load:
    """What is to be copied: sizes of the packages, regions, whether the hub has to make a first copy of its own."""

    sizes: Sequence[int]
    regions: int
    is_shared: bool
    routes: Mapping[tuple[RegionId, RegionId], float] = field(default_factory=dict)

    @property
    def names(self) -> list[RegionId]:
        return [RegionId(f"region-{number:02}") for number in range(self.regions)]

    def takes(self, source: RegionId, destination: RegionId, size: int) -> float:
        return self.routes.get((source, destination), 1.0) * size


@dataclass
class _Part:
    size: int
    needs_root: bool
    holders: set[RegionId]
    wanted: set[RegionId]


def makespan(load: Load, limits: Limits, topology: Topology = "tree") -> tuple[float, int]:
    """Rounds until everything is everywhere, and copies made, with the scheduler as it is."""
    parts = {
        f"p{number:03}": _Part(size, load.is_shared, set() if load.is_shared else {ORIGIN}, set(load.names))
        for number, size in enumerate(load.sizes)
    }
    running: dict[Assignment, float] = {}
    now, count = 0.0, 0
    while True:
        jobs = [
            Job(key, p.size, ORIGIN, p.needs_root, frozenset(p.holders), frozenset(p.wanted), topology)
            for key, p in parts.items()
            if p.wanted or p.needs_root
        ]
        under_way = [Running(a.key, a.source, a.destination, ends - now) for a, ends in running.items()]
        for start in schedule(jobs, under_way, limits=limits, routes=Routes(1.0, load.routes)):
            part = parts[start.key]
            if start.source == start.destination:
                part.needs_root = False
            part.wanted.discard(start.destination)
            running[start] = now + load.takes(start.source, start.destination, part.size)
        if not running:
            break
        now = min(running.values())
        for copy in [copy for copy, ends in running.items() if ends <= now + 1e-9]:
            parts[copy.key].holders.add(copy.destination)
            del running[copy]
            count += 1
    assert not any(part.wanted or part.needs_root for part in parts.values())
    return now, count


def in_turn(load: Load) -> float:
    """One region after the other, each package's copies in parallel as far as slots go."""
    size, first = max(load.sizes), 1 if load.is_shared else 0
    return -(-len(load.sizes) // _SLOTS) * (first + load.regions) * size


def bound(load: Load, limits: Limits) -> float:
    """No schedule is shorter: the largest of what docs/benchmarks.md derives."""
    places = [ORIGIN, *load.names]
    first = 1.0 if load.is_shared else 0.0
    exit_takes = min(load.takes(ORIGIN, region, 1) for region in load.names)
    least_in = {d: min(load.takes(s, d, 1) for s in places if s != d) for d in load.names}
    volume = float(sum(load.sizes))
    found = [max(load.sizes) * (first + _farthest(load))]
    if limits.per_source is not None:
        edge = min(least_in.values())
        levels, reach = 0, 1
        while reach < load.regions + 1:
            reach *= 1 + _SLOTS
            levels += 1
        found.append(max(load.sizes) * (first + levels * edge))
        found.append(volume * (first + sum(least_in.values())) / (_SLOTS * len(places)))
        found.append(volume * (first + exit_takes) / _SLOTS)
        if len(set(load.sizes)) == 1 and not load.routes:
            found.append(load.sizes[0] * _equal_rounds(len(load.sizes), load.regions, int(first)))
    if limits.per_destination is not None:
        found.append(first * min(load.sizes) + max(least_in.values()) * volume / _SLOTS)
    return max(found)


def _equal_rounds(packages: int, regions: int, first: int) -> int:
    """Rounds for equal copies where the source counts: the packages that leave the origin last, and their spreading."""
    leaves = max(-(-packages * (1 + first) // _SLOTS), 1 + first)
    late = max(1, packages - _SLOTS * (leaves - 1) // (1 + first))
    copies, rounds = _SLOTS, leaves
    while copies < late * regions:
        copies += _SLOTS * copies + _SLOTS  # every copy serves five, and so does the origin
        rounds += 1
    return rounds


def _farthest(load: Load) -> float:
    """The shortest way to the region that is farthest from the origin, for one GiB."""
    distance = {ORIGIN: 0.0}
    left = {ORIGIN, *load.names}
    while left:
        near = min(left, key=lambda region: distance.get(region, float("inf")))
        left.discard(near)
        for other in left:
            way = distance[near] + load.takes(near, other, 1)
            distance[other] = min(distance.get(other, float("inf")), way)
    return max(distance.values())


def unequal(seed: int, packages: int) -> Load:
    """Sizes from 20 to 200 GiB, and two neighbourhoods of regions between which a copy takes 2.5 times as long."""
    chance = random.Random(seed)
    load = Load([chance.choice((20, 40, 40, 100, 200)) for _ in range(packages)], 20, is_shared=True)
    zones = {region: chance.choice("aab") for region in load.names} | {ORIGIN: "a"}
    routes = {(s, d): 1.0 if zones[s] == zones[d] else 2.5 for s in zones for d in zones}
    return Load(load.sizes, 20, load.is_shared, routes)


def _row(name: str, load: Load, limits: Limits) -> tuple[float, float, float]:
    tree, copies = makespan(load, limits)
    star, _ = makespan(load, limits, "star")
    least = bound(load, limits)
    print(  # noqa: T201 - this is what `make bench` is for
        f"{name:44} {copies:6} {least:8.0f} {tree:8.0f} {star:8.0f} {in_turn(load):8.0f}"
        f" {tree / least:8.2f} {star / tree:8.1f}"
    )
    return tree, star, least


def print_rows(counts: Sequence[int]) -> None:
    """The table's head, and its rows of so many packages each."""
    print(f"\n{'':44} copies    bound     tree     star  in turn tree/bound star/tree")  # noqa: T201
    for packages in counts:
        for regions in (3, 12, 20, 25):
            _row(f"{packages} × {regions}, shared", Load([1] * packages, regions, is_shared=True), BOTH)


def test_makespans() -> None:
    print_rows((1, 10, 50))
    tree, star, least = _row("50 × 20, shared, source counts", Load([1] * 50, 20, is_shared=True), SOURCE)
    assert (star, least) == (210, 22)
    assert tree <= 1.1 * least
    assert star >= 8 * tree
    tree, star, least = _row("50 × 20, the hub's own, source counts", Load([1] * 50, 20, is_shared=False), SOURCE)
    assert (star, least) == (200, 12)
    assert star >= 12 * tree
    both, _ = makespan(Load([1] * 50, 20, is_shared=False), BOTH)
    assert both == tree, "keeping both limits costs nothing where the source counts"
    tree, star, least = _row("1 × 20, the hub's own", Load([1], 20, is_shared=False), SOURCE)
    assert (tree, star, least) == (2, 4, 2)
    for is_shared in (True, False):
        name = f"50 × 20, {'shared' if is_shared else 'own'}, destination counts"
        tree, _, least = _row(name, Load([1] * 50, 20, is_shared=is_shared), DESTINATION)
        assert tree <= 1.1 * least
    worst = 0.0
    for seed in range(1, 6):
        tree, _, least = _row(f"50 × 20, sizes and routes unequal, draw {seed}", unequal(seed, 50), SOURCE)
        worst = max(worst, tree / least)
    assert worst <= 1.25


if __name__ == "__main__":
    if sys.argv[1:]:
        print_rows(tuple(map(int, sys.argv[1:])))
    else:
        test_makespans()
