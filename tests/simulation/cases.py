"""A case is data: rules of the cloud, and a list of things that happen, some of them struck. It can be drawn from a
seed, played, shrunk while it still fails, and written down as a test."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from computenest.kernel.names import RegionId
from computenest.resources._packages.direct_model import copy_name
from lifecycle.driver import Failed, Killed
from lifecycle.faults import Blow
from lifecycle.images import package_of
from lifecycle.virtual import run
from simulation.cloud import REGIONS, Rules
from simulation.world import Broken, World, wish

__all__ = [
    "Broken",
    "Case",
    "Event",
    "draw",
    "fails",
    "happen",
    "patiently",
    "play",
    "shrink",
    "wish_of",
    "write_down",
]

_BLOWS = tuple(Blow)


@dataclass(frozen=True)
class Event:
    """Something that happens.

    Args:
        what: up, refresh, destroy, lose (a copy in a region), fail (the next copies to it), fill (no quota there any
            more), drain (everything goes well again), unshare (permissions changed by hand), or foreign (a stranger's
            image with the name that the next copy in the region would have).
        regions: of the wish, or where.
        source: 0 or 1.
        permit: how many accounts.
        star: whether the wish names that topology.
        at: the call that is struck, None for none.
    """

    what: str
    regions: tuple[int, ...] = ()
    source: int = 0
    permit: int = 0
    star: bool = False
    at: int | None = None
    blow: Blow = Blow.CRASH_AFTER


@dataclass(frozen=True)
class Case:
    """Rules and events; the end is always the same: everything is well again, up, judge, destroy, judge."""

    events: tuple[Event, ...]
    rules: Rules = field(default_factory=Rules)


def play(case: Case) -> list[int]:
    """Plays a case; how many calls each of its events made.

    Raises:
        Broken: something does not hold.
    """
    world = World(case.rules)
    counts: list[int] = []
    run(world.clock, _play(world, case, counts))
    return counts


async def _play(world: World, case: Case, counts: list[int]) -> None:
    last = wish([1], image=world.sources[0])
    for event in case.events:
        world.faults.rearm(at=event.at, blow=event.blow)
        last = wish_of(world, event) if event.what == "up" else last
        await happen(world, event, last)
        counts.append(world.faults.count)
        world.faults.rearm(at=None)
        world.judge_starts()
    world.drain()
    world.clock.pass_time(case.rules.lag_s)  # by now every list shows what the events did
    patience = 3 if case.rules.throttled else 1  # twelve refusals in a row happen; people run the command again
    if world.stack.is_deployed:
        await patiently(world.stack.refresh, patience)
    world.want(last)
    await patiently(lambda: world.stack.up(last), 3)
    world.judge(last)
    await patiently(world.stack.refresh, patience)
    if await world.stack.up(last) != "same":
        raise Broken(f"a refresh finds something to do: {world.stack.state}")
    await patiently(world.stack.destroy, patience)
    world.judge_empty()


def wish_of(world: World, event: Event) -> dict[str, Any]:
    """What the program asks for in an event of kind `up`."""
    topology = {"topology": "star"} if event.star else {}
    return wish(event.regions, image=world.sources[event.source], permit=event.permit, **topology)


async def happen(world: World, event: Event, last: dict[str, Any]) -> None:
    """Lets one event happen; `last` is what the program asks for."""
    for region in (REGIONS[number] for number in event.regions):
        _befall(world, event, region)
    if event.what == "drain":
        world.drain()
    elif event.what == "up":
        world.want(last)
        await _forgivingly(world, lambda: world.stack.up(last))
    elif event.what == "refresh" and world.stack.is_deployed:
        await _forgivingly(world, world.stack.refresh)
    elif event.what == "destroy":
        world.want(None)
        await _forgivingly(world, world.stack.destroy)


def _befall(world: World, event: Event, region: RegionId) -> None:
    """What happens to the cloud behind the provider's back."""
    there = [image for image in world.copies if image.region == region]
    if event.what == "lose":
        for image in there:
            world.cloud.lose(image)
    elif event.what == "fail":
        world.cloud.fail(region)
    elif event.what == "fill":
        world.cloud.fill(region)
    elif event.what == "unshare":
        for image in there:
            world.cloud.permit(image, "4000000000000004")
    elif event.what == "foreign":
        package = package_of(world.stack.checked(wish([1], image=world.sources[event.source])))
        world.strangers.append(world.cloud.plant("hub", region, copy_name(package, region)))


