"""What the engine does with a package in direct distribution whose processes go on beside others; of a
`lifecycle.lives.Life` there is one at a time.

A stack outlives the processes that work for it. Each operation runs in a new one (new polls, new caches, empty memory)
that a fault may kill; the state then holds what had been returned until then, and nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from computenest.cloud.caller import CloudCaller
from computenest.kernel.errors import Permanent
from computenest.kernel.names import AccountName, OwnerId
from computenest.kernel.outcome import Outcome
from computenest.reconcile.retry import Retry
from computenest.resources._program.core import Account, Core, Shared
from computenest.resources._program.session import Session
from computenest.resources.ecs_image_package.declaration import MODELS
from computenest.resources.ecs_image_package.direct.packages import DirectPackages
from computenest.resources.ecs_image_package.direct.sites import open_site
from lifecycle.cores import SETTINGS, Unasked
from lifecycle.driver import Failed, Screen, _no_lease, in_process
from lifecycle.faults import Faults
from lifecycle.images import check, diff, inputs_of
from unit.bags import UseCases

T = TypeVar("T")


class CoreOfAccounts(Core):
    """The provider's of one process; others on this machine are not waited for."""

    @classmethod
    def of(cls, screen: Any, sessions: Mapping[str, Session], retry: Retry, tick_s: float) -> CoreOfAccounts:
        """With these accounts, who asks whose they are being told nothing."""
        core, shared = cls(SETTINGS.model_copy(update={"poll_interval_s": tick_s}), screen), Shared(checks=Unasked())
        core.silence = retry.silence
        for name, session in {"": sessions["supplier"], **sessions}.items():  # who names none, or one that is unknown
            here, desk = replace(session, account=AccountName(name), caller=Nobody()), (screen, _no_lease, tick_s)
            core._accounts[here.account] = Account(here, retry, retry, *desk, shared, session.clock)
        return core

    def lease(self, owner_id: OwnerId) -> Any:
        return _no_lease(owner_id)

    def packages(self, account: str = "supplier") -> DirectPackages:
        """Those of images of an account that are copied to the hub."""
        sites = {name: open_site(self._accounts[AccountName(name)], self) for name in (account, "hub")}
        return sites["hub"].packages_from(sites[account], self)


class Nobody(CloudCaller):
    """Whose keys are not told."""

    def __init__(self) -> None:
        """Without a client."""

    async def uid(self) -> str:
        raise Permanent("nobody is asked")


@dataclass
class DirectStack:
    """Its state, and what a run does with it.

    Args:
        sessions: of each account.
    """

    sessions: Mapping[str, Session]
    faults: Faults
    retry: Retry = field(default_factory=lambda: Retry(base_s=0.5, cap_s=4.0))
    interval_s: float = 5.0
    inputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    screen: Screen = field(default_factory=Screen)

    @property
    def core(self) -> CoreOfAccounts:
        """What a new process works with."""
        return CoreOfAccounts.of(self.screen, self.sessions, self.retry, self.interval_s)

    @property
    def is_deployed(self) -> bool:
        return bool(self.state)

    async def up(self, news: Mapping[str, Any]) -> str:
        """`pulumi up`; says what was done: create, update or same.

        Raises:
            Failed: also for an incomplete outcome, whose state is kept.
            Killed: a fault killed the process.
        """
        inputs = self.checked(news)
        if not self.is_deployed:
            await self._keep(inputs, lambda process: process.create(inputs))
            return "create"
        difference = diff(self.state, inputs)
        assert not difference.replaces, difference
        if not difference.changes:
            self.inputs = inputs
            return "same"
        former = self.state
        await self._keep(inputs, lambda process: process.update(inputs, former))
        return "update"

    async def refresh(self) -> None:
        """`pulumi refresh`."""
        outcome = await self._in_process(lambda process: process.read(self.state))
        self.state = {} if outcome is None else dict(outcome.state)
        self.inputs = inputs_of(self.state) if outcome is not None else {}

    async def destroy(self) -> None:
        """`pulumi destroy`."""
        if self.is_deployed:
            known = self.state
            await self._in_process(lambda process: process.delete(known))
            self.inputs, self.state = {}, {}

    def checked(self, news: Mapping[str, Any]) -> dict[str, Any]:
        found = check(self.inputs, news, recorded=None)
        assert not found.failures, found.failures
        return dict(found.inputs)

    async def _keep(self, inputs: dict[str, Any], work: Callable[[UseCases], Awaitable[Outcome]]) -> None:
        former, outcome = self.state, await self._in_process(work)
        assert outcome.id == outcome.state["artifactId"]
        assert not former or outcome.id == former["artifactId"], "Pulumi's id cannot change in an update"
        self.inputs, self.state = inputs, dict(outcome.state)
        if not outcome.is_complete:
            raise Failed("; ".join(outcome.reasons))

    async def _in_process(self, work: Callable[[UseCases], Awaitable[T]]) -> T:
        async def operation() -> T:
            return await work(UseCases(self.core.packages(), MODELS))

        return await in_process(operation(), self.faults)
