"""Each type of resource for laws that all of them obey: in memory where there is such a cloud, embedded otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from computenest.cloud.session import open_session
from computenest.cloud.settings import parse_settings
from computenest.domain.content import check as checks
from computenest.domain.content.model import Kind
from computenest.domain.outcome import Checked
from computenest.engine.checks import PackageChecks
from computenest.engine.claims import Claims
from computenest.engine.direct import DirectPackages, Hub
from computenest.engine.direct_dispatch import Dispatcher
from computenest.engine.direct_look import Inventory
from computenest.engine.direct_poll import Polls
from computenest.engine.instance_watch import InstanceWatch
from computenest.engine.instances import ServiceInstances
from computenest.engine.packages import Packages
from computenest.engine.places import Places
from computenest.engine.retry import Retry, retrying
from computenest.engine.services import Services
from computenest.engine.silence import Silence
from computenest.engine.uploads import ContentPackages, ContentTerms
from computenest.engine.watch import ArtifactWatch, ImageReader
from computenest.ports import Clock
from computenest.transports.image import ImageLifecycle
from computenest.transports.instance import InstanceLifecycle
from computenest.transports.service import ServiceLifecycle
from computenest.transports.uploads import ContentLifecycle
from emulator.harness import Cloud
from lifecycle import instances, shops
from lifecycle.driver import Screen, Stack, _no_lease, in_process, wish
from lifecycle.embedded import Counted, SteppedClock
from lifecycle.halting import Halting, Subject
from lifecycle.instances import Struck
from lifecycle.memory import MemoryCloud
from lifecycle.transports import CoreOfOne, image_lifecycle
from lifecycle.virtual import VirtualClock, run
from lifecycle.warehouse import Warehouse
from simulation import world as direct
from simulation.ecs import HUB, SUPPLIER

__all__ = ["EMBEDDED", "IN_MEMORY", "ContentSubject"]

T = TypeVar("T")
_PAST_EVERY_DEADLINE_S = 200_000.0


def retry_of(clock: Clock) -> Retry:
    """As the provider has it, in the clock's time."""
    return Retry(attempts=3, base_s=1.0, silence=Silence(now_s=clock.now_s))


class MemorySubject(Subject):
    """In virtual time, in this process."""

    clock: VirtualClock
    retry: Retry

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        async def process() -> T:
            return await in_process(work, self.faults)

        self.faults._died = None  # an event belongs to one loop
        return run(self.clock, process())

    def pass_time(self) -> None:
        self.clock.pass_time(_PAST_EVERY_DEADLINE_S)


class ImageSubject(MemorySubject):
    """`EcsImagePackage` in managed distribution."""

    type_name, id_key = "EcsImagePackage", "artifactId"
    stack: Stack

    def __init__(self) -> None:
        self.clock, self.faults = VirtualClock(), Halting()
        self.cloud = MemoryCloud(self.clock, None, self.faults)
        self.retry = retry_of(self.clock)
        self.stack = Stack(self.cloud, self.cloud, self.clock, self.faults, self.retry, interval_s=20.0)

    def lifecycle(self) -> ImageLifecycle:
        return image_lifecycle(self.stack)

    def news(self, number: int) -> dict[str, Any]:
        regions = ("cn-hangzhou", "cn-beijing", "cn-shanghai")[: number + 1]
        return wish(*regions, timeoutS=100_000)

    def things(self) -> list[str]:
        return [record.artifact_id for record in self.cloud.living]

    def leftovers(self) -> list[str]:
        return [*self.things(), *self.cloud.images]


@dataclass
class DirectStack(direct.DirectStack):
    """With the provider's own retry layer."""

    def packages(self) -> Packages:
        assert self.retry is not None
        supplier, hub = (retrying(self.accounts[uid], self.retry, self.clock) for uid in (SUPPLIER, HUB))
        inventory, silence = Inventory(hub, self.clock), self.retry.silence
        polls = Polls(self.accounts[HUB], self.clock, silence)
        shared = Hub(hub, inventory, Dispatcher(hub, inventory, polls, self.clock, self.interval_s))
        sources: Any = Inventory(supplier, self.clock)
        made: Any = DirectPackages(supplier, sources, shared, self.clock, self.screen, _no_lease)
        return made  # type: ignore[no-any-return]


