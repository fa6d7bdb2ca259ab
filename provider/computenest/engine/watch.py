"""Polls, coalesced over everything that this process waits for.

One ListArtifacts call per tick covers up to 100 artifacts, however many operations wait; an operation looks at its
artifact by itself only when the list says that it changed. The list shows no progress: who wants to tell people of it
shares one look a tick with all others. One DescribeImages call covers up to 100 images of a region that were asked
for at about the same time. Both live once per account and process, on one event loop.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from computenest.domain.distribution.model import ArtifactSummary, ArtifactVersion, Image
from computenest.domain.errors import ComputeNestError
from computenest.domain.names import ArtifactId, ImageId, RegionId
from computenest.ports import Artifacts, Clock, Images

__all__ = ["ArtifactWatch", "ImageReader", "Onlooker", "Seen"]

_PAGE = 100  # MaxResults and PageSize of both list APIs (facts §1.0, §4)
_GATHER_S = 0.2  # how long a read waits for company, in seconds of the cloud's clock
_MISSING_TICKS = 3  # a list may lag behind a write: an artifact is looked at directly after so many ticks without it
_LOOKS_PER_TICK = 1  # for progress: of everybody who waits, who was last looked at the longest ago
_LOOK_S = 30.0  # between two of them at one artifact, unless the list says that it was modified; longer with time
_LOOK_SHARE = 8  # then an eighth of what was waited: an hour takes some twenty looks

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Seen:
    """What an operation last saw of its artifact: any difference in the list wakes it."""

    status: str
    max_version: int


class Onlooker(Protocol):
    """Who is told how far an artifact is; nothing depends on it."""

    def look(self, versions: Sequence[ArtifactVersion]) -> None:
        """The artifact's versions, just read."""
        ...

    def refresh(self) -> None:
        """A tick has passed."""
        ...


@dataclass(slots=True, eq=False)
class _Waiter:
    artifact_id: ArtifactId
    seen: Seen
    until_s: float
    woken: asyncio.Future[bool]
    began_s: float
    looked_s: float
    onlooker: Onlooker | None = None
    missing_ticks: int = 0
    modified: str | None = None
    """As listed when it was last looked at."""
    is_modified: bool = False

    def wants_look(self, now_s: float) -> bool:
        if self.onlooker is None or self.woken.done():
            return False
        return self.is_modified or now_s - self.looked_s >= max(_LOOK_S, (now_s - self.began_s) / _LOOK_SHARE)


