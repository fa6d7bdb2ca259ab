"""The same table of stories through both transports: what holds for the core holds behind each of them."""

from __future__ import annotations

import pytest

from lifecycle import stories, stories_of_change  # noqa: F401 - importing them tells them
from lifecycle.telling import STORIES, Story
from lifecycle.transports import DynamicWorld, PluginWorld
from lifecycle.virtual import run
from lifecycle.world import MemoryWorld

WORLDS: dict[str, type[MemoryWorld]] = {"plugin": PluginWorld, "dynamic": DynamicWorld}


@pytest.mark.parametrize("transport", WORLDS)
@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_story(told: Story, transport: str) -> None:
    world = WORLDS[transport]()

    async def telling() -> None:
        await told.tell(world)

    run(world.clock, telling())
