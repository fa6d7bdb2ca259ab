"""The provider's core of one process, on the one account that a test has: as opened, but for what a test decides."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product
from computenest.cloud.settings import parse_settings
from computenest.cloud.wire import flatten
from computenest.kernel.errors import ComputeNestError
from computenest.kernel.names import AccountName
from computenest.kernel.outcome import Checked
from computenest.kernel.ports import Clock
from computenest.reconcile.retry import Retry
from computenest.resources._packages.check import check
from computenest.resources._program.core import Account, Core, Shared
from computenest.resources._program.session import DEFAULT_ACCOUNT, Session, open_session
from emulator.harness import Cloud
from lifecycle.driver import _no_lease
from lifecycle.faults import Faults

_NOBODY = {
    "COMPUTENEST_ENDPOINT": "127.0.0.1:1", "ALIBABA_CLOUD_ACCESS_KEY_ID": "a", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "b"
}  # fmt: skip
SETTINGS = parse_settings({"computenest:region": "cn-hangzhou"}, environ=_NOBODY)
"""Whoever has no session of its own asks where nobody listens."""


class Unasked:
    """`PackageChecks` of a cloud that is not asked: every region is one, and no name is taken. What an operation finds
    by itself would be found by a check before it."""

    async def check(self, olds: Any, news: Any, *, recorded: Any) -> Checked[Any]:
        return check(olds, news, recorded=recorded)

    async def all_regions(self, regions: Any, *_: Any) -> tuple[Any, tuple[()], tuple[()]]:
        return regions, (), ()

    async def strange_regions(self, checked: Checked, _regions: Any) -> Checked:
        return checked

    async def taken(self, checked: Checked) -> Checked:
        return checked

    async def renamed(self, *_: Any) -> None:
        return None


@cache
def _nobody() -> Session:
    return open_session(SETTINGS)


class _CoreOfOne(Core):
    """Whatever account is named, it is this one."""

    async def account_of(self, name: AccountName) -> Account:
        del name
        return self._accounts[DEFAULT_ACCOUNT]


def core_of(
    progress: Any,
    *,
    session: Session | None = None,
    retry: Retry | None = None,
    tick_s: float = 5.0,
    is_asked: bool = False,
) -> Core:
    """What a new process works with.

    Args:
        session: the account's, in whose time its network answers, too; without one nobody can be asked.
        tick_s: how long polls wait.
        is_asked: whether the checks of packages ask the account's cloud.
    """
    core, retry = _CoreOfOne(SETTINGS, progress), retry or Retry()
    session = session or _nobody()
    checks: Any = None if is_asked else Unasked()
    core._accounts[DEFAULT_ACCOUNT] = Account(
        session, retry, retry, progress, _no_lease, tick_s, Shared(checks=checks), session.clock
    )
    return core


def session_on(cloud: Cloud, account: str, clock: Clock, faults: Faults, *, latency_s: float = 0.0) -> Session:
    """An account's, each call of which may be struck (`lifecycle.faults`), and takes this long.

    While one is under way nothing else happens, over the wire neither: time is moved only when nobody has anything
    left to do.
    """
    session = cloud.session(account)
    client: Client = session.client

    async def call(
        product: Product, action: str, parameters: Mapping[str, object], *, region: str | None = None
    ) -> dict[str, Any]:
        where, query = region or client.region, flatten(parameters)
        said = f"{where}{query}"
        await (clock.sleep(latency_s) if latency_s else asyncio.sleep(0))
        await faults.before(action, said)
        try:
            answer = client._call(product, action, query, where)
        except ComputeNestError:
            await faults.after(action, said)
            raise
        await faults.after(action, said)
        return answer

    client.call = call  # type: ignore[method-assign]
    return replace(session, clock=clock)
