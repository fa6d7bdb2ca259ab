"""A `ManagedCluster` in memory, as a hub of Open Cluster Management has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from computenest.kernel.errors import Conflict
from computenest.resources._components.managed import ManagedCluster


@dataclass
class OnHub:
    """A `ManagedCluster` in memory: its labels, and who has set each."""

    labels: dict[str, str] = field(default_factory=dict)
    owners: dict[str, set[str]] = field(default_factory=dict)
    is_accepted: bool = True
    is_leaving: bool = False
    kubeconfig: str | None = "text"

    def seen(self, name: str) -> ManagedCluster:
        managers = {one for each in self.owners.values() for one in each}
        has = {one: frozenset(key for key, each in self.owners.items() if one in each) for one in managers}
        return ManagedCluster(
            name=name,
            uid=f"uid of {name}",
            labels=dict(self.labels),
            is_accepted=self.is_accepted,
            is_leaving=self.is_leaving,
            managed=has,
        )

    def set(self, key: str, text: str | None, *, by: str = "a person") -> None:
        """What somebody else does to a label: it is theirs from then on."""
        self.owners.pop(key, None)
        self.labels.pop(key, None)
        if text is not None:
            self.labels[key], self.owners[key] = text, {by}

    def apply(self, labels: Mapping[str, str], manager: str, *, takes: bool) -> OnHub:
        """As the server does it: who applies owns what it applies, and what nobody owns any more goes."""
        found = replace(self, labels=dict(self.labels), owners={key: set(each) for key, each in self.owners.items()})
        for key, text in labels.items():
            if found.labels.get(key, text) != text and found.owners.get(key, set()) - {manager}:
                if not takes:
                    raise Conflict(f"{key} is {found.labels[key]!r} by {min(found.owners[key])}")
                found.owners[key] = set()
            found.labels[key] = text
            found.owners.setdefault(key, set()).add(manager)
        for key in [key for key, each in found.owners.items() if manager in each and key not in labels]:
            found.owners[key].discard(manager)
            if not found.owners[key]:
                del found.owners[key], found.labels[key]
        return found