class DirectSubject(ImageSubject):
    """`EcsImagePackage` in direct distribution: its id is known before anything exists."""

    def __init__(self) -> None:
        self.faults = Halting()
        self.world = direct.World()
        self.clock, usual = self.world.clock, self.world.stack
        self.retry = retry_of(self.clock)
        self.world.ecs.faults = self.faults
        self.stack = DirectStack(
            usual.artifacts, usual.images, self.clock, self.faults, self.retry, accounts=usual.accounts
        )

    def news(self, number: int) -> dict[str, Any]:
        return direct.wish([*[0, 2, 3][:number], 1], image=self.world.sources[number - 1], permit=number)

    def things(self) -> list[str]:
        known = self.stack.checked(self.news(1), recorded=None)
        return [f"{known['ownerId']}-g{known['generation']}"] if self.leftovers() else []

    def leftovers(self) -> list[str]:
        sources = [record for record in self.world.ecs.images.values() if record.owner == SUPPLIER]
        owed = [f"{record.name}: {record.shares} {record.tags}" for record in sources if record.shares or record.tags]
        return [*(record.image_id for record in self.world.copies), *owed]


class _ContentLifecycle(ContentLifecycle):
    """As served, on content in memory."""

    use_cases: ContentPackages

    async def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        """What the inputs come to, without the questions that previews ask of a cloud."""
        checked = checks.check(self.kind, olds, news, recorded=None)
        described = await self.use_cases.store.describe(kind=self.kind, source=news["source"])
        return checks.finish(self.kind, checked, described)

    async def _of(self, properties: Mapping[str, Any]) -> ContentPackages:
        del properties
        return self.use_cases


class ContentSubject(MemorySubject):
    """A container image, a chart or a file."""

    id_key = "artifactId"

    def __init__(self, kind: Kind) -> None:
        self.kind, self.type_name = kind, kind.type_name
        self.clock, self.faults = VirtualClock(), Halting()
        self.cloud = MemoryCloud(self.clock, None, self.faults)
        self.warehouse = Warehouse(self.cloud, self.clock, self.faults)
        self.screen, self.retry = Screen(), retry_of(self.clock)

    def lifecycle(self) -> ContentLifecycle:
        retry = self.retry
        artifacts, images = (retrying(self.cloud, retry, self.clock) for _ in range(2))
        watch, reader = ArtifactWatch(artifacts, self.clock, 20.0), ImageReader(images, self.clock)
        packages = Packages(artifacts, reader, watch, self.clock, self.screen, _no_lease, terms=ContentTerms(self.kind))
        store: Any = retrying(self.warehouse, retry, self.clock)
        core: Any = CoreOfOne(self.screen)
        made = _ContentLifecycle(core, kind=self.kind)
        _ContentLifecycle.use_cases = ContentPackages(
            self.kind,
            packages,
            store,
            store,
            Places(self.kind, store, Claims(self.kind, artifacts, store, self.clock), self.screen),
            made._source,
        )
        return made

    def news(self, number: int) -> dict[str, Any]:
        kinds = {Kind.IMAGE: "layout", Kind.CHART: "directory", Kind.FILE: "file"}
        named = {Kind.IMAGE: {"repository": "web"}, Kind.FILE: {"regions": ["cn-beijing"], "fileName": "app"}}
        source = {"kind": kinds[self.kind], "path": f"/somewhere/web-{number}"}
        more = {"permission": "Public"} if self.kind is not Kind.FILE else {}
        base = {"ownerId": "o-1", "logicalName": "web", "source": source, "timeoutS": 100_000, "retainVersions": 0}
        return {**base, **more, **named.get(self.kind, {})}

    def things(self) -> list[str]:
        return [record.artifact_id for record in self.cloud.living]

    def leftovers(self) -> list[str]:
        return [*self.things(), *(self.warehouse.held if self.things() else ())]


