"""One service of a stack behind each transport, on the embedded cloud in virtual time.

What the engine does is said once (check, diff, then create, update, replace or nothing); how a call is made differs.
Each operation is a process of its own, which a fault may kill.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar

from computenest.cloud.session import open_session
from computenest.cloud.settings import parse_settings
from computenest.domain.errors import ComputeNestError
from computenest.domain.identity import mint_owner_id
from computenest.domain.names import OwnerId
from computenest.engine.retry import Retry, retrying
from computenest.engine.services import Services
from computenest.transports.dynamic.lifecycles import ServiceProvider
from computenest.transports.plugin import values
from computenest.transports.plugin.protos import provider_pb2
from computenest.transports.plugin.servicer import Provider
from computenest.transports.plugin.status import EngineStatus
from computenest.transports.service import ServiceLifecycle
from emulator.harness import Cloud
from lifecycle.driver import Failed, Screen, in_process
from lifecycle.embedded import Counted, SteppedClock
from lifecycle.faults import Faults
from lifecycle.instances import Struck
from lifecycle.transports import AbortedError, Context, Kept

__all__ = ["OWNER", "TRANSPORTS", "DynamicService", "PluginService", "ServedService"]

T = TypeVar("T")
TYPE = "computenest:index:Service"
URN = f"urn:pulumi:dev::shop::{TYPE}::shop"
OWNER = mint_owner_id(organization="organization", project="shop", stack="dev", type_token="Service", name="shop")
TICK_S = 5.0


@asynccontextmanager
async def _no_lease(_owner: OwnerId) -> AsyncIterator[None]:
    yield


class _Lifecycle(ServiceLifecycle):
    """As served, with every call of its ports counted, and struck where a fault says so."""

    use_cases: Services

    async def _of(self, properties: Mapping[str, Any]) -> Services:
        del properties
        return self.use_cases


@dataclass
class ServedService(ABC):
    """Its state, and how its next run is made."""

    cloud: Cloud
    faults: Faults = field(default_factory=Faults)
    inputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    doomed: list[dict[str, Any]] = field(default_factory=list)
    screen: Screen = field(default_factory=Screen)

    def __post_init__(self) -> None:
        keys = self.cloud.handle["accounts"]["supplier"]
        environ = {
            "COMPUTENEST_ENDPOINT": self.cloud.handle["endpoint"],
            "ALIBABA_CLOUD_ACCESS_KEY_ID": keys["access_key_id"],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": keys["access_key_secret"],
        }
        self.session = open_session(parse_settings({"computenest:region": "cn-hangzhou"}, environ=environ))
        self.texts: dict[str, str] = {}

    def close(self) -> None:
        self.session.close()

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
            self._keep(inputs, lambda: self.create(process, inputs))
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
        found = self.read(self.process(), self.state)
        self.state, self.inputs = ({}, {}) if found is None else found
        return found is not None

    def destroy(self) -> None:
        process = self.process()
        self._finish_deletions(process)
        if self.state:
            self.delete(process, self.state)
            self.inputs, self.state = {}, {}

    def changes(self, news: Mapping[str, Any]) -> list[str]:
        """What a preview would show as changed."""
        process = self.process()
        inputs = self.check(process, self.inputs, news)
        return sorted(self.lifecycle().diff(self.state, inputs).changes)

    def forget(self) -> None:
        """The state is lost, or was never written: what a crash during the first create leaves."""
        self.inputs, self.state = {}, {}

    def lifecycle(self) -> ServiceLifecycle:
        """What a new process works with."""
        clock = SteppedClock(self.cloud)  # type: ignore[arg-type] - of a server it asks no more than `control`
        ports = [
            retrying(Struck(Counted(port, clock), self.faults), retry=Retry(attempts=3, base_s=1.0), clock=clock)
            for port in (self.session.services, self.session.templates)
        ]

        async def account(_properties: Any) -> Any:
            return SimpleNamespace(session=self.session)

        seen: dict[str, Any] = {"offered": {}, "promised": {}, "deployable": {}}
        core: Any = SimpleNamespace(progress=self.screen, account=account, **seen)
        made = _Lifecycle(core)
        made._texts = self.texts
        services: Any = ports
        _Lifecycle.use_cases = Services(*services, clock, self.screen, _no_lease, TICK_S, self.texts)
        return made

    def _replace(self, process: Any, news: Mapping[str, Any]) -> None:
        former, before = self.state, self.inputs
        self.inputs, self.state = {}, {}
        try:
            inputs = self.check(process, {}, news)
            self._keep(inputs, lambda: self.create(process, inputs))
        finally:
            if self.state:
                self.doomed.append(former)
            else:
                self.inputs, self.state = before, former
        self._finish_deletions(process)

    def _finish_deletions(self, process: Any) -> None:
        while self.doomed:
            self.delete(process, self.doomed[-1])
            self.doomed.pop()

    def _keep(self, inputs: dict[str, Any], work: Any) -> None:
        try:
            self.state = work()
            self.inputs = inputs
        except Kept as kept:
            self.inputs, self.state = inputs, kept.state
            raise Failed(str(kept)) from kept

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """In a process that a fault may kill; on a loop and a thread of its own, as in the host."""
        found: list[T] = []
        failed: list[BaseException] = []

        def target() -> None:
            try:
                found.append(asyncio.run(self._alive(work)))
            except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
                failed.append(error)

        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
        if failed:
            raise failed[0]
        return found[0]

    async def _alive(self, work: Coroutine[Any, Any, T]) -> T:
        self.faults._died = None  # an event belongs to one loop
        return await in_process(work, self.faults)

    @abstractmethod
    def process(self) -> Any: ...

    @abstractmethod
    def check(self, process: Any, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]: ...

    @abstractmethod
    def diff(self, process: Any, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[bool, list[str]]: ...

    @abstractmethod
    def create(self, process: Any, inputs: Mapping[str, Any]) -> dict[str, Any]: ...

    @abstractmethod
    def update(self, process: Any, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]: ...

    @abstractmethod
    def read(self, process: Any, known: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None: ...

    @abstractmethod
    def delete(self, process: Any, known: Mapping[str, Any]) -> None: ...


class PluginService(ServedService):
    """Through the servicer: every value goes over the wire's messages."""

    def process(self) -> Provider:
        provider = Provider(EngineStatus(), {})
        lifecycle = self.lifecycle()
        provider._core, provider._lifecycles = lifecycle.core, {"Service": lifecycle}
        return provider

    def check(self, process: Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        request = provider_pb2.CheckRequest(urn=URN, olds=values.write(olds), news=values.write(news))
        answer = self.call(process.Check(request, Context()))
        if answer.failures:
            raise Failed("; ".join(failure.reason for failure in answer.failures))
        return values.read(answer.inputs).values

    def diff(self, process: Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[bool, list[str]]:
        request = provider_pb2.DiffRequest(urn=URN, olds=values.write(olds), news=values.write(news))
        answer = self.call(process.Diff(request, Context()))
        return answer.changes == provider_pb2.DiffResponse.DIFF_SOME, list(answer.replaces)

    def create(self, process: Provider, inputs: Mapping[str, Any]) -> dict[str, Any]:
        preview = provider_pb2.CreateRequest(urn=URN, properties=values.write(inputs), preview=True)
        self.call(process.Create(preview, Context()))
        request = provider_pb2.CreateRequest(urn=URN, properties=values.write(inputs))
        return values.read(self.call(process.Create(request, Context())).properties).values

    def update(self, process: Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(
            urn=URN, id=olds["serviceId"], olds=values.write(olds), news=values.write(news)
        )
        return values.read(self.call(process.Update(request, Context())).properties).values

    def read(self, process: Provider, known: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
        request = provider_pb2.ReadRequest(urn=URN, id=known["serviceId"], properties=values.write(known))
        answer = self.call(process.Read(request, Context()))
        return (values.read(answer.properties).values, values.read(answer.inputs).values) if answer.id else None

    def delete(self, process: Provider, known: Mapping[str, Any]) -> None:
        request = provider_pb2.DeleteRequest(urn=URN, id=known["serviceId"], properties=values.write(known))
        self.call(process.Delete(request, Context()))

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self.run(work)
        except AbortedError as aborted:
            raise Failed(str(aborted)) from aborted


class DynamicService(ServedService):
    """Through the dynamic provider's methods, as the stock host calls them."""

    def process(self) -> ServiceProvider:
        provider = ServiceProvider()
        host: Any = SimpleNamespace(lifecycles={"Service": self.lifecycle()}, run=self.run)
        provider._host = lambda: host  # type: ignore[method-assign]
        return provider

    def check(self, process: ServiceProvider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        answer = process.check(dict(olds), dict(news))
        if answer.failures:
            raise Failed("; ".join(failure.reason for failure in answer.failures))
        return dict(answer.inputs)

    def diff(
        self, process: ServiceProvider, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> tuple[bool, list[str]]:
        answer = process.diff("", dict(olds), dict(news))
        return bool(answer.changes), list(answer.replaces or ())

    def create(self, process: ServiceProvider, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return self.gated(lambda: process.create(dict(inputs)).outs)

    def update(self, process: ServiceProvider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        return self.gated(lambda: process.update(str(olds["serviceId"]), dict(olds), dict(news)).outs)

    def read(self, process: ServiceProvider, known: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
        answer = process.read(str(known["serviceId"]), dict(known))
        inputs = getattr(answer, "inputs", None)
        return None if not answer.id else (dict(answer.outs or {}), dict(inputs or {}))

    def delete(self, process: ServiceProvider, known: Mapping[str, Any]) -> None:
        try:
            process.delete(str(known["serviceId"]), dict(known))
        except ComputeNestError as error:
            raise Failed(str(error)) from error

    @staticmethod
    def gated(work: Any) -> dict[str, Any]:
        """What the SDK class makes of an incomplete state: it is kept, and the run fails."""
        try:
            state = dict(work() or {})
        except ComputeNestError as error:
            raise Failed(str(error)) from error
        if state.get("status") == "Incomplete":
            raise Kept(state, "; ".join(str(why) for _, why in sorted(state["reasons"].items())))
        return state


TRANSPORTS = {"plugin": PluginService, "dynamic": DynamicService}
