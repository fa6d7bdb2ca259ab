"""Content packages as stacks would have them, without the engine: the embedded cloud behind the real adapters. Two of
one account, behind each transport, show whether they leave each other alone: `during` lets another process act at any
call."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from computenest.cloud.settings import Settings, parse_settings
from computenest.kernel.identity import mint_owner_id
from computenest.resources._packages.content_lifecycle import ContentLifecycle
from computenest.resources._packages.content_model import Kind
from computenest.resources._program.core import Account, Core
from computenest.resources._program.session import Session
from computenest.serve.lifecycles import served
from lifecycle.driver import Screen
from lifecycle.kinds import CONTENTS, LIFECYCLES
from lifecycle.lives import LIVES, AnyLife, Subject
from uploads.sources import layer, write_chart, write_layout

Call = Callable[[str], None]


def _settings() -> Settings:
    """Those of the stacks: the cloud is the one that the environment names."""
    return parse_settings({"computenest:cloud": "local", "computenest:pollIntervalS": "1"}, environ=os.environ)


@dataclass
class Shop:
    """One package of a kind, as a stack would have it; each `process` is a new one with an empty memory."""

    folder: Path
    kind: Kind
    screen: Screen = field(default_factory=Screen)

    def process(self) -> Any:
        return served(LIFECYCLES[self.kind](Core(_settings(), self.screen)))

    def make(self, number: int = 1) -> dict[str, Any]:
        """The number-th content of this kind; what a program would say of it."""
        if self.kind is Kind.IMAGE:
            write_layout(self.folder / "image", [layer(1), layer(number)])
            return {"source": {"kind": "layout", "path": str(self.folder / "image")}}
        if self.kind is Kind.CHART:
            write_chart(self.folder / "chart", greeting=f"hello {number}")
            return {"source": {"kind": "directory", "path": str(self.folder / "chart")}}
        (self.folder / "app.bin").write_bytes(layer(number))
        return {"source": {"kind": "file", "path": str(self.folder / "app.bin")}, "regions": ["cn-beijing"]}

    def wish(self, number: int = 1, **more: Any) -> dict[str, Any]:
        return {
            "ownerId": f"o-{self.folder.name}", "logicalName": self.folder.name.lower(), "timeoutS": 9_999_999,
            **self.make(number), **more,
        }  # fmt: skip


def image_shop(tmp_path: Path, name: str) -> Shop:
    folder = tmp_path / name
    folder.mkdir()
    return Shop(folder, Kind.IMAGE)


def told(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


async def checked(process: Any, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> dict[str, Any]:
    found = await process.check(olds or {}, news)
    assert found.failures == ()
    return dict(found.inputs)


class _WatchedCore(Core):
    """Tells of each call of the cloud's API before it is made; nothing else of this process goes on meanwhile."""

    before: Call | None = None

    def _open(self, session: Session) -> Account:
        def hook(_product: Any, action: str, _region: str) -> None:
            if self.before is not None:
                self.before(action)

        session.client._options = replace(session.client._options, hook=hook)
        return super()._open(session)


@dataclass
class Tenant(Subject):
    """A stack with one package of a kind."""

    kind: Kind
    stack: str
    transport: str
    screen: Screen = field(default_factory=Screen)
    during: Call | None = None

    def __post_init__(self) -> None:
        self.type_name = CONTENTS[self.kind].declared.type_name
        self.life: AnyLife = LIVES[self.transport](self, stack=self.stack)

    @property
    def owner(self) -> str:
        return mint_owner_id(
            organization="organization", project="shop", stack=self.stack, type_token=self.type_name, name="web"
        )

    @property
    def state(self) -> dict[str, Any]:
        return self.life.state

    @property
    def inputs(self) -> dict[str, Any]:
        return self.life.inputs

    def lifecycle(self) -> ContentLifecycle:
        core = _WatchedCore(_settings(), self.screen)
        core.before = self.during
        return LIFECYCLES[self.kind](core)

    def up(self, wish: Mapping[str, Any]) -> str:
        """`pulumi up`; what was done: create, update or same."""
        return self.life.up({"ownerId": self.owner, "logicalName": "web", "timeoutS": 9_999_999, **wish})

    def refresh(self) -> None:
        self.life.refresh()

    def destroy(self) -> None:
        self.life.destroy()

    def is_whole(self) -> bool:
        """Whether a refresh finds everything where it was put."""
        state, inputs = self.state, self.inputs
        self.refresh()
        return self.state.get("status") == state["status"] and all(
            self.state.get(key) == inputs.get(key) for key in ("content", "distribution", "permission")
        )
