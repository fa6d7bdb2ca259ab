"""Where content lies, in memory: a store and its registrations beside the artifacts of `memory`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from computenest.kernel.names import ArtifactId
from computenest.kernel.unknown import Known
from computenest.resources._packages.content_model import Described, Kind, Seen
from computenest.resources._packages.content_package import ContentState
from lifecycle.faults import Halting, InMemory
from lifecycle.memory import MemoryCloud
from lifecycle.virtual import VirtualClock


@dataclass
class Warehouse(InMemory):
    """`ContentStore` and `CloudRepositories` in memory; content is a number."""

    cloud: MemoryCloud
    clock: VirtualClock
    faults: Halting
    state: type[ContentState[Known]]
    held: dict[str, str] = field(default_factory=dict)
    published: set[ArtifactId] = field(default_factory=set)

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

    async def permission(self, *, artifact_id: ArtifactId) -> str:
        return await self._call(
            "permission", lambda: "Public" if artifact_id in self.published else "Automatic", artifact_id
        )

    async def publish(self, *, artifact_id: ArtifactId, **_: Any) -> None:
        await self._call("publish", lambda: self.published.add(artifact_id), artifact_id)
