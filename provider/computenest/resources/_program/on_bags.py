"""Runs of the types whose states are property bags still."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["OnBags"]


@dataclass(frozen=True, slots=True)
class _Recorded:
    incarnation: int | None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class OnBags:
    """What such a run is given.

    Args:
        inputs: what is wanted.
        former: the state before, {} for a create.
    """

    inputs: Mapping[str, Any]
    former: Mapping[str, Any]

    @property
    def recorded(self) -> _Recorded | None:
        """What the state before says of the object."""
        former = self.former
        return _Recorded(former.get("incarnation"), former.get("tags") or {}) if former else None
