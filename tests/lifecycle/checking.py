"""Check of every type of resource, in one process of each transport, on an embedded cloud."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.settings import Settings, parse_settings
from computenest.kernel.told import Told
from computenest.kernel.urn import NO_ORGANIZATION, parse_urn
from computenest.resources._program.core import Core
from computenest.serve.dynamic.call import HostCall
from computenest.serve.dynamic.host import Host
from computenest.serve.dynamic.serving import Serving
from computenest.serve.dynamic.status import TOLD
from computenest.serve.plugin import values
from computenest.serve.plugin.protos import provider_pb2
from computenest.serve.plugin.servicer import Provider
from computenest.serve.plugin.status import EngineStatus
from lifecycle.wares import Screen
from stack.cloud import Cloud

__all__ = ["Checks", "open_checks"]


@dataclass
class Checks:
    """Each transport's own process; the engine's calls are made as it makes them."""

    settings: Settings
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    core: Core = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another run: new processes, which have seen nothing."""
        self.core = Core(self.settings, Screen())
        self.host = Host(self.core)
        self.plugin = Provider(EngineStatus(), {})
        self.plugin._serve(self.settings)

    def check(
        self,
        transport: str,
        type_name: str,
        news: Mapping[str, Any],
        *,
        olds: Mapping[str, Any],
        name: str = "it",
        is_new_run: bool = True,
    ) -> tuple[Mapping[str, Any], list[str]]:
        """Checked inputs, and what is wrong, in the words that people read."""
        urn = f"urn:pulumi:dev::shop::computenest:index:{type_name}::{name}"
        if is_new_run:  # a run tells one fault once, and each check stands for a run mostly
            self.plugin.status.told = Told()
            TOLD._first.clear()
        if transport == "plugin":
            request = provider_pb2.CheckRequest(urn=urn, news=values.write(news), olds=values.write(olds))
            answer = self.loop.run_until_complete(self.plugin.Check(request, _Nobody()))
            return values.read(answer.inputs).values, [one.reason for one in answer.failures]
        owner_id = parse_urn(urn).owner_id(NO_ORGANIZATION)
        given = {"ownerId": owner_id, "logicalName": name, **news}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(HostCall, "current", classmethod(lambda cls: cls(urn)))
            found = Serving(type_name, lambda: self.host).check({**olds}, given)
        return found.inputs, [one.reason for one in found.failures or ()]


class _Nobody:
    """A call's context that nothing is asked of."""


@contextmanager
def open_checks(folder: Path) -> Iterator[Checks]:
    cloud = Cloud.start(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMPUTENEST_CLOUD_DIR", str(cloud.folder))
        settings = parse_settings({"computenest:cloud": "local"}, environ=os.environ)
        yield Checks(settings)
    cloud.stop()
