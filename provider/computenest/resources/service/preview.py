"""What an operation will make of a service, as far as that is sure before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.resources.service.check import service_of

__all__ = ["preview"]

_SETTLED = frozenset({"Draft", "Beta", "Online", "Rejected", "Submitted"})


def preview(inputs: Mapping[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
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
    # What is too public is taken back from the reviewers.
    is_narrower = former.get("visibility") == "public" and inputs.get("visibility") != "public"
    stays = stays and not (is_narrower and former.get("status") == "Submitted")
    promised: dict[str, Any] = {
        **{key: value for key, value in inputs.items() if key not in {"due", "review"}},
        "serviceId": former.get("serviceId", UNKNOWN),
        "incarnation": former.get("incarnation", UNKNOWN),
        "edition": edition,
        "reasons": former.get("reasons", {}) if stays else _reasons(inputs, former, edition),
        "dropped": UNKNOWN,
    }
    if publishing == "online":
        promised["review"] = former["review"] if stays and "review" in former else UNKNOWN
    for key in ("serviceVersion", "stage", "status"):
        promised[key] = former[key] if stays and key in former else UNKNOWN
    if not stays and publishing == "beta":
        promised |= {"serviceVersion": "beta", "stage": "beta", "status": "Beta"}
    elif not stays and publishing == "draft" and not former:
        promised |= {"serviceVersion": "draft", "stage": "draft", "status": "Draft"}
    if is_same and not is_narrower and inputs.get("review") == "Approved":
        promised |= {"stage": "online", "status": "Online"}
    for key in ("registrationId", "submitted", "templateUrls"):
        promised[key] = former[key] if stays and key in former else UNKNOWN
    keeps_all = not inputs.get("due") and inputs.get("retainVersions") == former.get("retainVersions")
    promised["versions"] = former["versions"] if stays and keeps_all and "versions" in former else UNKNOWN
    return promised


def _reasons(inputs: Mapping[str, Any], former: Mapping[str, Any], edition: Any) -> Any:
    """None, unless reviewers may have turned down what is wanted."""
    may_be_rejected = inputs.get("publishing") == "online" and edition in (UNKNOWN, former.get("submitted"))
    return UNKNOWN if may_be_rejected and inputs.get("review") != "Approved" else {}
