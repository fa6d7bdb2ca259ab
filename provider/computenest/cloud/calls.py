"""The calls of a type of resource to the cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product
from computenest.kernel.values import Json


class Calls:
    """Of one account."""

    def __init__(self, client: Client) -> None:
        self._client = client


class RegionalCalls(Calls):
    """Those to one product, each of which names the control region (facts §1.0)."""

    product: ClassVar[Product]

    async def _call(self, action: str, parameters: Mapping[str, Json]) -> dict[str, Json]:
        """One call, and its answer."""
        return await self._client.call(self.product, action, self._named(parameters))

    async def _pages(self, action: str, parameters: Mapping[str, Json], rows: str) -> list[dict[str, Json]]:
        """The rows of all pages."""
        return await self._client.pages(self.product, action, self._named(parameters), rows)

    def _named(self, parameters: Mapping[str, Json]) -> dict[str, Json]:
        return {"RegionId": self._client.region, **parameters}
