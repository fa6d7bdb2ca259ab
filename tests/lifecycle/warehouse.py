"""Where content lies, in memory: a store beside a cloud whose registry and buckets nobody serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from computenest.kernel.unknown import Known
from computenest.resources._packages.content_model import Described, Kind, Seen
from computenest.resources._packages.content_package import ContentState
from lifecycle.faults import Halting, InMemory


@dataclass
class Warehouse(InMemory):
    """`ContentStore` in memory; content is a number."""

    faults: Halting
    state: type[ContentState[Known]]
    held: dict[str, str] = field(default_factory=dict)

    async def describe(self, *, source: Mapping[str, str], **_: Any) -> Described:
        number = source["path"].rpartition("-")[2]
        return Described(f"sha256:{number * 64}", 10, name="web", version=f"1.0.{number}")

    async def push(self, *, wanted: Any, **_: Any) -> ContentState[Known]:
        content = wanted.content
        if self.state.kind is Kind.FILE:
            place = f"https://bucket.oss/{content[7:9]}/{wanted.where}"
            outputs: dict[str, Any] = {"url": place, "checksum": "1", "addresses": {}}
        else:
            place = wanted.where
            outputs = {"registry": "r", "reference": place, "digest": content}
            outputs |= {"repository_id": "crr-1", "repository_type": "Private"}
        await self._call("push", lambda: self.held.update({place: content}), place)
        return self.state.made(wanted, **outputs, size_bytes=10, key_expiry="1")

    async def look(self, *, known: Any, **_: Any) -> Seen:
        regions = dict.fromkeys(known.regions, known.content)
        return await self._call("look", lambda: Seen(known.content, regions=regions), known.content)

    async def lies(self, *, place: str, **_: Any) -> str:
        return await self._call("lies", lambda: self.held.get(place, ""), place)

    async def drop(self, *, place: str, **_: Any) -> bool:
        await self._call("drop", lambda: self.held.pop(place, None), place)
        return True

    async def tidy(self, *, places: Sequence[str], **_: Any) -> None:
        await self._call("tidy", lambda: None, repr(places))
