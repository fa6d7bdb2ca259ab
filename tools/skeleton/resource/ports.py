"""What a widget asks of its cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from computenest.kernel.names import Token
from computenest.resources.widget.model import Widget, WidgetId


class Widgets(Protocol):
    """The API, as far as this type needs it. (Give the source of each action.)"""

    async def create(self, *, name: str, size: int, tags: Mapping[str, str], token: Token) -> WidgetId:
        """Makes one; the same token again answers with the same id."""
        ...

    async def find(self, *, tags: Mapping[str, str]) -> tuple[Widget, ...]:
        """All that carry these tags."""
        ...

    async def get(self, *, widget_id: WidgetId) -> Widget | None:
        """None where there is none."""
        ...

    async def resize(self, *, widget_id: WidgetId, size: int, token: Token) -> None:
        """Another size, in place."""
        ...

    async def delete(self, *, widget_id: WidgetId, token: Token) -> None:
        """Already gone is success."""
        ...

    async def tag(self, *, widget_id: WidgetId, tags: Mapping[str, str]) -> None:
        """Sets tags."""
        ...

    async def untag(self, *, widget_id: WidgetId, keys: Sequence[str]) -> None:
        """Takes tags off."""
        ...
