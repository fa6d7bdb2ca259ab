"""Looks at running copies: never repeated within a tick, and not sooner than the cloud asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from computenest.kernel.errors import Permanent, Transient
from computenest.kernel.names import ImageId, RegionId
from computenest.resources._packages.model import Image
from computenest.resources.ecs_image_package.direct.poll import Polls
from computenest.resources.ecs_image_package.direct.reasons import timed_out
from lifecycle.driver import Failed
from lifecycle.virtual import VirtualClock, run
from simulation.world import World, wish

NORTH, EAST = RegionId("cn-beijing"), RegionId("cn-shanghai")
FIRST = ImageId(f"m-2ze{1:017}")


class Cloud:
    """Answers as it is told, and counts."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers, self.asked = list(answers), list[tuple[RegionId, int]]()

    async def regions(self) -> frozenset[RegionId]:
        return frozenset()

    async def describe(self, *, region: RegionId, ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        self.asked.append((region, len(ids)))
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        return {image: Image(image_id=image, status="Creating") for image in ids}


def test_a_look_that_fails_is_not_repeated() -> None:
    cloud, clock = Cloud(Transient("throttled"), Permanent("forbidden")), VirtualClock()
    polls = Polls(cloud, clock)
    (first,) = run(clock, polls.look({NORTH: [FIRST]}))
    (second,) = run(clock, polls.look({NORTH: [FIRST]}))
    assert (str(first.error), str(second.error)) == ("throttled", "forbidden")
    assert len(cloud.asked) == 2


def test_a_region_is_left_alone_for_as_long_as_the_cloud_asks() -> None:
    cloud, clock = Cloud(Transient("throttled", retry_after_s=30.0)), VirtualClock()
    polls = Polls(cloud, clock)
    run(clock, polls.look({NORTH: [FIRST]}))
    clock.pass_time(29.0)
    (other,) = run(clock, polls.look({NORTH: [FIRST], EAST: [FIRST]}))
    assert other.region == EAST
    clock.pass_time(1.0)
    (again,) = run(clock, polls.look({NORTH: [FIRST]}))
    assert again.images is not None
    assert [region for region, _ in cloud.asked] == [NORTH, EAST, NORTH]


def test_a_hundred_copies_are_one_call() -> None:
    cloud, clock = Cloud(), VirtualClock()
    ids = [ImageId(f"m-2ze{number:017}") for number in range(101)]
    run(clock, Polls(cloud, clock).look({NORTH: ids}))
    assert sorted(cloud.asked) == [(NORTH, 1), (NORTH, 100)]


def test_a_deadline_names_the_last_look_that_failed() -> None:
    last = Image(image_id=FIRST, status="Creating", progress_percent=35)
    said = timed_out(FIRST, EAST, last, elapsed_s=7200.4, limit_s=7200, trouble="DescribeImages: throttled")
    assert f"image {FIRST}, copied from {EAST}, is Creating, 35 % after 7200 s (the last look" in said
    assert "failed: DescribeImages: throttled); timeout_s is 7200" in said


@pytest.mark.parametrize("breaks_s", [20.0, None], ids=["between two looks", "for good"])
def test_a_clock_that_fails_ends_the_operation_with_the_reason(breaks_s: float | None) -> None:
    """The embedded cloud's time is the cloud's own: where the cloud is gone, nobody waits for it for ever."""
    world = World()
    world.stack.interval_s, usual = 20.0, world.clock.sleep

    async def broken(seconds: float) -> None:
        if seconds == 20.0 or (breaks_s is None and seconds > 100.0):
            raise Permanent("the embedded cloud is gone")
        await usual(seconds)

    world.clock.sleep = broken  # type: ignore[method-assign]
    with pytest.raises(Failed, match="the embedded cloud is gone"):
        run(world.clock, world.stack.up(wish([1, 2], image=world.sources[0])))
    assert set(world.stack.state["images"].values()) <= {record.image_id for record in world.copies}
