"""A provider's process for one command of the engine's, behind each transport: plain values in, plain values out."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from computenest.kernel.errors import ComputeNestError
from computenest.resources._program.core import Core
from computenest.serve.dynamic import host as hosts
from computenest.serve.dynamic.status import TOLD
from computenest.serve.dynamic.values import from_engine, to_engine
from computenest.serve.plugin import values
from computenest.serve.plugin.protos import provider_pb2
from computenest.serve.plugin.servicer import Provider
from computenest.serve.plugin.status import EngineStatus
from computenest.transports.dynamic import lifecycles, providers
from lifecycle.lives import AbortedError, Context

__all__ = ["Diff", "Dynamic", "Plugin", "Refused", "Resource", "Transport"]

Values = Mapping[str, Any]


class Refused(Exception):
    """A command that ended with an error."""


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
    replaces: bool
    detail: Values | None = None


class Transport(ABC):
    """The provider's process for one command."""

    previews: ClassVar[bool]

    @abstractmethod
    def check(self, urn: str, olds: Values, news: Values) -> Values: ...
    @abstractmethod
    def diff(self, one: Resource, news: Values) -> Diff: ...
    @abstractmethod
    def create(self, urn: str, inputs: Values, *, preview: bool) -> tuple[str, Values]: ...
    @abstractmethod
    def update(self, one: Resource, inputs: Values, *, preview: bool) -> Values: ...
    @abstractmethod
    def delete(self, one: Resource) -> None: ...
    @abstractmethod
    def close(self) -> None: ...


class Plugin(Transport):
    """The servicer: every value goes over the wire's messages."""

    previews = True

    def __init__(self, core: Core) -> None:
        self._loop = asyncio.new_event_loop()
        self._provider = Provider(EngineStatus(), {})
        self._provider._serve_on(core)

    def check(self, urn: str, olds: Values, news: Values) -> Values:
        request = provider_pb2.CheckRequest(urn=urn, olds=values.write(olds), news=values.write(news))
        answer = self._call(self._provider.Check(request, Context()))  # type: ignore[arg-type]
        if answer.failures:
            raise Refused("; ".join(one.reason for one in answer.failures))
        return values.read(answer.inputs).values

    def diff(self, one: Resource, news: Values) -> Diff:
        request = provider_pb2.DiffRequest(
            urn=one.urn, id=one.id, olds=values.write(one.outputs), old_inputs=values.write(one.inputs),
            news=values.write(news),
        )  # fmt: skip
        answer = self._call(self._provider.Diff(request, Context()))  # type: ignore[arg-type]
        has_changes = answer.changes == provider_pb2.DiffResponse.DIFF_SOME
        return Diff(has_changes, bool(answer.replaces), dict(answer.detailedDiff))

    def create(self, urn: str, inputs: Values, *, preview: bool) -> tuple[str, Values]:
        request = provider_pb2.CreateRequest(urn=urn, properties=values.write(inputs), preview=preview)
        answer = self._call(self._provider.Create(request, Context()))  # type: ignore[arg-type]
        return answer.id, values.read(answer.properties).values

    def update(self, one: Resource, inputs: Values, *, preview: bool) -> Values:
        request = provider_pb2.UpdateRequest(
            urn=one.urn, id=one.id, olds=values.write(one.outputs), old_inputs=values.write(one.inputs),
            news=values.write(inputs), preview=preview,
        )  # fmt: skip
        return values.read(self._call(self._provider.Update(request, Context())).properties).values  # type: ignore[arg-type]

    def delete(self, one: Resource) -> None:
        request = provider_pb2.DeleteRequest(urn=one.urn, id=one.id, properties=values.write(one.outputs))
        self._call(self._provider.Delete(request, Context()))  # type: ignore[arg-type]

    def close(self) -> None:
        self._loop.close()

    def _call(self, work: Any) -> Any:
        try:
            return self._loop.run_until_complete(work)
        except AbortedError as aborted:
            raise Refused(str(aborted)) from aborted


class Dynamic(Transport):
    """The providers' methods, as the stock host calls them."""

    previews = False

    def __init__(self, core: Core) -> None:
        self._host = hosts.Host(core)
        TOLD._first.clear()

    def check(self, urn: str, olds: Values, news: Values) -> Values:
        answer = self._of(urn).check(to_engine(olds), to_engine(news))
        if answer.failures:
            raise Refused("; ".join(one.reason for one in answer.failures))
        return from_engine(answer.inputs)

    def diff(self, one: Resource, news: Values) -> Diff:
        answer = self._of(one.urn).diff(one.id, to_engine(one.outputs), to_engine(news))
        return Diff(bool(answer.changes), bool(answer.replaces))

    def create(self, urn: str, inputs: Values, *, preview: bool) -> tuple[str, Values]:
        if preview:
            return "", inputs
        answer = self._call(lambda: self._of(urn).create(to_engine(inputs)))
        return answer.id, self._kept(answer.outs)

    def update(self, one: Resource, inputs: Values, *, preview: bool) -> Values:
        if preview:
            return inputs
        answer = self._call(lambda: self._of(one.urn).update(one.id, to_engine(one.outputs), to_engine(inputs)))
        return self._kept(answer.outs)

    def delete(self, one: Resource) -> None:
        self._call(lambda: self._of(one.urn).delete(one.id, to_engine(one.outputs)))

    def close(self) -> None:
        self._host._loop.call_soon_threadsafe(self._host._loop.stop)

    def _of(self, urn: str) -> Any:
        name = f"{urn.split('::')[2].rpartition(':')[2]}Provider"
        made = getattr(lifecycles, name, None) or getattr(providers, name)
        provider = made()
        provider._host = lambda: self._host
        return provider

    @staticmethod
    def _kept(outs: Values) -> Values:
        """With the time of a failed attempt, by which the program's gate ends the run."""
        known = from_engine(outs)
        return known | {key: outs[key] for key in ("attemptedAt",) if key in outs}

    @staticmethod
    def _call(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except ComputeNestError as error:
            raise Refused(str(error)) from error
