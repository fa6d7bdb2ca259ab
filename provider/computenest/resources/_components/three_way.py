"""The patch that a client-side helm sends: what the chart says now, and the removal of what it said before.

Helm 3, and helm 4 for the releases of helm 3, merge three documents on the client. The server merges a strategic patch
itself, so the whole of what the chart says serves as one; what has to go is named explicitly.
(Kubernetes: apimachinery strategicpatch `CreateThreeWayMergePatch`; the merge keys are those of the built-in kinds.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_KEYS = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "volumes": ("name",),
    "env": ("name",),
    "imagePullSecrets": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",),
    "ownerReferences": ("uid",),
    "secrets": ("name",),
    "conditions": ("type",),
}
"""Field -> the key by which a strategic patch merges its items. `ports` are merged by containerPort in a container and
by port in a Service."""


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """For kinds without a strategy (custom resources): maps are merged, lists replaced, what is gone is null."""
    return _patch(before, after, merges_lists=False)


def strategic_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """For built-in kinds: lists whose items have a key are merged by it, others replaced."""
    return _patch(before, after, merges_lists=True)


def _patch(before: Mapping[str, Any], after: Mapping[str, Any], *, merges_lists: bool) -> dict[str, Any]:
    """What the new document says, and null for what only the old one said."""
    patch = dict(after)
    for key, value in before.items():
        if key not in after:
            patch[key] = None
        elif isinstance(value, Mapping) and isinstance(after[key], Mapping):
            patch[key] = _patch(value, after[key], merges_lists=merges_lists)
        elif merges_lists and isinstance(value, list) and isinstance(after[key], list):
            patch[key] = _items(key, value, after[key])
    return patch


def _items(field: str, before: Sequence[Any], after: Sequence[Any]) -> list[Any]:
    key = _key_of(field, (*before, *after))
    if key is None:
        return list(after)
    old = {item[key]: item for item in before}
    kept = [strategic_patch(old[item[key]], item) if item[key] in old else item for item in after]
    wanted = {item[key] for item in after}
    return [*kept, *({key: name, "$patch": "delete"} for name in old if name not in wanted)]


def _key_of(field: str, items: Sequence[Any]) -> str | None:
    keys = ("containerPort", "port") if field == "ports" else _KEYS.get(field, ())
    for key in keys:
        if items and all(isinstance(item, Mapping) and key in item for item in items):
            return key
    return None
