"""What an operation will make of a package, as far as that is sure before it runs: what a preview may promise.

A promise is a value that the operation, if it succeeds and nobody interferes, brings about; everything else is
UNKNOWN. So a region that stays keeps its known image id, and only what really changes is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.resources._packages.check import package_of
from computenest.resources._packages.direct_model import resource_id

__all__ = ["foresee"]

_KNOWN_AT_ONCE = ("artifactId", "incarnation")


def foresee(inputs: Mapping[str, Any], former: Mapping[str, Any], *, assume_stable_delivery: bool) -> dict[str, Any]:
    """The state after the operation.

    Args:
        inputs: checked inputs, parts of them UNKNOWN where the preview does not know them.
        former: the state before, {} for a create.
        assume_stable_delivery: promise that a new version gives a region that stays the image it has. Whether the
            cloud does is unverified; the first re-issue seen ends the promise for a package.
    """
    package = None if has_unknown(inputs) else package_of(inputs)
    edition = UNKNOWN if package is None else package.edition
    settled = edition is not UNKNOWN and edition == former.get("edition") and _is_whole(inputs, former)
    stable = settled or (assume_stable_delivery and former.get("reissued") is False)
    promised = {
        **inputs,
        **{key: former.get(key, UNKNOWN) for key in _KNOWN_AT_ONCE},
        "edition": edition,
        "version": former["version"] if settled else UNKNOWN,
        "status": former["status"] if settled else UNKNOWN,
        "images": _images(inputs, former, is_stable=stable, is_settled=settled),
        "reasons": {},
        "statuses": UNKNOWN,
        "visible": UNKNOWN,
        **({"risk": former["risk"] if settled else UNKNOWN} if "risk" in former else {}),
        "reissued": former["reissued"] if settled and "reissued" in former else UNKNOWN,
    }
    if package is not None and package.direct:  # names of our own, not the cloud's
        promised |= {"artifactId": resource_id(package), "version": package.edition, "reissued": False}
    return promised


def _is_whole(inputs: Mapping[str, Any], former: Mapping[str, Any]) -> bool:
    """Whether the state lacks nothing, so that an operation has no reason to make a new version."""
    if former.get("status") == "Draft":
        return inputs.get("release") is False
    return former.get("status") == "Available" and set(inputs["distribution"]) <= set(former.get("images") or {})


def _images(inputs: Mapping[str, Any], former: Mapping[str, Any], *, is_stable: bool, is_settled: bool) -> Any:
    if is_settled:
        return dict(former.get("images") or {})
    distribution = inputs.get("distribution")
    if not isinstance(distribution, Mapping) or inputs.get("release") in (False, UNKNOWN):
        return UNKNOWN  # a draft has no images, and which it keeps beside them depends on what is released
    before, images = former.get("distribution") or {}, former.get("images") or {}
    return {
        region: images[region]
        if is_stable and region in images and origin is not UNKNOWN and origin == before.get(region)
        else UNKNOWN
        for region, origin in sorted(distribution.items())
    }
