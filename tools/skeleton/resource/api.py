"""The cloud's calls about widgets: implements `ports.Widgets`.

The names of the actions are made up: put those of the product in their place, each with its source (docs/cloud).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product
from computenest.cloud.tagging import Tagging
from computenest.cloud.wire import integer, tag_pairs, tags_in, text
from computenest.kernel.names import Token
from computenest.resources.widget.model import Widget, WidgetId

_PRODUCT = Product.COMPUTE_NEST


class CloudWidgets:
    """The widgets of one account."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._tags = Tagging(client, _PRODUCT, "widget")

    async def create(self, *, name: str, size: int, tags: Mapping[str, str], token: Token) -> WidgetId:
        given = {"Name": name, "Size": size, "Tag": tag_pairs(tags), "ClientToken": token}
        answer = await self._client.call(_PRODUCT, "CreateWidget", given)
        return WidgetId(self._client.required(answer, "WidgetId", action="CreateWidget"))

    async def find(self, *, tags: Mapping[str, str]) -> tuple[Widget, ...]:
        found = await self._listed({"Tag": tag_pairs(tags)})
        return tuple(one for one in found if tags.items() <= one.tags.items())

    async def get(self, *, widget_id: WidgetId) -> Widget | None:
        found = await self._listed({"WidgetId": [widget_id]})
        return next((one for one in found if one.widget_id == widget_id), None)

    async def resize(self, *, widget_id: WidgetId, size: int, token: Token) -> None:
        await self._client.call(_PRODUCT, "ModifyWidget", {"WidgetId": widget_id, "Size": size, "ClientToken": token})

    async def delete(self, *, widget_id: WidgetId, token: Token) -> None:
        await self._client.call(_PRODUCT, "DeleteWidget", {"WidgetId": widget_id, "ClientToken": token})

    async def tag(self, *, widget_id: WidgetId, tags: Mapping[str, str]) -> None:
        await self._tags.tag(widget_id, tags)

    async def untag(self, *, widget_id: WidgetId, keys: Sequence[str]) -> None:
        await self._tags.untag(widget_id, keys)

    async def _listed(self, wanted: Mapping[str, Any]) -> list[Widget]:
        rows = await self._client.pages(_PRODUCT, "ListWidgets", wanted, "Widgets")
        return [
            Widget(
                WidgetId(text(row.get("WidgetId"))),
                text(row.get("Name")),
                text(row.get("Status")),
                integer(row.get("Size")),
                tags_in(row.get("Tags")),
            )
            for row in rows
            if text(row.get("WidgetId"))
        ]
