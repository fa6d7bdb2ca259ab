"""Two stacks of one account with a package each, behind each transport: whether they leave each other alone.

Each operation is a process of its own, as in a run of the engine; `during` lets another process act at any call.
"""

from __future__ import annotations

import asyncio
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, TypeVar

from computenest.cloud.session import Session
from computenest.cloud.settings import parse_settings
from computenest.domain.content.model import Kind
from computenest.domain.errors import ComputeNestError
from computenest.domain.identity import mint_owner_id
from computenest.transports.core import Account, Core
from computenest.transports.dynamic import lifecycles
from computenest.transports.plugin import values
from computenest.transports.plugin.protos import provider_pb2
from computenest.transports.plugin.servicer import Provider
from computenest.transports.plugin.status import EngineStatus
from computenest.transports.uploads import ContentLifecycle
from lifecycle.driver import Failed
from lifecycle.transports import AbortedError, Context, Kept
from lifecycle.wares import Screen

__all__ = ["TENANTS", "Tenant"]

T = TypeVar("T")
Call = Callable[[str], None]


class _WatchedCore(Core):
    """Tells of each call of the cloud's API before it is made; nothing else of this process goes on meanwhile."""

    before: Call

    def _open(self, session: Session) -> Account:
        def hook(_product: Any, action: str, _region: str) -> None:
            self.before(action)

        session.client._options = replace(session.client._options, hook=hook)
        return super()._open(session)


