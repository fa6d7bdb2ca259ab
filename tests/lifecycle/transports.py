"""The stories' stack behind each transport, on the cloud in memory; and as much of a core as lifecycles ask for."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeVar

from computenest.kernel.outcome import Checked
from computenest.resources._packages.check import check
from computenest.resources._packages.packages import Packages
from computenest.resources._program.related import Related
from computenest.resources.ecs_image_package.lifecycle import ImageLifecycle
from lifecycle.driver import Stack, in_process
from lifecycle.lives import LIVES, AnyLife, Subject, in_thread
from lifecycle.virtual import VirtualClock, run

T = TypeVar("T")


class Unasked:
    """`engine.checks.PackageChecks` of a cloud that is not asked: every region is one, and no name is taken."""

    async def check(self, olds: Any, news: Any, *, recorded: Any) -> Checked[Any]:
        return check(olds, news, recorded=recorded)

    async def all_regions(self, regions: Any, *_: Any) -> tuple[Any, tuple[()], tuple[()]]:
        return regions, (), ()

    async def strange_regions(self, checked: Checked, _regions: Any) -> Checked:
        return checked

    async def taken(self, checked: Checked) -> Checked:
        return checked

    async def renamed(self, *_: Any) -> None:
        return None

    @property
    def hub(self) -> Any:
        """`engine.direct_checks.HubChecks`: the keys are the hub's."""

        async def check(checked: Checked) -> Checked:
            return checked

        return SimpleNamespace(check=check)


class AccountOfOne(SimpleNamespace):
    """What every type shares in an account, as it was handed in: `checks` and `packages`."""

    @property
    def shared(self) -> Any:
        return self


class CoreOfOne:
    """As much of `transports.core.Core` as the lifecycles of one process ask for, with what all of them have seen.

    Args:
        account: what every account is.
    """

    def __init__(self, progress: Any, **account: Any) -> None:
        self.progress = progress
        self.settings = SimpleNamespace(assume_stable_delivery=True, poll_interval_s=5.0)
        self._account = AccountOfOne(**{"checks": Unasked(), **account})
        self.related = Related()
        self.deployable, self.distributed, self.previewed, self.named, self.defined = {}, {}, {}, {}, {}
        self.offered, self.promised, self.promised_before, self.texts, self.platforms = {}, {}, {}, {}, {}
        self.bringing: set[str] = set()

    async def account(self, _properties: Any) -> Any:
        return self._account

    async def account_of(self, _name: str) -> Any:
        return self._account


class MemoryImages(ImageLifecycle):
    """`EcsImagePackage` for one process on the cloud in memory."""

    use_cases: Packages[Any, Any]

    async def _of(self, known: Any) -> Packages[Any, Any]:
        del known
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


@dataclass
class StackOfALife(Subject):
    """A stack of the stories as a subject: each operation of a life of it is a process on the cloud in memory."""

    stack: Stack
    type_name = "EcsImagePackage"

    def lifecycle(self) -> ImageLifecycle:
        return image_lifecycle(self.stack)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        clock, faults = self.stack.clock, self.stack.faults
        assert isinstance(clock, VirtualClock)

        async def process() -> T:
            faults._died = None  # an event belongs to one loop
            return await in_process(work, faults)

        return in_thread(lambda: run(clock, process()))


@dataclass
class TransportStack(Stack):
    """A stack behind a transport: the same operations, through Pulumi's own calls; stories look at what it keeps."""

    transport: str = "plugin"

    def __post_init__(self) -> None:
        self.life: AnyLife = LIVES[self.transport](StackOfALife(self))

    async def up(self, news: Mapping[str, Any]) -> str:
        with self._shared():
            return self.life.up(news)

    async def refresh(self) -> bool:
        with self._shared():
            return self.life.refresh()

    async def destroy(self) -> None:
        with self._shared():
            self.life.destroy()

    @contextmanager
    def _shared(self) -> Iterator[None]:
        """Stories look at a stack's state, and change it."""
        life = self.life
        life.inputs, life.state = self.inputs, self.state
        try:
            yield
        finally:
            self.inputs, self.state = life.inputs, life.state
