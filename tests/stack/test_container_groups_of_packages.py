"""An image package runs as a container group of the same stack: pushed, pulled with a temporary key, changed in place,
replaced, struck; on the real engine, the real registry and both transports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from plugin.stacks import YamlStack
from stack.cloud import Cloud
from stack.conftest import TIME_SCALE
from stack.container_groups import GroupStory, tell_of_groups
from stack.diffs import resource_block
from stack.engine import Stack
from stack.killing import Moment, kill
from stack.wishes import LONG_S
from uploads.sources import layer, write_layout

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

SHOP = {"containers": [{"name": "web", "package": "image"}], "cpu": 1, "memory": 2, "v_switch_id": "vsw-a"}
KEY_S = 3600  # as long as the embedded cloud's keys live


@pytest.fixture(params=["dynamic", "yaml"])
def story(
    request: pytest.FixtureRequest,
    start_cloud: Callable[..., Cloud],
    make_stack: Callable[..., Stack],
    make_yaml: Callable[..., YamlStack],
    tmp_path: Path,
) -> GroupStory:
    told = tell_of_groups(start_cloud(), make_stack, make_yaml, request.param)
    told.images["image"] = tmp_path / "image"
    write_layout(tmp_path / "image", [layer(1)])
    return told


def pulls(cloud: Cloud) -> int:
    """Manifests that containers have got from the registry since the last look."""
    found = sum(
        (row["service"], row["action"], row["result"]) == ("registry", "PullManifest", "OK")
        for row in cloud.control("GET", "calls")["last"]
    )
    cloud.control("DELETE", "calls")
    return found


@pytest.mark.parametrize("story", ["dynamic", pytest.param("yaml", marks=pytest.mark.long)], indirect=True)
def test_an_image_is_pushed_run_changed_and_taken_away(story: GroupStory) -> None:
    cloud, stack = story.cloud, story.stack
    story.declare(shop=SHOP)
    said = stack.up().succeeded().text
    assert "web is pulled with a temporary key: whatever has to be pulled again after" in said
    made = story.group("shop")
    (seen,) = story.seen()
    reference = stack.resources()["image"]["outputs"]["reference"]
    assert (seen.status, seen.containers[0].image) == ("Running", reference)
    assert made["keyExpiry"]
    assert "assword" not in stack.run("stack", "export", "--show-secrets").succeeded().text
    story.stack.is_unchanged()
    is_changed_in_place_with_its_image(story, layer(2), made["keyExpiry"])
    before = story.group("shop")["containerGroupId"]
    other_network = {**SHOP, "v_switch_id": "vsw-b"}
    story.declare(shop=other_network)
    assert "(replace)" in resource_block(stack.preview().succeeded().text, "shop")[0]
    stack.up().succeeded()
    (seen,) = story.seen()
    assert seen.container_group_id != before
    an_expired_key_names_image_and_step(story, other_network)
    story.declare(shop=other_network)
    stack.up().succeeded()
    cloud.advance(KEY_S * 2)
    story.stack.is_unchanged()  # the key has ended: to take a new one is no change
    is_changed_in_place_with_its_image(story, layer(3), story.group("shop")["keyExpiry"])
    stack.destroy().succeeded()
    cloud.advance(86_400)
    assert cloud.ledger()["is_empty"], cloud.ledger()


def is_changed_in_place_with_its_image(story: GroupStory, content: bytes, expiry: str) -> None:
    """Another image: the same group, which pulls it with a new key."""
    before = story.group("shop")["containerGroupId"]
    write_layout(story.images["image"], [content])
    pulls(story.cloud)
    said = story.stack.run("up", "--yes", "--diff").succeeded().text
    assert "(update)" in resource_block(said, "shop")[0], said
    (seen,) = story.seen()
    assert seen.container_group_id == before
    assert seen.containers[0].image == story.stack.resources()["image"]["outputs"]["reference"]
    assert seen.status == "Running"
    assert pulls(story.cloud) >= 1
    assert int(story.group("shop")["keyExpiry"]) > int(expiry)
    story.stack.is_unchanged()


def an_expired_key_names_image_and_step(story: GroupStory, shop: dict[str, object]) -> None:
    """A key that has ended before the group pulls: the run fails within its time, and the next one takes a new key.
    A key's life is counted in the world's own seconds, everything else of the cloud in faster ones."""
    cloud, stack = story.cloud, story.stack
    cloud.control("PUT", "facts", {"registry.push_key_s": 1, "eci.schedule_s": 3 * TIME_SCALE})
    late = {**SHOP, "timeout_s": int(7 * TIME_SCALE)}
    story.declare(shop=shop, late=late)
    said = stack.up().failed().text
    reference = stack.resources()["image"]["outputs"]["reference"]
    assert f'Failed to pull image "{reference}"' in said, said
    assert "step 3 of 7" in said, said
    assert story.group("late")["containerGroupId"].startswith("eci-")
    cloud.control("PUT", "facts", {"registry.push_key_s": KEY_S, "eci.schedule_s": 5})
    story.declare(shop=shop, late={**late, "timeout_s": LONG_S})
    stack.up().succeeded()
    assert {seen.status for seen in story.seen()} == {"Running"}
    assert len(story.seen()) == 2
    story.stack.is_unchanged()


@pytest.mark.parametrize("story", ["yaml", pytest.param("dynamic", marks=pytest.mark.long)], indirect=True)
def test_a_run_killed_between_effect_and_answer_makes_one_group(story: GroupStory) -> None:
    cloud, stack = story.cloud, story.stack
    story.declare(shop=SHOP)
    kill(cloud, stack, Moment("CreateContainerGroup"), "both")
    stack.up().succeeded()
    (seen,) = story.seen()
    assert (seen.status, seen.container_group_id) == ("Running", story.group("shop")["containerGroupId"])
    write_layout(story.images["image"], [layer(2)])
    kill(cloud, stack, Moment("UpdateContainerGroup"), "both")
    stack.up().succeeded()
    (after,) = story.seen()
    assert (after.status, after.container_group_id) == ("Running", seen.container_group_id)
    assert after.containers[0].image == stack.resources()["image"]["outputs"]["reference"]
    story.stack.is_unchanged()
    stack.destroy().succeeded()
    cloud.advance(86_400)
    assert cloud.ledger()["is_empty"], cloud.ledger()