class EmbeddedSubject(Subject):
    """On the embedded cloud in virtual time, with its session."""

    account: str

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.faults, self.screen = cloud, Halting(), Screen()
        keys = cloud.handle["accounts"][self.account]
        environ = {
            "COMPUTENEST_ENDPOINT": cloud.handle["endpoint"],
            "ALIBABA_CLOUD_ACCESS_KEY_ID": keys["access_key_id"],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": keys["access_key_secret"],
        }
        self.session = open_session(parse_settings({"computenest:region": "cn-hangzhou"}, environ=environ))
        self.clock: SteppedClock = SteppedClock(cloud)  # type: ignore[arg-type]
        self.retry = retry_of(self.clock)

    def struck(self, *ports: Any) -> list[Any]:
        """Ports of a new process."""
        clock = self.clock = SteppedClock(self.cloud)  # type: ignore[arg-type]
        self.retry = retry_of(clock)
        return [retrying(Struck(Counted(port, clock), self.faults), self.retry, clock) for port in ports]

    def core(self) -> Any:
        session = self.session
        checks = PackageChecks(session.artifacts, session.images, session.market)
        return CoreOfOne(self.screen, session=session, checks=checks, quick=self.retry)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        async def process() -> T:
            self.faults._died = None  # an event belongs to one loop
            return await in_process(work, self.faults)

        return asyncio.run(process())

    def pass_time(self) -> None:
        self.clock._now_s += _PAST_EVERY_DEADLINE_S

    def close(self) -> None:
        self.session.close()


class _ServiceLifecycle(ServiceLifecycle):
    use_cases: Services

    async def _of(self, properties: Mapping[str, Any]) -> Services:
        del properties
        return self.use_cases


class ServiceSubject(EmbeddedSubject):
    """`Service`, up to its review."""

    type_name, id_key, account = "Service", "serviceId", "supplier"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.artifact_id, self.texts = cloud.released(), {}

    def lifecycle(self) -> ServiceLifecycle:
        services, templates = self.struck(self.session.services, self.session.templates)
        made = _ServiceLifecycle(self.core())
        made._texts = self.texts
        _ServiceLifecycle.use_cases = Services(services, templates, self.clock, self.screen, _no_lease, 5.0, self.texts)
        return made

    def news(self, number: int) -> dict[str, Any]:
        return shops.wish(self.artifact_id, publishing="online", tags={"number": str(number)}, timeoutS=100_000)

    def things(self) -> list[str]:
        return shops.outstanding(self.cloud)

    def leftovers(self) -> list[str]:
        return self.things()


class _InstanceLifecycle(InstanceLifecycle):
    use_cases: ServiceInstances

    async def _of(self, properties: Mapping[str, Any]) -> ServiceInstances:
        del properties
        return self.use_cases


class InstanceSubject(EmbeddedSubject):
    """`ServiceInstance`, deployed and then upgraded."""

    type_name, id_key, account = "ServiceInstance", "instanceId", "customer"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.service_id, artifact_id = instances.offer(cloud)
        instances.next_version(cloud, self.service_id, artifact_id)

    def lifecycle(self) -> InstanceLifecycle:
        (port,) = self.struck(self.session.instances)
        core = self.core()
        made = _InstanceLifecycle(core)
        watch = InstanceWatch(port, self.clock, instances.TICK_S)
        _InstanceLifecycle.use_cases = ServiceInstances(port, watch, self.clock, self.screen, _no_lease)
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


IN_MEMORY: dict[str, Callable[[], Subject]] = {
    "EcsImagePackage": ImageSubject,
    "EcsImagePackage, direct": DirectSubject,
    "ContainerImagePackage": lambda: ContentSubject(Kind.IMAGE),
    "HelmChartPackage": lambda: ContentSubject(Kind.CHART),
    "FilePackage": lambda: ContentSubject(Kind.FILE),
}
EMBEDDED: dict[str, Callable[[Cloud], Subject]] = {"Service": ServiceSubject, "ServiceInstance": InstanceSubject}
