"""What the engine does with one resource of any type, behind each transport, without the engine: check, diff, then
create, update, replace or nothing. One harness for every law and story of a lifecycle.

Each operation of a `Life` is a process of its own, as in a run: what had not been returned when it ends is forgotten.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Generic, TypeAlias, TypeVar

import grpc.aio

from computenest.kernel.errors import ComputeNestError
from computenest.serve.lifecycles import served
from computenest.serve.plugin import values
from computenest.serve.plugin.protos import provider_pb2, status_pb2
from computenest.serve.plugin.servicer import Provider
from computenest.serve.plugin.status import EngineStatus
from computenest.serve.served import Served
from computenest.transports.dynamic import lifecycles, providers
from lifecycle.driver import Failed

__all__ = [
    "LIVES",
    "AbortedError",
    "AnyLife",
    "Context",
    "DynamicLife",
    "Kept",
    "Life",
    "PluginLife",
    "Subject",
    "in_thread",
    "on_its_own_loop",
]

T = TypeVar("T")
P = TypeVar("P")


class Subject(ABC):
    """One resource of a type, and the cloud that it is made in."""

    type_name: str

    @abstractmethod
    def lifecycle(self) -> Served:
        """What a new process serves."""

    @abstractmethod
    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs an operation, and ends what it left running."""

    def began(self, stop: Callable[[], None]) -> None:
        """A process began whose operations people may stop."""
        del stop

    def close(self) -> None:  # noqa: B027 - nothing is held by most
        """Ends what it holds."""


S = TypeVar("S", bound=Subject)


class Kept(grpc.aio.AbortError):
    """An operation failed, and left this state."""

    def __init__(self, id_: str, state: dict[str, Any], reason: str) -> None:
        super().__init__(reason)
        self.id, self.state = id_, state


class AbortedError(grpc.aio.AbortError):
    """The call ended with an error and no state."""


class Context:
    """A call's context that turns an abort into what the engine makes of it."""

    async def abort(self, _code: Any, details: str = "", trailing_metadata: tuple[Any, ...] = ()) -> None:
        for key, content in trailing_metadata:
            if key == "grpc-status-details-bin":
                status, failed = status_pb2.Status.FromString(content), provider_pb2.ErrorResourceInitFailed()
                assert status.details[0].Unpack(failed)
                assert failed.id
                assert failed.refresh_before_update
                raise Kept(failed.id, values.read(failed.properties).values, "; ".join(failed.reasons))
        raise AbortedError(details)


