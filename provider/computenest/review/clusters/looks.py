"""Clusters as they were looked at: what each has, or why nobody can tell. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from computenest.resources._components.release_status import ReleaseStatus


@dataclass(frozen=True, slots=True)
class ClusterLook:
    """One cluster.

    Args:
        name: what its user calls it.
        releases: by namespace and name; of a cluster that does not answer, what it had when it answered last.
        cannot_tell: why nobody can tell what is there now, "" where it answered.
        answered: when it answered last, as people read it; "" where it never did.
    """

    name: str
    releases: tuple[ReleaseStatus, ...] = ()
    cannot_tell: str = ""
    answered: str = ""

    @property
    def is_well(self) -> bool:
        """Whether it answers, and everything on it is ready."""
        return not self.cannot_tell and all(one.is_ready for one in self.releases)

    def as_json(self) -> Any:
        """For machines."""
        return {"cannot_tell": self.cannot_tell} if self.cannot_tell else [one.as_json() for one in self.releases]


def followed(before: Sequence[ClusterLook], now: Sequence[ClusterLook]) -> tuple[ClusterLook, ...]:
    """The looks of now, where those that do not answer keep what is known of them."""
    known = {one.name: one for one in before}
    return tuple(
        replace(one, releases=known[one.name].releases, answered=known[one.name].answered)
        if one.cannot_tell and one.name in known
        else one
        for one in now
    )
