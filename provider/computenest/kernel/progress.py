"""How far a distribution is, in one line, and how long it still takes. Pure: from what looks at the cloud showed.

What the cloud shows differs: copies in an account of one's own have a percentage each; of what Compute Nest copies only
the whole has one, and a region is seen when it has its image (facts §1.1, §4; `Progress` is text there and its exact
meaning unverified, so nothing but this line rests on it).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from computenest.kernel.names import RegionId

__all__ = ["Pace", "Reading", "describe", "duration_text"]

K = TypeVar("K")

_LEAST, _LEAST_OF_COPY = 0.02, 0.05  # a share that moved less says nothing: percentages are whole numbers
_LONGEST_S = 86_400.0  # an estimate of more than a day is none
_MINUTE_S, _HOUR_S = 60, 3600
_COARSE_S = 5400.0  # from here on tens of minutes are exact enough
_NAMED = 2  # so many missing regions are named, more are counted
_NOTHING: Mapping[RegionId, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look showed.

    Args:
        at_s: when, in seconds of the cloud's clock.
        wanted: regions in all.
        done: regions that have their image; None where the cloud does not show it while it copies.
        moving: region -> percent, of running copies that the cloud shows one by one.
        percent: of the whole, where the cloud says no more than that.
        waiting: regions whose copy has not begun.
        left: regions without an image, where they are known.
    """

    at_s: float
    wanted: int
    done: int | None = None
    moving: Mapping[RegionId, int] = field(default_factory=lambda: _NOTHING)
    percent: int | None = None
    waiting: int = 0
    left: tuple[RegionId, ...] = ()

    @property
    def share(self) -> float:
        """How much of the whole is done, 0.0 to 1.0."""
        regions = float(self.done or 0) + sum(_clamped(percent) for percent in self.moving.values()) / 100
        counted = regions / self.wanted if self.wanted > 0 else 0.0
        return min(1.0, max(counted, _clamped(self.percent or 0) / 100))


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it goes, from readings in their order; a value, each reading gives the next one.

    Guarantees:
        1. What is left is never negative, and None while nothing is known: before anything moved, and while copies
           wait of which none has ended yet, or of which none runs.
        2. From one reading to the next, what is left at most doubles and at most halves, give or take the time that
           passed between them.
    """

    last: Reading | None = None
    began: tuple[float, float] = (0.0, 0.0)
    """The last moment at which nothing had moved yet, and the share then."""
    done_before: int = 0
    copies: Mapping[RegionId, tuple[float, int]] = field(default_factory=lambda: MappingProxyType({}))
    """The same for each running copy, in percent."""
    copy_s: float | None = None
    """How long the slower ones of the copies seen so far take, as far as they tell."""
    estimate_s: float | None = None
    """What was left at the last reading."""

    def after(self, reading: Reading) -> Pace:
        """The pace with one more reading; one that is older than the last is passed over."""
        last = self.last
        if last is None:
            copies = {region: (reading.at_s, percent) for region, percent in reading.moving.items()}
            return Pace(reading, (reading.at_s, reading.share), reading.done or 0, copies)
        if reading.at_s < last.at_s:
            return self
        began = _origin(self.began, reading.at_s, reading.share, last.share)
        copies = {
            region: _origin(self.copies.get(region), reading.at_s, percent, last.moving.get(region, percent))
            for region, percent in reading.moving.items()
        }
        whole = {
            region: _whole_s(at_s, percent / 100, reading.at_s, reading.moving[region] / 100, least=_LEAST_OF_COPY)
            for region, (at_s, percent) in copies.items()
        }
        copy_s = max((took_s for took_s in whole.values() if took_s is not None), default=self.copy_s)
        if reading.share >= 1.0:
            raw_s: float | None = 0.0
        elif reading.moving or reading.waiting:
            has_ended = (reading.done or 0) > self.done_before
            raw_s = _left_of_copies(reading, whole, copy_s, has_ended=has_ended)
        else:
            took_s = _whole_s(*began, reading.at_s, reading.share, least=_LEAST)
            raw_s = None if took_s is None else _sane(took_s * (1.0 - reading.share))
        estimate_s = self._calmed(raw_s, reading.at_s - last.at_s)
        return Pace(reading, began, self.done_before, copies, copy_s, estimate_s)

    def left_s(self, now_s: float) -> float | None:
        """Seconds that are left at `now_s`, None where that is not known."""
        if self.last is None or self.estimate_s is None:
            return None
        return max(0.0, self.estimate_s - max(0.0, now_s - self.last.at_s))

    def _calmed(self, raw_s: float | None, passed_s: float) -> float | None:
        if raw_s is None or self.estimate_s is None:
            return raw_s
        return min(max(raw_s, self.estimate_s / 2 - passed_s), self.estimate_s * 2 + passed_s)


def _origin(known: tuple[float, K] | None, at_s: float, now: K, before: K) -> tuple[float, K]:
    """Where speed is measured from: here, as long as nothing moved, and where something fell back."""
    if known is None or now == known[1] or now < before:  # type: ignore[operator]
        return at_s, now
    return known


def _left_of_copies(
    reading: Reading, whole: Mapping[RegionId, float | None], copy_s: float | None, *, has_ended: bool
) -> float | None:
    """The slowest that runs, and then as many rounds for those that wait as the slots now in use take."""
    if copy_s is None or not whole or (reading.waiting and not has_ended):
        return None  # one after the other, or all at once: the first that ends will tell, and those that follow it
    left = ((took_s or copy_s) * (1 - _clamped(reading.moving[region]) / 100) for region, took_s in whole.items())
    return _sane(max(left) + math.ceil(reading.waiting / len(whole)) * copy_s)


def _whole_s(from_s: float, from_share: float, at_s: float, share: float, *, least: float) -> float | None:
    """How long all of it takes at the pace of a part; None where the part is too small to tell."""
    moved, took_s = share - from_share, at_s - from_s
    return None if moved < least or took_s <= 0 else took_s / moved


def _sane(left_s: float) -> float | None:
    return left_s if left_s <= _LONGEST_S else None


def describe(reading: Reading, left_s: float | None) -> str:
    """The line: `copying 7 of 12 regions · cn-beijing 43 % · ETA 6 min`; 7 have their image, the slowest is named."""
    return " · ".join(_parts(reading, left_s))


def _parts(reading: Reading, left_s: float | None) -> Iterable[str]:
    noun = "region" if reading.wanted == 1 else "regions"
    if reading.done == reading.wanted:
        yield f"copied {reading.wanted} {noun}"
        return
    of = "" if reading.done is None else f"{reading.done} of "
    yield f"copying {of}{reading.wanted} {noun}"
    if reading.moving:
        region = min(reading.moving, key=lambda name: (reading.moving[name], name))
        yield f"{region} {_clamped(reading.moving[region])} %"
    elif reading.percent is not None:
        yield f"{_clamped(reading.percent)} %"
    if reading.waiting:
        yield f"{reading.waiting} queued"
    if not reading.moving and 0 < len(reading.left) <= _NAMED and reading.done:
        yield f"{' and '.join(reading.left)} left"
    if left_s is not None:
        yield f"ETA {duration_text(left_s)}"


def duration_text(seconds: float) -> str:
    """A duration, rounded up, as coarse as an estimate deserves: `under 1 min`, `6 min`, `2 h 10 min`."""
    if seconds < _MINUTE_S:
        return "under 1 min"
    if seconds <= _COARSE_S:
        return f"{math.ceil(seconds / _MINUTE_S)} min"
    tens = math.ceil(seconds / (10 * _MINUTE_S))
    hours, minutes = divmod(tens * 10, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _clamped(percent: int) -> int:
    return min(100, max(0, percent))
