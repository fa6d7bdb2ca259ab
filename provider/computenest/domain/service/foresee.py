"""What an operation will make of a service, as far as that is sure before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.domain.service.check import service_of
from computenest.domain.unknown import UNKNOWN, has_unknown

__all__ = ["foresee"]

_SETTLED = frozenset({"Draft", "Beta", "Online", "Rejected", "Submitted"})


def foresee(inputs: Mapping[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
    """The state after the operation, UNKNOWN where a review or the cloud decides.

    Args:
        inputs: checked inputs, parts of them UNKNOWN where the preview does not know them.
        former: the state before, {} for a create.
    """
    edition = UNKNOWN if has_unknown(inputs) else service_of(inputs).edition
    publishing = inputs.get("publishing", "draft")
    is_same = edition is not UNKNOWN and edition == former.get("edition")
    is_decided = former.get("status") == "Submitted" and inputs.get("review") != "Submitted"
    stays = is_same and former.get("status") in _SETTLED and publishing == former.get("publishing", "draft")
    stays = stays and not is_decided and inputs.get("review") != "Approved"
    promised: dict[str, Any] = {
        **inputs,
        "serviceId": former.get("serviceId", UNKNOWN),
        "incarnation": former.get("incarnation", UNKNOWN),
        "edition": edition,
        "reasons": former.get("reasons", {}) if stays else {} if edition is not UNKNOWN else UNKNOWN,
        "due": {},
        "review": former["review"] if stays and "review" in former else UNKNOWN,
    }
    for key in ("serviceVersion", "stage", "status"):
        promised[key] = former[key] if stays and key in former else UNKNOWN
    if not stays and publishing == "beta":
        promised |= {"serviceVersion": "beta", "stage": "beta", "status": "Beta"}
    elif not stays and publishing == "draft" and not former:
        promised |= {"serviceVersion": "draft", "stage": "draft", "status": "Draft"}
    if is_same and inputs.get("review") == "Approved":
        promised |= {"stage": "online", "status": "Online"}
    for key in ("registrationId", "submitted", "templateUrls", "versions"):
        promised[key] = former[key] if stays and key in former and not inputs.get("due") else UNKNOWN
    return promised
