"""What a status of a service instance means for someone who waits. Source of the names: facts §7.

A status that no table knows is not terminal: it is waited for until the deadline.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["DELETED", "Phase", "classify"]

DELETED = "Deleted"


class Phase(Enum):
    """What to do about a status."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"


_PHASES = {
    "Deployed": Phase.READY,
    "Running": Phase.READY,  # what Start leaves behind is in no source; a stopped instance is deployed all the same
    "Stopped": Phase.READY,
    "DeployedFailed": Phase.FAILED,
    "DeletedFailed": Phase.FAILED,
    DELETED: Phase.GONE,
}


def classify(status: str) -> Phase:
    """The phase that a status stands for."""
    return _PHASES.get(status, Phase.PENDING)
