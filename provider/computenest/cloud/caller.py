"""Whose keys an account's are."""

from __future__ import annotations

from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product


class CloudCaller:
    """The account behind the keys that are used."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def uid(self) -> str:
        """STS GetCallerIdentity: that account's id. It needs no permission."""
        answer = await self._client.call(Product.STS, "GetCallerIdentity", {})
        return self._client.required(answer, "AccountId", action="GetCallerIdentity")
