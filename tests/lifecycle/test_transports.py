"""The same table of stories through both transports: what holds for the core holds behind each of them."""

from __future__ import annotations

from functools import partial

import pytest

from lifecycle import stories, stories_of_change  # noqa: F401 - importing them tells them
from lifecycle.lives import LIVES
from lifecycle.telling import STORIES, Story
from lifecycle.transports import TransportStack
from lifecycle.virtual import run
from lifecycle.world import MemoryWorld


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_story(told: Story, transport: str) -> None:
    world = MemoryWorld(make=partial(TransportStack, transport=transport))

    async def telling() -> None:
        await told.tell(world)

    run(world.clock, telling())
