"""How a story is told: the list of all stories, and what they look at."""

from __future__ import annotations

from collections.abc import Callable
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

    tell: Callable[[World], None]
    reason: str

    @property
    def name(self) -> str:
        return self.tell.__name__


STORIES: list[Story] = []


def story(reason: str) -> Callable[[Callable[[World], None]], Callable[[World], None]]:
    def add(tell: Callable[[World], None]) -> Callable[[World], None]:
        STORIES.append(Story(tell, reason))
        return tell

    return add


def images(world: World) -> dict[str, str]:
    return dict(world.life.state["images"])


def versions(world: World) -> list[str]:
    found = world.artifacts.versions(artifact_id=ArtifactId(world.life.state["artifactId"]))
    return [version.version for version in found]


def ours(world: World, name: str = "web") -> int:
    """How many artifacts of this name are ours."""
    found = world.artifacts.find(name=name)
    return sum(artifact.tags.get(identity.OWNER_TAG) == OWNER for artifact in found)


def fails(world: World, news: dict[str, Any]) -> str:
    with pytest.raises(Failed) as caught:
        world.life.up(news)
    return str(caught.value)
