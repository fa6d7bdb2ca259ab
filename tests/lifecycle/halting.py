"""Every type of resource behind each transport, with an operation that is halted at one of its calls: people stop the
run, or its deadline passes. Nothing is killed; what the operation answers is what the state holds.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar

from computenest.domain.errors import ComputeNestError, Meaning, Transient
from computenest.engine.retry import Retry
from computenest.ports import Clock
from computenest.transports.dynamic import lifecycles, providers
from computenest.transports.lifecycle import Lifecycle
from computenest.transports.plugin import values
from computenest.transports.plugin.protos import provider_pb2
from computenest.transports.plugin.servicer import Provider
from computenest.transports.plugin.status import EngineStatus
from computenest.transports.sound import Sound
from lifecycle.driver import Failed
from lifecycle.faults import Faults
from lifecycle.transports import AbortedError, Context, Kept

__all__ = ["TRANSPORTS", "Halting", "Life", "Subject"]

T = TypeVar("T")
_NOTHING: Callable[[], None] = lambda: None  # noqa: E731


@dataclass
class Halting(Faults):
    """Something happens at call number `at`, before or after the call's effect, and the operation goes on with it."""

    halt: Callable[[], None] = _NOTHING
    is_after: bool = False
    is_dark: Callable[[], bool] = lambda: False
    """Whether the network is lost: no call gets out then."""

    def aim(self, *, at: int | None, is_after: bool = False) -> None:
        """From the next call on."""
        self.rearm(at=at)
        self.halt, self.is_after = _NOTHING, is_after

    async def before(self, action: str, said: str) -> None:
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
        if self.is_after and self._victim == (action, said):
            await self._happen()

    async def _happen(self) -> None:
        self._victim = None
        self.halt()
        await asyncio.sleep(0)  # where a cancellation arrives


class Subject(ABC):
    """One resource of a type, and the cloud that it is made in."""

    type_name: str
    id_key: str
    faults: Halting
    clock: Clock
    retry: Retry

    @abstractmethod
    def lifecycle(self) -> Lifecycle:
        """What a new process serves."""

    @abstractmethod
    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs an operation, and ends what it left running."""

    @abstractmethod
    def news(self, number: int) -> dict[str, Any]:
        """What a program asks for, first and then."""

    @abstractmethod
    def things(self) -> list[str]:
        """The ids of what there is of ours, in the words of the state."""

    @abstractmethod
    def leftovers(self) -> list[str]:
        """Everything that a destroy has to take away."""

    @abstractmethod
    def pass_time(self) -> None:
        """By the time that this returns every deadline has passed."""

    def close(self) -> None:  # noqa: B027 - nothing is held by most
        """Ends what it holds."""


@dataclass
class Life(ABC):
    """A resource's state, and how the engine calls for it."""

    subject: Subject
    inputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    acts: tuple[str, ...] = ()

    def up(self, number: int) -> None:
        """Raises Failed where the run failed; what was kept is the state."""
        news = self.subject.news(number)
        try:
            self.inputs, self.state = self.operate(news)
        except Kept as kept:
            self.inputs, self.state = dict(kept.state), kept.state  # the engine keeps what it is told
            raise Failed(str(kept)) from kept

    @property
    def id(self) -> str:
        return str(self.state[self.subject.id_key])

    @abstractmethod
    def operate(self, news: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Check, then create or update: (inputs, state)."""

    @abstractmethod
    def refresh(self) -> None: ...

    @abstractmethod
    def destroy(self) -> None: ...


@dataclass
class PluginLife(Life):
    """Through the servicer."""

    acts: tuple[str, ...] = ("cancel", "late")

    def operate(self, news: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        process = self._process()
        check = provider_pb2.CheckRequest(urn=self._urn, olds=values.write(self.inputs), news=values.write(news))

        async def work() -> tuple[dict[str, Any], dict[str, Any]]:
            answer = await process.Check(check, Context())  # type: ignore[arg-type]
            assert not answer.failures, answer.failures
            inputs = answer.inputs
            if not self.state:
                create = provider_pb2.CreateRequest(urn=self._urn, properties=inputs)
                made = (await process.Create(create, Context())).properties  # type: ignore[arg-type]
            else:
                olds = values.write(self.state)
                update = provider_pb2.UpdateRequest(urn=self._urn, id=self.id, olds=olds, news=inputs)
                made = (await process.Update(update, Context())).properties  # type: ignore[arg-type]
            return values.read(inputs).values, values.read(made).values

        return self._called(work())

    def refresh(self) -> None:
        request = provider_pb2.ReadRequest(urn=self._urn, id=self.id, properties=values.write(self.state))
        answer = self._called(self._process().Read(request, Context()))  # type: ignore[arg-type]
        self.state, self.inputs = values.read(answer.properties).values, values.read(answer.inputs).values

    def destroy(self) -> None:
        request = provider_pb2.DeleteRequest(urn=self._urn, id=self.id, properties=values.write(self.state))
        self._called(self._process().Delete(request, Context()))  # type: ignore[arg-type]
        self.inputs, self.state = {}, {}

    @property
    def _urn(self) -> str:
        return f"urn:pulumi:dev::shop::computenest:index:{self.subject.type_name}::web"

    def _process(self) -> Provider:
        made = Provider(EngineStatus(), {})
        lifecycle = Sound(self.subject.lifecycle())
        made._core, made._lifecycles = object(), {lifecycle.shape.type_name: lifecycle}
        if self.subject.faults.halt is _NOTHING:
            self.subject.faults.halt = made._stop_all
        return made

    def _called(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self.subject.run(work)
        except AbortedError as aborted:
            raise Failed(str(aborted)) from aborted


@dataclass
class DynamicLife(Life):
    """Through the dynamic provider's methods. Nobody stops its operations: the stock host answers the engine's
    Cancel by itself, and does nothing."""

    acts: tuple[str, ...] = ("late",)

    def operate(self, news: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        process = self._process()
        checked = process.check(dict(self.inputs), dict(news))
        assert not checked.failures, checked.failures
        inputs = dict(checked.inputs)
        try:
            if self.state:
                made = dict(process.update(self.id, dict(self.state), dict(inputs)).outs or {})
            else:
                made = dict(process.create(dict(inputs)).outs or {})
        except ComputeNestError as error:
            raise Failed(str(error)) from error
        if made.pop("attemptedAt", None) is not None:
            raise Kept(made, str(made.get("reasons") or made.get("reason")))  # as the SDK's class tells the run
        return inputs, made

    def refresh(self) -> None:
        answer = self._process().read(self.id, dict(self.state))
        self.state, self.inputs = dict(answer.outs or {}), dict(getattr(answer, "inputs", None) or {})
        if not answer.id:
            self.state, self.inputs = {}, {}

    def destroy(self) -> None:
        try:
            self._process().delete(self.id, dict(self.state))
        except ComputeNestError as error:
            raise Failed(str(error)) from error
        self.inputs, self.state = {}, {}

    def _process(self) -> providers.Provider:
        name = f"{self.subject.type_name}Provider"
        made: providers.Provider = getattr(lifecycles, name, None) or getattr(providers, name)
        made = made()  # type: ignore[operator]
        lifecycle = Sound(self.subject.lifecycle())
        host: Any = SimpleNamespace(lifecycles={lifecycle.shape.type_name: lifecycle}, run=self.subject.run)
        made._host = lambda: host  # type: ignore[method-assign]
        return made


TRANSPORTS: dict[str, Callable[[Subject], Life]] = {"plugin": PluginLife, "dynamic": DynamicLife}
