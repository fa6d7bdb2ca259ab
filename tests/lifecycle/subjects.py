"""Subjects of the laws of lifecycles in memory, and what the laws ask of each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from types import SimpleNamespace
from typing import Any, TypeVar

from computenest.kernel.ports import Clock
from computenest.reconcile.retry import Retry, retrying
from computenest.reconcile.silence import Silence
from computenest.resources._packages.claims import Claims
from computenest.resources._packages.content_lifecycle import ContentLifecycle
from computenest.resources._packages.content_model import Described, Kind
from computenest.resources._packages.content_state import ContentStates
from computenest.resources._packages.packages import Packages
from computenest.resources._packages.places import Places
from computenest.resources._packages.uploads import ContentPackages
from computenest.resources._packages.watch import ArtifactWatch, ImageReader
from computenest.resources.ecs_image_package.lifecycle import ImageLifecycle
from computenest.resources.service_image_association.lifecycle import AssociationLifecycle
from lifecycle.driver import Screen, Stack, _no_lease, in_process, wish
from lifecycle.faults import Halting
from lifecycle.kinds import CONTENTS
from lifecycle.lives import AnyLife, Subject
from lifecycle.memory import MemoryCloud
from lifecycle.transports import CoreOfOne, image_lifecycle
from lifecycle.virtual import VirtualClock, run
from lifecycle.warehouse import Warehouse
from simulation import world as direct
from simulation.ecs import SUPPLIER

T = TypeVar("T")
PAST_EVERY_DEADLINE_S = 200_000.0


def retry_of(clock: Clock) -> Retry:
    """As the provider has it, in the clock's time."""
    return Retry(attempts=3, base_s=1.0, silence=Silence(now_s=clock.now_s))


class LawSubject(Subject):
    """What the laws ask of a resource and its cloud besides."""

    id_key: str
    faults: Halting
    clock: Clock
    retry: Retry
    is_pure = False
    """Whether it is no object in a cloud."""
    yields = False
    """Whether it leaves alone what somebody else has made more of."""
    at_once = 1
    """How many parts of it are worked on at the same time: a stop reaches each at its next call."""

    def began(self, stop: Callable[[], None]) -> None:
        if self.faults.is_idle:
            self.faults.halt = stop

    @abstractmethod
    def news(self, number: int) -> dict[str, Any]:
        """What a program asks for, first and then."""

    @abstractmethod
    def things(self) -> list[str]:
        """The ids of what there is of ours, in the words of the state."""

    @abstractmethod
    def leftovers(self) -> list[str]:
        """Everything that a destroy has to take away."""

    @abstractmethod
    def pass_time(self) -> None:
        """By the time that this returns every deadline has passed."""

    def ids(self, life: AnyLife) -> list[str]:
        """What `things` are where all is well."""
        return [] if self.is_pure else [life.id]

    def found_by(self, life: AnyLife) -> set[str]:
        """Which of `things` a state leads to, also one of an operation that did not finish."""
        return {life.id} if life.state else set()


class MemorySubject(LawSubject):
    """In virtual time, in this process."""

    clock: VirtualClock

    def __init__(self) -> None:
        self.clock, self.faults, self.screen = VirtualClock(), Halting(), Screen()
        self.retry = retry_of(self.clock)

    def core(self, **account: Any) -> Any:
        """What a lifecycle has of its process."""
        return CoreOfOne(self.screen, **account)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        async def process() -> T:
            return await in_process(work, self.faults)

        self.faults._died = None  # an event belongs to one loop
        return run(self.clock, process())

    def pass_time(self) -> None:
        self.clock.pass_time(PAST_EVERY_DEADLINE_S)


class PureSubject(MemorySubject):
    """No object in the cloud."""

    id_key, is_pure = "ownerId", True

    def things(self) -> list[str]:
        return []

    def leftovers(self) -> list[str]:
        return []