@dataclass
class Life(ABC, Generic[S, P]):
    """A resource's state, and how the engine calls for it.

    Args:
        subject: the resource, and its cloud.
        stack: the name of its stack.
        name: its logical name.
    """

    subject: S
    stack: str = "dev"
    name: str = "web"
    id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    doomed: list[dict[str, Any]] = field(default_factory=list)
    """Replaced, but not deleted yet."""
    acts: tuple[str, ...] = ()
    """How an operation of this transport may be halted."""

    @property
    def urn(self) -> str:
        return f"urn:pulumi:{self.stack}::shop::computenest:index:{self.subject.type_name}::{self.name}"

    def up(self, news: Mapping[str, Any]) -> str:
        """`pulumi up`; says what was done: create, update, replace or same.

        Raises:
            Failed: also for an incomplete outcome, whose state is kept.
            Killed: a fault killed the process.
        """
        process = self.process()
        self._finish_deletions(process)
        inputs = self.check(process, self.inputs, news)
        if not self.state:
            self._make(process, inputs)
            return "create"
        changes, replaces = self.diff(process, self.state, inputs)
        if replaces:
            self._replace(process, news)
            return "replace"
        if not changes:
            self.inputs = inputs
            return "same"
        former = self.state
        self._keep(inputs, lambda: self.update(process, former, inputs))
        return "update"

    def refresh(self) -> bool:
        """`pulumi refresh`; whether it is still there."""
        found = self.read(self.process(), self.id, self.state)
        self.state, self.inputs = ({}, {}) if found is None else found
        return found is not None

    def destroy(self) -> None:
        """`pulumi destroy`."""
        process = self.process()
        self._finish_deletions(process)
        if self.state:
            self.delete(process, self.state)
            self.inputs, self.state = {}, {}

    def changes(self, news: Mapping[str, Any]) -> list[str]:
        """What a preview would show as changed."""
        inputs = self.check(self.process(), self.inputs, news)
        return sorted(served(self.subject.lifecycle()).diff(self.state, inputs).changes)

    def adopt(self, id_: str) -> bool:
        """`pulumi import`, after the state was lost; whether there is such a thing."""
        found = self.read(self.process(), id_, {})
        self.id = id_
        self.state, self.inputs = ({}, {}) if found is None else found
        return found is not None

    def forget(self) -> None:
        """The state is lost, or was never written: what a crash during the first create leaves."""
        self.inputs, self.state = {}, {}

    def _replace(self, process: P, news: Mapping[str, Any]) -> None:
        """Creates the new one, then deletes the former; a new one that is recorded dooms the former."""
        former, before, id_ = self.state, self.inputs, self.id
        self.inputs, self.state = {}, {}
        try:
            self._make(process, self.check(process, {}, news))
        finally:
            if self.state:
                self.doomed.append(former)
            else:
                self.inputs, self.state, self.id = before, former, id_
        self._finish_deletions(process)

    def _finish_deletions(self, process: P) -> None:
        while self.doomed:
            self.delete(process, self.doomed[-1])
            self.doomed.pop()

    def _make(self, process: P, inputs: dict[str, Any]) -> None:
        def work() -> dict[str, Any]:
            self.id, state = self.create(process, inputs)
            return state

        self._keep(inputs, work)

    def _keep(self, inputs: dict[str, Any], work: Callable[[], dict[str, Any]]) -> None:
        try:
            self.state = work()
            self.inputs = inputs
        except Kept as kept:
            self.id, self.inputs, self.state = kept.id, inputs, kept.state
            raise Failed(str(kept)) from kept

    @abstractmethod
    def process(self) -> P:
        """A new process, with nothing in its memory."""

    @abstractmethod
    def check(self, process: P, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]: ...
    @abstractmethod
    def diff(self, process: P, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[bool, list[str]]: ...
    @abstractmethod
    def create(self, process: P, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]: ...
    @abstractmethod
    def update(self, process: P, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]: ...
    @abstractmethod
    def read(self, process: P, id_: str, known: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None: ...
    @abstractmethod
    def delete(self, process: P, known: Mapping[str, Any]) -> None: ...


@dataclass
class PluginLife(Life[S, Provider]):
    """Through the servicer: every value goes over the wire's messages."""

    acts: tuple[str, ...] = ("cancel", "late")

    def process(self) -> Provider:
        made = Provider(EngineStatus(), {})
        made._core, made._lifecycles = object(), {self.subject.type_name: served(self.subject.lifecycle())}
        self.subject.began(made._stop_all)
        return made

    def check(self, process: Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        request = provider_pb2.CheckRequest(urn=self.urn, olds=values.write(olds), news=values.write(news))
        answer = self.call(process.Check(request, Context()))  # type: ignore[arg-type]
        if answer.failures:
            raise Failed("; ".join(failure.reason for failure in answer.failures))
        return values.read(answer.inputs).values

    def diff(self, process: Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[bool, list[str]]:
        request = provider_pb2.DiffRequest(urn=self.urn, id=self.id, olds=values.write(olds), news=values.write(news))
        answer = self.call(process.Diff(request, Context()))  # type: ignore[arg-type]
        return answer.changes == provider_pb2.DiffResponse.DIFF_SOME, list(answer.replaces)

    def create(self, process: Provider, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        self.preview(process, {}, inputs)
        request = provider_pb2.CreateRequest(urn=self.urn, properties=values.write(inputs))
        answer = self.call(process.Create(request, Context()))  # type: ignore[arg-type]
        return answer.id, values.read(answer.properties).values

    def update(self, process: Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        self.preview(process, olds, news)
        request = provider_pb2.UpdateRequest(urn=self.urn, id=self.id, olds=values.write(olds), news=values.write(news))
        return values.read(self.call(process.Update(request, Context())).properties).values  # type: ignore[arg-type]

    def preview(self, process: Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """What the engine is told of an operation before it runs."""
        after = values.write(news)
        if not olds:
            create = provider_pb2.CreateRequest(urn=self.urn, properties=after, preview=True)
            return values.read(self.call(process.Create(create, Context())).properties).values  # type: ignore[arg-type]
        before = values.write(olds)
        update = provider_pb2.UpdateRequest(urn=self.urn, id=self.id, olds=before, news=after, preview=True)
        return values.read(self.call(process.Update(update, Context())).properties).values  # type: ignore[arg-type]

    def read(
        self, process: Provider, id_: str, known: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]] | None:
        request = provider_pb2.ReadRequest(urn=self.urn, id=id_, properties=values.write(known))
        answer = self.call(process.Read(request, Context()))  # type: ignore[arg-type]
        return (values.read(answer.properties).values, values.read(answer.inputs).values) if answer.id else None

    def delete(self, process: Provider, known: Mapping[str, Any]) -> None:
        request = provider_pb2.DeleteRequest(urn=self.urn, id=self.id, properties=values.write(known))
        self.call(process.Delete(request, Context()))  # type: ignore[arg-type]

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self.subject.run(work)
        except AbortedError as aborted:
            raise Failed(str(aborted)) from aborted


@dataclass
class DynamicLife(Life[S, providers.Provider]):
    """Through the dynamic provider's methods, as the stock host calls them. Nobody stops its operations: the host
    answers the engine's Cancel by itself, and does nothing."""

    acts: tuple[str, ...] = ("late",)

    def process(self) -> providers.Provider:
        type_name = self.subject.type_name
        kind = getattr(lifecycles, f"{type_name}Provider", None) or getattr(providers, f"{type_name}Provider")
        made: providers.Provider = kind()
        host: Any = SimpleNamespace(lifecycles={type_name: served(self.subject.lifecycle())}, run=self.subject.run)
        made._host = lambda: host  # type: ignore[method-assign]
        return made

    def check(self, process: providers.Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        answer = process.check(dict(olds), dict(news))
        if answer.failures:
            raise Failed("; ".join(failure.reason for failure in answer.failures))
        return dict(answer.inputs)

    def diff(
        self, process: providers.Provider, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> tuple[bool, list[str]]:
        answer = process.diff(self.id, dict(olds), dict(news))
        return bool(answer.changes), list(answer.replaces or ())

    def create(self, process: providers.Provider, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        answer = self.asked(lambda: process.create(dict(inputs)))
        return answer.id, self.gated(answer.id, answer.outs)

    def update(self, process: providers.Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        return self.gated(self.id, self.asked(lambda: process.update(self.id, dict(olds), dict(news))).outs)

    def read(
        self, process: providers.Provider, id_: str, known: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]] | None:
        answer = self.asked(lambda: process.read(id_, dict(known)))
        return (dict(answer.outs or {}), dict(getattr(answer, "inputs", None) or {})) if answer.id else None

    def delete(self, process: providers.Provider, known: Mapping[str, Any]) -> None:
        self.asked(lambda: process.delete(self.id, dict(known)))

    @staticmethod
    def asked(work: Callable[[], T]) -> T:
        try:
            return work()
        except ComputeNestError as error:
            raise Failed(str(error)) from error

    @staticmethod
    def gated(id_: str, outs: Mapping[str, Any] | None) -> dict[str, Any]:
        """What the SDK's class makes of an incomplete state: it is kept, and the run fails."""
        state = dict(outs or {})
        if state.pop("attemptedAt", None) is None:
            return state
        reasons = state.get("reasons")
        why = [f"{key}: {why}" if key else str(why) for key, why in sorted(reasons.items())] if reasons else []
        raise Kept(id_, state, "; ".join(why) or str(state.get("reason")))


AnyLife: TypeAlias = "Life[Any, Any]"
LIVES: Mapping[str, type[AnyLife]] = {"plugin": PluginLife, "dynamic": DynamicLife}


def in_thread(work: Callable[[], T]) -> T:
    """On a thread of its own, for a loop of its own: as in the dynamic host, and whatever else goes on in this one."""
    found: list[T] = []
    failed: list[BaseException] = []

    def target() -> None:
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
            failed.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


def on_its_own_loop(work: Coroutine[Any, Any, T]) -> T:
    return in_thread(lambda: asyncio.run(work))
