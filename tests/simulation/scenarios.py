"""The scenarios of which every API call is struck: what was there before, and the operation that is struck."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lifecycle.faults import Blow
from simulation.cases import Case, Event
from simulation.cloud import Rules


@dataclass(frozen=True)
class Scenario:
    """One row."""

    name: str
    struck: Event
    before: tuple[Event, ...] = ()
    rules: Rules = field(default_factory=Rules)

    def case(self, at: int | None = None, blow: Blow = Blow.CRASH_AFTER) -> Case:
        return Case((*self.before, replace(self.struck, at=at, blow=blow)), self.rules)


def _up(*regions: int, source: int = 0, permit: int = 1, star: bool = False) -> Event:
    return Event("up", regions, source, permit, star)


_THREE = _up(0, 1, 2)
SCENARIOS = (
    Scenario("create", _up(1, 2, 3, permit=12)),
    Scenario("create where the source is", _up(0, 1)),
    Scenario("create as a star", _up(1, 2, star=True)),
    Scenario("add a region", _up(0, 1, 2, 3), (_THREE,)),
    Scenario("remove a region", _up(1, 2), (_THREE,)),
    Scenario("change the source", _up(0, 1, 2, source=1), (_THREE,)),
    Scenario("change permissions", _up(0, 1, 2, permit=12), (_THREE,)),
    Scenario("partial failure", _up(1, 2), tuple(Event("fail", (2,)) for _ in range(3))),
    Scenario("throttled half of all calls", _up(1, 2), rules=Rules(throttled=0.5, seed=3)),
    Scenario("lists lag behind", _up(1, 2), rules=Rules(lag_s=45.0)),
    Scenario("a copy fails twice", _up(1, 2), (Event("fail", (2,)), Event("fail", (2,)))),
    Scenario("quota hit midway", _up(1, 2), (Event("fill", (2,)),)),
    Scenario("foreign image of the same name", _up(1, 2), (Event("foreign", (2,)),)),
    Scenario(
        "delete while copying",
        Event("destroy"),
        (_up(1), replace(_up(1, 2, 3), at=14)),
        Rules(s_per_gib=8.0),
    ),
    Scenario("repair a lost copy", _THREE, (_THREE, Event("lose", (1,)), Event("refresh"))),
)
