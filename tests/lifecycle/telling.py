"""How a story is told: the list of all stories, and what they look at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from computenest.kernel import identity
from computenest.kernel.names import ArtifactId
from lifecycle.driver import OWNER, Failed
from lifecycle.world import World


@dataclass(frozen=True)
class Story:
    """One row: what happens, and why it is told."""

    tell: Callable[[World], Awaitable[None]]
    reason: str

    @property
    def name(self) -> str:
        return self.tell.__name__


STORIES: list[Story] = []


def story(reason: str) -> Callable[[Callable[[World], Awaitable[None]]], Callable[[World], Awaitable[None]]]:
    def add(tell: Callable[[World], Awaitable[None]]) -> Callable[[World], Awaitable[None]]:
        STORIES.append(Story(tell, reason))
        return tell

    return add


def images(world: World) -> dict[str, str]:
    return dict(world.stack.state["images"])


async def versions(world: World) -> list[str]:
    found = await world.stack.artifacts.versions(artifact_id=ArtifactId(world.stack.state["artifactId"]))
    return [version.version for version in found]


async def ours(world: World, name: str = "web") -> int:
    """How many artifacts of this name are ours."""
    found = await world.stack.artifacts.find(name=name)
    return sum(artifact.tags.get(identity.OWNER_TAG) == OWNER for artifact in found)


async def fails(world: World, news: dict[str, Any]) -> str:
    with pytest.raises(Failed) as caught:
        await world.stack.up(news)
    return str(caught.value)
