from __future__ import annotations

from computenest.kernel import identity
from computenest.kernel.outcome import Outcome
from computenest.kernel.unknown import UNKNOWN, Known, U, Unknown
from computenest.resources.service_instance.classify import WAITING
from computenest.resources.service_instance.diff import is_waiting
from computenest.resources.service_instance.model import State, Wanted

_REJECTED = "rejected"


def is_wanted(inputs: Wanted[Unknown], former: State[Known] | None) -> bool:
    """Whether an operation has nothing to do but to wait."""
    return is_waiting(inputs) and (former is None or former.status == WAITING)


def may_wait(inputs: Wanted[Unknown]) -> bool:
    """Whether it is open in this preview: the service is about to change, and reviewers may get it."""
    return inputs.service_mark is not None and inputs.service_mark.stage is UNKNOWN


def waiting(inputs: Wanted[U]) -> State[U]:
    """The state: what it will be made of, and that nothing is there."""
    return State[U].made(
        inputs,
        resource_id=f"waiting-{identity.digest(inputs.owner_id, length=12)}-{inputs.generation}",
        images={},
        incarnation=0,
        instance_id="",
        outputs={},
        reason="",
        resources=(),
        status=WAITING,
    )


def outcome_of(
    former: State[Known] | None, instance_id: str, made: State[Known], reasons: tuple[str, ...] = ()
) -> Outcome[State[Known]]:
    """An outcome whose id is that of the resource, whichever it was made with."""
    handle = former.resource_id if former else None
    return Outcome(handle or instance_id, State[Known].made(made, resource_id=handle) if handle else made, reasons)


def note(inputs: Wanted[Unknown], before: Wanted[Known] | None) -> str:
    """What a reviewer of the program should know; "" where it was said before."""
    mark, known = inputs.service_mark, before.service_mark if before else None
    stage = mark.stage if mark else None
    if stage is None or stage == (known.stage if known else None):
        return ""
    if stage is UNKNOWN:
        return (
            f"it waits (status {WAITING}) for as long as the reviewers have its service, and the first `pulumi up` "
            "after their approval deploys it"
        )
    why = "were asked and turned it down" if stage == _REJECTED else "have it"
    return (
        f"it waits (status {WAITING}): no version of its service is online yet, the reviewers {why}; run `pulumi up` "
        "again once they have approved"
    )
