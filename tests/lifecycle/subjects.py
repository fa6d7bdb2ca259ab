"""Subjects of the laws of lifecycles in memory, and what the laws ask of each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from functools import cache
from typing import Any, TypeVar

from computenest.kernel.ports import Clock
from computenest.reconcile.retry import Retry
from computenest.reconcile.silence import Silence
from computenest.resources._packages.content_lifecycle import ContentLifecycle
from computenest.resources._packages.content_model import Kind
from computenest.resources._program.core import Core
from computenest.resources.ecs_image_package.lifecycle import ImageLifecycle
from computenest.resources.service_image_association.lifecycle import AssociationLifecycle
from computenest_cloud.services.nest_artifacts.delivery import Delivery
from emulator.harness import Cloud
from emulator.in_process import InProcess, lasting_folder
from lifecycle.cores import core_of, session_on
from lifecycle.driver import Screen, in_process, wish
from lifecycle.faults import Halting
from lifecycle.kinds import CONTENTS
from lifecycle.lives import AnyLife, Subject
from lifecycle.virtual import VirtualClock, run
from lifecycle.warehouse import Warehouse
from simulation import world as direct
from simulation.stack import DirectStack

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

    def __init__(self, clock: VirtualClock | None = None) -> None:
        self.clock, self.faults, self.screen = clock or VirtualClock(), Halting(), Screen()
        self.retry = retry_of(self.clock)

    def core(self) -> Core:
        """What a lifecycle has of its process."""
        return core_of(self.screen)

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


def cloud_inside() -> InProcess:
    """For as long as this process lives."""
    return InProcess(lasting_folder())


@cache
def cloud_of_the_worker() -> InProcess:
    """Made when it is first needed; whoever takes it empties it."""
    return cloud_inside()


@cache
def cloud_of_warehouses() -> InProcess:
    """One that finds the content of every package where its artifact says: nobody serves a registry or a bucket."""
    cloud, nowhere = cloud_inside(), dict[str, str]()
    cloud.inside.site.part(Delivery).on_package(lambda _artifact, _version: nowhere)
    return cloud


class CloudSubject(MemorySubject):
    """In an account of an embedded cloud that is empty: in this process, or a server's.

    Args:
        cloud: by default the worker's own.
        switches: their positions, and parameters.
        latency_s: what a call takes.
    """

    account = "supplier"
    tick_s = 20.0
    is_asked = False
    """Whether its checks ask the cloud; what they find an operation would find by itself."""

    def __init__(
        self, cloud: Cloud | None = None, *, switches: Mapping[str, Any] | None = None, latency_s: float = 0.0
    ) -> None:
        self.cloud = cloud or cloud_of_the_worker()
        self.cloud.control("POST", "reset")
        self.cloud.control("PUT", "facts", {"ecs.copy_s_per_gib": 0.75, **(switches or {})})  # few polls find nothing
        super().__init__(VirtualClock(self.cloud.advance, now_s=self.cloud.now_s))
        self.session = session_on(self.cloud, self.account, self.clock, self.faults, latency_s=latency_s)

    def core(self) -> Core:
        return core_of(self.screen, session=self.session, retry=self.retry, tick_s=self.tick_s, is_asked=self.is_asked)

    def things(self) -> list[str]:
        living = self.cloud.ledger()["accounts"][self.account]["artifacts_outstanding"]
        return [row["artifact_id"] for row in living]

    def leftovers(self) -> list[str]:
        book = self.cloud.ledger()
        lines = [(name, line, rows) for name, found in book["accounts"].items() for line, rows in found.items()]
        return [] if book["is_empty"] else [f"{name}: {line} {rows}" for name, line, rows in lines if rows]

    def close(self) -> None:
        self.session.close()


class ImageSubject(CloudSubject):
    """`EcsImagePackage` in managed distribution."""

    type_name, id_key = "EcsImagePackage", "artifactId"

    def lifecycle(self) -> ImageLifecycle:
        return ImageLifecycle(self.core())

    def news(self, number: int) -> dict[str, Any]:
        regions = ("cn-hangzhou", "cn-beijing", "cn-shanghai")[: number + 1]
        return wish(*regions, timeoutS=100_000)


class DirectSubject(MemorySubject):
    """`EcsImagePackage` in direct distribution: its id is known before anything exists.

    Args:
        world: where there is more than this one; by default one of its own.
    """

    type_name, id_key = "EcsImagePackage", "artifactId"

    def __init__(self, world: direct.World | None = None) -> None:
        self.faults, self.world = Halting(), world or direct.World()
        self.clock = self.world.clock
        self.retry = retry_of(self.clock)
        self.stack = self.world.another(DirectStack, self.faults, retry=self.retry)
        self.screen = self.stack.screen

    def lifecycle(self) -> ImageLifecycle:
        return ImageLifecycle(self.stack.core)

    def news(self, number: int) -> dict[str, Any]:
        return direct.wish([*[0, 2, 3][:number], 1], image=self.world.sources[number - 1], permit=number)

    def things(self) -> list[str]:
        known = self.stack.checked(self.news(1))
        return [f"{known['ownerId']}-g{known['generation']}"] if self.leftovers() else []

    def leftovers(self) -> list[str]:
        """Copies, and what is owed on the sources."""
        return [*(image.image_id for image in self.world.copies), *self.world.owed]


class ContentSubject(CloudSubject):
    """A container image, a chart or a file, whose content lies in memory."""

    id_key = "artifactId"

    def __init__(self, kind: Kind) -> None:
        self.kind, self.type_name = kind, CONTENTS[kind].declared.type_name
        super().__init__(cloud_of_warehouses())
        self.warehouse = Warehouse(self.faults, CONTENTS[kind].state)

    def lifecycle(self) -> ContentLifecycle:
        store: Any = self.warehouse
        return ContentLifecycle(self.core(), content=CONTENTS[self.kind], store_of=lambda _: store)

    def news(self, number: int) -> dict[str, Any]:
        kinds = {Kind.IMAGE: "layout", Kind.CHART: "directory", Kind.FILE: "file"}
        named = {Kind.IMAGE: {"repository": "web"}, Kind.FILE: {"regions": ["cn-beijing"], "fileName": "app"}}
        source = {"kind": kinds[self.kind], "path": f"/somewhere/web-{number}"}
        more = {"permission": "Public"} if self.kind is not Kind.FILE else {}
        base = {"ownerId": "o-1", "logicalName": "web", "source": source, "timeoutS": 100_000, "retainVersions": 0}
        return {**base, **more, **named.get(self.kind, {})}

    def leftovers(self) -> list[str]:
        return [*super().leftovers(), *(self.warehouse.held if self.things() else ())]


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
