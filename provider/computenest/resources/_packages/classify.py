"""What an observed status means, for a version and for a region of it.

The cloud's documentation lists Created, Scanning, ScanFailed, Delivering, Available and Deleted; CreateFailed is used
by its own client. Names for a running build and for a failed delivery are unverified (facts §1.1, §9.1). So a status
that ends in `Failed` is a failure, and any other unknown one is work under way, bounded by the caller's deadline.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from enum import Enum

from computenest.kernel.names import RegionId
from computenest.resources._packages.model import ArtifactVersion


class Phase(Enum):
    """Where a version stands: it can be edited, it moves by itself, it is usable, or it failed."""

    IDLE = "idle"
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"


_PHASES = {"Created": Phase.IDLE, "Available": Phase.READY, "Deleted": Phase.GONE}


def classify(status: str) -> Phase:
    """The phase that a version's status stands for."""
    if status in _PHASES:
        return _PHASES[status]
    return Phase.FAILED if status.endswith("Failed") else Phase.PENDING


def region_statuses(
    version: ArtifactVersion | None, regions: tuple[RegionId, ...], *, lost: Set[RegionId] = frozenset()
) -> dict[str, str]:
    """Each wanted region's status: Available, Lost (it had an image that is gone), or the version's own."""
    if version is None:
        return dict.fromkeys(regions, "Missing")
    pending = "Missing" if classify(version.status) is Phase.READY else version.status
    return {
        region: "Lost" if region in lost else "Available" if region in version.images else pending for region in regions
    }


def failure_reasons(version: ArtifactVersion, regions: tuple[RegionId, ...]) -> Mapping[RegionId, str]:
    """Why each wanted region without an image has none.

    The status detail is the cloud's free text; a line of it that names a region is that region's reason, otherwise
    the whole text is everyone's.
    """
    missing = [region for region in regions if region not in version.images]
    detail = version.status_detail.strip() or "the cloud gives no reason"
    lines = [line.strip() for line in detail.replace(";", "\n").splitlines() if line.strip()]
    reasons = {}
    for region in missing:
        own = [line for line in lines if region in line]
        reasons[region] = f"{version.status}: {'; '.join(own) or detail}"
    return reasons
