"""Service instances on the real engine: the region decides the image, on both transports."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from alibabacloud_computenest20210601 import models as user
from alibabacloud_computenest20210601.client import Client as UserClient

from stack.cloud import Cloud
from stack.diffs import property_lines, resource_block
from stack.engine import Stack
from stack.instances import REGIONS, InstanceStory, tell_of
from stack.wishes import GOLD_2

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

SECRET = "hunter2-hunter2"
ONLINE = {"visibility": "public", "publishing": "online"}
SHOP = {"region": "cn-beijing", "account": "customer", "secret": {"AdminPassword": SECRET}}


@pytest.mark.parametrize(
    ("transport", "whole"),
    [("dynamic", False), *(pytest.param(name, True, marks=pytest.mark.long) for name in ("dynamic", "plugin"))],
    ids=["dynamic", "dynamic-whole", "plugin-whole"],
)
def test_the_life_of_an_instance(
    transport: str, cloud: Cloud, make_stack: Callable[..., Stack], *, whole: bool
) -> None:
    """The states of its second half: lifecycle/test_programs.py and test_instances.py."""
    story = tell_of(cloud, make_stack, transport)
    story.publish()
    fails_at_once_and_is_replaced(story)
    is_previewed(story)
    moves_on_with_its_service(story)
    if whole:
        stays_where_nothing_of_it_changes(story)
        is_deleted_by_hand_and_made_anew(story)
    story.stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"], cloud.ledger()


def test_an_instance_of_the_plugin(cloud: Cloud, make_stack: Callable[..., Stack]) -> None:
    """All in one run where no human has to agree: package, service, instance; then another source, in one run again."""
    cloud.switch("review.approves_at_once", 1)
    story = tell_of(cloud, make_stack, "plugin", instances={"shop": SHOP})
    stack = story.stack
    stack.up().succeeded()
    before = story.instance()
    is_previewed(story)
    story.declare(image=GOLD_2["image_id"])
    stack.up().succeeded()
    after, image = story.instance(), story.delivered()["cn-beijing"]
    assert after["images"] == after["expectedImages"] == {"Spare": image, "Web": image}
    assert (after["instanceId"], after["serviceVersion"]) == (before["instanceId"], "2")
    assert SECRET not in json.dumps(stack.export())
    stack.is_unchanged()
    is_upgraded_where_ids_are_issued_anew(story)
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"], cloud.ledger()


@pytest.mark.long  # states: lifecycle/test_instances_waiting.py
def test_an_instance_waits_for_the_reviewers_of_its_service(cloud: Cloud, make_stack: Callable[..., Stack]) -> None:
    """The first `up` ends well, previews are empty while nothing is decided, and the stack may change its transport."""
    story = tell_of(cloud, make_stack, "dynamic", instances={"shop": SHOP})
    stack = story.stack
    assert "shop: it waits (status Waiting) for as long as the reviewers have its service" in stack.preview().text
    said = stack.up().succeeded().text
    assert "the reviewers have it; run `pulumi up` again once they have approved" in said
    made = story.instance()
    assert (made["status"], made["images"], made["instanceId"]) == ("Waiting", {}, "")
    assert stack.run("stack", "output", "--json").json["shop"]["images"] == {}
    before = stack.resources()["shop"]["id"]
    stack.run("preview", "--expect-no-changes").succeeded()
    stack.refresh().succeeded()
    story.move_over()
    stack.up("--expect-no-changes").succeeded()
    story.declare(takes=["shop"])
    refused = stack.up().failed().text
    assert "'shop' waits until the reviewers have approved its service, so nothing of its images is there" in refused
    assert "Traceback" not in refused
    story.declare(takes=[])
    story.approve()
    seen = stack.preview().succeeded().text
    assert "(update)" in resource_block(seen, "shop")[0], seen
    stack.up().succeeded()
    made = story.instance()
    assert (made["status"], made["serviceVersion"], made["images"]) == ("Deployed", "1", made["expectedImages"])
    assert (stack.resources()["shop"]["id"], made["instanceId"]) == (before, story.running()[0]["instance_id"])
    stack.run("preview", "--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"], cloud.ledger()


def fails_at_once_and_is_replaced(story: InstanceStory) -> None:
    stack = story.stack
    story.declare(instances={"shop": SHOP})
    seen = stack.preview().succeeded().text
    image = story.delivered()["cn-beijing"]
    assert f'Web: "{image}"' in flat(resource_block(seen, "shop")), seen
    effect = {"kind": "fail_stack", "code": "Zone.NotOnSale", "message": f"Sold out to {SECRET}."}
    story.cloud.faults({"match": {"service": "ros"}, "times": 1, "effect": effect})
    failed = stack.up().failed()
    assert "DeployedFailed: " in failed.text
    assert "Zone.NotOnSale: Sold out to [secret]." in failed.text
    first = story.instance()
    assert (first["status"], story.running()[0]["instance_id"]) == ("DeployedFailed", first["instanceId"])
    stack.up().succeeded()
    made = story.instance()
    assert made["images"] == made["expectedImages"] == {"Spare": image, "Web": image}
    assert (made["status"], made["serviceVersion"]) == ("Deployed", "1")
    assert [row["instance_id"] for row in story.running()] == [made["instanceId"]]
    assert made["instanceId"] != first["instanceId"]
    assert SECRET not in json.dumps(stack.export()) + failed.text
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes").succeeded()


def is_previewed(story: InstanceStory) -> None:
    """What a reviewer sees of another region, and of another visibility of the service."""
    images = story.delivered()
    old, new = images["cn-beijing"], images["cn-hangzhou"]
    story.declare(instances={"shop": {**SHOP, "region": "cn-hangzhou", "parameters": {"Amont": 2}}})
    seen = story.stack.preview().succeeded().text
    assert seen.count("parameters.Amont: template 'main' declares no such parameter (did you mean Amount?)") >= 1, seen
    assert '~ region: "cn-beijing" => "cn-hangzhou"' in flat(resource_block(seen, "shop")), seen
    lines = property_lines(seen, "shop", "expectedImages")
    assert lines == [f'~ Spare: "{old}" => "{new}"', f'~ Web: "{old}" => "{new}"'], seen
    assert "(replace)" in resource_block(seen, "shop")[0]
    story.declare(instances={"shop": SHOP}, service={**ONLINE, "visibility": "private"})
    seen = story.stack.preview().succeeded().text
    assert resource_block(seen, "shop") == [], "an instance is not what its service's visibility changes"
    assert '~ visibility: "public" => "private"' in flat(resource_block(seen, "service")), seen
    story.declare(service=ONLINE)


def moves_on_with_its_service(story: InstanceStory) -> None:
    """Another source: a new version of the package, of the service, and an upgrade once a human approved it."""
    stack, before = story.stack, story.instance()
    story.declare(image=GOLD_2["image_id"])
    seen = stack.preview().succeeded().text
    assert '~ serviceVersion: "1" => [unknown]' in flat(resource_block(seen, "shop")), seen
    assert "(update)" in resource_block(seen, "shop")[0]
    assert all("=> [unknown]" in line for line in property_lines(seen, "shop", "expectedImages")), seen
    story.publish()
    assert story.instance()["images"] == before["images"], "what runs runs on while the reviewers look"
    stack.up().succeeded()
    after = story.instance()
    image = story.delivered()["cn-beijing"]
    assert (after["instanceId"], after["serviceVersion"]) == (before["instanceId"], "2")
    assert after["images"] == after["expectedImages"] == {"Spare": image, "Web": image}
    assert after["images"] != before["images"]
    stack.run("preview", "--expect-no-changes").succeeded()


def stays_where_nothing_of_it_changes(story: InstanceStory) -> None:
    """A region is added: a new version of package and service, and an instance of another region stays as it is."""
    stack, before = story.stack, story.instance()
    story.declare(regions=[*REGIONS, "cn-shanghai"], service={**ONLINE, "retain_versions": 0})
    seen = stack.preview().succeeded().text
    assert resource_block(seen, "shop") == [], seen
    assert "it stays on version 2: the next one deploys the same in cn-beijing, unless the ids of its images" in seen
    story.publish()
    stack.up().succeeded()
    assert stack.resources()["service"]["outputs"]["serviceVersion"] == "3"
    stack.refresh().succeeded()
    assert resource_block(stack.preview().succeeded().text, "shop") == []
    after = story.instance()
    assert {key: after[key] for key in ("instanceId", "serviceVersion", "images")} == {
        key: before[key] for key in ("instanceId", "serviceVersion", "images")
    }
    listed = stack.resources()["service"]["outputs"]["versions"]
    assert {"2", "3"} <= set(listed), "the version that runs is in use"


def is_upgraded_where_ids_are_issued_anew(story: InstanceStory) -> None:
    """What a preview assumes of regions that stay did not come true: the instance gets the images of now."""
    stack = story.stack
    story.declare(regions=[*REGIONS, "cn-shanghai"])
    story.cloud.control("PUT", "facts", {"delivery.reissues_unchanged_regions": True})
    seen = stack.preview().succeeded().text
    assert resource_block(seen, "shop") == [], seen
    assert "unless the ids of its images are re-issued" in seen
    stack.up().succeeded()
    after, image = story.instance(), story.delivered()["cn-beijing"]
    assert (after["serviceVersion"], after["images"]) == ("3", {"Spare": image, "Web": image})
    stack.run("preview", "--expect-no-changes").succeeded()


def is_deleted_by_hand_and_made_anew(story: InstanceStory) -> None:
    stack, before = story.stack, story.instance()["instanceId"]
    request = user.DeleteServiceInstancesRequest(region_id="cn-hangzhou", service_instance_id=[before])
    story.cloud.sdk(UserClient, "customer").delete_service_instances(request)
    story.cloud.advance(600)
    assert story.running() == []
    stack.refresh().succeeded()
    assert "shop" not in stack.resources()
    stack.up().succeeded()
    assert story.instance()["images"]["Web"] == story.delivered()["cn-beijing"]


def flat(block: list[str]) -> str:
    return " ".join(" ".join(block).split()).replace(" : ", ": ")
