"""Tags of Compute Nest's objects: TagResources and UnTagResources, which its two APIs have alike (facts §1.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product
from computenest.cloud.wire import tag_pairs

_PER_CALL = 20  # tag services accept 20 in one call


@dataclass(frozen=True, slots=True)
class Tagging:
    """Tags of objects of one type (`artifact`, `service`, `serviceinstance`) in one account."""

    client: Client
    product: Product
    resource_type: str

    async def tag(self, resource_id: str, tags: Mapping[str, str]) -> None:
        """Sets tags, in as many calls as it takes."""
        await self._change("TagResources", resource_id, "Tag", tag_pairs(tags))

    async def untag(self, resource_id: str, keys: Sequence[str]) -> None:
        """Takes tags off, in as many calls as it takes."""
        await self._change("UnTagResources", resource_id, "TagKey", sorted(set(keys)))

    async def _change(self, action: str, resource_id: str, key: str, changes: Sequence[Any]) -> None:
        # fact §1.8: of the calls about artifacts only those about tags name the control region.
        named = {"RegionId": self.client.region, "ResourceType": self.resource_type, "ResourceId": [resource_id]}
        for start in range(0, len(changes), _PER_CALL):
            await self.client.call(self.product, action, {**named, key: changes[start : start + _PER_CALL]})
