"""One content package as a stack would have it, without the engine: the embedded cloud behind the real adapters."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from computenest.cloud.settings import parse_settings
from computenest.resources._packages.content_model import Kind
from computenest.resources._program.core import Core
from computenest.serve.lifecycles import served
from lifecycle.driver import Screen
from lifecycle.kinds import LIFECYCLES
from uploads.sources import layer, write_chart, write_layout


@dataclass
class Shop:
    """One package of a kind, as a stack would have it; each `process` is a new one with an empty memory."""

    folder: Path
    kind: Kind
    screen: Screen = field(default_factory=Screen)

    def process(self) -> Any:
        settings = parse_settings({"computenest:cloud": "local", "computenest:pollIntervalS": "1"}, environ=os.environ)
        return served(LIFECYCLES[self.kind](Core(settings, self.screen)))

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
