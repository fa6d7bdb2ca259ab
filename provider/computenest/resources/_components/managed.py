"""Clusters as a hub of Open Cluster Management has them, and whose their labels are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from computenest.kernel.names import OwnerId

LOCAL_LABEL = "local-cluster"
"""`true` on the one that stands for the hub itself (Open Cluster Management's own label)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedCluster:
    """One cluster that a hub knows.

    Args:
        name: of it, and of its namespace on the hub.
        uid: of the object: what tells it from another of its name.
        labels: as they are on the hub.
        is_accepted: whether the hub's administrators have accepted it.
        is_leaving: whether its deletion was asked for.
        managed: field manager -> the labels that it has applied.
    """

    name: str
    uid: str
    labels: Mapping[str, str] = field(default_factory=dict)
    is_accepted: bool = True
    is_leaving: bool = False
    managed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def labels_of(self, owner: OwnerId) -> frozenset[str]:
        """What the owner has set, and nobody has set otherwise since."""
        return self.managed.get(manager_of(owner), frozenset())


def manager_of(owner: OwnerId) -> str:
    """The field manager of one deployment: of two that set the same label, one that goes leaves it to the other."""
    return f"computenest-{owner}"


def differs(one: ManagedCluster, wanted: Mapping[str, str], owner: OwnerId) -> bool:
    """Whether something has to be set or taken back."""
    return one.labels_of(owner) != wanted.keys() or any(one.labels.get(key) != text for key, text in wanted.items())
