"""All parts of one cloud, handed to whoever needs them. Built once at start; there are no globals.

`catch_up` brings the cloud to the clock's present before each request: see timeline.py.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from computenest_cloud.calls import CallLog, CallRecord
from computenest_cloud.clock import Clock
from computenest_cloud.errors import ControlError
from computenest_cloud.faults import Effect, Faults, Kind, Occasion
from computenest_cloud.ids import Mint
from computenest_cloud.rules import Rules
from computenest_cloud.store.database import Store
from computenest_cloud.store.records import Account
from computenest_cloud.timeline import Timeline
from computenest_cloud.wire.params import Params

Errand = Callable[[], Awaitable[Callable[[], None]]]
"""Something that takes real time and the cloud's time waits for; what it gives happens at the moment it was sent at."""
LOG = logging.getLogger("computenest_cloud")
ACCOUNT_NAMES = ("supplier", "hub", "customer", "stranger")


@dataclass
class Guard:
    """Keeps a fault of the cloud's own to whatever met it: that is undone, the next thing happens all the same.

    `save` and `undo` are the cloud's; `failures` counts, and aims at none.
    """

    save: Callable[[], None] = field(default=lambda: None)
    undo: Callable[[], None] = field(default=lambda: None)
    failures: int = 0

    def run(self, happen: Callable[[], None]) -> None:
        """Something that becomes due, all of it or nothing."""
        try:
            happen()
            self.save()
        except Exception as failure:  # noqa: BLE001 - an outermost frame: nobody else is there to hear of it
            self.failed(failure)

    def failed(self, failure: Exception) -> None:
        """Undoes what was not saved, and keeps the details in the server's log."""
        self.failures += 1
        LOG.error("a fault of the embedded cloud", exc_info=failure)
        self.undo()


@dataclass
class World:
    store: Store
    clock: Clock
    mint: Mint
    rules: Rules
    faults: Faults
    calls: CallLog
    timeline: Timeline
    guard: "Guard"
    is_there: Callable[[str], bool] = lambda _: False
    """Whether an object that some service made is still there."""
    now: float = field(default=0.0)
    errands: list[Errand] = field(default_factory=list)
    can_wait: bool = False  # whether somebody settles errands: a server does, a cloud inside a program does not
    _waiting: asyncio.Lock = field(default_factory=asyncio.Lock)

    def catch_up(self) -> None:
        """Everything that has become due, up to the first errand: nothing happens before that is done."""
        if not self._waiting.locked():
            self._happen()

    def _happen(self) -> None:
        present = self.clock.now()
        due = self.timeline.next_due()
        while due is not None and due <= present and not self.errands:
            self.now, happen = self.timeline.pop()
            failures = self.guard.failures
            self.guard.run(happen)
            if self.guard.failures != failures:
                self.errands.clear()
            due = self.timeline.next_due()
        if not self.errands:
            self.now = present

    async def settle(self) -> None:
        """Catches up, errands included: what a request that may wait calls before it is answered."""
        async with self._waiting:
            self._happen()
            while self.errands:
                # What was advanced in one step is not over yet for whoever is sent in the middle of it: keys are good.
                self.clock.behind_s = self.clock.advanced_since(self.now)
                outcomes = await asyncio.gather(*map(self._run, self.errands))
                self.clock.behind_s = 0.0
                for happen in outcomes:
                    self.guard.run(happen)
                self.errands.clear()
                self._happen()

    async def _run(self, errand: Errand) -> Callable[[], None]:
        try:
            return await errand()
        except Exception as failure:  # noqa: BLE001 - an outermost frame, as in Guard
            self.guard.failed(failure)
            return lambda: None

    def account(self, name: str) -> Account:
        found = self.store.accounts.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def named_account(self, name: str) -> Account:
        """One that the control plane is told the name of."""
        found = self.store.accounts.get(name)
        if found is None:
            known = ", ".join(sorted(account.name for account in self.store.accounts))
            raise ControlError(400, f"there is no account {name!r}; there are {known}", at="account")
        return found

    def account_name(self, uid: str) -> str:
        return next((account.name for account in self.store.accounts if account.uid == uid), uid)

    def log_internal(self, action: str, region: str, result: str) -> None:
        """A call that Compute Nest makes itself in the hub account."""
        self.calls.add(CallRecord("ecs", action, "hub", region, self.now, result, is_internal=True))


@dataclass(frozen=True)
class Call:
    """One verified request, as the services see it."""

    world: World
    service: str
    action: str
    account: Account
    params: Params
    host: str = ""  # that the client asked
    mismatch: str = "IdempotentParameterMismatch"  # the code of a ClientToken with other parameters. fact: wire-021

    def fault(self, kind: Kind, *regions: str) -> Effect | None:
        occasion = Occasion(self.service, (self.action,), self.account.name, regions)
        return self.world.faults.take(occasion, frozenset({kind}))

    def take_lag_s(self) -> float:
        """How far behind this list call's answer is (fault `list_lag`); asked once a call, because rules count."""
        effect = self.fault("list_lag", self.params.text("RegionId"))
        return 0.0 if effect is None else effect.seconds


@dataclass(frozen=True)
class Answer:
    body: Mapping[str, Any]
    object_id: str = ""  # what a replay of this answer is about (ClientToken)


Handler = Callable[[Call], Answer]
