"""What the engine does with one package of images whose processes go on beside others: `lifecycle.lives.Life` has one
at a time.

A stack outlives the processes that work for it. Each operation runs in a new one (new polls, new caches, empty memory)
that a fault may kill; the state then holds what had been returned until then, and nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from computenest.kernel.outcome import Outcome
from computenest.kernel.ports import Clock
from lifecycle.driver import Failed, Screen, in_process
from lifecycle.faults import Faults
from lifecycle.images import check, diff, inputs_of, on_bags

T = TypeVar("T")


@dataclass
class Stack(ABC):
    """One package of a stack: its state, and what a run does with it."""

    clock: Clock
    inputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    screen: Screen = field(default_factory=Screen)
    faults: Faults = field(default_factory=Faults)
    interval_s: float = 5.0

    @abstractmethod
    def packages(self) -> Any:
        """The use cases of a new process."""

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

    async def refresh(self) -> bool:
        """`pulumi refresh`; whether it is still there."""
        outcome = await self._in_process(lambda process: process.read(self.state))
        self.state = {} if outcome is None else dict(outcome.state)
        self.inputs = inputs_of(self.state) if outcome is not None else {}
        return outcome is not None

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

    async def _keep(self, inputs: dict[str, Any], work: Callable[[on_bags], Awaitable[Outcome]]) -> None:
        outcome = await self._in_process(work)
        assert outcome.id == outcome.state["artifactId"]
        self.inputs, self.state = inputs, dict(outcome.state)
        if not outcome.is_complete:
            raise Failed("; ".join(outcome.reasons))

    async def _in_process(self, work: Callable[[on_bags], Awaitable[T]]) -> T:
        async def operation() -> T:
            return await work(on_bags(self.packages()))

        return await in_process(operation(), self.faults)