class ImageSubject(MemorySubject):
    """`EcsImagePackage` in managed distribution."""

    type_name, id_key = "EcsImagePackage", "artifactId"
    stack: Stack

    def __init__(self) -> None:
        super().__init__()
        self.cloud = MemoryCloud(self.clock, None, self.faults)
        at_cloud = {"artifacts": self.cloud, "images": self.cloud, "clock": self.clock}
        self.stack = Stack(**at_cloud, faults=self.faults, retry=self.retry, interval_s=20.0)
        self.screen = self.stack.screen

    def lifecycle(self) -> ImageLifecycle:
        return image_lifecycle(self.stack)

    def news(self, number: int) -> dict[str, Any]:
        regions = ("cn-hangzhou", "cn-beijing", "cn-shanghai")[: number + 1]
        return wish(*regions, timeoutS=100_000)

    def things(self) -> list[str]:
        return [record.artifact_id for record in self.cloud.living]

    def leftovers(self) -> list[str]:
        return [*self.things(), *self.cloud.images]


class DirectSubject(ImageSubject):
    """`EcsImagePackage` in direct distribution: its id is known before anything exists.

    Args:
        world: where there is more than this one; by default one of its own, whose calls are struck for it.
    """

    def __init__(self, world: direct.World | None = None) -> None:
        self.faults, self.world = Halting(), world or direct.World()
        self.clock, usual = self.world.clock, self.world.stack
        self.retry = retry_of(self.clock)
        if world is None:
            self.world.ecs.faults = self.faults
        at_cloud = {"artifacts": usual.artifacts, "images": usual.images, "clock": self.clock}
        telling = {"faults": self.faults, "retry": self.retry, "silence": self.retry.silence}
        self.stack = direct.DirectStack(**at_cloud, **telling, accounts=usual.accounts)
        self.screen = self.stack.screen

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

    async def _describe(self, source: Mapping[str, str], account: Any, *, known_digest: str) -> Described:
        """Sources in memory hold what their name says, whatever is known of them."""
        del account, known_digest
        return await self.use_cases.store.describe(kind=self.content.kind, source=source)

    async def _of(self, known: Any) -> ContentPackages:
        del known
        return self.use_cases


class ContentSubject(MemorySubject):
    """A container image, a chart or a file."""

    id_key = "artifactId"

    def __init__(self, kind: Kind) -> None:
        self.kind, self.type_name = kind, CONTENTS[kind].declared.type_name
        super().__init__()
        self.cloud = MemoryCloud(self.clock, None, self.faults)
        self.warehouse = Warehouse(self.cloud, self.clock, self.faults, CONTENTS[kind].state)

    def lifecycle(self) -> ContentLifecycle:
        retry = self.retry
        artifacts, images = (retrying(self.cloud, retry, self.clock) for _ in range(2))
        watch, reader = ArtifactWatch(artifacts, self.clock, 20.0), ImageReader(images, self.clock)
        desk, content = (self.clock, self.screen, _no_lease), CONTENTS[self.kind]
        packages = Packages(artifacts, reader, watch, *desk, states=ContentStates(content.state))
        store: Any = retrying(self.warehouse, retry, self.clock)
        core = self.core(session=SimpleNamespace(client=None), quick=retry, retry=retry)
        made = _ContentLifecycle(core, content=CONTENTS[self.kind], store_of=lambda _: store)
        made.use_cases = ContentPackages(
            packages,
            store,
            store,
            Places(content.state, store, Claims(self.kind, artifacts, self.clock), self.screen),
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


TEMPLATE = """ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: image_web}}
"""


class AssociationSubject(PureSubject):
    """`ServiceImageAssociation`."""

    type_name = "ServiceImageAssociation"

    def lifecycle(self) -> AssociationLifecycle:
        return AssociationLifecycle(self.core())

    def news(self, number: int) -> dict[str, Any]:
        images = {"cn-hangzhou": f"m-bp1gold{number:013}", "cn-beijing": "m-2zegold0000000000001"}
        given = {"kind": "map", "images": images}
        return {"ownerId": "o-1", "template": TEMPLATE, "templateName": "web.yaml", "packages": {"image_web": given}}
