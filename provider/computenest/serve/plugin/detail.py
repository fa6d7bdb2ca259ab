"""The detailed diff: which paths below the changed keys differ, and how. Pure.

Guarantees: 1. every changed key has an entry, and every entry lies below a changed key; 2. an entry of a key that
replaces says so; 3. no entries, no changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from computenest.kernel.outcome import Difference

_NAME = re.compile(r"[A-Za-z_$][\w$]*")


class Change(Enum):
    """What happens to the value at a path."""

    ADD = "ADD"
    DELETE = "DELETE"
    UPDATE = "UPDATE"
    ADD_REPLACE = "ADD_REPLACE"
    DELETE_REPLACE = "DELETE_REPLACE"
    UPDATE_REPLACE = "UPDATE_REPLACE"


def detail(difference: Difference, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Change]:
    """Path -> change, for the keys that `difference` names and no others."""
    found: dict[str, Change] = {}
    for key in sorted({*difference.changes, *difference.replaces}):
        entries: dict[str, Change] = {}
        _compare(olds.get(key), news.get(key), key, entries)
        entries = entries or {key: Change.UPDATE}
        if key in difference.replaces:
            entries = {path: Change[f"{change.value}_REPLACE"] for path, change in entries.items()}
        found |= entries
    return found


def _compare(old: Any, new: Any, path: str, entries: dict[str, Change]) -> None:
    if old == new:
        return
    if old is None or new is None:
        entries[path] = Change.ADD if old is None else Change.DELETE
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            _compare(old.get(key), new.get(key), _below(path, key), entries)
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            after = new[index] if index < len(new) else None
            _compare(before, after, f"{path}[{index}]", entries)
    else:
        entries[path] = Change.UPDATE


def _below(path: str, key: str) -> str:
    if _NAME.fullmatch(key):
        return f"{path}.{key}"
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{path}["{escaped}"]'
