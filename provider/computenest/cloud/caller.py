"""Whose keys an account's are: implements `ports.Caller`."""

from __future__ import annotations

from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product

__all__ = ["CloudCaller"]


class CloudCaller:
    """The account behind the keys that are used."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def uid(self) -> str:
        answer = await self._client.call(Product.STS, "GetCallerIdentity", {})
        return self._client.required(answer, "AccountId", action="GetCallerIdentity")
