"""Multipart uploads: what has arrived so far, and making an object of it. Parts may come again and in any order."""

import hashlib
from collections.abc import Iterable, Mapping

from computenest_cloud.errors import ServiceError
from computenest_cloud.services.oss.bodies import Incoming, cut
from computenest_cloud.services.oss.objects import Objects
from computenest_cloud.services.oss.records import MULTIPART_UPLOADS, PARTS, MultipartUpload, Part, StoredObject
from computenest_cloud.wire.values import whole_number
from computenest_cloud.world import World

SMALLEST_PART_BYTES = 100 << 10  # but the last one
PART_LIMIT = 10_000


class Multipart:
    def __init__(self, world: World, objects: Objects) -> None:
        self._world = world
        self._objects = objects

    def begin(
        self, owner_uid: str, bucket: str, name: str, content_type: str, meta: Mapping[str, str]
    ) -> MultipartUpload:
        world = self._world
        number = world.mint.count("multipart")
        return world.store[MULTIPART_UPLOADS].add(
            MultipartUpload(
                upload_id=f"{world.mint.number('multipart', number) % 16**32:032X}",
                bucket=bucket,
                name=name,
                owner_uid=owner_uid,
                content_type=content_type,
                started_at=world.now,
                meta=meta,
            )
        )

    def find(self, bucket: str, name: str, upload_id: str) -> MultipartUpload:
        found = self._world.store[MULTIPART_UPLOADS].get(upload_id)
        if found is None or (found.bucket, found.name) != (bucket, name):
            raise ServiceError(404, "NoSuchUpload", "The specified upload does not exist: it is finished or aborted.")
        return found

    def under(self, bucket: str, prefix: str) -> list[MultipartUpload]:
        found = [u for u in self._world.store[MULTIPART_UPLOADS] if u.bucket == bucket and u.name.startswith(prefix)]
        return sorted(found, key=lambda upload: (upload.name, upload.upload_id))

    def parts(self, upload: MultipartUpload) -> list[Part]:
        return sorted(self._world.store[PARTS].grouped(upload.upload_id), key=lambda part: part.number)

    def _add(self, part: Part) -> Part:
        former = self._world.store[PARTS].get(part.key)
        if former is not None:
            self._objects.bodies.drop(former.segments)
        return self._world.store[PARTS].add(part)

    @staticmethod
    def number(text: str) -> int:
        number = whole_number(text)
        if number is None or not 1 <= number <= PART_LIMIT:
            raise ServiceError(400, "InvalidArgument", f"partNumber is from 1 to {PART_LIMIT}.")
        return number

    def add(self, upload: MultipartUpload, number: int, incoming: Incoming) -> Part:
        segments = incoming.finish()
        self._objects.bodies.keep(segments)
        return self._add(
            Part(
                upload_id=upload.upload_id,
                number=number,
                etag=incoming.etag,
                size_bytes=incoming.size_bytes,
                segments=segments,
                crc64=incoming.crc64,
                uploaded_at=self._world.now,
            )
        )

    def add_copy(self, upload: MultipartUpload, number: int, source: StoredObject, start: int, end: int) -> Part:
        """Moves no bytes, so the ETag is of where they lie rather than of the bytes: it is opaque to clients."""
        segments = cut(source.segments, start, end)
        digest = hashlib.md5(repr(segments).encode(), usedforsecurity=False)
        self._objects.bodies.keep(segments)
        return self._add(
            Part(
                upload_id=upload.upload_id,
                number=number,
                etag=digest.hexdigest().upper(),
                size_bytes=end - start,
                segments=segments,
                uploaded_at=self._world.now,
            )
        )

    def complete(self, upload: MultipartUpload, wanted: Iterable[tuple[int, str]]) -> StoredObject:
        """`wanted`: part numbers with their ETags, ascending. None: an empty object (fact: oss-009)."""
        numbers = list(wanted)
        if numbers != sorted(numbers, key=lambda entry: entry[0]):
            raise ServiceError(400, "InvalidPartOrder", "The parts must be listed in ascending order.")
        chosen = []
        for number, etag in numbers:
            part = self._world.store[PARTS].get(f"{upload.upload_id}/{number}")
            if part is None or part.etag != etag.strip('"').upper():
                raise ServiceError(400, "InvalidPart", f"Part {number} was not uploaded, or has another ETag.")
            chosen.append(part)
        if any(part.size_bytes < SMALLEST_PART_BYTES for part in chosen[:-1]):
            raise ServiceError(400, "EntityTooSmall", "A part is smaller than 100 KB and not the last one.")
        segments = tuple(segment for part in chosen for segment in part.segments)
        digests = b"".join(bytes.fromhex(part.etag) for part in chosen)
        self._objects.bodies.keep(segments)
        made = self._objects.put(
            StoredObject(
                bucket=upload.bucket,
                name=upload.name,
                owner_uid=upload.owner_uid,
                content_type=upload.content_type,
                uploaded_at=self._world.now,
                size_bytes=sum(part.size_bytes for part in chosen),
                etag=f"{hashlib.md5(digests, usedforsecurity=False).hexdigest().upper()}-{len(chosen)}",
                segments=segments,
                is_multipart=True,
                meta=upload.meta,
            )
        )
        self.abort(upload)
        return made

    def abort(self, upload: MultipartUpload) -> None:
        for part in self.parts(upload):
            self._objects.bodies.drop(part.segments)
            self._world.store[PARTS].remove(part.key)
        self._world.store[MULTIPART_UPLOADS].remove(upload.upload_id)
