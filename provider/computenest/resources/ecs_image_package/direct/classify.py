"""What the status of an image means for a copy. Unknown ones are work under way, bounded by the deadline."""

from __future__ import annotations

from enum import Enum


class CopyPhase(Enum):
    """Where a copy stands."""

    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


def classify_copy(status: str) -> CopyPhase:
    """The phase that an image's status stands for (facts §4): a deprecated image is still a usable one."""
    if status in {"Available", "Deprecated"}:
        return CopyPhase.READY
    if status.endswith("Failed") or status == "UnAvailable":
        return CopyPhase.FAILED
    return CopyPhase.RUNNING
