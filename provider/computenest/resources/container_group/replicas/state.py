"""What a state says of a set: which groups there are, and which revision of the declaration each has. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.kernel import identity
from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.unknown import Known
from computenest.resources.container_group.model import ContainerGroup, Inputs, Replica, State
from computenest.resources.container_group.replicas.naming import (
    generation_of,
    name_of,
    of_replica,
    set_id,
)
from computenest.resources.container_group.replicas.plan import Fate, Place

EMPTY = "Empty"
"""The status of a set of no groups."""
_LEAST = ("ScheduleFailed", "Failed", "Expired", "Terminating", "Scheduling", "Pending", "Updating", "Restarting")


def replica_of(seen: ContainerGroup, *, status: str = "") -> Replica:
    """A group that is there, as the state records it."""
    return Replica(
        container_group_id=seen.container_group_id,
        status=status or seen.status,
        address=seen.address,
        internet_address=seen.internet_address,
        generation=generation_of(seen),
        incarnation=identity.incarnation(seen.tags),
    )


def recorded_of(known: State[Known], number: int) -> State[Known] | None:
    """What the state says of the group in a place, as that of a group by itself; None where it says nothing."""
    one = (known.groups or {}).get(name_of(known.name, number))
    if one is None:
        return None
    return State[Known].made(
        known,
        of_replica(known, number, one.generation),
        container_group_id=one.container_group_id,
        status=one.status,
        incarnation=one.incarnation,
        groups=None,
        generations=None,
        replicas=None,
        create_before_delete=None,
        rollout=None,
        revision=None,
    )


def numbers_in(known: State[Known]) -> dict[int, Replica]:
    """Place -> the group that the state has there."""
    before = f"{known.name}-"
    named = {name.removeprefix(before): one for name, one in (known.groups or {}).items()}
    return {int(number): one for number, one in named.items() if number.isascii() and number.isdecimal()}


def groups_of(known: State[Known], places: Mapping[int, Place]) -> dict[str, Replica]:
    """Name -> the group that is there; one that the last run did not finish stays unfinished."""
    found = {}
    for number, place in sorted(places.items()):
        before = numbers_in(known).get(number)
        is_unfinished = before is not None and before.status == INCOMPLETE
        if place.group is not None:
            one = replica_of(place.group, status=INCOMPLETE if is_unfinished else "")
            kept = {"incarnation": before.incarnation} if before is not None else {}
            found[name_of(known.name, number)] = one.model_copy(update=kept)
    return found


def shown_rollout(known: State[Known], places: Mapping[int, Place]) -> dict[str, str]:
    """Name -> which revision a group has, and that it is other than that; a group that is not there has none."""
    told = {}
    for number, place in sorted(places.items()):
        name = name_of(known.name, number)
        revision = (known.rollout or {}).get(name, "")
        if place.group is None:
            continue
        if place.doomed:
            told[name] = f"{revision}, and another group in its place"
        elif place.fate is Fate.REPLACE and place.group.status in _LEAST:
            told[name] = f"{revision}, {place.group.status}"
        elif place.fate in (Fate.REPLACE, Fate.CHANGE):
            told[name] = f"{revision}, changed since"
        else:
            told[name] = revision
    return told


def set_state(wanted: Inputs[Known], groups: Mapping[str, Replica], former: State[Known] | None) -> State[Known]:
    """A set as it is recorded: the least of its groups' statuses is its own."""
    statuses = {one.status for one in groups.values()}
    found = next((one for one in (INCOMPLETE, *_LEAST) if one in statuses), None)
    status = found or next(iter(sorted(statuses)), EMPTY)
    return State[Known].made(
        wanted,
        container_group_id=set_id(wanted),
        status=status,
        phase=status,
        address="",
        internet_address="",
        reasons={},
        key_expiry=former.key_expiry if former is not None else "",
        groups=dict(groups),
        generations=former.generations if former is not None else None,
        incarnation=1,
    )
