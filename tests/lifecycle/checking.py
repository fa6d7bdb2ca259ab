"""Check of every type of resource, in one process of each transport, on an embedded cloud."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from computenest.kernel.told import Told
from computenest.kernel.urn import NO_ORGANIZATION, parse_urn
from computenest.resources._program.core import Core
from computenest.serve.dynamic.call import HostCall
from computenest.serve.dynamic.status import TOLD, row_of_request
from computenest.serve.lifecycles import lifecycles
from emulator.in_process import InProcess
from lifecycle.driver import Screen
from lifecycle.embedded_subjects import core_inside
from lifecycle.processes import Dynamic, Plugin, Run, Transport
from lifecycle.virtual import VirtualClock, run


@dataclass
class Checks:
    """Each transport's own process; the engine's calls are made as it makes them.

    Args:
        open_core: what a new process works with.
        run: runs what it does.
    """

    open_core: Callable[[], Core]
    run: Run

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another run: new processes, which have seen nothing."""
        self.plugin = Plugin(lifecycles(self.open_core()), self.run)
        self.dynamic = Dynamic(lifecycles(self.open_core()), self.run)

    @property
    def host(self) -> Any:
        """What dynamic providers share."""
        return self.dynamic.host

    def of(self, transport: str) -> Transport:
        return self.plugin if transport == "plugin" else self.dynamic

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
        urn = urn_of(type_name, name)
        if is_new_run:  # a run tells one fault once, and each check stands for a run mostly
            self.plugin.provider.status.told = Told()
            TOLD._first.clear()
        if transport == "plugin":
            return self.plugin.checked(urn, olds, news)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(HostCall, "current", classmethod(lambda cls: cls(urn)))
            owner_id = parse_urn(urn).owner_id(NO_ORGANIZATION)
            with row_of_request():
                return self.dynamic.checked(urn, olds, {"ownerId": owner_id, "logicalName": name, **news})


def urn_of(type_name: str, name: str = "it") -> str:
    return f"urn:pulumi:dev::shop::computenest:index:{type_name}::{name}"


@contextmanager
def checks_on(open_core: Callable[[], Core]) -> Iterator[Checks]:
    """On a loop in the machine's time: over the wire."""
    with asyncio.Runner() as runner:
        yield Checks(open_core, runner.run)


def checks_inside(cloud: InProcess) -> Checks:
    clock = VirtualClock(cloud.advance, now_s=cloud.now_s)
    return Checks(lambda: core_inside(cloud, clock, Screen()), partial(run, clock))
