"""Coalesced polls in virtual time: as few list calls as there are pages, and nobody is woken for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from computenest.kernel.errors import Permanent, Transient
from computenest.kernel.names import ImageId, RegionId
from computenest.resources._packages.images_api import CloudImages
from computenest.resources._packages.model import Image
from computenest.resources._packages.watch import ImageReader, ListWatch, Seen
from lifecycle.virtual import VirtualClock, run
from unit.engine.listed import BUSY, DONE, INTERVAL_S, Watched, artifact


@pytest.mark.parametrize(("waiters", "pages"), [(1, 1), (100, 1), (101, 2), (250, 3)])
def test_a_tick_costs_one_list_call_for_each_hundred_waiters(waiters: int, pages: int) -> None:
    watched = Watched()
    watched.artifacts.shown = {artifact(n): BUSY for n in range(waiters)}

    async def story() -> None:
        tasks = [asyncio.ensure_future(watched.wait(n)) for n in range(waiters)]
        await watched.clock.sleep(3 * INTERVAL_S + 1)
        for task in tasks:
            task.cancel()

    run(watched.clock, story())
    assert [at_s for at_s, _ in watched.artifacts.pages] == [5.0] * pages + [10.0] * pages + [15.0] * pages
    assert sum(size for _, size in watched.artifacts.pages) == 3 * waiters


def test_two_operations_on_one_artifact_ask_once() -> None:
    watched = Watched()
    watched.artifacts.shown = {artifact(1): DONE}

    async def story() -> None:
        await asyncio.gather(watched.wait(1), watched.wait(1))

    run(watched.clock, story())
    assert watched.artifacts.pages == [(5.0, 1)]


def test_only_the_changed_one_is_woken_and_the_others_go_on_waiting() -> None:
    watched = Watched()
    watched.artifacts.shown = {artifact(n): BUSY for n in range(3)}

    async def story() -> None:
        tasks = [asyncio.ensure_future(watched.wait(n)) for n in range(3)]
        await watched.clock.sleep(7)
        watched.artifacts.shown[artifact(1)] = DONE
        await watched.clock.sleep(7)
        watched.artifacts.shown[artifact(0)] = Seen("Delivering", 1)
        watched.artifacts.shown[artifact(2)] = Seen("DeliverFailed", 0)
        await asyncio.gather(*tasks)

    run(watched.clock, story())
    assert watched.woken == {artifact(1): 10.0, artifact(0): 15.0, artifact(2): 15.0}
    assert [size for _, size in watched.artifacts.pages] == [3, 3, 2]


def test_a_change_before_the_first_tick_is_not_missed() -> None:
    watched = Watched()
    watched.artifacts.shown = {artifact(1): DONE}
    run(watched.clock, watched.wait(1, BUSY))
    assert watched.woken == {artifact(1): INTERVAL_S}


def test_nobody_waits_nobody_asks() -> None:
    watched = Watched()
    watched.artifacts.shown = {artifact(1): DONE}

    async def story() -> None:
        await watched.wait(1)
        await watched.clock.sleep(100)
        assert len(watched.artifacts.pages) == 1
        await watched.wait(1)

    run(watched.clock, story())
    assert [at_s for at_s, _ in watched.artifacts.pages] == [5.0, 110.0]


def test_an_artifact_that_the_list_does_not_show_is_looked_at_after_three_ticks() -> None:
    watched = Watched()
    run(watched.clock, watched.wait(1))
    assert watched.woken == {artifact(1): 3 * INTERVAL_S}


def test_an_artifact_that_shows_up_late_is_no_change() -> None:
    watched = Watched()

    async def story() -> None:
        task = asyncio.ensure_future(watched.wait(1))
        await watched.clock.sleep(12)
        watched.artifacts.shown[artifact(1)] = BUSY
        await watched.clock.sleep(50)
        assert not task.done()
        watched.artifacts.shown[artifact(1)] = DONE
        await task

    run(watched.clock, story())
    assert watched.woken == {artifact(1): 65.0}


def test_a_failing_list_call_reaches_every_waiter_and_the_next_one_starts_anew() -> None:
    watched = Watched()
    watched.artifacts.shown = {artifact(n): DONE for n in range(3)}
    watched.artifacts.errors = [Transient("the list does not answer")]

    async def story() -> list[Any]:
        failed = await asyncio.gather(*(watched.wait(n) for n in range(3)), return_exceptions=True)
        await watched.wait(0)
        return failed

    failed = run(watched.clock, story())
    assert [str(error) for error in failed] == ["the list does not answer"] * 3
    assert watched.woken == {artifact(0): 10.0}


def test_a_clock_that_fails_reaches_the_waiters_too() -> None:
    watched = Watched()

    async def broken(seconds: float) -> None:
        raise Permanent(f"the embedded cloud is gone, {seconds} s")

    watched.clock.sleep = broken  # type: ignore[method-assign]
    with pytest.raises(Permanent, match="is gone"):
        run(watched.clock, watched.wait(1))


def test_so_it_is_with_every_list() -> None:
    """Instances are waited for in the same way: a tick that dies must leave nobody behind."""
    clock, asked = VirtualClock(), list[Sequence[str]]()

    async def rows(ids: Sequence[str]) -> Mapping[str, str]:
        asked.append(ids)
        return dict.fromkeys(ids, "Deploying")

    watch = ListWatch(rows, clock, INTERVAL_S)

    async def story() -> None:
        gone = asyncio.ensure_future(watch.until("si-1", lambda row: row != "Deploying"))
        stays = asyncio.ensure_future(watch.until("si-2", lambda row: row != "Deploying"))
        await clock.sleep(INTERVAL_S + 1)
        gone.cancel()
        await clock.sleep(INTERVAL_S)

        async def broken(seconds: float) -> None:
            raise Permanent(f"the embedded cloud is gone, {seconds} s")

        clock.sleep = broken  # type: ignore[method-assign]
        with pytest.raises(Permanent, match="is gone"):
            await stays

    run(clock, story())
    assert asked[:2] == [["si-1", "si-2"], ["si-2"]]
    clock = VirtualClock()
    assert not run(clock, ListWatch(rows, clock).until("si-1", lambda _: False, until_s=-1.0)), "a deadline has passed"


def test_who_gives_up_is_not_asked_for_any_more() -> None:
    watched = Watched()
    watched.artifacts.shown = {artifact(n): BUSY for n in range(2)}

    async def story() -> None:
        tasks = [asyncio.ensure_future(watched.wait(n)) for n in range(2)]
        await watched.clock.sleep(6)
        tasks[0].cancel()
        await watched.clock.sleep(5)
        tasks[1].cancel()

    run(watched.clock, story())
    assert [size for _, size in watched.artifacts.pages] == [2, 1]


@dataclass
class SeenImages:
    """DescribeImages of one account."""

    there: dict[RegionId, set[ImageId]]
    calls: list[tuple[RegionId, int]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    community: set[ImageId] = field(default_factory=set)
    asked_again: list[tuple[RegionId, int]] = field(default_factory=list)

    async def describe(self, *, region: RegionId, ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        self.calls.append((region, len(ids)))
        if self.errors:
            raise self.errors.pop(0)
        return {i: Image(image_id=i, status="Available") for i in ids if i in self.there.get(region, set())}

    async def published(self, *, region: RegionId, ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        self.asked_again.append((region, len(ids)))
        return {i: Image(image_id=i, status="Available", is_public=True) for i in ids if i in self.community}


HOME, AWAY = RegionId("cn-hangzhou"), RegionId("cn-beijing")


def image(number: int) -> ImageId:
    return ImageId(f"m-{number:010}")


def reading(there: dict[RegionId, set[ImageId]]) -> tuple[VirtualClock, SeenImages, ImageReader]:
    clock, images = VirtualClock(), SeenImages(there)
    return clock, images, ImageReader(cast("CloudImages", images), clock)


def test_what_the_plain_question_hides_is_asked_for_again_and_no_more_than_that() -> None:
    clock, images, reader = reading({HOME: {image(0)}, AWAY: {image(1)}})
    images.community = {image(2)}

    async def story() -> list[Image | None]:
        reads = [reader.read({HOME: image(n)}) for n in (0, 2, 3)] + [reader.read({AWAY: image(1)})]
        return [next(iter(found.values())) for found in await asyncio.gather(*reads)]

    plain, hidden, gone, away = run(clock, story())
    assert plain is not None
    assert away is not None
    assert hidden is not None
    assert hidden.is_public
    assert gone is None
    assert images.asked_again == [(HOME, 2)]


def test_reads_at_about_the_same_time_are_one_call_a_region() -> None:
    clock, images, reader = reading({HOME: {image(n) for n in range(24)}, AWAY: {image(0)}})

    async def story() -> list[dict[RegionId, Image | None]]:
        return await asyncio.gather(*(reader.read({HOME: image(n), AWAY: image(0)}) for n in range(24)))

    found = run(clock, story())
    assert sorted(images.calls) == [(AWAY, 1), (HOME, 24)]
    for number, both in enumerate(found):
        home = both[HOME]
        assert home is not None
        assert home.image_id == image(number)


def test_more_than_a_hundred_are_read_in_chunks() -> None:
    clock, images, reader = reading({HOME: {image(n) for n in range(250)}})

    async def story() -> None:
        await asyncio.gather(*(reader.read({HOME: image(n)}) for n in range(250)))

    run(clock, story())
    assert images.calls == [(HOME, 100), (HOME, 100), (HOME, 50)]


def test_an_image_that_nobody_sees_is_none() -> None:
    clock, _, reader = reading({HOME: {image(1)}})
    found = run(clock, reader.read({HOME: image(2), AWAY: image(1)}))
    assert found == {HOME: None, AWAY: None}


def test_reads_one_after_the_other_see_what_is_new() -> None:
    clock, images, reader = reading({HOME: set()})

    async def story() -> tuple[Any, Any]:
        before = await reader.read({HOME: image(1)})
        images.there[HOME].add(image(1))
        return before[HOME], (await reader.read({HOME: image(1)}))[HOME]

    before, after = run(clock, story())
    assert before is None
    assert after is not None
    assert len(images.calls) == 2


def test_a_failing_call_reaches_every_reader_of_that_region_and_nobody_else() -> None:
    clock, images, reader = reading({HOME: {image(1)}, AWAY: {image(1)}})
    images.errors = [Transient("no answer")]

    async def story() -> list[Any]:
        first = asyncio.ensure_future(reader.read({HOME: image(1)}))
        second = asyncio.ensure_future(reader.read({HOME: image(2)}))
        third = asyncio.ensure_future(reader.read({AWAY: image(1)}))
        done = await asyncio.gather(first, second, third, return_exceptions=True)
        return [*done, await reader.read({HOME: image(1)})]

    one, two, three, again = run(clock, story())
    assert isinstance(one, Transient)
    assert isinstance(two, Transient)
    assert three[AWAY] is not None
    assert again[HOME] is not None


def test_a_reader_that_gives_up_takes_nobody_else_along() -> None:
    clock, images, reader = reading({HOME: {image(1)}})

    async def story() -> Any:
        leaving = asyncio.ensure_future(reader.read({HOME: image(1)}))
        staying = asyncio.ensure_future(reader.read({HOME: image(1)}))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert run(clock, story())[HOME] is not None
    assert len(images.calls) == 1


def test_a_clock_that_fails_reaches_the_readers_and_the_next_read_starts_anew() -> None:
    clock, _, reader = reading({HOME: {image(1)}})
    sleep = clock.sleep

    async def broken(seconds: float) -> None:
        clock.sleep = sleep  # type: ignore[method-assign]
        raise Permanent(f"the embedded cloud is gone, {seconds} s")

    async def story() -> Any:
        clock.sleep = broken  # type: ignore[method-assign]
        with pytest.raises(Permanent, match="is gone"):
            await reader.read({HOME: image(1)})
        return await reader.read({HOME: image(1)})

    assert run(clock, story())[HOME] is not None
