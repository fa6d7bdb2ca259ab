"""What separates a group's state from what is wanted, and what an operation will make of it. Pure."""

from __future__ import annotations

from computenest.kernel.outcome import INCOMPLETE, Difference
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources.container_group.declaration import RESOURCE
from computenest.resources.container_group.model import DEAD, ENDED, Inputs, State

__all__ = ["diff", "preview"]

_NOT_IN_THE_CLOUD = frozenset({"timeoutS"})
_NEVER_EMPTIED = ("initContainers", "volumes", "dnsConfig", "registryLogins", "acrRegistryInfo")
"""An update that does not send a list leaves it as it is, and an empty list cannot be sent (facts §10.3)."""
_PULLS = frozenset({"containers", "initContainers", "cpu", "memory", "registryLogins"})
"""`plan.PULLS`, in the words of programs."""


def diff(olds: State[Known], news: Inputs[Unknown]) -> Difference:
    """An incomplete state always has changes, so that the next run finishes what is missing. A group that has ended
    takes no update (facts §10.3), and one that failed is made anew: both are replaced."""
    changed = RESOURCE.changed(olds, news)
    replaces = [key for key in RESOURCE.replaces if key in changed]
    replaces += [key for key in _NEVER_EMPTIED if key in changed and not _value(news, key)]
    if not changed and olds.status == INCOMPLETE:
        changed = ("reasons" if olds.reasons else "status",)
        replaces = list(changed) if olds.phase in DEAD else []
    elif olds.phase in ENDED and set(changed) - _NOT_IN_THE_CLOUD:
        replaces = sorted(set(changed) - _NOT_IN_THE_CLOUD)
    return Difference(changed, tuple(replaces))


def preview(inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
    """The state as an operation would leave it."""
    known = former.container_group_id if former is not None else UNKNOWN
    address = former.address if former is not None and former.address else UNKNOWN
    status = UNKNOWN if inputs.wait_for in ("none", UNKNOWN) else inputs.wait_for
    expiry: Maybe[str] = former.key_expiry if former is not None else ""
    if inputs.has_packages and (former is None or not _PULLS.isdisjoint(RESOURCE.changed(former, inputs))):
        expiry = UNKNOWN
    given = {"address": address, "internet_address": _internet_address(inputs, former), "key_expiry": expiry}
    return State[Unknown].made(inputs, container_group_id=known, status=status, reasons={}, **given)


def _internet_address(inputs: Inputs[Unknown], former: State[Known] | None) -> Maybe[str]:
    if former is not None:
        return former.internet_address
    return UNKNOWN if inputs.auto_create_eip or inputs.eip_instance_id else ""


def _value(inputs: Inputs[Unknown], key: str) -> object:
    return getattr(inputs, RESOURCE.properties[key].name)
