"""Container groups on the real engine: changed in place where that is so, replaced where not; on both transports."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_eci20180808 import models as eci

from plugin.stacks import YamlStack
from stack.cloud import Cloud
from stack.container_groups import GroupStory, tell_of_groups
from stack.diffs import resource_block
from stack.engine import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

SECRET = "hunter2-hunter2"
WEB = {"name": "web", "image": "docker.io/library/nginx:1", "ports": [{"port": 80}], "secret": {"PASSWORD": SECRET}}
SHOP = {"containers": [WEB], "cpu": 1, "memory": 2, "v_switch_id": "vsw-a", "tags": {"team": "shop"}}
JOB = {"restart_policy": "Never", "wait_for": "Succeeded"}


@pytest.fixture(params=["dynamic", "yaml"])
def story(
    request: pytest.FixtureRequest,
    cloud: Cloud,
    make_stack: Callable[..., Stack],
    make_yaml: Callable[..., YamlStack],
) -> GroupStory:
    return tell_of_groups(cloud, make_stack, make_yaml, request.param)


@pytest.mark.parametrize("story", [pytest.param("dynamic", marks=pytest.mark.long), "yaml"], indirect=True)
def test_the_life_of_a_group(story: GroupStory) -> None:
    stack = story.stack
    story.declare(shop=SHOP)
    stack.up().succeeded()
    made = story.group("shop")
    (seen,) = story.seen()
    assert (seen.container_group_id, seen.status, seen.cpu, seen.memory) == (made["containerGroupId"], "Running", 1, 2)
    assert made["address"] == seen.intranet_ip
    assert {one.key: one.value for one in seen.containers[0].environment_vars} == {"PASSWORD": SECRET}
    story.stack.is_unchanged()
    is_changed_in_place(story)
    is_replaced_with_its_network(story)
    is_repaired(story)
    assert SECRET not in json.dumps(stack.export())
    assert SECRET not in stack.run("stack", "output", "--json").text
    stack.destroy().succeeded()
    assert story.cloud.ledger()["is_empty"], story.cloud.ledger()


def is_changed_in_place(story: GroupStory) -> None:
    """Another image, another size, another secret: the same group, and nothing but what changed in the preview."""
    before = story.group("shop")["containerGroupId"]
    changes: list[dict[str, Any]] = [
        {"containers": [{**WEB, "image": "docker.io/library/nginx:2"}]},
        {"cpu": 2, "memory": 4, "restart_policy": "OnFailure", "tags": {"team": "till"}},
        {"containers": [{**WEB, "image": "docker.io/library/nginx:2", "secret": {"PASSWORD": SECRET + "-2"}}]},
        {"containers": [{**WEB, "image": "docker.io/library/nginx:2"}]},  # the first one again
    ]
    for change in changes:
        story.declare(shop={**SHOP, **change})
        said = story.stack.run("up", "--yes", "--diff").succeeded().text
        assert "(update)" in resource_block(said, "shop")[0], said
        assert SECRET not in said
        (seen,) = story.seen()
        wanted = {**SHOP, **change}
        assert (seen.container_group_id, seen.status) == (before, "Running")
        assert (seen.cpu, seen.memory) == (wanted["cpu"], wanted["memory"])
        assert seen.containers[0].image == wanted["containers"][0]["image"]
        assert seen.containers[0].environment_vars[0].value == wanted["containers"][0]["secret"]["PASSWORD"]
        assert seen.restart_policy == wanted.get("restart_policy", "Always")
        assert {one.key: one.value for one in seen.tags}["team"] == wanted["tags"]["team"]
    story.stack.is_unchanged()


def is_replaced_with_its_network(story: GroupStory) -> None:
    before = story.group("shop")["containerGroupId"]
    story.declare(shop={**SHOP, "v_switch_id": "vsw-b"})
    said = story.stack.preview().succeeded().text
    assert "(replace)" in resource_block(said, "shop")[0], said
    assert '"vsw-a" => "vsw-b"' in " ".join(resource_block(said, "shop")), said
    story.stack.up().succeeded()
    (seen,) = story.seen()
    assert seen.container_group_id != before
    assert (seen.v_switch_id, seen.status) == ("vsw-b", "Running")
    story.stack.is_unchanged()


def is_repaired(story: GroupStory) -> None:
    """Somebody changed image and size by hand, and somebody deleted the whole group."""
    group_id = story.group("shop")["containerGroupId"]
    other = eci.UpdateContainerGroupRequestContainer(name="web", image="docker.io/library/httpd:2")
    story.changed_by_hand(group_id, container=[other], cpu=4, memory=8)
    story.stack.refresh().succeeded()
    drifted = story.group("shop")
    assert (drifted["containerGroupId"], drifted["cpu"], drifted["memory"]) == (group_id, 4, 8)
    assert "docker.io/library/httpd:2" in story.stack.run("stack", "export", "--show-secrets").succeeded().text
    said = story.stack.run("up", "--yes", "--diff").succeeded().text
    assert "(update)" in resource_block(said, "shop")[0], said
    (seen,) = story.seen()
    assert (seen.container_group_id, seen.containers[0].image, seen.cpu) == (group_id, WEB["image"], 1)
    assert [one.port for one in seen.containers[0].ports] == [80]
    story.eci.delete(group_id)
    story.stack.refresh().succeeded()
    assert "shop" not in story.stack.resources()
    story.stack.up().succeeded()
    (seen,) = story.seen()
    assert (seen.status, seen.container_group_id) == ("Running", story.group("shop")["containerGroupId"])
    story.stack.is_unchanged()


@pytest.mark.parametrize("story", ["yaml", pytest.param("dynamic", marks=pytest.mark.long)], indirect=True)
def test_a_change_is_rolled_through_a_set_of_groups(story: GroupStory) -> None:
    stack = story.stack
    served = {"containers": [WEB], "cpu": 1, "memory": 2, "replicas": 2, "create_before_delete": True}
    story.declare(shop=served)
    stack.up().succeeded()
    before = story.group("shop")["groups"]
    assert {one.container_group_id for one in story.seen()} == {one["containerGroupId"] for one in before.values()}
    story.stack.is_unchanged()
    story.declare(shop={**served, "replicas": 3, "v_switch_id": "vsw-b"})
    said = stack.run("up", "--yes", "--diff").succeeded().text
    block = " ".join(resource_block(said, "shop"))
    assert "(update)" in resource_block(said, "shop")[0], said
    assert '"revision 1" => "revision 2"' in block, said
    assert "shop-3" in block, said
    assert "a successor has to run before its group goes" in said, said
    after = story.group("shop")["groups"]
    assert sorted(after) == ["shop-1", "shop-2", "shop-3"]
    assert {one.v_switch_id for one in story.seen()} == {"vsw-b"}
    assert {one.container_group_id for one in story.seen()} == {one["containerGroupId"] for one in after.values()}
    story.stack.is_unchanged()
    story.eci.delete(after["shop-2"]["containerGroupId"])
    stack.refresh().succeeded()
    said = stack.run("up", "--yes", "--diff").succeeded().text
    assert "shop-2" in " ".join(resource_block(said, "shop")), said
    assert len(story.seen()) == 3
    assert SECRET not in json.dumps(stack.export())
    stack.destroy().succeeded()
    assert story.cloud.ledger()["is_empty"], story.cloud.ledger()


@pytest.mark.parametrize("story", ["dynamic", pytest.param("yaml", marks=pytest.mark.long)], indirect=True)
def test_a_job_ends_the_run_with_its_exit_code_and_its_last_lines(story: GroupStory) -> None:
    """What it logs may hold what it was told in secret: that is shown nowhere."""
    stack = story.stack
    script = "echo begun; sleep 60; echo no $PASSWORD; echo out of stock; exit 3"
    job = {"name": "job", "image": "busybox:1", "command": ["sh", "-c"], "secret": {"PASSWORD": SECRET}}
    story.declare(job={**JOB, "containers": [{**job, "args": ["echo one; exit 0"]}]})
    stack.up().succeeded()
    first = story.group("job")
    assert first["status"] == "Succeeded"
    story.stack.is_unchanged()
    story.declare(job={**JOB, "containers": [{**job, "args": [script]}]})
    assert "(replace)" in resource_block(stack.preview().succeeded().text, "job")[0]
    failed = stack.up().failed().text
    assert "container job ended with exit code 3" in failed, failed
    assert "no [secret]" in failed, failed
    assert "out of stock" in failed, failed
    assert "Traceback" not in failed
    assert SECRET not in failed + json.dumps(stack.export())
    before = {seen.container_group_id for seen in story.seen()}
    story.declare(job={**JOB, "containers": [{**job, "args": ["exit 0"]}]})
    stack.up().succeeded()
    (again,) = story.seen()
    assert (again.status, again.container_group_id in before) == ("Succeeded", False)
    stack.destroy().succeeded()
    assert story.cloud.ledger()["is_empty"], story.cloud.ledger()


@pytest.mark.long
def test_a_hundred_groups_are_held_against_the_quota_before_the_first_is_made(story: GroupStory) -> None:
    cloud, stack = story.cloud, story.stack
    small = {"containers": [{"name": "web", "image": "docker.io/library/nginx:1"}], "cpu": 0.5, "memory": 1}
    story.declare(**{f"shop{number}": small for number in range(100)})
    cloud.control("PUT", "facts", {"eci.cpu_quota": 40})
    refused = stack.preview().failed().text
    assert "would have 40.5 vCPUs in cn-hangzhou, and may have 40" in refused, refused
    assert story.all_ids() == []
    cloud.control("PUT", "facts", {"eci.cpu_quota": 50})
    said = stack.preview().succeeded().text
    assert said.count("CNY an hour while it runs") >= 100
    stack.up().succeeded()
    assert len(story.all_ids()) == 100
    story.stack.is_unchanged()
    stack.destroy().succeeded()
    assert story.all_ids() == []
    assert cloud.ledger()["is_empty"], cloud.ledger()
