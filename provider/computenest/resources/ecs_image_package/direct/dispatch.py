"""Copies of all packages of one account: started where the scheduler says, watched together, tried again elsewhere.

Lives once per hub account and process. One DescribeImages call per region and tick covers up to 100 copies that run
there; whenever anything ends, begins or fails, who copies from whom is decided anew.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from computenest.kernel.errors import ComputeNestError, Meaning, NotFound, Transient
from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.ports import Clock
from computenest.resources._packages.direct_model import copy_name, copy_tags, copy_token
from computenest.resources._packages.model import Image
from computenest.resources.ecs_image_package.copies_api import CloudCopies
from computenest.resources.ecs_image_package.direct.classify import CopyPhase, classify_copy
from computenest.resources.ecs_image_package.direct.inventory import Inventory
from computenest.resources.ecs_image_package.direct.plan import is_ours
from computenest.resources.ecs_image_package.direct.poll import Polls
from computenest.resources.ecs_image_package.direct.reasons import came_to_nothing, explained
from computenest.resources.ecs_image_package.direct.schedule import (
    USUAL_S_PER_GIB,
    Assignment,
    Limits,
    Routes,
    Running,
    schedule,
)
from computenest.resources.ecs_image_package.direct.work import Flight, Work

_MISSING_TICKS = 4  # a list may lag behind a write: a fresh id counts as gone after so many ticks without it
_MAX_ATTEMPTS = 3  # copies started for one region in one run, where the cloud says that a copy failed
_MAX_HIDDEN_LOOKS = 24  # ticks for a copy that the cloud says exists, and that no list shows yet
_MAX_STARTS = 12  # calls that start nothing: answers about copies deleted since, vanished sources
_SLOW = 4.0  # a copy that takes so many times as long as thought: its route is avoided
_NEVER_S = 1e9
_EXISTS = frozenset({Meaning.NAME_TAKEN, Meaning.TOKEN_REUSED})


@dataclass(slots=True, eq=False)
class Dispatcher:
    """The scheduler of one hub account, at work.

    Guarantees:
        1. One list call per region with running copies (and each further hundred of them) and tick, whatever the cloud
           answers; none otherwise.
        2. Every id that the cloud answered is in its Work before anything else happens.
        3. A copy that failed is removed and made again from elsewhere, `_MAX_ATTEMPTS` times in all.
        4. Withdrawn work leaves its copies running in the cloud; a later run adopts them.
    """

    copies: CloudCopies
    inventory: Inventory
    polls: Polls
    clock: Clock
    interval_s: float = 5.0
    works: list[Work] = field(default_factory=list)
    _routes: dict[tuple[RegionId, RegionId], float] = field(default_factory=dict)
    _failures: Counter[tuple[RegionId, RegionId]] = field(default_factory=Counter)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _ticker: asyncio.Task[None] | None = None

    async def distribute(self, work: Work) -> None:
        """Returns when nothing of `work` is left to be copied, or can be. Cancelling it withdraws the work."""
        self.works.append(work)
        try:
            self._pump()
            await work.done.wait()
            if work.error is not None:
                raise work.error
        finally:
            self.works.remove(work)
            self._pump()

    # deciding --------------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Decides and starts; then tells who is finished."""
        for _ in range(len(self.works) + 2):  # a refusal without a call may free what another one waits for
            for assignment in self._decide():
                self._launch(assignment)
            stuck = [work for work in self.works if not work.flights and not work.is_finished]
            given_up = [work for work in stuck if self._gives_up(work)]
            if not given_up:
                break
        for work in self.works:
            if work.is_finished:
                work.done.set()
        if any(work.flights for work in self.works) and (self._ticker is None or self._ticker.done()):
            self._ticker = asyncio.create_task(self._tick_while_needed())

    def _decide(self) -> tuple[Assignment, ...]:
        routes = self._known_routes()
        running = [
            Running(work.key, flight.source, region, self._left_s(work, region, flight, routes))
            for work in self.works
            for region, flight in work.flights.items()
        ]
        jobs = [work.job for work in self.works if not work.is_finished]
        return schedule(jobs, running, limits=self._limits(), routes=routes)

    def _known_routes(self) -> Routes:
        """A route that nothing is known of is thought to be like the others."""
        usual_s = median(self._routes.values()) if self._routes else USUAL_S_PER_GIB
        return Routes(usual_s, self._routes, self._failures)

    def _left_s(self, work: Work, region: RegionId, flight: Flight, routes: Routes) -> float:
        if flight.is_slow:
            return _NEVER_S  # nobody waits for it
        takes_s = routes.duration_s(flight.source, region, work.size_gib)
        return max(0.0, takes_s - self.clock.now_s() + flight.began_s)

    def _limits(self) -> Limits:
        """The strictest that any package names: they share the account's regions."""
        specs = [w.package.direct for w in self.works if w.package.direct is not None]
        out = [s.per_source for s in specs if s.per_source]
        into = [s.per_destination for s in specs if s.per_destination]
        return Limits(min(out, default=None), min(into, default=None))

    def _gives_up(self, work: Work) -> bool:
        """Whether nothing of this work runs or can ever be started; then all that is left has the same reason."""
        is_queued = any(other.flights for other in self.works) and (work.needs_root or bool(work.job.sources))
        if is_queued:
            return False
        root = work.failed.get(work.origin, "no finished copy is left to copy from")
        for region in sorted(work.missing):
            work.failed.setdefault(region, f"not started: the first copy, in {work.origin}, {root}")
        if work.needs_root:
            work.failed.setdefault(work.origin, root)
        work.missing.clear()
        work.needs_root = False
        return True

    # starting --------------------------------------------------------------------------------------------------

    def _launch(self, assignment: Assignment) -> None:
        work = next(w for w in self.works if w.key == assignment.key)
        region = assignment.destination
        is_root = work.shared_source is not None and assignment.source == region
        image = work.shared_source if is_root and work.shared_source else work.images[assignment.source]
        work.missing.discard(region)
        if is_root:
            work.needs_root = False
        flight = work.flights[region] = Flight(assignment.source, self.clock.now_s())
        self._spawn(self._start(work, region, flight, image))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self, work: Work, region: RegionId, flight: Flight, image: ImageId) -> None:
        """Asks for one copy; whatever the cloud answers, others are decided anew."""
        package, pred = work.package, work.predecessors.get(region, "")
        work.starts[region] += 1
        try:
            flight.image_id = await self.copies.copy(
                region=flight.source,
                image_id=image,
                destination=region,
                name=copy_name(package, region),
                tags=copy_tags(package, region, incarnation=work.incarnation),
                kms_key=package.direct.kms_keys.get(region) if package.direct else None,
                resource_group_id=package.resource_group_id,
                token=copy_token(package, region, pred),
            )
            flight.began_s = self.clock.now_s()
        except ComputeNestError as error:
            await self._refused(work, region, flight, error)
        except Exception as error:  # noqa: BLE001 - a defect of ours must not leave everybody waiting
            self._fail(work, region, f"{type(error).__name__}: {error}")
        self._pump()

    async def _refused(self, work: Work, region: RegionId, flight: Flight, error: ComputeNestError) -> None:
        if error.meaning in _EXISTS:
            await self._find_hidden(work, region, flight, error)
            return
        is_root = work.shared_source is not None and flight.source == region
        lost_source = isinstance(error, NotFound) or error.meaning is Meaning.WRONG_STATUS
        if lost_source and work.starts[region] < _MAX_STARTS and not is_root:
            work.flights.pop(region, None)
            work.unusable.add(flight.source)
            work.missing.add(region)
            return
        self._fail(work, region, explained(error))

    async def _find_hidden(self, work: Work, region: RegionId, flight: Flight, error: ComputeNestError) -> None:
        """The cloud says that this copy exists: a run before started it, and no list may show it yet."""
        name = copy_name(work.package, region)
        for look in range(_MAX_HIDDEN_LOOKS):
            try:
                found = [i for i in await self.inventory.own(region) if i.name == name]
            except Transient:
                found = []
            if found and not is_ours(work.package, found[0]):
                self._fail(work, region, f"image {found[0].image_id} is named {name!r} and is not ours; rename it")
                return
            if found:
                flight.image_id, flight.last = found[0].image_id, found[0]
                return
            if look >= _MISSING_TICKS and error.meaning is Meaning.TOKEN_REUSED:
                break  # the token is that of a copy with other parameters which is gone
            await self.clock.sleep(self.interval_s)
        if error.meaning is Meaning.TOKEN_REUSED and work.starts[region] < _MAX_STARTS:
            work.predecessors[region] = work.predecessors.get(region, "") + "?"
            work.flights.pop(region, None)
            self._put_back(work, region, flight)
            return
        self._fail(work, region, explained(error))

    # watching --------------------------------------------------------------------------------------------------

    async def _tick_while_needed(self) -> None:
        while any(work.flights for work in self.works):
            try:
                await self.clock.sleep(self.interval_s)
                if await self._tick():  # time alone makes nothing worth starting that was not before
                    self._pump()
            except Exception as error:  # noqa: BLE001 - handed to everybody who waits
                for work in self.works:
                    work.error = error
                    work.done.set()
                return

    def _standing(self) -> list[tuple[int, int, int]]:
        """What decisions depend on, in numbers: whatever a look finds moves one of them."""
        return [(len(w.flights), len(w.failed), sum(f.is_slow for f in w.flights.values())) for w in self.works]

    async def _tick(self) -> bool:
        """Whether anything changed that decisions depend on."""
        asked: dict[RegionId, dict[ImageId, tuple[Work, Flight]]] = {}
        for work in self.works:
            for region, flight in work.flights.items():
                if flight.image_id is not None:
                    asked.setdefault(region, {})[flight.image_id] = (work, flight)
        answers = await self.polls.look({region: list(flights) for region, flights in asked.items()})
        before = self._standing()
        for answer in answers:
            for image_id in answer.asked:
                work, flight = asked[answer.region][image_id]
                if work.flights.get(answer.region) is not flight:
                    continue
                flight.trouble = str(answer.error or "")
                if isinstance(answer.error, Transient):
                    continue  # the next tick asks again; the deadline bounds it
                if answer.error is not None:
                    self._fail(work, answer.region, explained(answer.error))
                    continue
                self._judge(work, answer.region, flight, answer.images or {})
        for work in self.works if self.polls.silence.since_s is None else ():  # what nobody sees is no progress
            work.show(work.reading())
        return self._standing() != before

    def _judge(self, work: Work, region: RegionId, flight: Flight, found: Mapping[ImageId, Image]) -> None:
        image = found.get(flight.image_id) if flight.image_id else None
        if image is None:
            flight.missing_ticks += 1
            if flight.missing_ticks >= _MISSING_TICKS or flight.last is not None:
                self._again(work, region, flight, "disappeared", is_there=False)
            return
        before = flight.last
        flight.last, flight.missing_ticks = image, 0
        phase = classify_copy(image.status)
        if phase is CopyPhase.READY and flight.image_id is not None:
            took_s = self.clock.now_s() - flight.began_s
            if took_s > 0 and work.size_gib:
                self._routes[(flight.source, region)] = took_s / work.size_gib
            work.images[region] = flight.image_id
            work.copied[region] = image
            work.flights.pop(region)
        elif phase is CopyPhase.FAILED:
            self._failures[(flight.source, region)] += 1
            flight.last = before
            self._again(work, region, flight, f"is {image.status}", is_there=True)
        elif not flight.is_slow and image.status == "Creating":
            thought_s = self._known_routes().duration_s(flight.source, region, max(work.size_gib, 20))
            if self.clock.now_s() - flight.began_s > _SLOW * thought_s:
                flight.is_slow = True
                self._failures[(flight.source, region)] += 1

    def _again(self, work: Work, region: RegionId, flight: Flight, status: str, *, is_there: bool) -> None:
        """A copy that came to nothing is followed by another one, from elsewhere where that is possible."""
        if flight.image_id is not None:
            work.predecessors[region] = flight.image_id
        if is_there or flight.last is not None:
            work.attempts[region] += 1
        if work.attempts[region] >= _MAX_ATTEMPTS or work.starts[region] >= _MAX_STARTS:
            why = came_to_nothing(
                flight.image_id,
                flight.source,
                flight.last,
                status=status,
                elapsed_s=self.clock.now_s() - flight.began_s,
                copies=max(1, work.attempts[region]),
            )
            self._fail(work, region, why)
            return
        if not is_there or flight.image_id is None:
            work.flights.pop(region, None)
            self._put_back(work, region, flight)
            return
        doomed, flight.image_id = flight.image_id, None
        self._spawn(self._replace(work, region, flight, doomed))

    async def _replace(self, work: Work, region: RegionId, flight: Flight, doomed: ImageId) -> None:
        """Its name is free only when the failed copy is gone."""
        try:
            await self.copies.delete(region=region, image_id=doomed)
        except ComputeNestError as error:
            self._fail(work, region, f"a failed copy, {doomed}, cannot be removed: {error}")
        else:
            work.flights.pop(region, None)
            self._put_back(work, region, flight)
        self._pump()

    @staticmethod
    def _put_back(work: Work, region: RegionId, flight: Flight) -> None:
        if work.shared_source is not None and region == work.origin and flight.source == region:
            work.needs_root = True
        else:
            work.missing.add(region)

    @staticmethod
    def _fail(work: Work, region: RegionId, why: str) -> None:
        work.flights.pop(region, None)
        work.failed[region] = why
