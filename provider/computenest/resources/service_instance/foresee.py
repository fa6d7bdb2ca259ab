"""What an operation will make of an instance, as far as that is sure before it runs: what a preview may promise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.kernel.unknown import UNKNOWN
from computenest.resources.service_instance.classify import WAITING
from computenest.resources.service_instance.diff import diff
from computenest.resources.service_instance.waiting import HANDLE, is_wanted, may_wait, waiting

__all__ = ["foresee"]

_STAYS = ("images", "incarnation", "outputs", "resources", "status")


def foresee(inputs: Mapping[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
    """The state after the operation.

    An instance that stays on its version keeps what it runs. Of one that is made, or upgraded, `expectedImages` says
    what its association promises; `images` has more than that, every resource that runs one, and is not known before.
    One that waits for reviewers, or may have to, promises nothing.

    Args:
        inputs: checked inputs, parts of them UNKNOWN where the preview does not know them.
        former: the state before, {} for a create.
    """
    if is_wanted(inputs, former):
        return waiting(inputs)
    if former.get("status") == WAITING:
        return {**foresee(inputs, {}), HANDLE: former[HANDLE]} if HANDLE in former else foresee(inputs, {})
    moves = {"parameters", "serviceMark", "serviceVersion", "status"}
    is_settled = bool(former) and not moves & set(diff(former, inputs).changes)
    chosen = {key: UNKNOWN for key in ("serviceVersion", "templateName") if key not in inputs}
    if former:
        chosen = {key: former[key] for key in chosen if key in former}
    found = {**chosen, **inputs, "instanceId": former.get("instanceId", UNKNOWN), "reason": ""}
    if is_settled:
        return {**found, **{key: former[key] for key in _STAYS if key in former}}
    if may_wait(inputs):
        return {**found, **dict.fromkeys((*_STAYS, HANDLE), UNKNOWN)}
    return {**found, **dict.fromkeys(_STAYS, UNKNOWN), "status": "Deployed"}
