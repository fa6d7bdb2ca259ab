"""Subjects of the laws of lifecycles on the embedded cloud in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from computenest.kernel.names import AccountName
from computenest.reconcile.retry import retrying
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.cloud_checks import PackageChecks
from computenest.resources._packages.market_api import CloudMarket
from computenest.resources._packages.watch import ListWatch
from computenest.resources.ecs_image_package.copies_api import CloudCopies
from computenest.resources.service.api import CloudServices
from computenest.resources.service.lifecycle import ServiceLifecycle
from computenest.resources.service.template_store import CloudTemplates
from computenest.resources.service.use_cases import Services
from computenest.resources.service_instance.api import CloudInstances
from computenest.resources.service_instance.cloud_checks import InstanceChecks
from computenest.resources.service_instance.lifecycle import InstanceLifecycle
from computenest.resources.service_instance.quotes_api import CloudQuotes
from computenest.resources.service_instance.use_cases import ServiceInstances
from emulator.harness import Cloud
from lifecycle import instances, shops
from lifecycle.driver import Screen, _no_lease, in_process
from lifecycle.embedded import Counted, SteppedClock
from lifecycle.faults import Halting
from lifecycle.instances import Struck
from lifecycle.lives import LIVES, AnyLife
from lifecycle.subjects import PAST_EVERY_DEADLINE_S, LawSubject, retry_of
from lifecycle.transports import CoreOfOne

T = TypeVar("T")


class EmbeddedSubject(LawSubject):
    """On the embedded cloud in virtual time, with its session."""

    account: str

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.faults, self.screen = cloud, Halting(), Screen()
        self.session = cloud.session(self.account)
        self.clock: SteppedClock = SteppedClock(cloud)
        self.retry = retry_of(self.clock)

    def struck(self, *ports: Any) -> list[Any]:
        """Ports of a new process."""
        clock = self.clock = SteppedClock(self.cloud)
        self.retry = retry_of(clock)
        return [retrying(Struck(Counted(port, clock), self.faults), self.retry, clock) for port in ports]

    def core(self, **more: Any) -> Any:
        session = self.session
        checks = PackageChecks(session.port(CloudArtifacts), session.port(CloudCopies), session.port(CloudMarket))
        return CoreOfOne(self.screen, session=session, checks=checks, retry=self.retry, quick=self.retry, **more)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        async def process() -> T:
            self.faults._died = None  # an event belongs to one loop
            return await in_process(work, self.faults)

        return asyncio.run(process())

    def pass_time(self) -> None:
        self.clock._now_s += PAST_EVERY_DEADLINE_S

    def close(self) -> None:
        self.session.close()


class _ServiceLifecycle(ServiceLifecycle):
    use_cases: Services

    async def _of_account(self, name: AccountName) -> Services:
        del name
        return self.use_cases


class ServiceSubject(EmbeddedSubject):
    """`Service`, up to its review."""

    type_name, id_key, account = "Service", "serviceId", "supplier"

    def __init__(self, cloud: Cloud, *, is_bare: bool = False) -> None:
        super().__init__(cloud)
        self.texts: dict[str, str] = {}
        self.artifact_id = "" if is_bare else cloud.released()

    def lifecycle(self) -> ServiceLifecycle:
        services, templates = self.struck(self.session.port(CloudServices), self.session.port(CloudTemplates))
        made = _ServiceLifecycle(self.core())
        made._texts = self.texts
        made.use_cases = Services(services, templates, self.clock, self.screen, _no_lease, 5.0, self.texts)
        return made

    def news(self, number: int) -> dict[str, Any]:
        return shops.wish(self.artifact_id, publishing="online", tags={"number": str(number)}, timeoutS=100_000)

    def things(self) -> list[str]:
        return shops.outstanding(self.cloud)

    def leftovers(self) -> list[str]:
        return self.things()


def service_life(cloud: Cloud, transport: str) -> AnyLife:
    """A service of a stack, on a cloud that holds nothing yet but what a test puts there."""
    return LIVES[transport](ServiceSubject(cloud, is_bare=True), name="shop")


class _InstanceLifecycle(InstanceLifecycle):
    use_cases: ServiceInstances

    async def _of_account(self, name: AccountName) -> ServiceInstances:
        del name
        return self.use_cases


class InstanceSubject(EmbeddedSubject):
    """`ServiceInstance`, deployed and then upgraded."""

    type_name, id_key, account = "ServiceInstance", "instanceId", "customer"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.service_id, artifact_id = instances.offer(cloud)
        instances.next_version(cloud, self.service_id, artifact_id)

    def lifecycle(self) -> InstanceLifecycle:
        (port,) = self.struck(self.session.port(CloudInstances))
        quotes = InstanceChecks(self.session.port(CloudQuotes))
        made = _InstanceLifecycle(self.core(), _quotes={AccountName(""): quotes})
        watch = ListWatch(port.list_by_id, self.clock, instances.TICK_S)
        made.use_cases = ServiceInstances(port, watch, self.clock, self.screen, _no_lease)
        return made

    def news(self, number: int) -> dict[str, Any]:
        return {
            "ownerId": instances.OWNER, "logicalName": "shop", "region": "cn-beijing", "serviceId": self.service_id,
            "serviceVersion": str(number), "timeoutS": 100_000,
        }  # fmt: skip

    def things(self) -> list[str]:
        return instances.outstanding(self.cloud)

    def leftovers(self) -> list[str]:
        return self.things()
