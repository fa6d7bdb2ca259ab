"""The same stories over the wire, against a server of the embedded cloud."""

from __future__ import annotations

from typing import Any

import pytest

from computenest_cloud.rules import load_facts
from emulator.harness import Cloud
from lifecycle import stories, stories_of_change  # noqa: F401 - importing them tells them
from lifecycle.driver import HOME, wish
from lifecycle.telling import STORIES, Story, images
from lifecycle.test_each_switch import OTHERWISE
from lifecycle.world import World

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
    world = World(server, switches=switches, is_asked=True)
    world.tick_s = 60.0
    told.tell(world)
    world.close()


def test_an_image_at_risk_that_is_delivered_all_the_same() -> None:
    """AtRisk stands beside Available: the package is there, the state says what the scan found, and the next run
    changes nothing. fact: nest-043"""
    world = World(switches={"scan.risk_shows_as": "beside"})
    life = world.life
    world.fail_scan("AtRisk: CVE-2024-3094")
    assert life.up(wish(HOME)) == "create"
    assert set(images(world)) == {HOME}
    assert_at_risk(world, told=1)
    assert life.up(wish(HOME)) == "same"
    assert_at_risk(world, told=1)
    life.refresh()
    assert_at_risk(world, told=0)
    assert life.up(wish(HOME, "cn-beijing")) == "update"
    assert life.state["version"] == "2"
    assert "risk" not in life.state, "the next version was scanned by itself"


def assert_at_risk(world: World, *, told: int) -> None:
    state, risk = world.life.state, "version 1 is at risk, says the security scan: AtRisk: CVE-2024-3094"
    assert (state["status"], state["reasons"]) == ("Available", {})
    assert risk in state["risk"]
    assert len([line for line in world.screen.warnings if "is at risk" in line]) == told
    world.screen.warnings.clear()
