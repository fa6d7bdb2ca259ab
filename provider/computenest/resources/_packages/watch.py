"""Polls, coalesced over everything that this process waits for.

One list call per tick covers up to 100 artifacts or instances, however many operations wait; an operation looks at its
object by itself only when the list says that it changed. The list of artifacts shows no progress: who wants to tell
people of it shares one look a tick with all others. One DescribeImages call covers up to 100 images of a region that
were asked for at about the same time. Both live once per account and process, on one event loop.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from computenest.kernel.errors import ComputeNestError
from computenest.kernel.names import ArtifactId, ImageId, RegionId
from computenest.kernel.ports import Clock
from computenest.reconcile.asking import all_ended
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.images_api import CloudImages
from computenest.resources._packages.model import ArtifactSummary, Image
from computenest.resources._packages.progress import VersionLine

_PAGE = 100  # MaxResults and PageSize of both list APIs (facts §1.0, §4)
_GATHER_S = 0.2  # how long a read waits for company, in seconds of the cloud's clock
MISSING_TICKS = 3  # a list may lag behind a write: an object is looked at directly after so many ticks without it
_LOOK_S = 30.0  # between two of them at one artifact, unless the list says that it was modified; longer with time
_LOOK_SHARE = 8  # then an eighth of what was waited: an hour takes some twenty looks

K = TypeVar("K", bound=str)
R = TypeVar("R")


@dataclass(slots=True, eq=False)
class _Waiter(Generic[K, R]):
    """One operation that waits for its object to change."""

    key: K
    is_changed: Callable[[R], bool]
    until_s: float
    patience: int
    woken: asyncio.Future[bool]
    missing_ticks: int = 0

    def judge(self, row: R | None, *, now_s: float) -> None:
        if self.woken.done():
            return
        self.missing_ticks = self.missing_ticks + 1 if row is None else 0
        changed = self.missing_ticks >= self.patience if row is None else self.is_changed(row)
        if changed or now_s >= self.until_s:
            self.woken.set_result(changed)


@dataclass(slots=True)
class ListWatch(Generic[K, R]):
    """Wakes operations when a list says that their object changed: one for an account, a type and a process.

    Guarantees:
        1. ceil(N / 100) list calls a tick for N waiting operations, none while nobody waits or for who gave up.
        2. A change between the caller's own read and the first tick is not missed.
        3. A tick that fails, whatever of it, is told to everybody who waits for it.

    Args:
        list_by_id: the rows of at most a hundred objects; those that it does not know are left out.
    """

    list_by_id: Callable[[Sequence[K]], Awaitable[Mapping[K, R]]]
    clock: Clock
    interval_s: float = 5.0
    _waiters: set[_Waiter[K, R]] = field(default_factory=set)
    _ticker: asyncio.Task[None] | None = None

    async def until(
        self,
        key: K,
        is_changed: Callable[[R], bool],
        *,
        until_s: float = math.inf,
        patience: int = MISSING_TICKS,
    ) -> bool:
        """True when the object's row is changed, or missing for `patience` ticks (a list may lag behind a write).

        Args:
            until_s: the moment, on the clock, after which to wait no more: then False.
        """
        woken = asyncio.get_running_loop().create_future()
        return await self._woken(_Waiter(key, is_changed, until_s, patience, woken))

    async def _woken(self, waiter: _Waiter[K, R]) -> bool:
        self._waiters.add(waiter)
        if self._ticker is None or self._ticker.done():
            self._ticker = asyncio.create_task(self._tick_while_needed())
        try:
            return await waiter.woken
        finally:
            self._waiters.discard(waiter)

    async def _tick_while_needed(self) -> None:
        """One list call a page and tick, while anybody waits."""
        while self._waiters:
            try:
                first_s = min(waiter.until_s for waiter in self._waiters) - self.clock.now_s()
                await self.clock.sleep(min(self.interval_s, max(first_s, 0.0)))
                waiters = list(self._waiters)
                listed: dict[K, R] = {}
                for page in _pages(sorted({w.key for w in waiters})):
                    listed |= await self.list_by_id(page)
                now_s = self.clock.now_s()
            except Exception as error:  # noqa: BLE001 - handed to every operation that waits for this tick
                for waiter in list(self._waiters):
                    if not waiter.woken.done():
                        waiter.woken.set_exception(error)
                    self._waiters.discard(waiter)
                continue
            for waiter in waiters:
                waiter.judge(listed.get(waiter.key), now_s=now_s)
            self._ticked(waiters, now_s=now_s)

    def _ticked(self, waiters: Sequence[_Waiter[K, R]], *, now_s: float) -> None:
        """Everybody has been told."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an operation last saw of its artifact: any difference in the list wakes it."""

    status: str
    max_version: int

    def is_changed(self, row: ArtifactSummary) -> bool:
        """Whether the list shows something else."""
        return Seen(row.status, row.max_version) != self


