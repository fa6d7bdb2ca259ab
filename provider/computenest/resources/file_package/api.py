"""Files in Compute Nest's buckets: implements `_packages.content_ports.ContentStore`.

An object's key holds the digest of its content, so another content never takes an earlier one's place. Large files go
in parts, several at a time; what arrived before an interruption is found by asking the storage and is not sent again.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product
from computenest.cloud.steps import Fault, failure
from computenest.cloud.storage import Bucket, Head
from computenest.kernel.errors import Invalid, NotFound, Permanent
from computenest.kernel.names import RegionId
from computenest.kernel.unknown import Known
from computenest.resources._packages.content_model import Described, Kind, Seen
from computenest.resources._packages.content_package import ContentPackage, ContentState
from computenest.resources._packages.content_ports import Overwriting
from computenest.resources._packages.keys import key_owner, key_suffix
from computenest.resources._packages.repositories import CloudRepositories, Resource, TemporaryKey
from computenest.resources.file_package.declaration import State

_BLOCK_BYTES = 1 << 20
_PART_BYTES = 4 << 20
_MAX_PARTS = 9_000  # the storage takes 10,000
_PARALLEL = 4
_DRAFT = "-draft-"


@dataclass(slots=True)
class FileTraffic:
    """What was sent."""

    bytes_sent: int = 0
    parts_sent: int = 0
    parts_present: int = 0


@dataclass(frozen=True, slots=True)
class _Local:
    """A source's bytes: of a file, or of a text."""

    path: Path | None
    text: bytes = b""

    @classmethod
    def of(cls, source: Mapping[str, str]) -> _Local:
        return cls(Path(source["path"])) if source["kind"] == "file" else cls(None, source["text"].encode("utf-8"))

    def size_bytes(self) -> int:
        if self.path is None:
            return len(self.text)
        try:
            if not self.path.is_file():
                raise Invalid(f"{self.path} is no file", path="source.path")
            return self.path.stat().st_size
        except OSError as error:
            raise Invalid(f"{self.path} cannot be read: {error.strerror}", path="source.path") from error

    def read(self, offset: int, size_bytes: int) -> bytes:
        if self.path is None:
            return self.text[offset : offset + size_bytes]
        try:
            with self.path.open("rb", 0) as file:
                data = os.pread(file.fileno(), size_bytes, offset)
        except OSError as error:
            raise Invalid(f"{self.path} cannot be read: {error.strerror}", path="source.path") from error
        if len(data) != size_bytes:
            raise Invalid(f"{self.path} became shorter while it was read", path="source.path")
        return data

    def stamp(self) -> tuple[str | int, ...] | None:
        """What tells that a file is still the same without reading it."""
        if self.path is None:
            return None
        found = self.path.stat()
        return (str(self.path.resolve()), found.st_ino, found.st_size, found.st_mtime_ns)


