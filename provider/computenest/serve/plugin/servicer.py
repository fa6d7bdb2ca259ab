"""`ResourceProvider` on grpc.aio: hundreds of operations at once on one event loop, one core behind them all.

Guarantees:
    1. An operation that made something ends with its id in the state, however it ended: refused by the cloud,
       timed out, or cancelled.
    2. Cancel ends every operation under way at its next await, and makes no further call; what has ended is answered.
    3. No answer carries a stack trace, and no secret comes back in clear.
    4. Nothing is imported from a cloud client, and no cloud is asked, before the provider is configured.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import grpc.aio
from google.protobuf import empty_pb2

from computenest.kernel.errors import Invalid, Permanent
from computenest.kernel.lifecycle import SECRETS
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Failure, Outcome
from computenest.kernel.told import Told
from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.kernel.urn import CURRENT_URN, NO_ORGANIZATION, parse_urn
from computenest.reconcile.stopping import stop, stopped_because
from computenest.serve.plugin import values
from computenest.serve.plugin.answers import abort, abort_incomplete
from computenest.serve.plugin.partial import difference_of, is_incomplete, partial
from computenest.serve.plugin.protos import plugin_pb2, provider_pb2, provider_pb2_grpc
from computenest.serve.plugin.status import EngineStatus
from computenest.serve.plugin.values import Bag

if TYPE_CHECKING:
    from computenest.cloud.settings import Settings
    from computenest.resources._program.core import Core
    from computenest.serve.served import Served

VERSION = "0.1.0"
_INDEX = "computenest:index:"
_STABLE = ("artifactId", "artifactName", "generation", "ownerId")
"""Outputs that no update changes."""

_CANCELLED = (
    "cancelled; what was begun is kept, run `pulumi up` again to go on where this run stopped "
    "(where the stack is destroyed instead: what its state never heard of is found by `computenest orphans`)"
)
T = TypeVar("T")
_Context: TypeAlias = "grpc.aio.ServicerContext"


@dataclass(slots=True)
class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One process of the plugin.

    Args:
        status: where live lines and warnings go.
        environ: the environment, for credentials that the configuration leaves to it.
        organization: whose stack it is; part of every identity.
    """

    status: EngineStatus
    environ: Mapping[str, str]
    organization: str = NO_ORGANIZATION
    _lifecycles: Mapping[str, Served] = field(default_factory=dict)
    _core: Any = None
    _running: set[asyncio.Task[Any]] = field(default_factory=set)
    """Calls that are not answered yet."""
    _stoppable: dict[asyncio.Task[Any], asyncio.TimerHandle | None] = field(default_factory=dict)
    """Those whose work has not ended, each with what ends it in time."""
    _minted: dict[OwnerId, str] = field(default_factory=dict)

    # -- the plugin ---------------------------------------------------------------------------------------------

    async def Handshake(  # noqa: N802
        self, request: provider_pb2.ProviderHandshakeRequest, context: _Context
    ) -> provider_pb2.ProviderHandshakeResponse:
        del context
        self.status.address = request.engine_address or self.status.address
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    async def GetPluginInfo(self, request: empty_pb2.Empty, context: _Context) -> plugin_pb2.PluginInfo:  # noqa: N802
        del request, context
        return plugin_pb2.PluginInfo(version=VERSION)

    async def Attach(self, request: plugin_pb2.PluginAttach, context: _Context) -> empty_pb2.Empty:  # noqa: N802
        del context
        self.status.address = request.address
        return empty_pb2.Empty()

    async def GetSchema(  # noqa: N802
        self, request: provider_pb2.GetSchemaRequest, context: _Context
    ) -> provider_pb2.GetSchemaResponse:
        from computenest.serve.schema import schema_text  # noqa: PLC0415 - most runs never ask

        async with self._answering(context):
            if request.version:
                raise Invalid(f"there is no schema of version {request.version}")
            return provider_pb2.GetSchemaResponse(schema=schema_text())

    async def CheckConfig(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: _Context
    ) -> provider_pb2.CheckResponse:
        async with self._answering(context, request.urn):
            news = values.read(request.news)
            failures: list[Failure] = []
            try:
                self._parse(news.values)
            except Invalid as error:
                failures.append(Failure(error.path, str(error)))
            return provider_pb2.CheckResponse(inputs=request.news, failures=[_failure(f) for f in failures])

    async def DiffConfig(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: _Context
    ) -> provider_pb2.DiffResponse:
        """Another configuration never replaces what was made with the former one; neither does another transport,
        whose providers appear here as ours when a dynamic stack moves over."""
        async with self._answering(context, request.urn):
            olds, news = values.read(request.olds).values, values.read(request.news).values
            changed = sorted(key for key in {*olds, *news} if key != "version" and olds.get(key) != news.get(key))
            kinds = provider_pb2.DiffResponse
            return provider_pb2.DiffResponse(changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE, diffs=changed)

    async def Configure(  # noqa: N802
        self, request: provider_pb2.ConfigureRequest, context: _Context
    ) -> provider_pb2.ConfigureResponse:
        async with self._answering(context):
            self.status.told = Told()
            args = values.read(request.args).values
            given = args or {key.removeprefix("computenest:config:"): text for key, text in request.variables.items()}
            self.organization = str(
                given.get("organization") or self.environ.get("PULUMI_ORGANIZATION", NO_ORGANIZATION)
            )
            settings = self._parse(given)
            if settings is not None:
                from computenest.resources._program.core import Core  # noqa: PLC0415 - first needed here

                self._serve_on(Core(settings, self.status))
            return provider_pb2.ConfigureResponse(
                acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
            )

    async def Cancel(self, request: empty_pb2.Empty, context: _Context) -> empty_pb2.Empty:  # noqa: N802
        del request, context
        self._stop_all()
        return empty_pb2.Empty()

    async def Invoke(  # noqa: N802
        self, request: provider_pb2.InvokeRequest, context: _Context
    ) -> provider_pb2.InvokeResponse:
        from computenest.serve import functions  # noqa: PLC0415 - with the cloud's client

        async with self._answering(context):
            args = values.read(request.args)
            function = functions.FUNCTIONS.get(request.tok)
            if function is None:
                raise Invalid(f"there is no function {request.tok}")
            if self._core is None or has_unknown(args.values):
                return provider_pb2.InvokeResponse()
            try:
                answer = await function(self._core, args.values)
            except Invalid as error:
                return provider_pb2.InvokeResponse(failures=[_failure(Failure(error.path, str(error)))])
            always = functions.SECRET_ANSWERS.get(request.tok, frozenset())
            secrets = [(key,) for key in answer if args.secrets or key in always]
            answered: Any = {"return": values.write(answer, secrets=secrets)}  # a keyword of Python's
            return provider_pb2.InvokeResponse(**answered)

    # -- resources ----------------------------------------------------------------------------------------------

    async def Check(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: _Context
    ) -> provider_pb2.CheckResponse:
        async with self._answering(context, request.urn):
            urn, lifecycle = parse_urn(request.urn), self._lifecycle(request.urn)
            olds, news = values.read(request.olds), values.read(request.news)
            if lifecycle is None:
                return provider_pb2.CheckResponse(inputs=request.news)
            wanted = {"ownerId": urn.owner_id(self.organization), **news.values, "logicalName": urn.name}
            SECRETS.set(news.secrets)
            try:
                checked = await lifecycle.check(olds.values, wanted)
            except Invalid as error:
                checked = Checked(news.values, (Failure("", self.status.told.sentence(error, name=urn.name)),))
            for warning in checked.warnings:
                self.status.warn(warning)
            for note in checked.notes:
                self.status.tell(note)
            failures = [*checked.failures, *self._twice(checked.inputs, request.urn, is_new=not olds.values)]
            if failures:  # what is computed may be unknown then, which an `up` takes for a defect
                said = (replace(one, reason=self.status.told.reason(one, name=urn.name)) for one in failures)
                refused = [_failure(failure) for failure in said]
                return provider_pb2.CheckResponse(inputs=request.news, failures=refused)
            inputs = values.write(checked.inputs, secrets=lifecycle.secrets(news.secrets))
            return provider_pb2.CheckResponse(inputs=inputs)

    async def Diff(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: _Context
    ) -> provider_pb2.DiffResponse:
        async with self._answering(context, request.urn):
            kinds, lifecycle = provider_pb2.DiffResponse, self._lifecycle(request.urn)
            if lifecycle is None:
                return provider_pb2.DiffResponse(changes=kinds.DIFF_UNKNOWN)
            difference, details = difference_of(
                lifecycle, values.read(request.olds).values, values.read(request.news).values
            )
            entry = provider_pb2.PropertyDiff
            return provider_pb2.DiffResponse(
                changes=kinds.DIFF_SOME if difference.has_changes else kinds.DIFF_NONE,
                diffs=sorted({*difference.changes, *difference.replaces}),
                replaces=difference.replaces,
                stables=() if difference.replaces else _STABLE,
                detailedDiff={path: entry(kind=entry.Kind.Value(change.value)) for path, change in details.items()},
                hasDetailedDiff=True,
            )

    async def Create(  # noqa: N802
        self, request: provider_pb2.CreateRequest, context: _Context
    ) -> provider_pb2.CreateResponse:
        async with self._answering(context, request.urn, request.timeout):
            given, lifecycle = values.read(request.properties), self._lifecycle(request.urn)
            if request.preview:
                return provider_pb2.CreateResponse(properties=self._previewed(lifecycle, given, {}))
            outcome = await self._to_its_end(self._configured(lifecycle).create(given.values))
            properties = await self._kept(context, self._configured(lifecycle), outcome, given)
            return provider_pb2.CreateResponse(id=outcome.id, properties=properties)

    async def Update(  # noqa: N802
        self, request: provider_pb2.UpdateRequest, context: _Context
    ) -> provider_pb2.UpdateResponse:
        async with self._answering(context, request.urn, request.timeout):
            given, lifecycle = values.read(request.news), self._lifecycle(request.urn)
            former = values.read(request.olds).values
            if request.preview:
                return provider_pb2.UpdateResponse(properties=self._previewed(lifecycle, given, former))
            outcome = await self._to_its_end(self._configured(lifecycle).update(given.values, former))
            properties = await self._kept(context, self._configured(lifecycle), outcome, given)
            return provider_pb2.UpdateResponse(properties=properties)

    async def Read(  # noqa: N802
        self, request: provider_pb2.ReadRequest, context: _Context
    ) -> provider_pb2.ReadResponse:
        async with self._answering(context, request.urn, request.timeout):
            lifecycle = self._configured(self._lifecycle(request.urn))
            known, inputs = values.read(request.properties), values.read(request.inputs)
            owner_id = parse_urn(request.urn).owner_id(self.organization)
            found = await lifecycle.read(request.id, {**inputs.values, **known.values}, owner_id=owner_id)
            if found is None:
                return provider_pb2.ReadResponse()
            secrets = lifecycle.secrets(inputs.secrets) | known.secrets
            return provider_pb2.ReadResponse(
                id=found.outcome.id,
                properties=values.write(found.outcome.state, secrets=secrets),
                inputs=values.write(found.inputs, secrets=secrets),
                refresh_before_update=is_incomplete(found.outcome.state),
            )

    async def Delete(self, request: provider_pb2.DeleteRequest, context: _Context) -> empty_pb2.Empty:  # noqa: N802
        async with self._answering(context, request.urn, request.timeout):
            known = values.read(request.properties).values
            await self._to_its_end(self._configured(self._lifecycle(request.urn)).delete(known))
            return empty_pb2.Empty()

    async def stop(self, *, longest_s: float) -> None:
        """Ends what is under way, so that every answer still carries what is known."""
        self._stop_all()
        if self._running:
            await asyncio.wait(set(self._running), timeout=longest_s)

    # -- within -------------------------------------------------------------------------------------------------

    def _stop_all(self) -> None:
        for task in tuple(self._stoppable):
            stop(task, _CANCELLED)

    async def _to_its_end(self, work: Awaitable[T]) -> T:
        """What an operation comes to. From then on nothing ends the call but its answer, which holds an id."""
        try:
            return await work
        finally:
            self._let_go()

    def _let_go(self) -> None:
        task = asyncio.current_task()
        if task is not None and (timer := self._stoppable.pop(task, None)) is not None:
            timer.cancel()

    def _parse(self, given: Mapping[str, Any]) -> Settings | None:
        from computenest.cloud.settings import parse_settings  # noqa: PLC0415 - first needed here

        if has_unknown(given):
            return None  # a provider whose configuration another resource makes: nothing can be asked in this preview
        return parse_settings({f"computenest:{key}": value for key, value in given.items()}, environ=self.environ)

    def _serve_on(self, core: Core) -> None:
        from computenest.serve.lifecycles import lifecycles  # noqa: PLC0415

        self._core, self._lifecycles = core, lifecycles(core)

    def _lifecycle(self, urn: str) -> Served | None:
        """That of this URN's type, None where the provider's configuration is not known yet."""
        token = parse_urn(urn).type_token
        found = self._lifecycles.get(token.removeprefix(_INDEX))
        if self._core is not None and found is None:
            raise Invalid(f"there is no resource type {token}")
        return found

    @staticmethod
    def _configured(lifecycle: Served | None) -> Served:
        if lifecycle is None:
            raise Invalid("the provider's configuration is not known; only a preview can do without it")
        return lifecycle

    def _twice(self, inputs: Mapping[str, Any], urn: str, *, is_new: bool) -> list[Failure]:
        """Two resources of one run with one identity: their packages in the cloud would be one."""
        owner_id = OwnerId(str(inputs.get("ownerId", "")))
        first = self._minted.setdefault(owner_id, urn)
        if first == urn or not is_new or not owner_id:  # refused before anybody knew whose it is
            return []
        why = f"{first} has this type and name under another parent, and what is theirs in the cloud goes by both"
        return [Failure("name", f"{why}: name one of them otherwise, by its parent's name before its own for example")]

    @staticmethod
    def _previewed(lifecycle: Served | None, given: Bag, former: Mapping[str, Any]) -> Any:
        if lifecycle is None:
            return values.write({**given.values, "images": UNKNOWN}, secrets=given.secrets)
        return values.write(lifecycle.preview(given.values, former), secrets=lifecycle.secrets(given.secrets))

    async def _kept(self, context: _Context, lifecycle: Served, outcome: Outcome[Mapping[str, Any]], given: Bag) -> Any:
        secrets = lifecycle.secrets(given.secrets)
        if not outcome.is_complete:
            properties = values.write(partial(outcome.state), secrets=secrets)
            await abort_incomplete(context, outcome.id, properties, outcome.reasons)
        return values.write(outcome.state, secrets=secrets)

    @contextlib.asynccontextmanager
    async def _answering(self, context: _Context, urn: str = "", timeout_s: float = 0.0) -> AsyncIterator[None]:
        """Around every call: its resource for the live line, its place among what can be cancelled, its errors."""
        token = CURRENT_URN.set(urn)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a servicer's method is always a task
        self._running.add(task)
        reason = (
            f"timed out after {timeout_s:g} s (customTimeouts); run `pulumi up` again to go on waiting, or raise it"
        )
        later = asyncio.get_running_loop().call_later
        self._stoppable[task] = later(timeout_s, stop, task, reason) if timeout_s > 0 else None
        try:
            yield
            self._let_go()
            await self.status.flush()
        except grpc.aio.AbortError:
            raise
        except asyncio.CancelledError as cancelled:
            if (why := stopped_because(cancelled)) is None:
                raise
            await self._refuse(context, Permanent(why))
        except Exception as error:  # noqa: BLE001 - the outermost frame: nothing may reach the user as a trace
            await self._refuse(context, error)
        finally:
            self._let_go()
            self._running.discard(task)
            CURRENT_URN.reset(token)

    async def _refuse(self, context: _Context, error: Exception) -> None:
        self._let_go()
        await self.status.flush()
        await abort(context, error, self.status)


def _failure(failure: Failure) -> provider_pb2.CheckFailure:
    return provider_pb2.CheckFailure(property="", reason=failure.sentence)
