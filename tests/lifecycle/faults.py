"""Where an operation is struck down: one API call of it, before or after the call's effect.

A crash is the death of the process: the call never returns, nothing after it happens, and what had not been returned
is forgotten. A lost answer is a timeout after the effect; it strikes every attempt at that same call, so that the
retry budget runs out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from computenest.kernel.errors import Meaning, Transient

T = TypeVar("T")
_NOTHING: Callable[[], None] = lambda: None  # noqa: E731


class Blow(Enum):
    """How a call is struck."""

    CRASH_BEFORE = "crash before the effect"
    CRASH_AFTER = "crash after the effect"
    LOST_ANSWER = "timeout after the effect, for as long as it is tried"
    LOST_REQUEST = "timeout before the effect, for as long as it is tried"


@dataclass
class Faults:
    """Strikes call number `at` (from 0) with `blow`; counts the calls either way."""

    at: int | None = None
    blow: Blow = Blow.CRASH_BEFORE
    count: int = 0
    struck: str = ""
    """The action that was struck, "" for none."""
    trace: list[str] = field(default_factory=list)
    watcher: Callable[[str], None] | None = None
    """Sees every action before its effect: for tests that change the world at a moment of their own."""
    most_strikes: int | None = None
    """How often one call is struck: None for as long as nothing else is asked, which polls may make very long."""
    _strikes: int = 0
    _died: asyncio.Event | None = None
    _victim: tuple[str, str] | None = None

    @property
    def died(self) -> asyncio.Event:
        """Set when the process is dead."""
        if self._died is None:
            self._died = asyncio.Event()
        return self._died

    def rearm(self, *, at: int | None, blow: Blow = Blow.CRASH_BEFORE) -> None:
        """From the next call on: a new process, with its own fate."""
        self.at, self.blow, self.count, self.struck = at, blow, 0, ""
        self._died, self._victim, self._strikes = None, None, 0
        self.trace.clear()

    async def before(self, action: str, said: str) -> None:
        if self.watcher is not None:
            self.watcher(action)
        if self._died is not None and self._died.is_set():
            await asyncio.Event().wait()  # the dead make no calls
        if self._victim is not None and (self._victim != (action, said) or self._strikes == self.most_strikes):
            self._victim = None
        if self.count == self.at:
            self.struck, self._victim = action, (action, said)
        self.count += 1
        self.trace.append(action)
        self._strikes += self._victim is not None
        if self._victim is not None and self.blow is Blow.CRASH_BEFORE:
            await self._die()
        if self._victim is not None and self.blow is Blow.LOST_REQUEST:
            raise Transient(f"{action}: no connection")

    async def after(self, action: str, said: str) -> None:
        if self._victim != (action, said):
            return
        if self.blow is Blow.CRASH_AFTER:
            await self._die()
        if self.blow is Blow.LOST_ANSWER:
            raise Transient(f"{action}: no answer came in time", effect_unknown=True)

    async def _die(self) -> None:
        self.died.set()
        await asyncio.Event().wait()


@dataclass
class Halting(Faults):
    """Besides: something happens at call number `at`, before or after the call's effect, and the operation goes on with
    it: people stop the run, its deadline passes, the network is lost."""

    halt: Callable[[], None] = _NOTHING
    is_halting: bool = True
    is_after: bool = False
    is_dark: Callable[[], bool] = lambda: False
    """Whether the network is lost: no call gets out then."""

    def aim(self, *, at: int | None, is_after: bool = False) -> None:
        """From the next call on: a halt, not a blow."""
        super().rearm(at=at)
        self.halt, self.is_halting, self.is_after = _NOTHING, True, is_after

    def rearm(self, *, at: int | None, blow: Blow = Blow.CRASH_BEFORE) -> None:
        super().rearm(at=at, blow=blow)
        self.is_halting = False

    @property
    def is_idle(self) -> bool:
        """Whether nobody has said yet what happens."""
        return self.halt is _NOTHING

    async def before(self, action: str, said: str) -> None:
        if not self.is_halting:
            await super().before(action, said)
            return
        if self.count == self.at:
            self.struck, self._victim = action, (action, said)
        is_now = self.count == self.at and not self.is_after
        self.count += 1
        self.trace.append(action)
        if is_now:
            await self._happen()
        if self.is_dark():
            raise Transient(f"cannot reach the cloud for {action}", meaning=Meaning.UNREACHABLE)

    async def after(self, action: str, said: str) -> None:
        if not self.is_halting:
            await super().after(action, said)
        elif self.is_after and self._victim == (action, said):
            await self._happen()

    async def _happen(self) -> None:
        self._victim = None
        self.halt()
        await asyncio.sleep(0)  # where a cancellation arrives


class InMemory:
    """A port in memory, each call of which may be struck."""

    faults: Faults

    async def _call(self, action: str, effect: Callable[[], T], said: str) -> T:
        await asyncio.sleep(0)
        await self.faults.before(action, said)
        answer = effect()
        await self.faults.after(action, said)
        return answer
