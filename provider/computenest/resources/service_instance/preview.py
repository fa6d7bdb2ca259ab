"""What an operation will make of an instance, as far as that is sure before it runs: what a preview may promise."""

from __future__ import annotations

from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources.service_instance.classify import WAITING
from computenest.resources.service_instance.diff import diff
from computenest.resources.service_instance.model import State, Wanted
from computenest.resources.service_instance.waiting import is_wanted, may_wait, waiting

_STAYS = ("images", "incarnation", "outputs", "resources", "status")


def preview(inputs: Wanted[Unknown], former: State[Known] | None) -> State[Unknown]:
    """The state after the operation.

    An instance that stays on its version keeps what it runs. Of one that is made, or upgraded, `expectedImages` says
    what its association promises; `images` has more than that, every resource that runs one, and is not known before.
    One that waits for reviewers, or may have to, promises nothing.

    Args:
        inputs: checked inputs, parts of them UNKNOWN where the preview does not know them.
        former: the state before, None for a create.
    """
    if is_wanted(inputs, former):
        return waiting(inputs)
    if former is not None and former.status == WAITING:
        return State[Unknown].made(preview(inputs, None), resource_id=former.resource_id)
    moves = {"parameters", "power", "serviceMark", "serviceVersion", "status"}
    is_settled = former is not None and not moves & set(diff(former, inputs).changes)
    found = State[Unknown].made(
        inputs,
        service_version=inputs.service_version or (former.service_version if former else UNKNOWN),
        template_name=inputs.template_name or (former.template_name if former else UNKNOWN),
        instance_id=former.instance_id or UNKNOWN if former else UNKNOWN,
        reason="",
    )
    if is_settled and former is not None:
        return found.with_those_of(former, *_STAYS)
    if may_wait(inputs):
        return State[Unknown].made(found, **dict.fromkeys((*_STAYS, "resource_id"), UNKNOWN))
    status = UNKNOWN if inputs.power is not None else "Deployed"
    return State[Unknown].made(found, **dict.fromkeys(_STAYS, UNKNOWN) | {"status": status})
