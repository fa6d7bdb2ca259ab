"""Where content lies, in memory: a store and its registrations beside the artifacts of `memory`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from computenest.kernel.names import ArtifactId
from computenest.resources._packages.content_model import Described, Placed, Seen
from computenest.resources._packages.model import ArtifactSummary
from lifecycle.faults import Halting
from lifecycle.memory import MemoryCloud
from lifecycle.virtual import VirtualClock

__all__ = ["Warehouse"]

T = TypeVar("T")


@dataclass
class Warehouse:
    """`ports.ContentStore` and `ports.Registrations` in memory; content is a number."""

    cloud: MemoryCloud
    clock: VirtualClock
    faults: Halting
    is_of_files: bool
    held: dict[str, str] = field(default_factory=dict)
    published: set[ArtifactId] = field(default_factory=set)

    async def describe(self, *, source: Mapping[str, str], **_: Any) -> Described:
        number = source["path"].rpartition("-")[2]
        return Described(f"sha256:{number * 64}", 10, name="web", version=f"1.0.{number}")

    async def push(self, *, inputs: Mapping[str, Any], **_: Any) -> Placed:
        content = str(inputs["content"])
        if self.is_of_files:
            place = f"https://bucket.oss/{content[7:9]}/{inputs['fileName']}"
            outputs = {"url": place, "checksum": "1", "sizeBytes": 10, "keyExpiry": "1", "addresses": {}}
        else:
            place = f"{inputs['repository']}:{inputs['tag']}"
            outputs = {"registry": "r", "reference": place, "digest": content, "sizeBytes": 10, "keyExpiry": "1"}
            outputs |= {"repositoryId": "crr-1", "repositoryType": "Private"}
        await self._call("push", lambda: self.held.update({place: content}), place)
        return Placed(place, outputs)

    async def look(self, *, known: Mapping[str, Any], **_: Any) -> Seen:
        content = str(known["content"])
        regions = dict.fromkeys(known.get("distribution") or {}, content)
        return await self._call("look", lambda: Seen(content, regions=regions), content)

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

    async def of_kind(self, **_: Any) -> tuple[ArtifactSummary, ...]:
        return await self._call("of_kind", lambda: tuple(self.cloud._listed()), "")

    async def _call(self, action: str, effect: Callable[[], T], said: str) -> T:
        await asyncio.sleep(0)
        await self.faults.before(action, said)
        answer = effect()
        await self.faults.after(action, said)
        return answer
