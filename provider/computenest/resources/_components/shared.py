"""Who asks for a release that is one a cluster, as labels of its last revision say; helm takes them on with every
upgrade (pkg/action/upgrade.go `mergeCustomLabels`). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.kernel.names import OwnerId
from computenest.resources._components.release import Revision, Status

INSTALLER_LABEL = "computenest.aliyun.com/installed-by"
"""Only of what nobody else had installed before."""
_USER = "user.computenest.aliyun.com/"


def user_label(owner: OwnerId) -> str:
    """Says that this resource asks for it; its value is how often a create of it has taken that over."""
    return f"{_USER}{owner}"


def users(last: Revision) -> Mapping[OwnerId, int]:
    """Who asks for it, each with its incarnation."""
    found = {key.removeprefix(_USER): text for key, text in last.labels.items() if key.startswith(_USER)}
    return {OwnerId(owner): int(text) if text.isdigit() else 1 for owner, text in found.items()}


def shared_labels(owner: OwnerId, incarnation: int, history: tuple[Revision, ...]) -> dict[str, str]:
    """For the next revision, after those that are there."""
    found = {user_label(owner): str(incarnation)}
    was_there = any(one.status is not Status.UNINSTALLED for one in history)
    return found if was_there else {**found, INSTALLER_LABEL: owner}
