"""What an operation will make of a package, as far as that is sure before it runs: what a preview may promise.

A promise is a value that the operation, if it succeeds and nobody interferes, brings about; everything else is
UNKNOWN. So a region that stays keeps its known image id, and only what really changes is unknown.
"""

from __future__ import annotations

from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources._packages.direct_model import resource_id
from computenest.resources._packages.image_package import Package, State


def preview(inputs: Package[Unknown], former: State[Known] | None, *, assume_stable_delivery: bool) -> State[Unknown]:
    """The state after the operation.

    Args:
        inputs: checked inputs, parts of them UNKNOWN where the preview does not know them.
        former: the state before, None for a create.
        assume_stable_delivery: promise that a new version gives a region that stays the image it has. Whether the
            cloud does is unverified; the first re-issue seen ends the promise for a package.
    """
    package = None if inputs.has_unknown else Package[Known].made(inputs)
    edition = UNKNOWN if package is None else package.wanted_edition
    stays = former if former is not None and package is not None and _is_settled(package, former) else None
    is_stable = assume_stable_delivery and former is not None and former.reissued is False
    promised = State[Unknown].made(
        inputs,
        artifact_id=UNKNOWN if former is None else former.artifact_id,
        incarnation=UNKNOWN if former is None else former.incarnation,
        edition=edition,
        version=UNKNOWN if stays is None else stays.version,
        status=UNKNOWN if stays is None else stays.status,
        images=_images(inputs, former, is_stable=is_stable) if stays is None else stays.images,
        reasons={},
        statuses=UNKNOWN,
        visible=UNKNOWN,
        risk=None if former is None or former.risk is None else UNKNOWN if stays is None else stays.risk,
        reissued=UNKNOWN if stays is None or stays.reissued is None else stays.reissued,
    )
    if package is None or package.direct is None:
        return promised
    # Names of our own, not the cloud's.
    return promised.made(promised, artifact_id=resource_id(package), version=edition, reissued=False)


def _is_settled(package: Package[Known], former: State[Known]) -> bool:
    """Whether the state lacks nothing, so that an operation has no reason to make a new version."""
    if former.edition != package.wanted_edition:
        return False
    if former.status == "Draft":
        return not package.release
    return former.status == "Available" and set(package.distribution) <= set(former.images)


def _images(
    inputs: Package[Unknown], former: State[Known] | None, *, is_stable: bool
) -> Maybe[dict[RegionId, Maybe[ImageId]]]:
    if inputs.distribution is UNKNOWN or inputs.release in (False, UNKNOWN):
        return UNKNOWN  # a draft has no images, and which it keeps beside them depends on what is released
    before, images = (former.distribution, former.images) if former is not None and is_stable else ({}, {})
    return {
        region: images[region]
        if region in images and origin is not UNKNOWN and origin == before.get(region)
        else UNKNOWN
        for region, origin in sorted(inputs.distribution.items())
    }
