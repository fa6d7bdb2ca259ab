"""How far a distribution is, in one line. Pure: what one look at the cloud showed becomes words.

What the cloud shows differs: copies in an account of one's own have a percentage each; of what Compute Nest copies only
the whole has one, and a region is seen when it has its image (facts §1.1, §4; `Progress` is text there and its exact
meaning unverified, so nothing but this line rests on it). How long it still takes nobody knows, so nothing says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from computenest.kernel.names import RegionId

_NAMED = 2  # so many missing regions are named, more are counted


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look showed.

    Args:
        wanted: regions in all.
        done: regions that have their image; None where the cloud does not show it while it copies.
        moving: region -> percent, of running copies that the cloud shows one by one.
        percent: of the whole, where it is known.
        waiting: regions whose copy has not begun.
        left: regions without an image, where they are known.
    """

    wanted: int
    done: int | None = None
    moving: Mapping[RegionId, int] = field(default_factory=dict)
    percent: int | None = None
    waiting: int = 0
    left: tuple[RegionId, ...] = ()

    @property
    def total_percent(self) -> int:
        """Of the whole, rounded down; 100 only where every region has its image."""
        if self.done == self.wanted:
            return 100
        counted = 100 * (self.done or 0) // self.wanted if self.wanted > 0 else 0
        return min(99, max(counted, _clamped(self.percent or 0)))


def describe(reading: Reading) -> str:
    """The line: `61% 7/12 regions · cn-beijing 43% · 2 queued`; named is who is furthest behind.

    The shortest comes first: of a terminal's 80 columns the engine leaves seven or eight to it, `61% 7/12`.
    """
    return " · ".join(_parts(reading))


def _parts(reading: Reading) -> Iterable[str]:
    noun = "region" if reading.wanted == 1 else "regions"
    done = "of " if reading.done is None else f"{reading.done}/"
    yield f"{reading.total_percent}% {done}{reading.wanted} {noun}"
    if reading.done == reading.wanted:
        return
    if reading.moving:
        region = min(reading.moving, key=lambda name: (reading.moving[name], name))
        yield f"{region} {_clamped(reading.moving[region])}%"
    if reading.waiting:
        yield f"{reading.waiting} queued"
    if not reading.moving and 0 < len(reading.left) <= _NAMED and reading.done:
        yield f"{' and '.join(reading.left)} left"


def _clamped(percent: int) -> int:
    return min(100, max(0, percent))
