"""An instance of a service that reviewers have, and of which no version is online yet: it waits for them.

Nobody but its supplier can deploy such a service, and no run waits for a person. So there is a resource, with an id of
ours, and nothing in the cloud; a later run deploys it. The resource's id stays for ever (Pulumi's cannot change in an
update), so the instance's own is an output of its own, and the state keeps ours beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.kernel import identity
from computenest.kernel.outcome import Outcome
from computenest.kernel.unknown import UNKNOWN
from computenest.resources.service_instance.classify import WAITING
from computenest.resources.service_instance.diff import is_waiting

__all__ = ["HANDLE", "is_wanted", "may_wait", "note", "outcome_of", "waiting"]

HANDLE = "resourceId"
"""Key of the state: the id of a resource that waited before there was an instance."""
_REJECTED = "rejected"


def is_wanted(inputs: Mapping[str, Any], former: Mapping[str, Any]) -> bool:
    """Whether an operation has nothing to do but to wait."""
    return is_waiting(inputs) and (not former or former.get("status") == WAITING)


def may_wait(inputs: Mapping[str, Any]) -> bool:
    """Whether it is open in this preview: the service is about to change, and reviewers may get it."""
    return isinstance(mark := inputs.get("serviceMark"), Mapping) and mark.get("stage") is UNKNOWN


def waiting(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The state: what it will be made of, and that nothing is there."""
    handle = f"waiting-{identity.digest(str(inputs['ownerId']), length=12)}-{inputs.get('generation', 1)}"
    return {
        **{key: value for key, value in inputs.items() if value is not None},
        HANDLE: handle,
        "images": {},
        "incarnation": 0,
        "instanceId": "",
        "outputs": {},
        "reason": "",
        "resources": [],
        "status": WAITING,
    }


def outcome_of(
    former: Mapping[str, Any], instance_id: str, made: Mapping[str, Any], reasons: tuple[str, ...] = ()
) -> Outcome:
    """An outcome whose id is that of the resource, whichever it was made with."""
    handle = former.get(HANDLE)
    return Outcome(str(handle or instance_id), {**made, HANDLE: handle} if handle else made, reasons)


def note(inputs: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    """What a reviewer of the program should know; "" where it was said before."""
    mark, known = inputs.get("serviceMark"), before.get("serviceMark")
    stage = mark.get("stage") if isinstance(mark, Mapping) else None
    if stage is None or stage == (known.get("stage") if isinstance(known, Mapping) else None):
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
