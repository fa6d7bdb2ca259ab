"""A provider's process for one command of the engine's, behind each transport: plain values in, plain values out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import grpc.aio

from computenest.kernel.errors import ComputeNestError
from computenest.serve.dynamic.status import TOLD
from computenest.serve.dynamic.values import from_engine, to_engine
from computenest.serve.plugin import values
from computenest.serve.plugin.protos import provider_pb2, status_pb2
from computenest.serve.plugin.servicer import Provider
from computenest.serve.plugin.status import EngineStatus
from computenest.serve.served import Served
from computenest.transports.dynamic import lifecycles, providers
from lifecycle.driver import Failed

Values = Mapping[str, Any]
Run = Callable[[Any], Any]
"""Runs a coroutine, and ends what it left running."""


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
class Resource:
    """A line of the state."""

    urn: str
    id: str
    inputs: Values
    outputs: Values


@dataclass(frozen=True)
class Diff:
    has_changes: bool
    replaces: tuple[str, ...]
    detail: Values | None = None


class Transport(ABC):
    """The provider's process for one command. Its operations raise Failed, or Kept where they leave a state."""

    previews: ClassVar[bool]
    acts: ClassVar[tuple[str, ...]]
    """How an operation may be halted."""
    stop: Callable[[], None] | None = None
    """What people's Ctrl-C comes to."""

    @abstractmethod
    def __init__(self, lifecycles: Mapping[str, Served], run: Run) -> None:
        """A new one, which serves these types."""

    def check(self, urn: str, olds: Values, news: Values) -> dict[str, Any]:
        inputs, reasons = self.checked(urn, olds, news)
        if reasons:
            raise Failed("; ".join(reasons))
        return inputs

    @abstractmethod
    def checked(self, urn: str, olds: Values, news: Values) -> tuple[dict[str, Any], list[str]]:
        """Checked inputs, and what is wrong with them, in the words that people read."""

    @abstractmethod
    def diff(self, one: Resource, news: Values) -> Diff: ...
    @abstractmethod
    def create(self, urn: str, inputs: Values, *, preview: bool = False) -> tuple[str, dict[str, Any]]: ...
    @abstractmethod
    def update(self, one: Resource, inputs: Values, *, preview: bool = False) -> dict[str, Any]: ...
    @abstractmethod
    def read(self, urn: str, id_: str, known: Values) -> tuple[dict[str, Any], dict[str, Any]] | None: ...
    @abstractmethod
    def delete(self, one: Resource) -> None: ...


class Plugin(Transport):
    """The servicer: every value goes over the wire's messages."""

    previews, acts = True, ("cancel", "late")

    def __init__(self, lifecycles: Mapping[str, Served], run: Run) -> None:
        self.provider, self._run = Provider(EngineStatus(), {}), run
        self.provider._core, self.provider._lifecycles = object(), lifecycles
        self.stop = self.provider._stop_all

    def checked(self, urn: str, olds: Values, news: Values) -> tuple[dict[str, Any], list[str]]:
        request = provider_pb2.CheckRequest(urn=urn, olds=values.write(olds), news=values.write(news))
        answer = self._call(self.provider.Check, request)
        return values.read(answer.inputs).values, [one.reason for one in answer.failures]

    def diff(self, one: Resource, news: Values) -> Diff:
        answer = self._call(self.provider.Diff, provider_pb2.DiffRequest(**_of(one), news=values.write(news)))
        has_changes = answer.changes == provider_pb2.DiffResponse.DIFF_SOME
        return Diff(has_changes, tuple(answer.replaces), dict(answer.detailedDiff))

    def create(self, urn: str, inputs: Values, *, preview: bool = False) -> tuple[str, dict[str, Any]]:
        request = provider_pb2.CreateRequest(urn=urn, properties=values.write(inputs), preview=preview)
        answer = self._call(self.provider.Create, request)
        return answer.id, values.read(answer.properties).values

    def update(self, one: Resource, inputs: Values, *, preview: bool = False) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(**_of(one), news=values.write(inputs), preview=preview)
        return values.read(self._call(self.provider.Update, request).properties).values

    def read(self, urn: str, id_: str, known: Values) -> tuple[dict[str, Any], dict[str, Any]] | None:
        request = provider_pb2.ReadRequest(urn=urn, id=id_, properties=values.write(known))
        answer = self._call(self.provider.Read, request)
        return (values.read(answer.properties).values, values.read(answer.inputs).values) if answer.id else None

    def delete(self, one: Resource) -> None:
        request = provider_pb2.DeleteRequest(urn=one.urn, id=one.id, properties=values.write(one.outputs))
        self._call(self.provider.Delete, request)

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        try:
            return self._run(method(request, Context()))
        except AbortedError as aborted:
            raise Failed(str(aborted)) from aborted


class Dynamic(Transport):
    """The providers' methods, as the stock host calls them. Nobody stops its operations: the host answers the engine's
    Cancel by itself, and does nothing."""

    previews, acts = False, ("late",)

    def __init__(self, lifecycles: Mapping[str, Served], run: Run) -> None:
        TOLD._first.clear()
        self.host = SimpleNamespace(lifecycles=lifecycles, run=run)

    def checked(self, urn: str, olds: Values, news: Values) -> tuple[dict[str, Any], list[str]]:
        answer = self._of(urn).check(to_engine(olds), to_engine(news))
        return from_engine(answer.inputs), [one.reason for one in answer.failures or ()]

    def diff(self, one: Resource, news: Values) -> Diff:
        answer = self._of(one.urn).diff(one.id, to_engine(one.outputs), to_engine(news))
        return Diff(bool(answer.changes), tuple(answer.replaces or ()))

    def create(self, urn: str, inputs: Values, *, preview: bool = False) -> tuple[str, dict[str, Any]]:
        if preview:
            return "", dict(inputs)
        answer = self._call(lambda: self._of(urn).create(to_engine(inputs)))
        return answer.id, self._left(answer.outs)

    def update(self, one: Resource, inputs: Values, *, preview: bool = False) -> dict[str, Any]:
        if preview:
            return dict(inputs)
        answer = self._call(lambda: self._of(one.urn).update(one.id, to_engine(one.outputs), to_engine(inputs)))
        return self._left(answer.outs)

    def read(self, urn: str, id_: str, known: Values) -> tuple[dict[str, Any], dict[str, Any]] | None:
        answer = self._call(lambda: self._of(urn).read(id_, to_engine(known)))
        return (from_engine(answer.outs or {}), from_engine(answer.inputs or {})) if answer.id else None

    def delete(self, one: Resource) -> None:
        self._call(lambda: self._of(one.urn).delete(one.id, to_engine(one.outputs)))

    def _of(self, urn: str) -> Any:
        name = f"{urn.split('::')[2].rpartition(':')[2]}Provider"
        provider = (getattr(lifecycles, name, None) or getattr(providers, name))()
        provider._host = lambda: self.host
        return provider

    @staticmethod
    def _left(outs: Values) -> dict[str, Any]:
        """With the time of a failed attempt, by which the program's gate ends the run."""
        return from_engine(outs) | {key: outs[key] for key in ("attemptedAt",) if key in outs}

    @staticmethod
    def _call(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except ComputeNestError as error:
            raise Failed(str(error)) from error


def _of(one: Resource) -> dict[str, Any]:
    """What the engine says of a resource that there is."""
    bags = {"olds": values.write(one.outputs), "old_inputs": values.write(one.inputs)}
    return {"urn": one.urn, "id": one.id, **bags}