@dataclass(slots=True)
class FileStore:
    """The buckets as one account sees them."""

    client: Client
    repositories: CloudRepositories = field(init=False)
    traffic: FileTraffic = field(default_factory=FileTraffic)
    _described: dict[tuple[str | int, ...], Described] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.repositories = CloudRepositories(self.client)

    async def describe(self, *, source: Mapping[str, str], known_digest: str = "") -> Described:
        del known_digest
        return await asyncio.to_thread(self._describe, _Local.of(source))

    def _describe(self, local: _Local) -> Described:
        """Digest and checksum of a source; a file that has not changed is not read again."""
        from alibabacloud_oss_v2.crc import Crc64

        size_bytes, stamp = local.size_bytes(), local.stamp()
        if stamp is not None and stamp in self._described:
            return self._described[stamp]
        seen, counted = hashlib.sha256(), Crc64(0)
        for offset in range(0, size_bytes, _BLOCK_BYTES):
            block = local.read(offset, min(_BLOCK_BYTES, size_bytes - offset))
            seen.update(block)
            counted.update(block)
        found = Described("sha256:" + seen.hexdigest(), size_bytes, checksum=str(counted.sum64()))
        if stamp is not None:
            self._described[stamp] = found
        return found

    async def push(
        self,
        *,
        wanted: ContentPackage[Known],
        source: Mapping[str, str],
        former: ContentState[Known] | None,
        overwriting: Overwriting,
        show: Callable[[str], None],
    ) -> State[Known]:
        local, doing = _Local.of(source), f"upload of {wanted.where}"
        described = await self.describe(source=source)
        if described.digest != wanted.content:
            raise Permanent(
                f"{doing}: the file changed after it was checked: it had {wanted.content}, now {described.digest}",
                hint="run pulumi up again",
            )
        key = await self.repositories.temporary_key(kind=Kind.FILE)
        resource = key.resources[0]
        region, bucket = resource.region, resource.name
        there = self._bucket(region, bucket, key, doing=doing)
        name = await self._name(there, resource, wanted, former)
        head = await asyncio.to_thread(there.head, name)
        if head is None or head.checksum != described.checksum or head.size_bytes != described.size_bytes:
            if head is not None:
                await overwriting(_url(region, bucket, name), where=_url(region, bucket, name), found=_other(head))
            name, counted = await self._send(there, resource, name, local, described, show=show, doing=doing)
            if counted and counted != described.checksum:
                raise failure(Fault.STORAGE_DIGEST_MISMATCH, doing=doing, host=bucket, detail=f"CRC-64 {counted}")
        url = _url(region, bucket, name)
        return State[Known].made(
            wanted,
            url=url,
            checksum=described.checksum,
            size_bytes=described.size_bytes,
            key_expiry=key.expires_ms,
            addresses={region: _internal(url, region) for region in wanted.regions},
        )

    async def _name(
        self, bucket: Bucket, resource: Resource, wanted: ContentPackage[Known], former: ContentState[Known] | None
    ) -> str:
        """The object's key: the one that the state or an interrupted run used, because each key may name a new path."""
        known = _place(former.place) if former is not None else None
        suffix = key_suffix(key_owner(wanted.owner_id, wanted.generation), wanted.content, wanted.where)
        if known is not None and known[1] == bucket.name and known[2].endswith(suffix):
            return known[2]
        earlier = await asyncio.to_thread(bucket.ending_in, _home_of(resource), suffix)
        return earlier or f"{resource.path}{suffix}"

    async def _send(
        self,
        bucket: Bucket,
        resource: Resource,
        name: str,
        local: _Local,
        described: Described,
        *,
        show: Callable[[str], None],
        doing: str,
    ) -> tuple[str, str]:
        """Sends the file; the key that it has, and the checksum that the storage counted."""
        size = described.size_bytes
        if size <= _PART_BYTES:
            data = await asyncio.to_thread(local.read, 0, size)
            counted = await asyncio.to_thread(lambda: bucket.put(name, data, digest=described.digest))
            self.traffic.bytes_sent += size
            return name, counted
        suffix = "/" + "/".join(name.rsplit("/", 3)[1:])
        begun = [
            one for one in await asyncio.to_thread(bucket.begun, _home_of(resource), suffix) if one[0].endswith(suffix)
        ]
        if begun:
            name, upload_id = begun[0]
            arrived = await asyncio.to_thread(bucket.parts, name, upload_id)
        else:
            upload_id, arrived = await asyncio.to_thread(lambda: bucket.begin(name, digest=described.digest)), {}
        part_bytes = max(_PART_BYTES, -(-size // _MAX_PARTS))
        slots, etags, done = asyncio.Semaphore(_PARALLEL), {}, 0

        async def one(number: int, offset: int) -> None:
            nonlocal done
            async with slots:
                data = await asyncio.to_thread(local.read, offset, min(part_bytes, size - offset))
                if arrived.get(number) == (hashlib.md5(data, usedforsecurity=False).hexdigest(), len(data)):
                    etags[number] = f'"{arrived[number][0].upper()}"'
                    self.traffic.parts_present += 1
                else:
                    etags[number] = await asyncio.to_thread(bucket.send_part, name, upload_id, number, data)
                    self.traffic.bytes_sent += len(data)
                    self.traffic.parts_sent += 1
                done += len(data)
                show(f"{doing}: {done >> 20} of {size >> 20} MiB are in object storage")

        try:
            async with asyncio.TaskGroup() as tasks:
                for number, offset in enumerate(range(0, size, part_bytes), start=1):
                    tasks.create_task(one(number, offset))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from group
        return name, await asyncio.to_thread(bucket.finish, name, upload_id, etags)

    async def look(self, *, known: ContentState[Known]) -> Seen:
        url, doing = known.place, f"look at {known.where}"
        place = _place(url)
        if place is None:
            return Seen("")
        key = await self.repositories.temporary_key(kind=Kind.FILE)
        digest = await self._digest_at(self._bucket(place[0], place[1], key, doing=doing), place[2], known)
        regions: dict[RegionId, str] = {}
        for region in known.regions:
            copy = _place(_delivered(url, region))
            if copy is not None and known.status == "Available":
                try:
                    regions[region] = await self._digest_at(
                        await self._own_bucket(region, copy[1], doing=doing), copy[2], known
                    )
                except (Permanent, NotFound):
                    continue  # where this account may not look nothing can be told
        return Seen(digest, regions=regions)

    async def _digest_at(self, bucket: Bucket, name: str, known: ContentState[Known]) -> str:
        head = await asyncio.to_thread(bucket.head, name)
        if head is None:
            return ""
        is_same = head.checksum == _checksum(known) and head.size_bytes == known.size_bytes
        return known.content if is_same else _other(head)

    async def lies(self, *, known: ContentState[Known], place: str) -> str:
        """By the storage's own checksum where that is known, else by the digest that was written beside it."""
        at = _place(place)
        if at is None:
            return ""
        key = await self.repositories.temporary_key(kind=Kind.FILE)
        head = await asyncio.to_thread(self._bucket(at[0], at[1], key, doing=f"look at {at[2]}").head, at[2])
        if head is None:
            return ""
        is_other = place == known.place and head.checksum != _checksum(known)
        return _other(head) if is_other or not head.digest else head.digest

    async def drop(self, *, known: ContentState[Known], place: str, is_wanted: Callable[[], Awaitable[bool]]) -> bool:
        """An address holds its owner and its content's digest, so nobody else can begin to use it."""
        del known, is_wanted
        await self.delete(place)
        return True

    async def delete(self, place: str) -> None:
        """Deletes what lies at an address; gone is success."""
        at = _place(place)
        if at is not None:
            key = await self.repositories.temporary_key(kind=Kind.FILE)
            bucket = self._bucket(at[0], at[1], key, doing=f"deletion of {at[2]}")
            await asyncio.to_thread(bucket.delete, at[2])

    async def uploaded(self) -> list[str]:
        """The addresses of everything that lies where this account's files go."""
        key = await self.repositories.temporary_key(kind=Kind.FILE)
        resource = key.resources[0]
        bucket = self._bucket(resource.region, resource.name, key, doing="list of uploaded files")
        names = await asyncio.to_thread(bucket.keys, _home_of(resource))
        return [_url(resource.region, resource.name, name) for name in names]

    async def tidy(self, *, known: ContentState[Known], places: Sequence[str]) -> None:
        del places
        key = await self.repositories.temporary_key(kind=Kind.FILE)
        resource = key.resources[0]
        bucket = self._bucket(resource.region, resource.name, key, doing="deletion of what was never finished")
        for name, upload_id in await asyncio.to_thread(
            bucket.begun, _home_of(resource), f"/{key_owner(known.owner_id, known.generation)}/"
        ):
            await asyncio.to_thread(bucket.abort, name, upload_id)

    def _bucket(self, region: RegionId, name: str, key: TemporaryKey, *, doing: str) -> Bucket:
        """A bucket, with the keys that Compute Nest gave for it."""
        if key.storage_keys is None:
            raise Permanent(f"{doing}: Compute Nest gave no key for object storage")
        return Bucket(self.client.endpoint(Product.OSS, region=region), region, name, key.storage_keys, doing=doing)

    async def _own_bucket(self, region: RegionId, name: str, *, doing: str) -> Bucket:
        """With the account's own keys, which may read what lies under its number."""
        keys = await asyncio.to_thread(self.client.keys)
        endpoint = self.client.endpoint(Product.OSS, region=region)
        return Bucket(endpoint, region, name, keys, doing=doing)


def _checksum(known: ContentState[Known]) -> str:
    return known.checksum if isinstance(known, State) else ""


def _other(head: Head) -> str:
    """In the words of a state."""
    return f"another file of {head.size_bytes} bytes, CRC-64 {head.checksum}"


def _url(region: str, bucket: str, name: str) -> str:
    return f"https://{bucket}.oss-{region}.aliyuncs.com/{quote(name)}"


def _home_of(resource: Resource) -> str:
    """What does not change between two temporary keys: the path may end in a part of its own each time (facts §1.5)."""
    return resource.path.rpartition("/")[0] + "/"


def _place(url: str) -> tuple[RegionId, str, str] | None:
    """Region, bucket and key of an address, None for what is none."""
    parts = urlsplit(url)
    bucket, _, rest = (parts.hostname or "").partition(".oss-")
    region = rest.removesuffix(".aliyuncs.com").removesuffix("-internal")
    if not bucket or not rest.endswith(".aliyuncs.com") or not parts.path.lstrip("/"):
        return None
    return RegionId(region), bucket, unquote(parts.path.lstrip("/"))


def _delivered(url: str, region: RegionId) -> str:
    """Where the copy of a region should lie: derived from the one bucket that is known, unverified (facts §1.5, §5)."""
    place = _place(url)
    if place is None:
        return ""
    home, bucket, name = place
    other = bucket.replace(_DRAFT, "-", 1).removesuffix(home) + region
    return f"https://{other}.oss-{region}.aliyuncs.com/{quote(name)}"


def _internal(url: str, region: RegionId) -> str:
    return _delivered(url, region).replace(f".oss-{region}.", f".oss-{region}-internal.", 1)
