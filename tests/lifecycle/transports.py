"""The stories' stack behind each transport: the same operations, through Pulumi's own calls, on the cloud in memory.

What the engine does with a package is said once more here, in the engine's words: Check, Diff, then Create, Update or a
replacement; a failure that carries a state keeps it. Each run is a process of its own.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeVar

import grpc.aio

from computenest.domain.distribution.check import Recorded, check
from computenest.domain.errors import ComputeNestError
from computenest.domain.outcome import Checked
from computenest.engine.packages import Packages
from computenest.transports.dynamic.providers import EcsImagePackageProvider
from computenest.transports.image import ImageLifecycle
from computenest.transports.lifecycle import Lifecycle
from computenest.transports.plugin import values
from computenest.transports.plugin.protos import provider_pb2, status_pb2
from computenest.transports.plugin.servicer import Provider
from computenest.transports.plugin.status import EngineStatus
from computenest.transports.related import Related
from lifecycle.driver import Failed, Stack, in_process
from lifecycle.virtual import VirtualClock, run
from lifecycle.world import MemoryWorld

__all__ = ["DynamicWorld", "PluginWorld"]

T = TypeVar("T")
TYPE = "computenest:index:EcsImagePackage"
URN = f"urn:pulumi:dev::shop::{TYPE}::web"


class Unasked:
    """`engine.checks.PackageChecks` of a cloud that is not asked: every region is one, and no name is taken."""

    artifacts: Any = None

    async def check(self, olds: Any, news: Any, *, recorded: Recorded | None) -> Checked:
        return check(olds, news, recorded=recorded)

    async def with_all_regions(self, _olds: Any, news: Any) -> tuple[Any, tuple[()], tuple[()]]:
        return news, (), ()

    async def strange_regions(self, checked: Checked, _regions: Any) -> Checked:
        return checked

    async def taken(self, _artifacts: Any, _olds: Any, checked: Checked) -> Checked:
        return checked

    async def renamed(self, *_: Any) -> None:
        return None

    @property
    def hub(self) -> Any:
        """`engine.direct_checks.HubChecks`: the keys are the hub's."""

        async def check(checked: Checked) -> Checked:
            return checked

        return SimpleNamespace(check=check)


class CoreOfOne:
    """As much of `transports.core.Core` as the lifecycles of one process ask for, with what all of them have seen.

    Args:
        account: what every account is.
    """

    def __init__(self, progress: Any, **account: Any) -> None:
        self.progress = progress
        self.settings = SimpleNamespace(assume_stable_delivery=True, poll_interval_s=5.0)
        self._account = SimpleNamespace(**{"checks": Unasked(), **account})
        self.related = Related()
        self.deployable, self.distributed, self.foreseen, self.named = {}, {}, {}, {}
        self.offered, self.promised, self.promised_before, self.texts = {}, {}, {}, {}

    async def account(self, _properties: Any) -> Any:
        return self._account


class MemoryImages(ImageLifecycle):
    """`EcsImagePackage` for one process on the cloud in memory."""

    use_cases: Packages

    async def _of(self, properties: Mapping[str, Any]) -> Packages:
        del properties
        return self.use_cases

    def _site(self, account: Any) -> Any:
        return SimpleNamespace(checks=account.checks.hub)


def image_lifecycle(stack: Stack) -> ImageLifecycle:
    """As a new process serves it."""
    packages = stack.packages()
    core: Any = CoreOfOne(stack.screen, packages=packages)
    made = MemoryImages(core)
    MemoryImages.use_cases = packages
    return made


class Kept(grpc.aio.AbortError):
    """An operation failed, and left this state."""

    def __init__(self, state: dict[str, Any], reason: str) -> None:
        super().__init__(reason)
        self.state = state