async def _forgivingly(world: World, work: Any) -> None:
    """Failures are reported to people, who run the next command; a crash is followed by the documented ones."""
    try:
        await work()
    except Failed:
        return
    except Killed:
        count = world.faults.count
        world.faults.rearm(at=None)
        if world.stack.is_deployed:
            await world.stack.refresh()
        world.faults.count = count


async def patiently(command: Callable[[], Awaitable[Any]], tries: int) -> None:
    """Runs a command again that failed, so many times in all."""
    for left in reversed(range(tries)):
        try:
            await command()
        except Failed:
            if not left:
                raise
        else:
            return


def draw(seed: int) -> Case:
    """A random case."""
    chance = random.Random(seed)
    rules = Rules(
        copies_per_region=chance.choice((1, 5, 5)),
        limit_counts=chance.choice(("source", "destination")),
        lag_s=chance.choice((0.0, 0.0, 15.0, 45.0)),
        throttled=chance.choice((0.0, 0.0, 0.0, 0.3)),
        replays_deleted=chance.random() < 0.7,
        latency_s=chance.choice((0.0, 0.0, 0.7)),
        seed=seed,
    )
    return Case(tuple(_draw_event(chance) for _ in range(chance.randint(1, 4))), rules)


def _draw_event(chance: random.Random) -> Event:
    what = chance.choice(
        ("up", "up", "up", "up", "refresh", "lose", "fail", "fill", "drain", "unshare", "foreign", "destroy")
    )
    regions = tuple(sorted(chance.sample(range(6), chance.randint(1, 4 if what == "up" else 1))))
    at = chance.randint(0, 60) if chance.random() < 0.5 and what in {"up", "refresh", "destroy"} else None
    source, permit = chance.randint(0, 1), chance.choice((0, 1, 12))
    return Event(what, regions, source, permit, chance.random() < 0.2, at, chance.choice(_BLOWS))


def shrink(case: Case, *, most_plays: int = 400) -> Case:
    """The smallest case found that still fails: fewer events, fewer strikes, fewer regions, plainer rules."""
    plays = 0
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for smaller in _smaller(case):
            plays += 1
            if plays > most_plays:
                return case
            if fails(smaller):
                case, is_smaller = smaller, True
                break
    return case


def fails(case: Case) -> str:
    """Why a case fails, "" where it does not."""
    try:
        play(case)
    except Exception as error:  # noqa: BLE001 - whatever is raised is a failure of this case
        return f"{type(error).__name__}: {error}"
    return ""


def _smaller(case: Case) -> Iterator[Case]:
    events = case.events
    for index in range(len(events)):
        yield dataclasses.replace(case, events=events[:index] + events[index + 1 :])
    for index, event in enumerate(events):
        plainer = [dataclasses.replace(event, at=None)] if event.at is not None else []
        plainer += [dataclasses.replace(event, permit=0)] if event.permit else []
        plainer += [dataclasses.replace(event, star=False)] if event.star else []
        for region in event.regions if len(event.regions) > 1 else ():
            plainer.append(dataclasses.replace(event, regions=tuple(r for r in event.regions if r != region)))
        for one in plainer:
            yield dataclasses.replace(case, events=(*events[:index], one, *events[index + 1 :]))
    plain = Rules(seed=case.rules.seed)
    for item in dataclasses.fields(Rules):
        usual = getattr(plain, item.name)
        if getattr(case.rules, item.name) != usual:
            yield dataclasses.replace(case, rules=dataclasses.replace(case.rules, **{item.name: usual}))


def write_down(case: Case, why: str, folder: Path, *, seed: int) -> Path:
    """A test that fails the same way: a file that pytest runs as it is, from the folder of the tests."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"test_reproduction_{seed}.py"
    events = "".join(f"        {event!r},\n" for event in case.events)
    for blow in Blow:
        events = events.replace(repr(blow), str(blow))
    path.write_text(
        f"# Seed {seed}: {' '.join(why.split())[:200]}\n"
        "from lifecycle.faults import Blow  # noqa: F401\n"
        "from simulation.cases import Case, Event, play\n"
        "from simulation.cloud import Rules\n\n"
        f"CASE = Case(\n    (\n{events}    ),\n    {case.rules!r},\n)\n\n\n"
        "def test_it() -> None:\n"
        "    play(CASE)\n"
    )
    return path
