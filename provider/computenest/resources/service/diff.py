"""What separates a service's state from its wish: which keys changed, and which of them force a replacement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.kernel.outcome import Difference, unfinished
from computenest.resources.service.declaration import RESOURCE

__all__ = ["diff"]

_FINAL = frozenset({"Draft", "Beta", "Online", "Rejected", "Submitted"})


def diff(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
    """Compares the state's outputs (its inputs among them) with checked inputs.

    Guarantees:
        1. diff(x, x) is empty for a complete x.
        2. An incomplete state always has changes, and one whose review is decided: the next run goes on.
        3. An unset property equals its default.
    """
    changed = [key for key in RESOURCE.compared if _value(olds, key) != _value(news, key)]
    replaces = [key for key in RESOURCE.replaces if key in changed]
    if news.get("due"):
        changed.append("due")
    status, review = olds.get("status"), news.get("review")
    is_decided = review == "Approved" or (status == "Submitted" and review != "Submitted")
    if news.get("publishing") == "online" and is_decided:
        changed.append("review" if olds.get("review") != review else unfinished(olds.get("reasons") or ()))
    elif not changed and status not in _FINAL:
        changed.append(unfinished(olds.get("reasons") or ()))
    return Difference(changes=tuple(sorted(changed)), replaces=tuple(sorted(replaces)))


def _value(properties: Mapping[str, Any], key: str) -> Any:
    value = RESOURCE.value(properties, key)
    return _relations(value) if key == "relations" else value


def _relations(value: Any) -> Any:
    """Relations by what the cloud is told: whose package it is may become known without anything changing."""
    if not isinstance(value, Mapping):
        return value
    return {
        marker: {key: target.get(key) for key in ("artifactId", "version")} if isinstance(target, Mapping) else target
        for marker, target in value.items()
    }