@dataclass(slots=True)
class ArtifactWatch:
    """Wakes operations when the list says that their artifact changed.

    Guarantees:
        1. ceil(N / 100) list calls a tick for N waiting operations, none while nobody waits.
        2. A change between the caller's own read and the first tick is not missed.
        3. At most one more call a tick for all onlookers together, none while the former one is not answered; it is
           never tried again, and whatever it comes to changes nothing for who waits.
    """

    artifacts: Artifacts
    clock: Clock
    interval_s: float = 5.0
    glances: Artifacts | None = None
    """The same artifacts without a retry layer, for onlookers."""
    _waiters: set[_Waiter] = field(default_factory=set)
    _ticker: asyncio.Task[None] | None = None
    _looker: asyncio.Task[None] | None = None

    async def until_changed(
        self,
        artifact_id: ArtifactId,
        seen: Seen,
        *,
        until_s: float = math.inf,
        onlooker: Onlooker | None = None,
    ) -> bool:
        """True when the listed status or highest version of the artifact is not `seen` any more.

        Args:
            until_s: the moment, on the clock, after which to wait no more: then False.
            onlooker: is told of progress meanwhile.
        """
        woken, now_s = asyncio.get_running_loop().create_future(), self.clock.now_s()
        waiter = _Waiter(artifact_id, seen, until_s, woken, now_s, now_s, onlooker)
        self._waiters.add(waiter)
        if self._ticker is None or self._ticker.done():
            self._ticker = asyncio.create_task(self._tick_while_needed())
        try:
            return await waiter.woken
        finally:
            self._waiters.discard(waiter)

    async def _tick_while_needed(self) -> None:
        while self._waiters:
            try:
                first_s = min(waiter.until_s for waiter in self._waiters) - self.clock.now_s()
                await self.clock.sleep(min(self.interval_s, max(first_s, 0.0)))
                waiters = list(self._waiters)
                listed: dict[ArtifactId, ArtifactSummary] = {}
                for page in _pages(sorted({w.artifact_id for w in waiters})):
                    listed |= await self.artifacts.list_by_id(page)
            except Exception as error:  # noqa: BLE001 - handed to every operation that waits for this tick
                for waiter in list(self._waiters):
                    if not waiter.woken.done():
                        waiter.woken.set_exception(error)
                    self._waiters.discard(waiter)
                continue
            now_s = self.clock.now_s()
            for waiter in waiters:
                self._judge(waiter, listed.get(waiter.artifact_id), now_s=now_s)
                if waiter.onlooker is not None and not waiter.woken.done():
                    waiter.onlooker.refresh()
            if self._looker is None or self._looker.done():
                wanted = sorted((w for w in waiters if w.wants_look(now_s)), key=lambda w: w.looked_s)
                if wanted:
                    self._looker = asyncio.create_task(self._look(wanted[:_LOOKS_PER_TICK]))

    async def _look(self, waiters: Sequence[_Waiter]) -> None:
        for waiter in waiters:
            waiter.looked_s, waiter.is_modified = self.clock.now_s(), False
            try:
                versions = await (self.glances or self.artifacts).versions(artifact_id=waiter.artifact_id)
            except ComputeNestError:
                continue  # what is only shown is never a reason to fail
            if waiter.onlooker is not None and not waiter.woken.done() and waiter in self._waiters:
                waiter.onlooker.look(versions)

    @staticmethod
    def _judge(waiter: _Waiter, summary: ArtifactSummary | None, *, now_s: float) -> None:
        if waiter.woken.done():
            return
        if summary is None:
            waiter.missing_ticks += 1
            changed = waiter.missing_ticks >= _MISSING_TICKS
        else:
            changed = Seen(summary.status, summary.max_version) != waiter.seen
            waiter.is_modified |= waiter.modified not in (None, summary.modified)
            waiter.modified = summary.modified
        if changed or now_s >= waiter.until_s:
            waiter.woken.set_result(changed)


@dataclass(slots=True)
class ImageReader:
    """Reads ECS images by id, in as few DescribeImages calls as possible. What the plain question does not show is
    asked for as a community image before anybody calls it lost."""

    images: Images
    clock: Clock
    _asked: dict[RegionId, dict[ImageId, asyncio.Future[Image | None]]] = field(default_factory=dict)
    _readers: set[asyncio.Task[None]] = field(default_factory=set)

    async def read(self, wanted: Mapping[RegionId, ImageId]) -> dict[RegionId, Image | None]:
        """Each region's image, None where this account sees no such image there."""
        asked = {region: self._ask(region, image) for region, image in sorted(wanted.items())}
        futures = {region: asyncio.shield(future) for region, future in asked.items()}  # others may wait for it too
        found = await asyncio.gather(*futures.values(), return_exceptions=True)
        for result in found:
            if isinstance(result, BaseException):
                raise result
        return {
            region: image for region, image in zip(futures, found, strict=True) if not isinstance(image, BaseException)
        }

    def _ask(self, region: RegionId, image: ImageId) -> asyncio.Future[Image | None]:
        batch = self._asked.get(region)
        if batch is None:
            batch = self._asked[region] = {}
            reader = asyncio.create_task(self._read_soon(region))
            self._readers.add(reader)
            reader.add_done_callback(self._readers.discard)
        return batch.setdefault(image, asyncio.get_running_loop().create_future())

    async def _read_soon(self, region: RegionId) -> None:
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
