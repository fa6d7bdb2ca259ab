"""`Widget` as a subject of the laws that every type obeys, on a cloud in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from computenest.kernel.names import AccountName, Token
from computenest.reconcile.retry import retrying
from computenest.resources.widget.lifecycle import WidgetLifecycle
from computenest.resources.widget.model import Widget, WidgetId
from computenest.resources.widget.use_cases import WidgetUseCases
from lifecycle.case import LifecycleCase
from lifecycle.driver import _no_lease
from lifecycle.faults import Halting, InMemory
from lifecycle.subjects import MemorySubject
from lifecycle.virtual import VirtualClock

_CREATING_S = 60.0


@dataclass
class WidgetCloud(InMemory):
    """`ports.Widgets` in memory, with the cloud's own rules as the facts have them."""

    clock: VirtualClock
    faults: Halting

    def __post_init__(self) -> None:
        self.widgets: dict[WidgetId, Widget] = {}
        self.tokens: dict[Token, WidgetId] = {}
        self.ready_s: dict[WidgetId, float] = {}

    def seen(self, widget_id: WidgetId) -> Widget | None:
        one = self.widgets.get(widget_id)
        if one is not None and self.clock.now_s() >= self.ready_s[widget_id]:
            one = replace(one, status="Available")
        return one

    async def create(self, *, name: str, size: int, tags: Mapping[str, str], token: Token) -> WidgetId:
        def effect() -> WidgetId:
            if token not in self.tokens:
                widget_id = self.tokens[token] = WidgetId(f"widget-{len(self.tokens) + 1}")
                self.widgets[widget_id] = Widget(widget_id, name, "Creating", size, dict(tags))
                self.ready_s[widget_id] = self.clock.now_s() + _CREATING_S
            return self.tokens[token]

        return await self._call("create", effect, token)

    async def find(self, *, tags: Mapping[str, str]) -> tuple[Widget, ...]:
        def effect() -> tuple[Widget, ...]:
            found = (one for widget_id in self.widgets if (one := self.seen(widget_id)))
            return tuple(one for one in found if tags.items() <= one.tags.items())

        return await self._call("find", effect, repr(tags))

    async def get(self, *, widget_id: WidgetId) -> Widget | None:
        return await self._call("get", lambda: self.seen(widget_id), widget_id)

    async def resize(self, *, widget_id: WidgetId, size: int, token: Token) -> None:
        await self._change("resize", widget_id, token, lambda one: replace(one, size=size))

    async def delete(self, *, widget_id: WidgetId, token: Token) -> None:
        await self._call("delete", lambda: self.widgets.pop(widget_id, None), token)

    async def tag(self, *, widget_id: WidgetId, tags: Mapping[str, str]) -> None:
        await self._change("tag", widget_id, repr(tags), lambda one: replace(one, tags={**one.tags, **tags}))

    async def untag(self, *, widget_id: WidgetId, keys: Sequence[str]) -> None:
        def less(one: Widget) -> Widget:
            return replace(one, tags={key: value for key, value in one.tags.items() if key not in keys})

        await self._change("untag", widget_id, repr(keys), less)

    async def _change(self, action: str, widget_id: WidgetId, said: str, change: Callable[[Widget], Widget]) -> None:
        await self._call(action, lambda: self.widgets.update({widget_id: change(self.widgets[widget_id])}), said)


class WidgetSubject(MemorySubject):
    """What the laws ask."""

    type_name, id_key = "Widget", "widgetId"

    def __init__(self) -> None:
        super().__init__()
        self.cloud = WidgetCloud(self.clock, self.faults)

    def lifecycle(self) -> WidgetLifecycle:
        port = retrying(self.cloud, self.retry, self.clock)
        made = WidgetUseCases(port, self.clock, self.screen, _no_lease, 5.0)
        return WidgetLifecycle(self.core(), _use_cases={AccountName(""): made})

    def news(self, number: int) -> dict[str, Any]:
        return {"ownerId": "o-1", "logicalName": "web", "size": number, "tags": {"team": "shop"}, "timeoutS": 100_000}

    def things(self) -> list[str]:
        return [*self.cloud.widgets]

    def leftovers(self) -> list[str]:
        return self.things()


CASES = (LifecycleCase("Widget", WidgetSubject),)
