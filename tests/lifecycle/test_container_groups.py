"""The adapter against the embedded cloud: a group is made, changed in place, looked at and taken away."""

from __future__ import annotations

import os

import pytest

from computenest.cloud.settings import parse_settings
from computenest.kernel.names import RegionId, Token
from computenest.resources._program.session import open_session
from computenest.resources.container_group.api import CloudContainerGroups
from computenest.resources.container_group.model import Container, Inputs, Port
from computenest.resources.container_group.plan import as_wanted
from lifecycle.lives import on_its_own_loop

REGION = RegionId("cn-hangzhou")
WEB = Container(
    name="web", image="docker.io/library/nginx:1", cpu=0.5, memory=1.0, ports=(Port(port=80),), environment={"A": "b"}
)


@pytest.mark.usefixtures("wares_cloud")
def test_what_was_asked_for_is_seen_again_in_its_own_words() -> None:
    settings = parse_settings({"computenest:cloud": "local"}, environ=os.environ)
    session = open_session(settings)
    port = session.port(CloudContainerGroups)
    wanted = Inputs(name="shop", region=REGION, containers=(WEB,), cpu=1.0, memory=2.0, restart_policy="Never")

    async def story() -> None:
        group_id = await port.create(wanted=wanted, tags={"team": "shop"}, token=Token("t-1"))
        assert await port.create(wanted=wanted, tags={"team": "shop"}, token=Token("t-1")) == group_id
        (found,) = await port.find(region=REGION, tags={"team": "shop"})
        assert (found.container_group_id, found.cpu, found.memory) == (group_id, 1.0, 2.0)
        assert as_wanted(wanted.containers, found) == wanted.containers
        assert found.restart_policy == "Never"
        await port.tag(region=REGION, group_id=group_id, tags={"more": "x"})
        await port.untag(region=REGION, group_id=group_id, keys=["team"])
        seen = await port.get(region=REGION, group_id=group_id)
        assert seen is not None
        assert seen.tags == {"more": "x"}
        await port.delete(region=REGION, group_id=group_id, token=Token("t-2"))
        assert await port.get(region=REGION, group_id=group_id) is None

    on_its_own_loop(story())
    session.close()


@pytest.mark.usefixtures("wares_cloud")
def test_a_list_of_several_pages_is_whole() -> None:
    """A create looks for what it began: what stands on another page must not be made again."""
    session = open_session(parse_settings({"computenest:cloud": "local"}, environ=os.environ))
    port = session.port(CloudContainerGroups)
    small = Inputs(name="many", region=REGION, containers=(WEB,), cpu=0.5, memory=1.0)

    async def story() -> None:
        made = {
            await port.create(wanted=small, tags={"team": "many"}, token=Token(f"m-{number}")) for number in range(25)
        }
        assert {one.container_group_id for one in await port.find(region=REGION, tags={"team": "many"})} == made
        for group_id in made:
            await port.delete(region=REGION, group_id=group_id, token=Token(f"d-{group_id}"))

    on_its_own_loop(story())
    session.close()
