"""Service instances against the embedded cloud in virtual time: the real adapters, the real wire protocol, one process
for each operation as the engine would have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from computenest.kernel.identity import mint_owner_id
from computenest.kernel.unknown import Known
from computenest.reconcile.retry import Retry, retrying
from computenest.resources._packages.watch import ListWatch
from computenest.resources.service_instance import check as checks
from computenest.resources.service_instance import diff as differences
from computenest.resources.service_instance.api import CloudInstances
from computenest.resources.service_instance.check import recorded_in
from computenest.resources.service_instance.declaration import MODELS
from computenest.resources.service_instance.model import State, Wanted
from computenest.resources.service_instance.use_cases import ServiceInstances
from emulator import offers
from emulator.harness import GOLDEN_2, Cloud
from lifecycle.driver import Pure, Runs, _no_lease
from lifecycle.embedded import Counted, SteppedClock
from lifecycle.faults import Faults
from unit.bags import UseCases, check_of, diff_of

OWNER = mint_owner_id(organization="acme", project="shop", stack="dev", type_token="ServiceInstance", name="shop")
TICK_S = 20.0


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


def wanted(**news: Any) -> dict[str, Any]:
    """What a program asks for."""
    return {"ownerId": OWNER, "logicalName": "shop", "region": "cn-beijing", **news}


def _recorded(inputs: Mapping[str, Any]) -> Any:
    return recorded_in(Wanted[Known].model_validate(inputs))


def _inputs_of(known: Mapping[str, Any]) -> dict[str, Any]:
    return Wanted[Known].made(State[Known].model_validate(known)).bag()


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
class InstanceStack(Runs):
    """One instance of a stack."""

    cloud: Cloud = field(kw_only=True)
    account: str = "customer"
    pure: ClassVar[Pure] = Pure(
        check_of(MODELS, checks.check), diff_of(MODELS, differences.diff), _recorded, _inputs_of
    )

    def __post_init__(self) -> None:
        self.session = self.cloud.session(self.account)

    def close(self) -> None:
        self.session.close()

    def process(self) -> UseCases:
        clock = SteppedClock(self.cloud)
        port: Any = Struck(Counted(self.session.port(CloudInstances), clock), self.faults)
        port = retrying(port, retry=Retry(attempts=3, base_s=1.0), clock=clock)
        watch = ListWatch(port.list_by_id, clock, TICK_S)
        return UseCases(ServiceInstances(port, watch, clock, self.screen, _no_lease), MODELS)

    def preview(self, news: Mapping[str, Any]) -> str:
        """What `up` would do."""
        found = self.pure.diff(self.state, self.checked(news, recorded=None))
        return "replace" if found.replaces else "update" if found.changes else "same"

    def id_in(self, state: Mapping[str, Any]) -> str:
        return str(state.get("resourceId") or state["instanceId"])
