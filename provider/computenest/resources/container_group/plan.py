"""What to do next with a group: a pure function of what is wanted and what is seen."""

from __future__ import annotations

from dataclasses import dataclass

from computenest.kernel import plan
from computenest.kernel.unknown import Known
from computenest.resources.container_group.model import DEAD, Container, ContainerGroup, Inputs

__all__ = ["Await", "Fail", "Step", "Update", "as_wanted", "next_step", "what_failed"]

_MOVING = frozenset({"Scheduling", "Pending", "Restarting", "Updating", "Terminating"})  # facts §10.2


@dataclass(frozen=True, slots=True)
class Await(plan.Await):
    """The cloud is at work on it, or a job runs."""

    status: str


@dataclass(frozen=True, slots=True)
class Update:
    """What runs is not what is wanted."""


@dataclass(frozen=True, slots=True)
class Fail(plan.Fail):
    """It has ended badly."""

    reason: str


Step = plan.Create | Await | Update | plan.Done | Fail


def next_step(wanted: Inputs[Known], seen: ContainerGroup | None) -> Step:
    """The one next step towards what is wanted."""
    if seen is None:
        return plan.Create()
    if seen.status in DEAD:
        return Fail(what_failed(seen))
    if seen.status in ("Running", "Pending") and not is_as_wanted(wanted, seen):
        return Update()
    if seen.status in _MOVING:
        is_enough = wanted.wait_for == "none" and seen.status in ("Scheduling", "Pending")
        return plan.Done() if is_enough else Await(seen.status)
    if seen.status == "Running" and wanted.wait_for == "Succeeded":
        return Await(seen.status)
    return plan.Done()


def is_as_wanted(wanted: Inputs[Known], seen: ContainerGroup) -> bool:
    """Whether nothing that an update can change is other than wanted."""
    is_sized = wanted.cpu is None or (wanted.cpu, wanted.memory) == (seen.cpu, seen.memory)
    same = as_wanted(wanted.containers, seen) == wanted.containers
    return same and is_sized and wanted.restart_policy == seen.restart_policy


def as_wanted(wanted: tuple[Container, ...], seen: ContainerGroup) -> tuple[Container, ...]:
    """What runs, in the words of what is wanted: what a program leaves out is the cloud's to choose."""
    shown = {str(one.container.name): one.container for one in seen.containers}
    known = [shown.pop(str(one.name)).like(one) for one in wanted if str(one.name) in shown]
    return (*known, *shown.values())


def what_failed(seen: ContainerGroup) -> str:
    """The status, and how each container ended that did not end well."""
    told = [f"the group is {seen.status}"]
    for one in seen.containers:
        why = f" ({one.reason})" if one.reason else ""
        if one.state == "Terminated" and one.exit_code:
            told.append(f"container {one.container.name} ended with exit code {one.exit_code}{why}")
        elif one.state == "Waiting":
            told.append(f"container {one.container.name} waits{why}")
    return "; ".join(told)
