"""The oracle of previews: what `kubectl get` shows before and after, compared without any code of the provider's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SERVERS = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")
CONTROLLERS = ("deployment.kubernetes.io/revision", "pv.kubernetes.io/bind-completed")
"""Annotations that controllers write after the upgrade, by themselves."""

Documents = Mapping[str, Mapping[str, Any]]


def differences(before: Documents, after: Documents) -> dict[str, Any]:
    """Object -> "added", "removed", or its changed fields with both values."""
    found: dict[str, Any] = {}
    for name in sorted(before.keys() | after.keys()):
        if name not in before or name not in after:
            found[name] = "added" if name in after else "removed"
            continue
        old, new = dict(fields(plain(before[name]))), dict(fields(plain(after[name])))
        changed = {path for path in old.keys() | new.keys() if old.get(path, ...) != new.get(path, ...)}
        changed -= {path for path in changed if any(one.startswith((f"{path}.", f"{path}[")) for one in changed)}
        if changed:
            found[name] = {path: (old.get(path), new.get(path)) for path in changed}
    return found


def plain(document: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in document["metadata"].items() if key not in SERVERS}
    notes = {key: value for key, value in metadata.get("annotations", {}).items() if key not in CONTROLLERS}
    metadata["annotations"] = notes
    return {**{key: value for key, value in document.items() if key != "status"}, "metadata": metadata}


def fields(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves by their paths; items of lists by their names where all have one."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            shown = f"'{key}'" if "." in key else key
            yield from fields(item, f"{path}.{shown}" if path else shown)
    elif isinstance(value, list) and value:
        named = all(isinstance(item, dict) and "name" in item for item in value)
        for index, item in enumerate(value):
            yield from fields(item, f"{path}[{item['name'] if named else index}]")
    else:
        yield path, value
