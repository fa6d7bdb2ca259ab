"""One resource on many clusters: each is a run of its own, on the same loop as a resource of one cluster; this run
begins them in their order and waits for them. The failure of one leaves the others."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from typing_extensions import TypeVar

from computenest.kernel.errors import ComputeNestError, Permanent, Transient
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Outcome
from computenest.kernel.plan import Await, Done, Fail, Failed, Step
from computenest.kernel.unknown import Known
from computenest.reconcile.reconciler import Run
from computenest.reconcile.stopping import stop, stopped_because
from computenest.resources._components.deployed import DeployedState
from computenest.resources._components.deploying import DeployingRun, incarnation_of
from computenest.resources._components.opened import Desk
from computenest.resources._components.placement import MAIN
from computenest.resources._components.rollout import Begin, Strategy, next_clusters

S = TypeVar("S", bound=DeployedState[Known])


@asynccontextmanager
async def held_already(owner_id: OwnerId) -> AsyncIterator[None]:
    """The lease of a part: the whole has it."""
    del owner_id
    yield


@dataclass(kw_only=True)
class SpreadingRun(Run[S]):
    """One create, update or delete of a resource on many clusters."""

    max_steps = 2000

    desk: Desk
    parts: Mapping[str, DeployingRun[S]]
    """Cluster -> its run."""
    order: tuple[tuple[str, ...], ...]
    """Waves of clusters."""
    strategy: Strategy
    tasks: dict[str, asyncio.Task[Outcome[S]]] = field(default_factory=dict)
    ended: dict[str, Outcome[S]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    """Clusters that do not answer."""
    errors: list[ComputeNestError] = field(default_factory=list)

    @abstractmethod
    def is_as_recorded(self, cluster: str) -> bool:
        """Whether nothing new is wanted there."""

    @abstractmethod
    def is_doubtful(self, cluster: str) -> bool:
        """Whether the check could not tell what is there, or it is not wanted any more."""

    @abstractmethod
    def missing_for(self, cluster: str) -> dict[str, str]:
        """Component of another cluster that is needed there and is not as wanted -> why."""

    @abstractmethod
    def whole(self, reason: str = "") -> S:
        """The state of all, of what is known of each; `reason` is why the whole did not finish."""

    async def begin(self) -> None:
        """Where nothing new is wanted, a cluster that does not answer is left; where there is, its own run is patient,
        unless others answer and it did not answer the check either. What an interrupted create left counts alike on all
        of them, as far as they tell at once."""
        asked = {cluster: part for cluster, part in self.parts.items() if cluster not in self.ended}
        told = await asyncio.gather(*map(self._ask, asked.values()))
        silent = {cluster: one for cluster, one in zip(asked, told, strict=True) if isinstance(one, Transient)}
        for cluster, error in silent.items():
            if self.former is not None and self.is_as_recorded(cluster):
                self.leave(cluster, str(error))
                self.silent.add(cluster)
            elif len(silent) < len(self.parts) and self.is_doubtful(cluster):
                self._cannot(cluster, error)
        for part in self.parts.values():
            part.least_incarnation = max((one for one in told if isinstance(one, int)), default=0)

    async def _ask(self, part: DeployingRun[S]) -> int | Transient:
        """The incarnation of what a create finds there, 0 for nothing."""
        try:
            await self.desk.asking.identify(part.access)
            if self.former is None:
                return max((incarnation_of(*one) for one in await part.found(self.desk.asking)), default=0)
        except Transient as error:
            return error
        except ComputeNestError:
            return 0  # its own run says so
        return 0

    async def look(self) -> None:
        for cluster, task in list(self.tasks.items()):
            if task.done():
                self._harvest(cluster, self.tasks.pop(cluster))

    def next_step(self) -> Step:
        failed = {cluster for cluster, one in self.ended.items() if one.reasons} - self.silent
        step = next_clusters(
            self.order, running=self.tasks.keys(), ended=self.ended.keys(), failed=failed, strategy=self.strategy
        )
        if isinstance(step, Begin | Fail) or self.tasks:
            return step
        # Every cluster was worked on; those that failed say why.
        return Failed("") if any(one.reasons for one in self.ended.values()) else step

    async def take(self, step: Step) -> None:
        for cluster in step.clusters if isinstance(step, Begin) else ():
            part = self.parts[cluster]
            part.elsewhere = self.missing_for(cluster)
            self.tasks[cluster] = asyncio.create_task(part.converge())

    async def wait(self, step: Await) -> None:
        del step
        try:
            await asyncio.wait(self.tasks.values(), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError as cancelled:
            reason = stopped_because(cancelled)
            await self._stop(reason)
            if reason is None:
                raise
            raise Permanent(f"{self.name}: {reason}") from cancelled

    async def finish(self, done: Done) -> Outcome[S]:
        del done
        return Outcome(self.wanted.owner_id, self.whole())

    def failed(self, step: Failed) -> Outcome[S]:
        """Where nothing was changed, the state before is the whole truth."""
        if self.is_unrecorded and self.errors:
            raise self.errors[0] if len(self.errors) == 1 else Permanent("; ".join(map(str, self.errors)))
        return super().failed(step)

    def kept(self, reason: str) -> Outcome[S]:
        said = [one for outcome in self.ended.values() for one in outcome.reasons]
        return Outcome(self.wanted.owner_id, self.whole(reason), (*said, *([reason] if reason else [])))

    @property
    def is_unrecorded(self) -> bool:
        return not any(part.has_acted for part in self.parts.values())

    async def clear(self, *, incarnation: int) -> None:
        """The main cluster last: its control plane serves the others. Those that answer are cleared whatever others do.

        Raises:
            ComputeNestError: of the clusters where that failed, each named.
        """
        self.is_clearing, self.incarnation = True, incarnation
        errors: list[str] = []

        async def one(cluster: str) -> None:
            part = self.parts[cluster]
            try:
                await part.clear(incarnation=incarnation)
            except ComputeNestError as error:
                errors.append(f"{part.label}: {part.told(error)}")

        await asyncio.gather(*(one(cluster) for cluster in self.parts if cluster != MAIN))
        if MAIN in self.parts:
            await one(MAIN)
        if errors:
            raise Permanent(
                "; ".join(sorted(errors)),
                hint="the other clusters are done, and the next destroy asks these alone; `abandon` with their names,"
                " and `pulumi up`, forgets what is there",
            )

    def leave(self, cluster: str, why: str) -> None:
        """Nothing is done there, and the state says of it what it said before."""
        part = self.parts[cluster]
        self.warn(f"{part.label} is left as it was last known: {why}")
        self.ended[cluster] = Outcome(self.wanted.owner_id, part.former)  # type: ignore[arg-type]

    def _cannot(self, cluster: str, error: ComputeNestError) -> None:
        part = self.parts[cluster]
        if isinstance(error, Transient):
            self.silent.add(cluster)
        told = part.told(error)
        self.errors.append(told.reworded(f"{part.label}: {told.summary}"))
        self.ended[cluster] = part.kept(str(told))

    def _harvest(self, cluster: str, task: asyncio.Task[Outcome[S]]) -> None:
        part = self.parts[cluster]
        self.has_acted = self.has_acted or part.has_acted
        try:
            self.ended[cluster] = task.result()
        except ComputeNestError as error:
            self._cannot(cluster, error)

    async def _converge(self) -> Outcome[S]:
        try:
            return await super()._converge()
        finally:
            for task in self.tasks.values():
                task.cancel()

    async def _stop(self, reason: str | None) -> None:
        for task in self.tasks.values():
            stop(task, reason) if reason else task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        await self.look()
