"""What a status of a service instance says. Two questions, never one enumeration: *is it still moving*, and *is the
deployment unusable*? A change that failed answers no to both: the wait is over, and what was deployed is kept.

Sources of the names: facts §7, and operation templates of the cloud's own that stop on UpgradeFailed and
UpgradeRollbackFailed. A status that no source knows moves until the deadline, unless it says that something failed.
"""

from __future__ import annotations

DELETED = "Deleted"
WAITING = "Waiting"
"""Our own word, none of the cloud's: there is no instance yet, because the reviewers have the service."""
BEGINNINGS = frozenset({"Deploying", "Upgrading", "UpgradeRollbacking"})
"""Statuses that a change begins with, as its log names them (facts §7)."""
_FAILED = "Failed"
_UNUSABLE = frozenset({"DeployedFailed", "DeletedFailed", DELETED})
_UPGRADES_FAILED = frozenset({"UpgradeFailed", "UpgradeRollbackFailed"})
# What Start leaves behind is in no source; a stopped instance is deployed all the same.
_SETTLED = frozenset({"Deployed", "Running", "Stopped", DELETED, WAITING})


def is_moving(status: str) -> bool:
    """Whether the cloud is at work on it, so that waiting makes sense."""
    return status not in _SETTLED and not has_failed(status)


def is_unusable(status: str) -> bool:
    """Whether nothing repairs the deployment in place: it is replaced, or made anew where it is gone."""
    return status in _UNUSABLE


def has_failed(status: str) -> bool:
    """Whether what was done last has failed: the deployment, its deletion, or a change of what runs on."""
    return status.endswith(_FAILED)


def is_upgrade_failed(status: str) -> bool:
    """Whether a change of ours may be what failed; which version such an instance shows is in no source, so the change
    is asked for again."""
    return status in _UPGRADES_FAILED
