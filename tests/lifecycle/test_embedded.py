"""The same stories through the real adapters, against the embedded cloud: what one world promises, the other keeps."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from computenest_cloud.rules import load_facts
from emulator.harness import Cloud
from lifecycle import stories, stories_of_change  # noqa: F401 - importing them tells them
from lifecycle.driver import HOME, wish
from lifecycle.embedded import EmbeddedWorld
from lifecycle.telling import STORIES, Story, images
from lifecycle.test_each_switch import OTHERWISE

SWITCHED = {
    fact.switch.key: next(position for position in fact.switch.positions if position != fact.switch.default)
    for topic in ("artifacts", "ecs", "wire")
    for fact in load_facts()[topic]
    if fact.switch is not None and fact.switch.key not in OTHERWISE
}
"""Every switch at once that no story is about."""


@pytest.mark.parametrize("switches", [{}, SWITCHED], ids=["usual", "switched"])
@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_story(told: Story, switches: dict[str, Any], server: Cloud) -> None:
    world = EmbeddedWorld(server, switches)
    try:
        asyncio.run(_tell(told, world))
    finally:
        world.close()


async def _tell(told: Story, world: EmbeddedWorld) -> None:
    await told.tell(world)


def test_an_image_at_risk_that_is_delivered_all_the_same(server: Cloud) -> None:
    """AtRisk stands beside Available: the package is there, the state says what the scan found, and the next run
    changes nothing. fact: nest-043"""
    world = EmbeddedWorld(server, {"scan.risk_shows_as": "beside"})

    async def tell() -> None:
        stack = world.stack
        world.fail_scan("AtRisk: CVE-2024-3094")
        assert await stack.up(wish(HOME)) == "create"
        assert set(images(world)) == {HOME}
        assert_at_risk(world, "up")
        assert await stack.up(wish(HOME)) == "same"
        await stack.refresh()
        assert_at_risk(world, "refresh")
        assert await stack.up(wish(HOME, "cn-beijing")) == "update"
        assert stack.state["version"] == "2"
        assert "risk" not in stack.state, "the next version was scanned by itself"

    try:
        asyncio.run(tell())
    finally:
        world.close()


def assert_at_risk(world: EmbeddedWorld, command: str) -> None:
    assert (world.stack.state["status"], world.stack.state["reasons"]) == ("Available", {}), command
    assert "version 1 is at risk, says the security scan: AtRisk: CVE-2024-3094" in world.stack.state["risk"], command
    said = [line for line in world.stack.screen.warnings if "is at risk" in line]
    assert len(said) == (1 if command == "up" else 0), command
    world.stack.screen.warnings.clear()
