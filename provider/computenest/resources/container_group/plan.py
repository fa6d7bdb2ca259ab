"""What to do next with a group: a pure function of what is wanted, what is seen, and what no look can show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from computenest.kernel import plan
from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.unknown import Known
from computenest.resources.container_group.containers import Container, in_words_of
from computenest.resources.container_group.model import DEAD, ContainerGroup, Inputs, Seen, State
from computenest.resources.container_group.surroundings import Volume

UpdatePart = Literal[
    "containers",
    "init_containers",
    "volumes",
    "dns_config",
    "size",
    "restart_policy",
    "registry_logins",
    "acr_registry_info",
]
"""What one update may change by itself."""
PULLS: frozenset[UpdatePart] = frozenset({"containers", "init_containers", "size", "registry_logins"})
"""With a change of these a new temporary key is sent: an image may be pulled again, and logins are sent whole."""

_MOVING = frozenset({"Scheduling", "Pending", "Restarting", "Updating", "Terminating"})  # facts §10.2


@dataclass(frozen=True, slots=True)
class Await(plan.Await):
    """The cloud is at work on it, or a job runs."""

    status: str
    why: str = ""
    """What its containers wait for."""


@dataclass(frozen=True, slots=True)
class Update(plan.Step):
    """What runs is not what is wanted."""

    parts: frozenset[UpdatePart]


def next_step(
    wanted: Inputs[Known], seen: ContainerGroup | None, due: frozenset[UpdatePart] = frozenset()
) -> plan.Step:
    """The one next step towards what is wanted.

    Args:
        due: what has to be sent whatever is seen, because no look shows it.
    """
    if seen is None:
        return plan.Create()
    if seen.status in DEAD:
        return plan.Failed(what_failed(seen))
    if seen.status in ("Running", "Pending") and (parts := due | frozenset(changed_parts(wanted, seen))):
        return Update(parts)
    if seen.status in _MOVING:
        is_enough = wanted.wait_for == "none" and seen.status in ("Scheduling", "Pending")
        return plan.Done() if is_enough else Await(seen.status, what_waits(seen))
    if seen.status == "Running" and wanted.wait_for == "Succeeded":
        return Await(seen.status)
    return plan.Done()


def unseen_parts(former: State[Known] | None, wanted: Inputs[Known], *, is_pulling: bool) -> frozenset[UpdatePart]:
    """What has to be sent because no look shows it, and the state before does not say that it was: of a group that an
    earlier run left half done, or that was taken over while its images are still to be pulled, nobody knows what it
    pulls with.

    Args:
        former: what the state says of the group, None for one that was found.
        is_pulling: whether images may still have to be pulled.
    """
    if former is not None and former.status != INCOMPLETE:
        names: tuple[UpdatePart, ...] = ("registry_logins", "acr_registry_info")
        return frozenset(name for name in names if getattr(former, name) != getattr(wanted, name))
    is_due = (wanted.has_packages and is_pulling) or (former is not None and bool(wanted.registry_logins))
    found: set[UpdatePart] = {"registry_logins"} if is_due else set()
    if former is not None and wanted.acr_registry_info:
        found.add("acr_registry_info")
    return frozenset(found)


def has_arrived(wanted: Inputs[Known], seen: ContainerGroup) -> bool:
    """Whether a group that a run left half done has become meanwhile what that run waited for."""
    if wanted.wait_for == "none":
        return seen.status not in DEAD
    return seen.status == wanted.wait_for or (seen.status == "Succeeded" and wanted.wait_for == "Running")


def changed_parts(wanted: Inputs[Known], seen: ContainerGroup) -> Iterator[UpdatePart]:
    """What of all that a look shows, and an update can change, is other than wanted."""
    if as_wanted(wanted.containers, seen.containers) != wanted.containers:
        yield "containers"
    if wanted.init_containers and as_wanted(wanted.init_containers, seen.init_containers) != wanted.init_containers:
        yield "init_containers"
    if wanted.volumes and volumes_as_wanted(wanted.volumes, seen) != wanted.volumes:
        yield "volumes"
    if wanted.dns_config is not None and in_words_of(seen.dns_config, wanted.dns_config) != wanted.dns_config:
        yield "dns_config"
    if wanted.cpu is not None and (wanted.cpu, wanted.memory) != (seen.cpu, seen.memory):
        yield "size"
    if wanted.restart_policy != seen.restart_policy:
        yield "restart_policy"


def as_wanted(wanted: tuple[Container, ...], seen: tuple[Seen, ...]) -> tuple[Container, ...]:
    """What runs, in the words of what is wanted: what a program leaves out is the cloud's to choose."""
    shown = {str(one.container.name): one.container for one in seen}
    known = [shown.pop(str(one.name)).like(one) for one in wanted if str(one.name) in shown]
    return (*known, *shown.values())


def volumes_as_wanted(wanted: tuple[Volume, ...], seen: ContainerGroup) -> tuple[Volume, ...]:
    """The group's volumes that are wanted, in the words of the program. Whether the cloud shows more than it was asked
    for is not documented: others are passed over."""
    shown = {str(one.name): one for one in seen.volumes}
    return tuple(shown[str(one.name)].like(one) for one in wanted if str(one.name) in shown)


def what_failed(seen: ContainerGroup) -> str:
    """The status, and how each container ended that did not end well."""
    told = [f"the group is {seen.status}"]
    for one in (*seen.init_containers, *seen.containers):
        why = f" ({one.reason})" if one.reason else ""
        if one.state == "Terminated" and one.exit_code:
            told.append(f"container {one.container.name} ended with exit code {one.exit_code}{why}")
        elif one.state == "Waiting":
            told.append(f"container {one.container.name} waits{why}")
    return "; ".join(told)


def what_waits(seen: ContainerGroup) -> str:
    """What containers wait for that say why, such as a pull that failed: its image, and in which of the seven steps."""
    waiting = [one for one in (*seen.init_containers, *seen.containers) if one.state == "Waiting" and one.message]
    return "; ".join(f"container {one.container.name} waits: {one.reason}, {one.message}" for one in waiting)