@dataclass
class Tenant(ABC):
    """A stack with one package of a kind."""

    kind: Kind
    stack: str
    screen: Screen = field(default_factory=Screen)
    state: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    during: Call | None = None

    @property
    def owner(self) -> str:
        return mint_owner_id(
            organization="organization", project="shop", stack=self.stack, type_token=self.kind.type_name, name="web"
        )

    def lifecycle(self) -> ContentLifecycle:
        settings = parse_settings({"computenest:cloud": "local", "computenest:pollIntervalS": "1"}, environ=os.environ)
        core = Core(settings, self.screen)
        if self.during is not None:
            core = _WatchedCore(settings, self.screen)
            core.before = self.during
        return ContentLifecycle(core, kind=self.kind)

    def up(self, wish: Mapping[str, Any]) -> str:
        """`pulumi up`; what was done: create, update or same."""
        news = {"ownerId": self.owner, "logicalName": "web", "timeoutS": 9_999_999, **wish}
        process = self.process()
        inputs = self.check(process, self.inputs, news)
        if not self.state:
            self._keep(inputs, lambda: self.create(process, inputs))
            return "create"
        if not self.differs(process, self.state, inputs):
            self.inputs = inputs
            return "same"
        former = self.state
        self._keep(inputs, lambda: self.update(process, former, inputs))
        return "update"

    def refresh(self) -> None:
        found = self.read(self.process(), self.state)
        self.state, self.inputs = ({}, {}) if found is None else found

    def is_whole(self) -> bool:
        """Whether a refresh finds everything where it was put."""
        state, inputs = self.state, self.inputs
        self.refresh()
        return self.state.get("status") == state["status"] and all(
            self.state.get(key) == inputs.get(key) for key in ("content", "distribution", "permission")
        )

    def destroy(self) -> None:
        if self.state:
            self.delete(self.process(), self.state)
            self.inputs, self.state = {}, {}

    def _keep(self, inputs: dict[str, Any], work: Callable[[], dict[str, Any]]) -> None:
        try:
            self.state = work()
            self.inputs = inputs
        except Kept as kept:
            self.inputs, self.state = inputs, kept.state
            raise Failed(str(kept)) from kept

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """On a loop and a thread of its own: another process may act in the middle of it."""
        found: list[T] = []
        failed: list[BaseException] = []

        def target() -> None:
            try:
                found.append(asyncio.run(work))
            except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
                failed.append(error)

        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
        if failed:
            raise failed[0]
        return found[0]

    @abstractmethod
    def process(self) -> Any: ...
    @abstractmethod
    def check(self, process: Any, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]: ...
    @abstractmethod
    def differs(self, process: Any, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool: ...
    @abstractmethod
    def create(self, process: Any, inputs: Mapping[str, Any]) -> dict[str, Any]: ...
    @abstractmethod
    def update(self, process: Any, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]: ...
    @abstractmethod
    def read(self, process: Any, known: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None: ...
    @abstractmethod
    def delete(self, process: Any, known: Mapping[str, Any]) -> None: ...


class PluginTenant(Tenant):
    """Through the servicer: every value goes over the wire's messages."""

    @property
    def urn(self) -> str:
        return f"urn:pulumi:{self.stack}::shop::computenest:index:{self.kind.type_name}::web"

    def process(self) -> Provider:
        provider = Provider(EngineStatus(), {})
        lifecycle = self.lifecycle()
        provider._core, provider._lifecycles = lifecycle.core, {self.kind.type_name: lifecycle}
        return provider

    def check(self, process: Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        request = provider_pb2.CheckRequest(urn=self.urn, olds=values.write(olds), news=values.write(news))
        answer = self.call(process.Check(request, Context()))
        if answer.failures:
            raise Failed("; ".join(f"{one.property}: {one.reason}" for one in answer.failures))
        return values.read(answer.inputs).values

    def differs(self, process: Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        request = provider_pb2.DiffRequest(urn=self.urn, olds=values.write(olds), news=values.write(news))
        return bool(self.call(process.Diff(request, Context())).changes == provider_pb2.DiffResponse.DIFF_SOME)

    def create(self, process: Provider, inputs: Mapping[str, Any]) -> dict[str, Any]:
        request = provider_pb2.CreateRequest(urn=self.urn, properties=values.write(inputs))
        return values.read(self.call(process.Create(request, Context())).properties).values

    def update(self, process: Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(
            urn=self.urn, id=olds["artifactId"], olds=values.write(olds), news=values.write(news)
        )
        return values.read(self.call(process.Update(request, Context())).properties).values

    def read(self, process: Provider, known: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
        request = provider_pb2.ReadRequest(urn=self.urn, id=known["artifactId"], properties=values.write(known))
        answer = self.call(process.Read(request, Context()))
        return (values.read(answer.properties).values, values.read(answer.inputs).values) if answer.id else None

    def delete(self, process: Provider, known: Mapping[str, Any]) -> None:
        request = provider_pb2.DeleteRequest(urn=self.urn, id=known["artifactId"], properties=values.write(known))
        self.call(process.Delete(request, Context()))

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self.run(work)
        except AbortedError as aborted:
            raise Failed(str(aborted)) from aborted


class DynamicTenant(Tenant):
    """Through the dynamic provider's methods, as the stock host calls them."""

    def process(self) -> Any:
        provider = getattr(lifecycles, f"{self.kind.type_name}Provider")()
        host: Any = SimpleNamespace(lifecycles={self.kind.type_name: self.lifecycle()}, run=self.run)
        provider._host = lambda: host
        return provider

    def check(self, process: Any, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        answer = process.check(dict(olds), dict(news))
        if answer.failures:
            raise Failed("; ".join(f"{one.property}: {one.reason}" for one in answer.failures))
        return dict(answer.inputs)

    def differs(self, process: Any, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        return bool(process.diff("", dict(olds), dict(news)).changes)

    def create(self, process: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return self.gated(lambda: process.create(dict(inputs)).outs)

    def update(self, process: Any, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        return self.gated(lambda: process.update(str(olds["artifactId"]), dict(olds), dict(news)).outs)

    def read(self, process: Any, known: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
        answer = process.read(str(known["artifactId"]), dict(known))
        return None if not answer.id else (dict(answer.outs or {}), dict(getattr(answer, "inputs", None) or {}))

    def delete(self, process: Any, known: Mapping[str, Any]) -> None:
        try:
            process.delete(str(known["artifactId"]), dict(known))
        except ComputeNestError as error:
            raise Failed(str(error)) from error

    @staticmethod
    def gated(work: Callable[[], Any]) -> dict[str, Any]:
        """What the SDK class makes of an incomplete state: it is kept, and the run fails."""
        try:
            state = dict(work() or {})
        except ComputeNestError as error:
            raise Failed(str(error)) from error
        if state.get("status") == "Incomplete":
            raise Kept(state, "; ".join(str(why) for _, why in sorted(state["reasons"].items())))
        return state


TENANTS: Mapping[str, type[Tenant]] = {"plugin": PluginTenant, "dynamic": DynamicTenant}
