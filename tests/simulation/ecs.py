"""ECS images of several accounts in memory and in virtual time: the embedded cloud's rules, at no cost a call.

Written against `ports.py`, the facts and the emulator's rules, not against the provider. `started` counts the copies
that ever began, by account, region and name, and `excused` those that had to be made again (failed, lost, cancelled).
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from computenest.kernel.errors import NotFound
from computenest.kernel.names import ImageId, RegionId, Token
from computenest.kernel.regions import PREFIX_OF_REGION
from computenest.resources._packages.model import Image
from lifecycle.faults import Faults
from lifecycle.refused import refused
from lifecycle.virtual import VirtualClock

T = TypeVar("T")
SUPPLIER, HUB = "1000000000000001", "2000000000000002"
_NOWHERE = RegionId("")
REGIONS = tuple(sorted(PREFIX_OF_REGION))[:6]


@dataclass(frozen=True)
class Rules:
    """What the real cloud may do either way, and how long things take there."""

    per_source: int = 5
    per_destination: int = 1000
    s_per_gib: float = 1.5
    lag_s: float = 0.0
    quota: int = 100
    throttled: float = 0.0
    replays_deleted: bool = True
    latency_s: float = 0.0
    seed: int = 0


@dataclass
class Record:
    """One image."""

    image_id: ImageId
    region: RegionId
    owner: str
    name: str
    size_gib: int
    status: str = "Available"
    tags: dict[str, str] = field(default_factory=dict)
    shares: set[str] = field(default_factory=set)
    source_region: RegionId = _NOWHERE
    started_s: float = 0.0
    due_s: float | None = None
    visible_at_s: float = 0.0
    will_fail: bool = False
    is_public: bool = False

    @property
    def is_copying(self) -> bool:
        return self.status in {"Waiting", "Creating"}


class Ecs:
    """The images of every account."""

    def __init__(self, clock: VirtualClock, rules: Rules, faults: Faults) -> None:
        self.clock, self.rules, self.faults = clock, rules, faults
        self.images: dict[ImageId, Record] = {}
        self.started: Counter[tuple[str, RegionId, str]] = Counter()
        self.excused: Counter[tuple[str, RegionId, str]] = Counter()
        self.calls: Counter[str] = Counter()
        self.bad_copies: Counter[RegionId] = Counter()
        self.full: set[RegionId] = set()
        self.is_wanted: Callable[[RegionId, str], bool] = lambda _region, _name: False
        self._tokens: dict[tuple[str, Token], tuple[str, ImageId]] = {}
        self._chance = random.Random(rules.seed)
        self._minted = 0

    # what a test does behind the provider's back ---------------------------------------------------------------

    def plant(self, owner: str, region: str, name: str, **more: Any) -> Record:
        """An image that is there."""
        record = Record(self._mint(RegionId(region)), RegionId(region), owner, name, more.pop("size_gib", 40), **more)
        self.images[record.image_id] = record
        return record

    def lose(self, image_id: ImageId) -> None:
        """An image disappears."""
        record = self.images.pop(image_id)
        self.excused[(record.owner, record.region, record.name)] += 1

    # time ------------------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        while True:
            running = [r for r in self.images.values() if r.due_s is not None]
            first = min(running, key=lambda r: (r.due_s, r.image_id), default=None)
            if first is None or first.due_s is None or first.due_s > self.clock.now_s():
                return
            moment_s, first.due_s = first.due_s, None
            first.status = "CreateFailed" if first.will_fail else "Available"
            if first.will_fail:
                self.excused[(first.owner, first.region, first.name)] += 1
            self._start_waiting(moment_s)

    def _start_waiting(self, now_s: float) -> None:
        out: Counter[tuple[str, RegionId]] = Counter()
        into: Counter[tuple[str, RegionId]] = Counter()
        for record in self.images.values():
            if record.status == "Creating":
                out[(record.owner, record.source_region)] += 1
                into[(record.owner, record.region)] += 1
        for record in self.images.values():
            left, entered = (record.owner, record.source_region), (record.owner, record.region)
            free = out[left] < self.rules.per_source and into[entered] < self.rules.per_destination
            if record.status == "Waiting" and free:
                out[left] += 1
                into[entered] += 1
                record.status, record.started_s = "Creating", now_s
                record.due_s = now_s + record.size_gib * self.rules.s_per_gib

    # calls -----------------------------------------------------------------------------------------------------

    async def call(self, action: str, effect: Callable[[], T], said: str) -> T:
        self.calls[action] += 1
        if self.rules.latency_s:
            await self.clock.sleep(self.rules.latency_s)
        else:
            await asyncio.sleep(0)
        await self.faults.before(action, said)
        if self.rules.throttled and self._chance.random() < self.rules.throttled:
            raise refused("Throttling.User", f"{action}: throttled")
        self.catch_up()
        answer = effect()
        await self.faults.after(action, said)
        return answer

    def copied(self, owner: str, token: Token, said: str, copy: Callable[[], Record]) -> ImageId:
        known = self._tokens.get((owner, token))
        if known is not None and (self.rules.replays_deleted or known[1] in self.images):
            if known[0] != said:
                raise refused("IdempotentParameterMismatch", "used with other parameters")
            return known[1]
        record = copy()
        self.images[record.image_id] = record
        self.started[(owner, record.region, record.name)] += 1
        self._tokens[(owner, token)] = (said, record.image_id)
        self._start_waiting(self.clock.now_s())
        return record.image_id

    def new(self, owner: str, source: Record, destination: RegionId, name: str, tags: Mapping[str, str]) -> Record:
        mine = [r for r in self.images.values() if r.owner == owner and r.region == destination]
        if source.status != "Available":
            raise refused("IncorrectImageStatus", f"{source.image_id} is {source.status}")
        if source.owner != owner and destination != source.region:
            raise refused("OperationDenied.SameRegionOnly", "a shared image, elsewhere")
        if any(record.name == name for record in mine):
            raise refused("InvalidImageName.Duplicated", f"{name} exists")
        if len(mine) >= self.rules.quota or destination in self.full:
            raise refused("QuotaExceed.Image", f"{len(mine)} images in {destination}")
        record = Record(self._mint(destination), destination, owner, name, source.size_gib, "Waiting", dict(tags))
        record.source_region, record.visible_at_s = source.region, self.clock.now_s() + self.rules.lag_s
        if self.bad_copies[destination]:
            self.bad_copies[destination] -= 1
            record.will_fail = True
        return record

    def _mint(self, region: RegionId) -> ImageId:
        self._minted += 1
        return ImageId(f"{PREFIX_OF_REGION[region]}{self._minted:017}")


@dataclass
class Account:
    """`CloudCopies` of one account."""

    ecs: Ecs
    uid: str

    async def regions(self) -> frozenset[RegionId]:
        return await self.ecs.call("regions", lambda: frozenset(REGIONS), self.uid)

    async def describe(self, *, region: RegionId, ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        assert 1 <= len(ids) <= 100

        def effect() -> dict[ImageId, Image]:
            return {i: _view(self.ecs, r) for i in ids if (r := self._seen(region, i)) is not None}

        return await self.ecs.call("describe", effect, f"{self.uid}{region}{list(ids)}")

    async def published(self, *, region: RegionId, ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        def effect() -> dict[ImageId, Image]:
            there = ((i, self.ecs.images.get(i)) for i in ids)
            return {i: _view(self.ecs, r) for i, r in there if r is not None and r.is_public and r.region == region}

        return await self.ecs.call("published", effect, f"{self.uid}{region}{list(ids)}")

    async def own(self, *, region: RegionId) -> tuple[Image, ...]:
        def effect() -> tuple[Image, ...]:
            mine = [r for r in self.ecs.images.values() if r.owner == self.uid and r.region == region]
            seen = (r for r in mine if r.visible_at_s <= self.ecs.clock.now_s() and not r.is_public)
            return tuple(_view(self.ecs, r) for r in seen)

        return await self.ecs.call("own", effect, f"{self.uid}{region}")

    async def copy(
        self,
        *,
        region: RegionId,
        image_id: ImageId,
        destination: RegionId,
        name: str,
        tags: Mapping[str, str],
        kms_key: str | None,
        resource_group_id: str | None,
        token: Token,
    ) -> ImageId:
        assert len(token) <= 64
        assert len(tags) <= 20
        said = f"{region}{image_id}{destination}{name}{sorted(tags.items())}{kms_key}{resource_group_id}"

        def copied() -> Any:
            source = self.ecs.images.get(image_id)
            if source is None or source.region != region or not self._sees(source):
                raise refused("InvalidImageId.NotFound", f"{image_id} in {region}")
            return self.ecs.new(self.uid, source, destination, name, tags)

        return await self.ecs.call("copy", lambda: self.ecs.copied(self.uid, token, said, copied), destination + name)

    async def cancel(self, *, region: RegionId, image_id: ImageId) -> None:
        def effect() -> None:
            record = self._mine(region, image_id)
            if not record.is_copying:
                raise refused("IncorrectImageStatus", f"{image_id} is {record.status}")
            del self.ecs.images[image_id]
            self.ecs.excused[(self.uid, region, record.name)] += 1
            self.ecs._start_waiting(self.ecs.clock.now_s())

        await _unless_gone(self.ecs.call("cancel", effect, image_id))

    async def delete(self, *, region: RegionId, image_id: ImageId) -> None:
        def effect() -> None:
            record = self._mine(region, image_id)
            if record.is_copying:
                raise refused("OperationDenied.ImageCopying", f"{image_id} is copying")
            if record.shares:
                raise refused("ImageUseShared", f"{image_id} is shared")
            del self.ecs.images[image_id]
            if not self.ecs.is_wanted(region, record.name):
                self.ecs.excused[(self.uid, region, record.name)] += 1

        await _unless_gone(self.ecs.call("delete", effect, image_id))

    async def shares(self, *, region: RegionId, image_id: ImageId) -> frozenset[str]:
        return await self.ecs.call("shares", lambda: frozenset(self._mine(region, image_id).shares), image_id)

    async def share(self, *, region: RegionId, image_id: ImageId, add: Sequence[str], remove: Sequence[str]) -> None:
        def effect() -> None:
            record = self._mine(region, image_id)
            if record.status != "Available":
                raise refused("IncorrectImageStatus", f"{image_id} is {record.status}")
            record.is_public &= "public" not in remove
            if record.is_public and add:
                raise refused("OperationDenied.Community", "a community image cannot be shared")
            after = (record.shares | set(add[:10])) - set(remove[:10])
            if len(after) > 50:
                raise refused("QuotaExceed.ShareImageUser", "over 50 accounts")
            record.shares = after

        await self.ecs.call("share", effect, f"{image_id}{add}{remove}")

    async def tag(self, *, region: RegionId, image_id: ImageId, tags: Mapping[str, str]) -> None:
        await self.ecs.call("tag", lambda: self._mine(region, image_id).tags.update(tags), f"{image_id}{tags}")

    async def untag(self, *, region: RegionId, image_id: ImageId, keys: Sequence[str]) -> None:
        def effect() -> None:
            record = self._mine(region, image_id)
            record.tags = {key: value for key, value in record.tags.items() if key not in keys}

        await self.ecs.call("untag", effect, f"{image_id}{keys}")

    def _sees(self, record: Record) -> bool:
        return record.owner == self.uid or self.uid in record.shares

    def _seen(self, region: RegionId, image_id: ImageId) -> Record | None:
        found = self.ecs.images.get(image_id)
        if found is None or found.region != region or not self._sees(found) or found.is_public:
            return None
        return found if found.visible_at_s <= self.ecs.clock.now_s() else None

    def _mine(self, region: RegionId, image_id: ImageId) -> Record:
        found = self.ecs.images.get(image_id)
        if found is None or found.region != region or found.owner != self.uid:
            raise refused("InvalidImageId.NotFound", f"{image_id} in {region}")
        return found


async def _unless_gone(call: Any) -> None:
    try:
        await call
    except NotFound:
        return


def _view(ecs: Ecs, record: Record) -> Image:
    share = 100 if record.status == "Available" else 0
    if record.due_s is not None:
        share = int(99 * (ecs.clock.now_s() - record.started_s) / max(record.due_s - record.started_s, 1e-9))
    return Image.model_construct(  # true by construction, and most of what a life would spend its time on
        image_id=record.image_id,
        name=record.name,
        status=record.status,
        progress_percent=max(0, min(99, share)) if record.is_copying else share,
        size_gib=record.size_gib,
        owner_alias="self",
        is_public=record.is_public,
        tags=dict(record.tags),
    )
