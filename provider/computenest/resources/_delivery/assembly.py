"""A package's layers as blobs that can be sent: measured once, made anew from what they hold whenever they are read.

Nothing is kept on the disk but digests, so a package of many gigabytes takes no room, and no memory but a block.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from computenest.cloud.registry.blobs import of_bytes
from computenest.cloud.registry.client import Body
from computenest.cloud.registry.oci import digest_of
from computenest.cloud.registry.push import Blob, Tree
from computenest.cloud.registry.stored import Gzip
from computenest.kernel.errors import Permanent
from computenest.resources._delivery.sealed import Item, Layer, Measured, Sealed, image_of

_SMALL_BYTES = 1 << 20  # measured sooner than looked up
_BESIDE_BYTES = 64 << 10  # of less the event loop is kept for no time


def user_cache(name: str) -> Path:
    """A folder in COMPUTENEST_CACHE, or in the user's cache."""
    named = os.environ.get("COMPUTENEST_CACHE")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pulumi-computenest"
    return (Path(named) if named else cache) / name


@dataclass(frozen=True, slots=True)
class LayerCache:
    """What layers came to, on this machine: a file a layer, by what makes its bytes."""

    folder: Path

    @classmethod
    def of_user(cls) -> LayerCache:
        """In COMPUTENEST_CACHE, or in the user's cache."""
        return cls(user_cache("delivery-layers"))

    def get(self, key: str) -> Measured | None:
        """What is known of a layer; whatever cannot be read is not known."""
        try:
            read = json.loads((self.folder / key.partition(":")[2]).read_bytes())
            return Measured(str(read["diffId"]), str(read["digest"]), int(read["sizeBytes"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, found: Measured) -> None:
        """Keeps it; a cache that cannot be written costs time, and nothing else."""
        told = json.dumps({"diffId": found.diff_id, "digest": found.digest, "sizeBytes": found.size_bytes})
        target = self.folder / key.partition(":")[2]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            beside = target.with_name(f"{target.name}.{os.getpid()}")
            beside.write_text(told)
            beside.replace(target)
        except OSError:
            return


@dataclass(frozen=True, slots=True)
class Assembled:
    """A package, as far as it is known without reading more than was allowed."""

    tree: Tree | None
    """None where something has to be fetched first."""
    size_bytes: int
    unread_bytes: int = 0


async def assemble(
    sealed: Sealed, bodies: Mapping[str, Body], *, cache: LayerCache, may_read_bytes: int | None, remote: frozenset[str]
) -> Assembled:
    """The package as it is sent.

    Args:
        sealed: its layers.
        bodies: digest -> the bytes of what it holds.
        cache: what layers came to before.
        may_read_bytes: how much may be fetched to find out, None for all of it.
        remote: digests of what has to be fetched, not only read.

    Raises:
        Permanent: what it is made of is not what it was.
    """

    def body(item: Item) -> Body:
        data = sealed.made.get(item.digest)
        return of_bytes(data) if data is not None else bodies[item.digest]

    def is_kept(layer: Layer) -> bool:
        return layer.size_bytes > _SMALL_BYTES or any(one.digest in remote for one in layer.items)

    known = [cache.get(layer.key) if is_kept(layer) else None for layer in sealed.layers]
    far = [
        sum(one.size_bytes for one in layer.items if one.digest in remote) if found is None else 0
        for layer, found in zip(sealed.layers, known, strict=True)
    ]
    size_bytes = sum(layer.size_bytes for layer in sealed.layers)
    if may_read_bytes is not None and sum(far) > may_read_bytes:
        return Assembled(None, size_bytes, sum(far))
    measured = []
    for layer, found in zip(sealed.layers, known, strict=True):
        measured.append(found or await _measure(layer, body))
        if found is None and is_kept(layer):
            cache.put(layer.key, measured[-1])
    manifest, config = image_of(sealed, measured)
    blobs = {digest_of(config): Blob(digest_of(config), len(config), of_bytes(config))}
    for layer, one in zip(sealed.layers, measured, strict=True):
        blobs.setdefault(one.digest, Blob(one.digest, one.size_bytes, _body_of(layer, body)))
    tree = Tree(manifest, (), blobs)
    return Assembled(tree, tree.size_bytes)


async def _tar(layer: Layer, body: Callable[[Item], Body]) -> AsyncIterator[bytes]:
    for part in layer.parts():
        if isinstance(part, bytes):
            yield part
            continue
        size = 0
        async for block in body(part)(0):
            size += len(block)
            yield block
        if size != part.size_bytes:
            raise Permanent(
                f"{part.name.rpartition('/')[2]} ({part.digest}) has {size} bytes, it had {part.size_bytes}",
                hint="it changed while it was read: run it again",
            )


async def _measure(layer: Layer, body: Callable[[Item], Body]) -> Measured:
    """What a layer comes to, read once from its beginning."""
    tar, seen = hashlib.sha256(), hashlib.sha256()
    made = Gzip(layer.tar_bytes)

    def taken(raw: bytes) -> int:
        tar.update(raw)
        chunks = list(made.take(raw))
        for chunk in chunks:
            seen.update(chunk)
        return sum(map(len, chunks))

    head = made.begin()
    seen.update(head)
    size = len(head)
    async for raw in _tar(layer, body):
        size += await asyncio.to_thread(taken, raw) if len(raw) > _BESIDE_BYTES else taken(raw)
    end = made.end()
    seen.update(end)
    return Measured(f"sha256:{tar.hexdigest()}", f"sha256:{seen.hexdigest()}", size + len(end))


def _body_of(layer: Layer, body: Callable[[Item], Body]) -> Body:
    """The layer's bytes from an offset on; what comes before is made again, and not sent."""

    async def blocks(offset: int) -> AsyncIterator[bytes]:
        made, passed = Gzip(layer.tar_bytes), 0
        async for chunk in _chunks(layer, made, body):
            if passed + len(chunk) > offset:
                yield chunk[max(0, offset - passed) :]
            passed += len(chunk)

    return blocks


async def _chunks(layer: Layer, made: Gzip, body: Callable[[Item], Body]) -> AsyncIterator[bytes]:
    yield made.begin()
    async for raw in _tar(layer, body):
        if chunk := b"".join(made.take(raw)):
            yield chunk
    yield made.end()
