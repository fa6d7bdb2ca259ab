"""What separates a service's state from its wish: which keys changed, and which of them force a replacement."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.kernel.outcome import Difference, unfinished
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources.service.declaration import RESOURCE
from computenest.resources.service.model import Service, State

_FINAL = frozenset({"Draft", "Beta", "Online", "Rejected", "Submitted"})


def diff(olds: State[Known], news: Service[Unknown]) -> Difference:
    """Compares the state's outputs (its inputs among them) with checked inputs.

    Guarantees:
        1. diff(x, x) is empty for a complete x.
        2. An incomplete state always has changes, and one whose review is decided: the next run goes on.
        3. An unset property equals its default.
    """
    changed = [key for key in RESOURCE.changed(olds, news) if key != "relations" or not _is_told_the_same(olds, news)]
    replaces = [key for key in RESOURCE.replaces if key in changed]
    if news.due:
        changed.append("due")
    is_decided = news.review == "Approved" or (olds.status == "Submitted" and news.review != "Submitted")
    if news.publishing == "online" and is_decided:
        changed.append("review" if olds.review != news.review else unfinished(olds.reasons))
    elif not changed and olds.status not in _FINAL:
        changed.append(unfinished(olds.reasons))
    return Difference(changes=tuple(sorted(changed)), replaces=tuple(sorted(replaces)))


def _is_told_the_same(olds: State[Known], news: Service[Unknown]) -> bool:
    """Relations by what the cloud is told: whose package it is may become known without anything changing."""
    before, now = olds.relations, news.relations
    if not isinstance(now, Mapping) or before.keys() != now.keys():
        return False
    return all(
        target is not UNKNOWN
        and (before[marker].artifact_id, before[marker].version) == (target.artifact_id, target.version)
        for marker, target in now.items()
    )
