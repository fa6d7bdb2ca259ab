"""A `ManagedCluster` in memory, as a hub of Open Cluster Management has it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from computenest.cloud.kubernetes.client import ApiError

KUBECONFIG = json.dumps(
    {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        "clusters": [{"name": "c", "cluster": {"server": "http://10.0.0.1"}}],
        "users": [{"name": "c", "user": {"token": "t"}}],
    }
)


@dataclass
class OnHub:
    """A `ManagedCluster` in memory: its labels, and who has set each."""

    labels: dict[str, str] = field(default_factory=dict)
    owners: dict[str, set[str]] = field(default_factory=dict)
    is_accepted: bool = True
    is_leaving: bool = False
    kubeconfig: str | None = KUBECONFIG

    def document(self, name: str) -> dict[str, Any]:
        """As the hub's API shows it: who has applied what is all that it says of labels."""
        keys: dict[str, dict[str, Any]] = {}
        for key, each in self.owners.items():
            for who in each:
                keys.setdefault(who, {})[f"f:{key}"] = {}
        fields = {who: {"f:metadata": {"f:labels": own}} for who, own in keys.items()}
        applied = [{"manager": who, "operation": "Apply", "fieldsV1": own} for who, own in fields.items()]
        about = {"name": name, "uid": f"uid of {name}", "labels": dict(self.labels), "managedFields": applied}
        leaving = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if self.is_leaving else {}
        return {"metadata": {**about, **leaving}, "spec": {"hubAcceptsClient": self.is_accepted}}

    @property
    def secret(self) -> dict[str, Any] | None:
        """What says how it is reached."""
        text = self.kubeconfig
        return None if text is None else {"data": {"kubeconfig": base64.b64encode(text.encode()).decode()}}

    def set(self, key: str, text: str | None, *, by: str = "a person") -> None:
        """What somebody else does to a label: it is theirs from then on."""
        self.owners.pop(key, None)
        self.labels.pop(key, None)
        if text is not None:
            self.labels[key], self.owners[key] = text, {by}

    def apply(self, labels: Mapping[str, str], manager: str, *, takes: bool) -> OnHub:
        """As the server does it: who applies owns what it applies, and what nobody owns any more goes."""
        owners = {key: each - {manager} for key, each in self.owners.items()}
        for key, text in labels.items():
            others = owners.get(key, set())
            if self.labels.get(key, text) != text and others:
                if not takes:
                    raise _in_conflict(key, min(others))
                others = set()
            owners[key] = {*others, manager}
        gone = {key for key, each in owners.items() if not each}
        kept = {key: text for key, text in {**self.labels, **labels}.items() if key not in gone}
        return replace(self, labels=kept, owners={key: each for key, each in owners.items() if each})


def _in_conflict(key: str, who: str) -> ApiError:
    said = {"field": f".metadata.labels.{key}", "message": f'conflict with "{who}"'}
    causes = [{"reason": "FieldManagerConflict", **said}]
    return ApiError("in conflict", status={"reason": "Conflict", "details": {"causes": causes}}, code=409)
