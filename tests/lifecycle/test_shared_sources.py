"""The law of shared places for what direct distribution puts on a source image, a share and a tag: whatever the package
of one stack does, one after the other or at once, what another stack's package needs there stays, and so does what
people gave by hand; after the last one nothing is left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from computenest.kernel import identity
from lifecycle.driver import Failed
from lifecycle.lives import LIVES, AnyLife, in_thread
from lifecycle.subjects import DirectSubject
from simulation import world as direct
from simulation.cloud import HUB, REGIONS

pytestmark = pytest.mark.timeout(900)

STRANGER = "6000000000000006"
BY_HAND = [(), (STRANGER,), (HUB,)]
on_each_transport = pytest.mark.parametrize("transport", LIVES)


class Owner(DirectSubject):
    """A package of one of several stacks of an account; all of one source."""

    def __init__(self, world: direct.World, stack: str) -> None:
        super().__init__(world)
        self.place = stack
        self.owner = identity.mint_owner_id(
            organization="acme", project="shop", stack=stack, type_token="EcsImagePackage", name="web"
        )

    def news(self, number: int) -> dict[str, Any]:
        found = direct.wish([*[0, 2, 3][:number], 1], image=self.world.sources[0], permit=number)
        return {**found, "ownerId": self.owner, "direct": {**found["direct"], "stack": f"shop/{self.place}"}}

    @property
    def copies(self) -> dict[str, str]:
        found = [image for image in self.world.cloud.images if image.tags.get(identity.OWNER_TAG) == self.owner]
        assert {image.status for image in found} <= {"Available"}
        return {image.region: image.image_id for image in found}


class Pair:
    """Two stacks, and what people shared by hand before."""

    def __init__(self, transport: str, by_hand: tuple[str, ...]) -> None:
        self.world, self.by_hand = direct.World(), by_hand
        self.world.cloud.permit(self.source, *by_hand)
        made = LIVES[transport]
        self.dev: AnyLife = made(Owner(self.world, "dev"), stack="dev")
        self.prod: AnyLife = made(Owner(self.world, "prod"), stack="prod")

    @property
    def source(self) -> Any:
        return self.world.cloud.image(self.world.sources[0])

    @property
    def shares(self) -> set[str]:
        return self.world.cloud.permitted(self.source)

    def up(self, life: AnyLife, number: int = 1) -> None:
        life.up(life.subject.news(number))

    def is_whole(self, life: AnyLife, number: int = 1) -> None:
        """In its own words, and in the cloud's."""
        life.refresh()
        assert life.state["status"] == "Available", life.state
        assert sorted(life.state["images"]) == sorted(life.subject.news(number)["regions"])
        assert life.subject.copies == life.state["images"]

    def is_tidy(self) -> None:
        """Nothing is left on the source but what people gave."""
        assert self.shares == set(self.by_hand)
        assert self.source.tags == {}
        assert not [image for image in self.world.cloud.images if image.owner_uid == HUB]


@on_each_transport
@pytest.mark.parametrize("by_hand", BY_HAND, ids=["nobody", "a stranger", "the hub"])
def test_each_life_of_the_one_leaves_the_others_intact(transport: str, by_hand: tuple[str, ...]) -> None:
    pair = Pair(transport, by_hand)
    pair.up(pair.dev)
    pair.up(pair.prod)
    pair.up(pair.dev, 2)
    pair.is_whole(pair.prod)
    pair.dev.destroy()
    pair.is_whole(pair.prod)
    pair.prod.destroy()
    pair.is_tidy()


@on_each_transport
@pytest.mark.parametrize("by_hand", BY_HAND, ids=["nobody", "a stranger", "the hub"])
def test_a_share_that_the_other_still_needs_stays(transport: str, by_hand: tuple[str, ...]) -> None:
    """Its first copy was refused, so the hub has to see the source in its next run, too."""
    pair = Pair(transport, by_hand)
    pair.up(pair.dev)
    pair.world.cloud.fill(*REGIONS)
    with pytest.raises(Failed):
        pair.up(pair.prod)
    assert HUB in pair.shares
    pair.dev.destroy()
    assert HUB in pair.shares, "the other needs it"
    pair.world.drain()
    pair.up(pair.prod)
    pair.is_whole(pair.prod)
    pair.prod.destroy()
    pair.is_tidy()


PHASES = ("create", "update", "delete")
MEANWHILE = ("up", "destroy")


def at_once(pair: Pair, phase: str, meanwhile: str, at: int | None, *, is_after: bool) -> int:
    """The one is at work, and at its call `at` the whole run of the other comes; how many calls it made."""
    dev, prod = pair.dev, pair.prod
    if phase != "create":
        pair.up(dev)
    if meanwhile == "destroy":
        pair.up(prod)
    act = (lambda: pair.up(prod)) if meanwhile == "up" else prod.destroy
    faults = dev.subject.faults
    faults.aim(at=at, is_after=is_after)
    faults.halt = lambda: in_thread(act)
    number = 2 if phase == "update" else 1
    if phase == "delete":
        dev.destroy()
    else:
        pair.up(dev, number)
    count, struck = faults.count, faults.struck
    told = f"{phase}, {meanwhile} at {at} ({struck})"
    faults.aim(at=None)
    if not struck:  # while the other is at work time passes, and polls are fewer
        act()
    if phase != "delete":
        pair.is_whole(dev, number)
    if meanwhile == "up":
        pair.is_whole(prod)
    for life in (dev, prod):
        life.destroy()
    try:
        pair.is_tidy()
    except AssertionError as left:
        raise AssertionError(told) from left
    return count


def moments(transport: str, phase: str, meanwhile: str, step: int) -> Iterator[tuple[int, bool]]:
    calls = at_once(Pair(transport, ()), phase, meanwhile, None, is_after=False)
    yield from [(at, is_after) for at in range(calls) for is_after in (False, True)][::step]


@on_each_transport
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.long)])
def test_two_runs_at_once_leave_each_other_alone(transport: str, phase: str, meanwhile: str, step: int) -> None:
    count = 0
    for at, is_after in moments(transport, phase, meanwhile, step):
        at_once(Pair(transport, BY_HAND[at % len(BY_HAND)]), phase, meanwhile, at, is_after=is_after)
        count += 1
    assert count >= 3
