"""The stories on the cloud in memory, with its switches in both positions."""

import dataclasses

import pytest

from lifecycle import stories, stories_of_change  # noqa: F401 - importing them tells them
from lifecycle.memory import Rules
from lifecycle.telling import STORIES, Story
from lifecycle.virtual import run
from lifecycle.world import MemoryWorld

USUAL = Rules()
VARIANTS = {
    "usual": USUAL,
    "names may repeat": dataclasses.replace(USUAL, names_unique=False),
    "tokens of deleted objects act anew": dataclasses.replace(USUAL, replays_deleted=False),
    "tokens are forgotten": dataclasses.replace(USUAL, token_ttl_s=0),
    "lists lag": dataclasses.replace(USUAL, list_lag_s=20),
    "ids appear at the end": dataclasses.replace(USUAL, fills_in_by_region=False),
    "losses show in the delivery": dataclasses.replace(USUAL, loss_shows_in_delivery=True),
    "calls take their time": dataclasses.replace(USUAL, latency_s=1.7),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_story(told: Story, variant: str) -> None:
    world = MemoryWorld(VARIANTS[variant])

    async def telling() -> None:
        await told.tell(world)

    run(world.clock, telling())
