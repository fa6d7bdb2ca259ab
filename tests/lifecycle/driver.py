"""What the engine does with one resource, without engine and transport: check, diff, then create, update, replace or
nothing.

Its `Runs` outlive the processes that work for it. Each operation runs in a new process (new polls, new caches, empty
memory) that a fault may kill; the state then holds what had been returned until then, and nothing else.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from computenest.kernel.errors import ComputeNestError
from computenest.kernel.identity import mint_owner_id
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Difference, Outcome
from lifecycle.faults import Faults
from unit.bags import UseCases

T = TypeVar("T")
OWNER = mint_owner_id(organization="acme", project="shop", stack="dev", type_token="EcsImagePackage", name="web")
HOME = "cn-hangzhou"


def custom(number: int) -> dict[str, Any]:
    """A custom image, the `number`th edition of it."""
    return {"kind": "custom", "imageId": f"m-bp1gold{number:013}", "region": HOME}


def wish(*regions: str, **inputs: Any) -> dict[str, Any]:
    """What a program asks for."""
    return {
        "ownerId": OWNER,
        "logicalName": "web",
        "name": "web",
        "source": custom(1),
        "regions": list(regions),
        **inputs,
    }


class Killed(Exception):
    """The process died in the middle of an operation."""


class Failed(Exception):
    """The run ended with an error; the state keeps what it had."""


@dataclass
class Screen:
    """`ports.Progress` that remembers."""

    shown: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def show(self, text: str) -> None:
        self.shown.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    @property
    def said(self) -> list[str]:
        """Whatever it was said as."""
        return [*self.shown, *self.warnings]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None


@asynccontextmanager
async def _no_lease(_owner: OwnerId) -> AsyncIterator[None]:
    yield


Bag = Mapping[str, Any]


@dataclass
class Pure:
    """What a type's runs compute without the cloud, on property bags."""

    check: Callable[..., Checked]
    diff: Callable[[Bag, Bag], Difference]
    recorded_in: Callable[[Bag], Any]
    """What inputs say of the generation that a replacement takes over from."""
    inputs_of: Callable[[Bag], dict[str, Any]]
    """What a program would say for a state."""


@dataclass
class Runs(ABC):
    """One resource of a stack: its state, and what a run does with it."""

    inputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    doomed: list[dict[str, Any]] = field(default_factory=list)
    """Replaced, but not deleted yet."""
    screen: Screen = field(default_factory=Screen)
    faults: Faults = field(default_factory=Faults)
    id: str = ""
    pure: ClassVar[Pure]
    keeps_id: ClassVar[bool] = True
    """Whether no update changes it."""

    @abstractmethod
    def process(self) -> UseCases:
        """What a new process works with."""

    @property
    def is_deployed(self) -> bool:
        return bool(self.state)

    async def up(self, news: Mapping[str, Any]) -> str:
        """`pulumi up`; says what was done: create, update, replace or same.

        Raises:
            Failed: also for an incomplete outcome, whose state is kept.
            Killed: a fault killed the process.
        """
        await self._delete_doomed()
        inputs = self.checked(news, recorded=None)
        if not self.is_deployed:
            await self._create(inputs)
            return "create"
        difference = self.pure.diff(self.state, inputs)
        if difference.replaces:
            await self._replace(news)
            return "replace"
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
        self.inputs = self.pure.inputs_of(self.state) if outcome is not None else {}
        return outcome is not None

    async def destroy(self) -> None:
        """`pulumi destroy`."""
        await self._delete_doomed()
        if self.is_deployed:
            known = self.state
            await self._in_process(lambda process: process.delete(known))
            self.inputs, self.state = {}, {}

    def checked(self, news: Mapping[str, Any], *, recorded: Any) -> dict[str, Any]:
        found = self.pure.check(self.inputs, news, recorded=recorded)
        assert not found.failures, found.failures
        return dict(found.inputs)

    async def _replace(self, news: Mapping[str, Any]) -> None:
        """Creates the new one, then deletes the former; a new one that is recorded dooms the former."""
        former, former_inputs = self.state, self.inputs
        self.inputs, self.state = {}, {}
        try:
            await self._create(self.checked(news, recorded=self.pure.recorded_in(former_inputs)))
        finally:
            if self.is_deployed:
                self.doomed.append(former)
            else:
                self.inputs, self.state = former_inputs, former
        await self._delete_doomed()

    async def _delete_doomed(self) -> None:
        while self.doomed:
            known = self.doomed[-1]
            await self._in_process(lambda process: process.delete(known))  # noqa: B023 - awaited before it changes
            self.doomed.pop()

    async def _create(self, inputs: dict[str, Any]) -> None:
        self.id = ""
        await self._keep(inputs, lambda process: process.create(inputs))

    async def _keep(self, inputs: dict[str, Any], work: Callable[[UseCases], Awaitable[Outcome]]) -> None:
        outcome = await self._in_process(work)
        assert outcome.id == self.id_in(outcome.state)
        assert self.id in ("", outcome.id) or not self.keeps_id, "Pulumi's id cannot change in an update"
        self.id, self.inputs, self.state = outcome.id, inputs, dict(outcome.state)
        if not outcome.is_complete:
            raise Failed("; ".join(outcome.reasons))

    @abstractmethod
    def id_in(self, state: Bag) -> str:
        """Pulumi's id, as a state has it."""

    async def _in_process(self, work: Callable[[UseCases], Awaitable[T]]) -> T:
        async def operation() -> T:
            return await work(self.process())

        return await in_process(operation(), self.faults)


async def in_process(operation: Coroutine[Any, Any, T], faults: Faults) -> T:
    """Runs an operation that a fault may kill, with every task that it started."""
    before = asyncio.all_tasks()
    task = asyncio.ensure_future(operation)
    death = asyncio.ensure_future(faults.died.wait())
    try:
        await asyncio.wait({task, death}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Killed(faults.struck)
        return task.result()
    except ComputeNestError as error:
        raise Failed(str(error)) from error
    finally:
        orphans = asyncio.all_tasks() - before
        for orphan in orphans:
            orphan.cancel()
        await asyncio.gather(*orphans, return_exceptions=True)
