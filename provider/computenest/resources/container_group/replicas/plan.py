"""What becomes of each group of a set, and of the set: pure functions of what is wanted and what is seen.

A change is rolled through the groups that there are, one after the other; those that are missing are made together,
after it; what is too many goes last. The first that fails stops everything, so that the others stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import Enum

from computenest.kernel import plan
from computenest.kernel.unknown import Known
from computenest.resources.container_group import plan as steps
from computenest.resources.container_group.model import DEAD, ContainerGroup, Inputs
from computenest.resources.container_group.replicas.naming import generation_of, has_form, own_tags


class Fate(Enum):
    """What becomes of one group."""

    KEEP = "as wanted"
    SETTLE = "on its way, or differs in what starts nothing again"
    CHANGE = "takes an update"
    REPLACE = "takes none"
    MAKE = "not there"


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a set.

    Args:
        group: what is there, of several what is wanted, or the newest; None for nothing.
        fate: what becomes of it.
        doomed: others that are in the same place.
    """

    group: ContainerGroup | None
    fate: Fate
    doomed: tuple[ContainerGroup, ...] = ()

    @property
    def is_settled(self) -> bool:
        return self.fate is Fate.KEEP and not self.doomed


@dataclass(frozen=True, slots=True)
class Roll(plan.Step):
    """This one is brought to what is wanted, and nothing else meanwhile."""

    number: int


@dataclass(frozen=True, slots=True)
class Together(plan.Step):
    """These are made or waited for at once: none of them serves anybody who would miss it."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Drop(plan.Step):
    """These go."""

    groups: tuple[ContainerGroup, ...]


def place_of(
    wanted: Inputs[Known],
    shown: Sequence[ContainerGroup],
    due: frozenset[steps.UpdatePart] = frozenset(),
    dropped: Set[str] = frozenset(),
) -> Place:
    """What is in a place, and what becomes of it.

    Args:
        wanted: of the group in this place.
        shown: the groups that are there.
        due: what has to be sent whatever is seen, because no look shows it.
        dropped: keys of tags that the program does not name any more.
    """
    living = sorted((one for one in shown if one.status != "Terminating"), key=generation_of, reverse=True)
    if not living:
        return Place(None, Fate.MAKE)
    fates = [fate_of(wanted, one, due, dropped) for one in living]
    best = fates.index(Fate.KEEP) if Fate.KEEP in fates else 0
    return Place(living[best], fates[best], tuple(one for one in living if one is not living[best]))


def fate_of(
    wanted: Inputs[Known],
    seen: ContainerGroup,
    due: frozenset[steps.UpdatePart] = frozenset(),
    dropped: Set[str] = frozenset(),
) -> Fate:
    """What becomes of a group that is there; `due` and `dropped` as above."""
    parts = due | frozenset(steps.changed_parts(wanted, seen))
    if seen.status in DEAD or not has_form(seen.tags, wanted) or (seen.status == "Succeeded" and parts):
        return Fate.REPLACE
    step = steps.next_step(wanted, seen, due)
    if parts and not isinstance(step, plan.Done):
        return Fate.CHANGE
    tags = {**wanted.tags, **own_tags(wanted)}
    is_tagged = tags.items() <= seen.tags.items() and dropped.isdisjoint(seen.tags)
    return Fate.KEEP if isinstance(step, plan.Done) and is_tagged else Fate.SETTLE


def next_step(
    places: Mapping[int, Place], surplus: Sequence[ContainerGroup], *, done: Set[int], failed: Mapping[str, str]
) -> plan.Step:
    """The one next step towards the set that is wanted.

    Args:
        places: every place that is wanted.
        surplus: groups of the set in no wanted place.
        done: places that this run has brought to what is wanted.
        failed: name of each group that could not be brought there -> why.
    """
    if failed:
        return plan.Failed("; ".join(f"{name}: {why}" for name, why in sorted(failed.items())))
    open_ = {number: one for number, one in places.items() if number not in done and not one.is_settled}
    if serving := sorted(_serving(open_)):
        return Roll(serving[0])
    if open_:
        return Together(tuple(sorted(open_)))
    return Drop(tuple(surplus)) if surplus else plan.Done()


def _serving(places: Mapping[int, Place]) -> Iterator[int]:
    return (number for number, one in places.items() if one.doomed or one.fate in (Fate.CHANGE, Fate.REPLACE))