@dataclass
class EngineStack(Stack):
    """The engine's side of a run; what a transport's call is, its subclasses say."""

    async def up(self, news: Mapping[str, Any]) -> str:
        process = self.process()
        await self._finish_deletions(process)
        inputs = await self.check(process, self.inputs, news)
        if not self.is_deployed:
            await self._make(process, inputs)
            return "create"
        changes, replaces = await self.diff(process, self.state, inputs)
        if replaces:
            await self._replace_with(process, news)
            return "replace"
        if not changes:
            self.inputs = inputs
            return "same"
        former = self.state
        await self._keep_state(inputs, self.update(process, former["artifactId"], former, inputs))
        return "update"

    async def refresh(self) -> bool:
        found = await in_process(self.read(self.process(), self.state), self.faults)
        self.state, self.inputs = ({}, {}) if found is None else found
        return found is not None

    async def destroy(self) -> None:
        process = self.process()
        await self._finish_deletions(process)
        if self.is_deployed:
            await in_process(self.delete(process, self.state), self.faults)
            self.inputs, self.state = {}, {}

    async def _replace_with(self, process: Any, news: Mapping[str, Any]) -> None:
        former, former_inputs = self.state, self.inputs
        self.inputs, self.state = {}, {}
        try:
            await self._make(process, await self.check(process, {}, news))
        finally:
            if self.is_deployed:
                self.doomed.append(former)
            else:
                self.inputs, self.state = former_inputs, former
        await self._finish_deletions(process)

    async def _finish_deletions(self, process: Any) -> None:
        while self.doomed:
            await in_process(self.delete(process, self.doomed[-1]), self.faults)
            self.doomed.pop()

    async def _make(self, process: Any, inputs: dict[str, Any]) -> None:
        await self._keep_state(inputs, self.create(process, inputs))

    async def _keep_state(self, inputs: dict[str, Any], work: Coroutine[Any, Any, dict[str, Any]]) -> None:
        try:
            self.state = await in_process(work, self.faults)
            self.inputs = inputs
        except Kept as kept:
            self.inputs, self.state = inputs, kept.state
            raise Failed(str(kept)) from kept

    @abstractmethod
    def process(self) -> Any: ...

    @abstractmethod
    async def check(self, process: Any, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]: ...

    @abstractmethod
    async def diff(self, process: Any, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[bool, list[str]]: ...

    @abstractmethod
    async def create(self, process: Any, inputs: Mapping[str, Any]) -> dict[str, Any]: ...

    @abstractmethod
    async def update(
        self, process: Any, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> dict[str, Any]: ...

    @abstractmethod
    async def read(self, process: Any, known: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None: ...

    @abstractmethod
    async def delete(self, process: Any, known: Mapping[str, Any]) -> None: ...


class Context:
    """A call's context that turns an abort into what the engine makes of it."""

    async def abort(self, _code: Any, details: str = "", trailing_metadata: tuple[Any, ...] = ()) -> None:
        for key, content in trailing_metadata:
            if key == "grpc-status-details-bin":
                status, failed = status_pb2.Status.FromString(content), provider_pb2.ErrorResourceInitFailed()
                assert status.details[0].Unpack(failed)
                assert failed.id
                assert failed.refresh_before_update
                raise Kept(values.read(failed.properties).values, "; ".join(failed.reasons))
        raise AbortedError(details)


class AbortedError(grpc.aio.AbortError):
    """The call ended with an error and no state."""


@dataclass
class PluginStack(EngineStack):
    """Through the servicer: every value goes over the wire's messages."""

    def process(self) -> Provider:
        provider = Provider(EngineStatus(), {})
        lifecycle = image_lifecycle(self)
        provider._core, provider._lifecycles = lifecycle.core, {lifecycle.shape.type_name: lifecycle}
        return provider

    async def check(self, process: Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        request = provider_pb2.CheckRequest(urn=URN, olds=values.write(olds), news=values.write(news))
        answer = await process.Check(request, Context())
        assert not answer.failures, answer.failures
        return values.read(answer.inputs).values

    async def diff(self, process: Provider, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[bool, list[str]]:
        request = provider_pb2.DiffRequest(urn=URN, olds=values.write(olds), news=values.write(news))
        answer = await process.Diff(request, Context())
        return answer.changes == provider_pb2.DiffResponse.DIFF_SOME, list(answer.replaces)

    async def create(self, process: Provider, inputs: Mapping[str, Any]) -> dict[str, Any]:
        preview = provider_pb2.CreateRequest(urn=URN, properties=values.write(inputs), preview=True)
        await _called(process.Create(preview, Context()))
        request = provider_pb2.CreateRequest(urn=URN, properties=values.write(inputs))
        return values.read((await _called(process.Create(request, Context()))).properties).values

    async def update(
        self, process: Provider, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(urn=URN, id=id_, olds=values.write(olds), news=values.write(news))
        return values.read((await _called(process.Update(request, Context()))).properties).values

    async def read(self, process: Provider, known: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
        request = provider_pb2.ReadRequest(urn=URN, id=known["artifactId"], properties=values.write(known))
        answer = await _called(process.Read(request, Context()))
        return (values.read(answer.properties).values, values.read(answer.inputs).values) if answer.id else None

    async def delete(self, process: Provider, known: Mapping[str, Any]) -> None:
        request = provider_pb2.DeleteRequest(urn=URN, id=known["artifactId"], properties=values.write(known))
        await _called(process.Delete(request, Context()))


async def _called(call: Coroutine[Any, Any, T]) -> T:
    try:
        return await call
    except AbortedError as aborted:
        raise Failed(str(aborted)) from aborted


@dataclass
class MemoryHost:
    """`transports.dynamic.host.Host`: runs the work on a loop of its own, as a worker thread of the host does."""

    lifecycles: Mapping[str, Lifecycle]
    clock: VirtualClock

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        found: list[T] = []
        failed: list[BaseException] = []

        def target() -> None:
            try:
                found.append(run(self.clock, work))
            except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
                failed.append(error)

        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
        if failed:
            raise failed[0]
        return found[0]


@dataclass
class DynamicStack(EngineStack):
    """Through the dynamic provider's methods, as the stock host calls them."""

    def process(self) -> EcsImagePackageProvider:
        provider = EcsImagePackageProvider()
        assert isinstance(self.clock, VirtualClock)
        host: Any = MemoryHost({"EcsImagePackage": image_lifecycle(self)}, self.clock)
        provider._host = lambda: host  # type: ignore[method-assign]
        return provider

    async def check(
        self, process: EcsImagePackageProvider, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> dict[str, Any]:
        answer = process.check(dict(olds), dict(news))
        assert not answer.failures, answer.failures
        return dict(answer.inputs)

    async def diff(
        self, process: EcsImagePackageProvider, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> tuple[bool, list[str]]:
        answer = process.diff("", dict(olds), dict(news))
        return bool(answer.changes), list(answer.replaces or ())

    async def create(self, process: EcsImagePackageProvider, inputs: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return _gated(dict(process.create(dict(inputs)).outs or {}))
        except ComputeNestError as error:
            raise Failed(str(error)) from error

    async def update(
        self, process: EcsImagePackageProvider, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> dict[str, Any]:
        try:
            return _gated(dict(process.update(id_, dict(olds), dict(news)).outs or {}))
        except ComputeNestError as error:
            raise Failed(str(error)) from error

    async def read(
        self, process: EcsImagePackageProvider, known: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]] | None:
        answer = process.read(known["artifactId"], dict(known))
        inputs = getattr(answer, "inputs", None)
        return None if not answer.id else (dict(answer.outs or {}), dict(inputs or {}))

    async def delete(self, process: EcsImagePackageProvider, known: Mapping[str, Any]) -> None:
        try:
            process.delete(known["artifactId"], dict(known))
        except ComputeNestError as error:
            raise Failed(str(error)) from error


def _gated(state: dict[str, Any]) -> dict[str, Any]:
    """What the SDK class makes of an incomplete state: it is kept, and the run fails."""
    if state.get("status") == "Incomplete":
        raise Kept(state, "; ".join(f"{region}: {why}" for region, why in sorted(state["reasons"].items())))
    return state


@dataclass
class PluginWorld(MemoryWorld):
    """The cloud in memory behind the plugin."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.stack = PluginStack(self.cloud, self.cloud, self.clock, self.faults, interval_s=self.interval_s)


@dataclass
class DynamicWorld(MemoryWorld):
    """The cloud in memory behind the dynamic transport."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.stack = DynamicStack(self.cloud, self.cloud, self.clock, self.faults, interval_s=self.interval_s)
