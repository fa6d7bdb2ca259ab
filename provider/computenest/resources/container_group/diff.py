"""What separates a group's state from what is wanted, and what an operation will make of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.kernel.outcome import INCOMPLETE, Difference
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources.container_group.declaration import RESOURCE
from computenest.resources.container_group.model import DEAD, ENDED, Inputs, Replica, State
from computenest.resources.container_group.replicas.naming import OF_THE_SET
from computenest.resources.container_group.replicas.rolling import emptied
from computenest.resources.container_group.replicas.state import EMPTY

_NOT_IN_THE_CLOUD = frozenset({"timeoutS"})
_PULLS = frozenset({"containers", "initContainers", "cpu", "memory", "registryLogins"})
"""`plan.PULLS`, in the words of programs."""


def diff(olds: State[Known], news: Inputs[Unknown]) -> Difference:
    """An incomplete state always has changes, so that the next run finishes what is missing. A group that has ended
    takes no update (facts §10.3), and one that failed is made anew: both are replaced."""
    changed = RESOURCE.changed(olds, news)
    if olds.is_set or news.is_set:
        return _of_set(olds, news, changed)
    replaces = [key for key in RESOURCE.replaces if key in changed] + emptied(olds, news)
    if not changed and olds.status == INCOMPLETE:
        changed = ("reasons" if olds.reasons else "status",)
        replaces = list(changed) if olds.phase in DEAD else []
    elif olds.phase in ENDED and set(changed) - _NOT_IN_THE_CLOUD:
        replaces = sorted(set(changed) - _NOT_IN_THE_CLOUD)
    return Difference(changed, tuple(replaces))


def _of_set(olds: State[Known], news: Inputs[Unknown], changed: tuple[str, ...]) -> Difference:
    """What replaces one group is rolled through a set. One that becomes a set is replaced, and so the other way."""
    if olds.is_set != news.is_set:
        return Difference(changed, ("replicas",))
    if not changed and olds.status == INCOMPLETE:
        changed = ("reasons" if olds.reasons else "status",)
    return Difference(changed, tuple(key for key in RESOURCE.replaces if key in changed and key in OF_THE_SET))


def preview(inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
    """The state as an operation would leave it."""
    if inputs.is_set:
        return _preview_of_set(inputs, former)
    known = former.container_group_id if former is not None else UNKNOWN
    address = former.address if former is not None and former.address else UNKNOWN
    status = UNKNOWN if inputs.wait_for in ("none", UNKNOWN) else inputs.wait_for
    internet_address = _internet_address(inputs, former)
    given = {"address": address, "internet_address": internet_address, "key_expiry": _expiry(inputs, former)}
    return State[Unknown].made(inputs, container_group_id=known, status=status, reasons={}, **given)


def _preview_of_set(inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
    """What a group becomes that is made, changed or replaced is not known before; the others stay."""
    groups: Maybe[dict[str, Maybe[Replica]]] = UNKNOWN
    before = former.groups or {} if former is not None else {}
    if isinstance(inputs.rollout, Mapping):
        there = former.rollout or {} if former is not None else {}
        groups = {
            name: before[name] if name in before and there.get(name) == revision else UNKNOWN
            for name, revision in inputs.rollout.items()
        }
    is_same = groups is not UNKNOWN and UNKNOWN not in groups.values() and groups == before
    status: Maybe[str] = UNKNOWN if inputs.wait_for in ("none", UNKNOWN) else inputs.wait_for
    if former is not None and is_same and former.status != INCOMPLETE:
        status = former.status
    elif inputs.replicas in (0, UNKNOWN):
        status = EMPTY if inputs.replicas == 0 else UNKNOWN
    return State[Unknown].made(
        inputs,
        container_group_id=f"{inputs.owner_id}.{inputs.generation}",
        status=status,
        address="",
        internet_address="",
        reasons={},
        key_expiry=_expiry(inputs, former) if is_same or not inputs.has_packages else UNKNOWN,
        groups=groups,
        generations=former.generations if former is not None and is_same else UNKNOWN,
    )


def _expiry(inputs: Inputs[Unknown], former: State[Known] | None) -> Maybe[str]:
    if inputs.has_packages and (former is None or not _PULLS.isdisjoint(RESOURCE.changed(former, inputs))):
        return UNKNOWN
    return former.key_expiry if former is not None else ""


def _internet_address(inputs: Inputs[Unknown], former: State[Known] | None) -> Maybe[str]:
    if former is not None:
        return former.internet_address
    return UNKNOWN if inputs.auto_create_eip or inputs.eip_instance_id else ""
