"""A source that is open, and the bytes of its blobs, block by block."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

from computenest.cloud.registry.client import Body
from computenest.cloud.registry.image_files import Place, unreadable
from computenest.cloud.registry.push import Tree
from computenest.kernel.errors import Invalid

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Opened:
    """A source, opened: what it holds, and of a chart its name and version."""

    tree: Tree
    name: str = ""
    version: str = ""
    notes: tuple[str, ...] = ()
    """What a preview has to say about it."""
    platforms: tuple[str, ...] = ()
    """What an image is for, `linux/amd64`; () where that is not said, or would have to be asked for."""


def of_bytes(data: bytes) -> Body:
    async def blocks(offset: int) -> AsyncIterator[bytes]:
        for start in range(offset, len(data), _BLOCK_BYTES):
            yield data[start : start + _BLOCK_BYTES]

    return blocks


def of_place(place: Place) -> Body:
    """The blocks of a part of a file; the reading is done beside the event loop."""

    async def blocks(offset: int) -> AsyncIterator[bytes]:
        try:
            file = await asyncio.to_thread(place.path.open, "rb", 0)
        except OSError as error:
            raise unreadable(place.path, error) from error
        with file:
            position, end = place.begin + offset, place.begin + place.size_bytes
            while position < end:
                block = await asyncio.to_thread(os.pread, file.fileno(), min(_BLOCK_BYTES, end - position), position)
                if not block:
                    raise Invalid(f"{place.path} became shorter while it was read", path="source.path")
                position += len(block)
                yield block

    return blocks
