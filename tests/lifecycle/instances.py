"""Service instances against the embedded cloud in virtual time: the real adapters, the real wire protocol, one process
for each operation as the engine would have it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from computenest.cloud.settings import parse_settings
from computenest.kernel.identity import mint_owner_id
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Outcome
from computenest.kernel.unknown import Known
from computenest.reconcile.retry import Retry, retrying
from computenest.resources._packages.watch import ListWatch
from computenest.resources._program.session import open_session
from computenest.resources.service_instance import check as checks
from computenest.resources.service_instance import diff as differences
from computenest.resources.service_instance.api import CloudInstances
from computenest.resources.service_instance.check import Recorded, recorded_in
from computenest.resources.service_instance.declaration import MODELS
from computenest.resources.service_instance.model import State, Wanted
from computenest.resources.service_instance.use_cases import ServiceInstances
from emulator import offers
from emulator.harness import GOLDEN_2, Cloud
from lifecycle.driver import Failed, Screen, in_process
from lifecycle.embedded import Counted, SteppedClock
from lifecycle.faults import Faults
from unit.bags import check_of, diff_of

__all__ = ["OWNER", "InstanceStack", "Struck", "next_version", "offer", "outstanding"]

check, diff = check_of(MODELS, checks.check), diff_of(MODELS, differences.diff)
OWNER = mint_owner_id(organization="acme", project="shop", stack="dev", type_token="ServiceInstance", name="shop")
TICK_S = 20.0


@asynccontextmanager
async def _no_lease(_owner: OwnerId) -> AsyncIterator[None]:
    yield


def offer(cloud: Cloud, template: str = offers.TEMPLATE, **more: Any) -> tuple[str, str]:
    """A public service online, whose template's marker is a package's image: (service id, artifact id)."""
    artifact_id = cloud.released("web")
    text = offers.metadata(offers.relation(artifact_id), offers.upload(cloud, template))
    service_id = offers.save(cloud, text, **{"share_type": "Public", **more})
    offers.publish(cloud, service_id)
    return service_id, artifact_id


def next_version(cloud: Cloud, service_id: str, artifact_id: str, *, regions: tuple[str, ...] | None = None) -> None:
    """Version 2 of the package, and of the service."""
    more = {} if regions is None else {"regions": regions}
    cloud.next_version(artifact_id, source=GOLDEN_2, **more)
    text = offers.metadata(offers.relation(artifact_id, "2"), offers.upload(cloud))
    offers.save(cloud, text, service_id=service_id, share_type="Public")
    offers.publish(cloud, service_id)


def outstanding(cloud: Cloud, account: str = "customer") -> list[str]:
    """The ids of the instances that an account has."""
    return [row["instance_id"] for row in cloud.ledger()["accounts"][account]["instances_outstanding"]]


def wanted_of(given: Mapping[str, Any] | State[Known]) -> Wanted[Known]:
    """What checked inputs say, or a state."""
    return Wanted[Known].made(given) if isinstance(given, State) else Wanted[Known].model_validate(given)


class Struck:
    """A port of which one call is struck: see `lifecycle.faults`."""

    def __init__(self, port: Any, faults: Faults) -> None:
        self._port = port
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        async def struck(*args: Any, **options: Any) -> Any:
            said = repr((args, sorted(options.items(), key=lambda item: item[0])))
            await self._faults.before(name, said)
            answer = await method(*args, **options)
            await self._faults.after(name, said)
            return answer

        return struck


@dataclass
class InstanceStack:
    """One instance of a stack: its state, and how its next run is made."""

    cloud: Cloud
    account: str = "customer"
    faults: Faults | None = None
    inputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    doomed: list[dict[str, Any]] = field(default_factory=list)
    screen: Screen = field(default_factory=Screen)
    id: str = ""

    def __post_init__(self) -> None:
        self.session = open_session(
            parse_settings({"computenest:region": "cn-hangzhou"}, environ=self.cloud.environ(self.account))
        )

    def close(self) -> None:
        self.session.close()

    def process(self) -> ServiceInstances:
        """What a new process works with."""
        clock = SteppedClock(self.cloud)
        port: Any = Counted(self.session.port(CloudInstances), clock)
        if self.faults is not None:
            port = Struck(port, self.faults)
        port = retrying(port, retry=Retry(attempts=3, base_s=1.0), clock=clock)
        return ServiceInstances(port, ListWatch(port.list_by_id, clock, TICK_S), clock, self.screen, _no_lease)

    async def up(self, **news: Any) -> str:
        """`pulumi up`; says what was done: create, update, replace or same.

        Raises:
            Failed: also for an incomplete outcome, whose state is kept.
            Killed: a fault killed the process.
        """
        await self._delete_doomed()
        wanted = {"ownerId": OWNER, "logicalName": "shop", "region": "cn-beijing", **news}
        inputs = self._checked(wanted, recorded=None)
        if not self.state:
            await self._create(inputs)
            return "create"
        difference = diff(self.state, inputs)
        if difference.replaces:
            former, before = self.state, self.inputs
            self.inputs, self.state = {}, {}
            try:
                await self._create(self._checked(wanted, recorded=recorded_in(Wanted[Known].model_validate(before))))
            finally:
                if self.state:
                    self.doomed.append(former)
                else:
                    self.inputs, self.state = before, former
            await self._delete_doomed()
            return "replace"
        if not difference.changes:
            self.inputs = inputs
            return "same"
        former = self.state
        await self._keep(inputs, lambda process: process.update(wanted_of(inputs), State[Known].model_validate(former)))
        return "update"

    def preview(self, **news: Any) -> str:
        """What `up` would do."""
        wanted = {"ownerId": OWNER, "logicalName": "shop", "region": "cn-beijing", **news}
        found = diff(self.state, self._checked(wanted, recorded=None))
        return "replace" if found.replaces else "update" if found.changes else "same"

    async def refresh(self) -> bool:
        """`pulumi refresh`; whether the instance is still there."""
        known = State[Known].model_validate(self.state)
        outcome = await self._run(lambda process: process.read(known))
        self.state = {} if outcome is None else outcome.state.bag()
        self.inputs = {} if outcome is None else wanted_of(outcome.state).bag()
        return outcome is not None

    async def destroy(self) -> None:
        """`pulumi destroy`."""
        await self._delete_doomed()
        if self.state:
            known = State[Known].model_validate(self.state)
            await self._run(lambda process: process.delete(known))
            self.inputs, self.state = {}, {}

    def _checked(self, news: Mapping[str, Any], *, recorded: Recorded | None) -> dict[str, Any]:
        found = check(self.inputs, news, recorded=recorded)
        assert not found.failures, found.failures
        return dict(found.inputs)

    async def _create(self, inputs: dict[str, Any]) -> None:
        self.id = ""
        await self._keep(inputs, lambda process: process.create(wanted_of(inputs)))

    async def _delete_doomed(self) -> None:
        while self.doomed:
            known = State[Known].model_validate(self.doomed[-1])
            await self._run(lambda process: process.delete(known))  # noqa: B023 - awaited before it changes
            self.doomed.pop()

    async def _keep(self, inputs: dict[str, Any], work: Any) -> None:
        outcome: Outcome[State[Known]] = await self._run(work)
        assert outcome.id == (outcome.state.resource_id or outcome.state.instance_id)
        assert self.id in ("", outcome.id), "Pulumi's id cannot change in an update"
        self.id = outcome.id
        self.inputs, self.state = inputs, outcome.state.bag()
        if not outcome.is_complete:
            raise Failed("; ".join(outcome.reasons))

    async def _run(self, work: Any) -> Any:
        async def operation() -> Any:
            return await work(self.process())

        return await in_process(operation(), self.faults or Faults())