@dataclass(slots=True, eq=False, kw_only=True)
class _Observed(_Waiter[ArtifactId, ArtifactSummary]):
    """A waiter with an observer, who is shown the artifact now and then."""

    observer: VersionLine
    began_s: float
    looked_s: float
    modified: str | None = None
    """As listed when it was last looked at."""
    is_modified: bool = False

    def judge(self, row: ArtifactSummary | None, *, now_s: float) -> None:
        _Waiter.judge(self, row, now_s=now_s)
        if row is not None:
            self.is_modified |= self.modified not in (None, row.modified)
            self.modified = row.modified
        if not self.woken.done():
            self.observer.refresh()

    def wants_look(self, now_s: float) -> bool:
        if self.woken.done():
            return False
        return self.is_modified or now_s - self.looked_s >= max(_LOOK_S, (now_s - self.began_s) / _LOOK_SHARE)


class ArtifactWatch(ListWatch[ArtifactId, ArtifactSummary]):
    """Of artifacts, whose list shows no progress.

    Guarantee: at most one more call a tick for all observers together, none while the former one is not answered; it is
    never tried again, and whatever it comes to changes nothing for who waits.

    Args:
        glances: the same artifacts without a retry layer, for observers.
    """

    def __init__(
        self, artifacts: CloudArtifacts, clock: Clock, interval_s: float = 5.0, *, glances: CloudArtifacts | None = None
    ) -> None:
        super().__init__(artifacts.list_by_id, clock, interval_s)
        self._glances = glances or artifacts
        self._looker: asyncio.Task[None] | None = None

    async def until_changed(
        self, artifact_id: ArtifactId, seen: Seen, *, until_s: float = math.inf, observer: VersionLine | None = None
    ) -> bool:
        """`until` for what an operation saw; `observer` is told of progress meanwhile."""
        if observer is None:
            return await self.until(artifact_id, seen.is_changed, until_s=until_s)
        woken, now_s = asyncio.get_running_loop().create_future(), self.clock.now_s()
        usual = (artifact_id, seen.is_changed, until_s, MISSING_TICKS, woken)
        return await self._woken(_Observed(*usual, observer=observer, began_s=now_s, looked_s=now_s))

    def _ticked(self, waiters: Sequence[_Waiter[ArtifactId, ArtifactSummary]], *, now_s: float) -> None:
        if self._looker is None or self._looker.done():
            wanted = [w for w in waiters if isinstance(w, _Observed) and w.wants_look(now_s)]
            if wanted:
                self._looker = asyncio.create_task(self._look(min(wanted, key=lambda w: w.looked_s)))

    async def _look(self, waiter: _Observed) -> None:
        waiter.looked_s, waiter.is_modified = self.clock.now_s(), False
        try:
            versions = await self._glances.versions(artifact_id=waiter.key)
        except ComputeNestError:
            return  # what is only shown is never a reason to fail
        if not waiter.woken.done() and waiter in self._waiters:
            waiter.observer.look(versions)


@dataclass(slots=True)
class ImageReader:
    """Reads ECS images by id, in as few DescribeImages calls as possible. What the plain question does not show is
    asked for as a community image before anybody calls it lost."""

    images: CloudImages
    clock: Clock
    _asked: dict[RegionId, dict[ImageId, asyncio.Future[Image | None]]] = field(default_factory=dict)
    _readers: set[asyncio.Task[None]] = field(default_factory=set)

    async def read(self, wanted: Mapping[RegionId, ImageId]) -> dict[RegionId, Image | None]:
        """Each region's image, None where this account sees no such image there."""
        asked = {region: self._ask(region, image) for region, image in sorted(wanted.items())}
        futures = {region: asyncio.shield(future) for region, future in asked.items()}  # others may wait for it too
        return dict(zip(futures, await all_ended(futures.values()), strict=True))

    def _ask(self, region: RegionId, image: ImageId) -> asyncio.Future[Image | None]:
        batch = self._asked.get(region)
        if batch is None:
            batch = self._asked[region] = {}
            reader = asyncio.create_task(self._read_soon(region))
            self._readers.add(reader)
            reader.add_done_callback(self._readers.discard)
        return batch.setdefault(image, asyncio.get_running_loop().create_future())

    async def _read_soon(self, region: RegionId) -> None:
        """Reads a region's batch once it has waited for company."""
        batch = self._asked[region]
        try:
            try:
                await self.clock.sleep(_GATHER_S)
            finally:
                del self._asked[region]  # who asks from now on is not in this batch
            for page in _pages(sorted(batch)):
                found = await self.images.describe(region=region, ids=page)
                if missing := [image for image in page if image not in found]:  # a copy that was published is hidden
                    found = {**found, **await self.images.published(region=region, ids=missing)}
                for image in page:
                    _settle(batch[image], found.get(image))
        except Exception as error:  # noqa: BLE001 - handed to every caller of this batch
            for future in batch.values():
                if not future.done():
                    future.set_exception(error)


def _settle(future: asyncio.Future[Image | None], image: Image | None) -> None:
    if not future.done():
        future.set_result(image)


def _pages(items: Sequence[K]) -> Iterator[Sequence[K]]:
    for start in range(0, len(items), _PAGE):
        yield items[start : start + _PAGE]
