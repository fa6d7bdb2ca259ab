"""Check of every type of resource, in one process of each transport, on an embedded cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from computenest.cloud.settings import Settings
from computenest.kernel.told import Told
from computenest.kernel.urn import NO_ORGANIZATION, parse_urn
from computenest.resources._program.core import Core
from computenest.serve.dynamic.call import HostCall
from computenest.serve.dynamic.status import TOLD
from lifecycle.driver import Screen
from lifecycle.processes import Dynamic, Plugin


@dataclass
class Checks:
    """Each transport's own process; the engine's calls are made as it makes them."""

    settings: Settings

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.plugin = Plugin.on(Core(self.settings, Screen()))
        self.dynamic = Dynamic.on(Core(self.settings, Screen()))

    def close(self) -> None:
        self.plugin.close()
        self.dynamic.close()

    def restart(self) -> None:
        """Another run: new processes, which have seen nothing."""
        self.close()
        self.begin()

    @property
    def host(self) -> Any:
        """What dynamic providers share."""
        return self.dynamic.host

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
            self.plugin.provider.status.told = Told()
            TOLD._first.clear()
        if transport == "plugin":
            return self.plugin.checked(urn, olds, news)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(HostCall, "current", classmethod(lambda cls: cls(urn)))
            owner_id = parse_urn(urn).owner_id(NO_ORGANIZATION)
            return self.dynamic.checked(urn, olds, {"ownerId": owner_id, "logicalName": name, **news})
