"""What a supplier does after the first launch: upgrades that are allowed, refused, failed and put back, operations,
stop and start. On the real engine, on both transports."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stack.cloud import Cloud
from stack.diffs import resource_block
from stack.engine import ROOT, Stack
from stack.instances import TEMPLATE, InstanceStory, tell_of
from stack.test_instances import ONLINE, SHOP
from stack.wishes import GOLD_1, GOLD_2

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

BOTH = [pytest.param("dynamic", marks=pytest.mark.long), pytest.param("plugin", marks=pytest.mark.long)]
"""Both transports, in `make test-all`: what decides is the same core, and `make test` has a story of each."""
MOSTLY_DYNAMIC = ["dynamic", pytest.param("plugin", marks=pytest.mark.long)]
MOSTLY_PLUGIN = [pytest.param("dynamic", marks=pytest.mark.long), "plugin"]
RESIZE = {"changes": {"main": {"resize": {"parameters": ["Amount"]}}}}
LAUNCHED = TEMPLATE.replace("ALIYUN::ECS::InstanceGroup", "ALIYUN::ECS::LaunchTemplate").replace(
    """
      MaxAmount: {Ref: Amount}
      Password: {Ref: AdminPassword}""",
    "",
)
NO_ROOM = {"kind": "fail_stack", "code": "Zone.NotOnSale", "message": "Sold out."}


def began(cloud: Cloud, make_stack: Callable[..., Stack], transport: str, **more: Any) -> InstanceStory:
    cloud.switch("review.approves_at_once", 1)
    story = tell_of(cloud, make_stack, transport, **{"instances": {"shop": SHOP}, **more})
    story.stack.up().succeeded()
    return story


@pytest.mark.parametrize("transport", MOSTLY_DYNAMIC)
def test_upgrades_are_allowed_refused_failed_and_put_back(
    transport: str, cloud: Cloud, make_stack: Callable[..., Stack]
) -> None:
    story = began(cloud, make_stack, transport)
    stack, first = story.stack, story.instance()
    is_refused_before_anything_changes(story)
    story.cloud.faults({"match": {"service": "ros"}, "times": 1, "effect": NO_ROOM})
    story.declare(service=ONLINE)
    assert "Web will be updated in place where the image changes" in stack.preview().succeeded().text
    failed = stack.up().failed().text
    assert "the upgrade to version 2 failed and version 1 runs on" in failed
    assert "Zone.NotOnSale: Sold out." in failed
    assert story.instance()["status"] == "UpgradeFailed"
    story.declare(instances={"shop": {**SHOP, "service_version": "1"}})
    stack.up().succeeded()
    assert (story.instance()["status"], story.instance()["images"]) == ("Deployed", first["images"])
    story.declare(instances={"shop": SHOP})
    stack.up().succeeded()
    made = story.instance()
    image = story.delivered()["cn-beijing"]
    assert (made["instanceId"], made["serviceVersion"]) == (first["instanceId"], "2")
    assert made["images"] == made["expectedImages"] == {"Spare": image, "Web": image}
    assert made["resources"][1]["physicalId"] == first["resources"][1]["physicalId"], "the machines stay"
    story.declare(instances={"shop": {**SHOP, "service_version": "1"}})
    stack.up().succeeded()
    assert (story.instance()["serviceVersion"], story.instance()["images"]) == ("1", first["images"]), "rolled back"
    stack.run("preview", "--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert story.cloud.ledger()["is_empty"], story.cloud.ledger()


def is_refused_before_anything_changes(story: InstanceStory) -> None:
    stack = story.stack
    for upgrades, said in (
        ({"allowed": False}, "`upgrades.allowed` of the service is false"),
        ({"fromVersions": ["7"]}, "allows upgrades from 7 only, and the instance runs version 1"),
    ):
        story.declare(image=GOLD_2["image_id"], service={**ONLINE, "upgrades": upgrades})
        refused = stack.preview().failed().text
        assert said in refused
        assert "name `serviceVersion: 1`" in refused
        assert "Traceback" not in refused
    assert story.instance()["serviceVersion"] == "1"


@pytest.mark.parametrize("transport", BOTH)
def test_a_version_that_is_there_and_takes_no_upgrade_is_refused_by_what_the_cloud_says(
    transport: str, cloud: Cloud, make_stack: Callable[..., Stack]
) -> None:
    pinned = {"shop": {**SHOP, "service_version": "1"}}
    story = began(cloud, make_stack, transport)
    stack = story.stack
    story.declare(image=GOLD_2["image_id"], service={**ONLINE, "upgrades": {"allowed": False}}, instances=pinned)
    stack.up().succeeded()
    story.declare(instances={"shop": SHOP})
    refused = stack.preview().failed().text
    assert "version 2 of its service does not allow an upgrade from version 1, it may not be upgraded at all" in refused
    story.declare(service=ONLINE)
    stack.up().succeeded()
    assert story.instance()["serviceVersion"] == "3"
    stack.destroy().succeeded()


@pytest.mark.parametrize("transport", MOSTLY_PLUGIN)
def test_an_operation_changes_its_own_parameters(
    transport: str, cloud: Cloud, make_stack: Callable[..., Stack]
) -> None:
    story = began(cloud, make_stack, transport, service={**ONLINE, "operations": RESIZE})
    stack, first = story.stack, story.instance()
    story.declare(instances={"shop": {**SHOP, "operation": "grow", "parameters": {"Amount": 2}}})
    assert "the service has no operation 'grow' for template 'main', only 'resize'" in stack.preview().failed().text
    story.declare(instances={"shop": {**SHOP, "operation": "resize", "parameters": {"Amount": 2}}})
    assert "(update)" in resource_block(stack.preview().succeeded().text, "shop")[0]
    stack.up().succeeded()
    made = story.instance()
    assert (made["instanceId"], made["serviceVersion"]) == (first["instanceId"], "1")
    assert len(made["resources"][1]["physicalId"].split(",")) == 2
    stack.run("preview", "--expect-no-changes").succeeded()
    stack.destroy().succeeded()


@pytest.mark.parametrize("transport", BOTH)
def test_machines_are_stopped_and_started(transport: str, cloud: Cloud, make_stack: Callable[..., Stack]) -> None:
    power = {"power": {"main": ["Start", "Stop"]}}
    story = began(cloud, make_stack, transport, service={**ONLINE, "operations": power})
    stack, first = story.stack, story.instance()
    for wanted, status in (("stopped", "Stopped"), ("running", "Deployed")):
        story.declare(instances={"shop": {**SHOP, "power": wanted}})
        assert "(update)" in resource_block(stack.preview().succeeded().text, "shop")[0]
        stack.up().succeeded()
        assert (story.instance()["status"], story.instance()["instanceId"]) == (status, first["instanceId"])
        stack.is_unchanged()
    story.cloud.faults({"match": {"service": "computenest"}, "times": 1, "effect": {**NO_ROOM, "kind": "fail_switch"}})
    story.declare(instances={"shop": {**SHOP, "power": "stopped"}})
    assert "Zone.NotOnSale: Sold out." in stack.up().failed().text
    stack.up().succeeded()
    assert story.instance()["status"] == "Stopped"
    stack.destroy().succeeded()
    assert story.cloud.ledger()["is_empty"], story.cloud.ledger()


@pytest.mark.parametrize("transport", BOTH)
def test_a_failed_deployment_is_continued(transport: str, cloud: Cloud, make_stack: Callable[..., Stack]) -> None:
    cloud.switch("review.approves_at_once", 1)
    goes_on = {"shop": {**SHOP, "on_failure": "continue"}}
    story = tell_of(cloud, make_stack, transport, instances=goes_on)
    stack = story.stack
    effect = {**NO_ROOM, "log": ["no stock in zone h"]}
    cloud.faults({"match": {"service": "ros"}, "times": 1, "effect": effect})
    said = stack.up().failed().text
    assert "DeployedFailed: " in said
    assert "Web (ALIYUN::ECS::InstanceGroup) CREATE_FAILED: no stock in zone h" in said, said
    assert "(`computenest logs shop` shows all of it)" in said
    failed = story.instance()
    keeps_what_was_written_down(stack, failed["instanceId"])
    assert failed["status"] == "DeployedFailed"
    story.declare(instances={"shop": {**goes_on["shop"], "parameters": {"Amount": 2}}})
    assert "(update)" in resource_block(stack.preview().succeeded().text, "shop")[0]
    stack.up().succeeded()
    made = story.instance()
    assert (made["status"], made["instanceId"]) == ("Deployed", failed["instanceId"])
    assert made["parameters"]["Amount"] == 2
    stack.run("preview", "--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"], cloud.ledger()


def keeps_what_was_written_down(stack: Stack, instance_id: str) -> None:
    """`computenest logs`, by the resource's name and by the cloud's id."""
    (stack.folder / "export.json").write_text(json.dumps(stack.export()))
    config = [f"--config={key}={value}" for key, value in stack.config.items()]
    named = stack.command("computenest", "logs", "shop", "export.json", *config)
    by_id = stack.command("computenest", "logs", instance_id, "--account", "customer", *config)
    assert named == by_id
    assert [line.split("  ")[1] for line in named.splitlines()][-1].endswith("CREATE_FAILED")


@pytest.mark.parametrize("transport", BOTH)
def test_an_image_that_no_update_changes_is_told_before_and_made_under_another_name(
    transport: str, cloud: Cloud, make_stack: Callable[..., Stack]
) -> None:
    story = began(cloud, make_stack, transport, template=LAUNCHED)
    stack, first = story.stack, story.instance()
    story.declare(image=GOLD_2["image_id"])
    seen = stack.preview().succeeded().text
    assert "Web is an ALIYUN::ECS::LaunchTemplate, whose ImageId no update changes" in seen
    assert "give the resource another name in the template" in seen
    failed = stack.up().failed().text
    assert "the upgrade to version 2 failed and version 1 runs on" in failed
    kept = story.instance()
    assert (kept["status"], kept["instanceId"]) == ("UpgradeFailed", first["instanceId"])
    assert kept["images"] == first["images"], "what a failed upgrade changed is told as it is"
    story.declare(template=LAUNCHED.replace("  Web:", "  Web2:"))
    assert "no update changes" not in stack.preview().succeeded().text
    stack.up().succeeded()
    made, image = story.instance(), story.delivered()["cn-beijing"]
    assert (made["status"], made["serviceVersion"], made["instanceId"]) == ("Deployed", "3", first["instanceId"])
    assert made["images"] == {"Spare": image, "Web2": image}
    stack.up().succeeded()  # version 1, which nothing runs any more, goes
    stack.run("preview", "--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert story.cloud.ledger()["is_empty"], story.cloud.ledger()


@pytest.mark.parametrize("transport", BOTH)
def test_what_reviewers_found_is_in_the_message_the_report_and_the_log(
    transport: str, cloud: Cloud, make_stack: Callable[..., Stack]
) -> None:
    story = tell_of(cloud, make_stack, transport)
    stack = story.stack
    stack.up().succeeded()
    registration = stack.resources()["service"]["outputs"]["registrationId"]
    decided = {"registration_id": registration, "approve": False, "comment": "The icon is missing.", "at_risk": True}
    cloud.control("POST", "registrations/review", {**decided, "reports": "Port 22 is open to all."})
    found = "The icon is missing.; they see a risk in it; their reports say: Port 22 is open to all."
    (stack.folder / "preview.json").write_text(stack.run("preview", "--json").succeeded().output)
    assert f"the reviewers turned it down: {found}" in stack.command("computenest", "report", "preview.json")
    assert f"rejected: {found}" in stack.up().succeeded().text
    assert stack.resources()["service"]["outputs"]["reasons"]["review"].startswith(f"rejected: {found}")
    (stack.folder / "export.json").write_text(json.dumps(stack.export()))
    config = [f"--config={key}={value}" for key, value in stack.config.items()]
    assert f"review version draft Rejected  {found}" in stack.command(
        "computenest", "logs", "service", "export.json", *config
    )
    stack.destroy().succeeded()


def test_the_page_of_services_explains_upgrades_by_an_example(cloud: Cloud, make_stack: Callable[..., Stack]) -> None:
    page = (ROOT / "docs/services.md").read_text("utf-8").partition("## Upgrades and operations")[2]
    is_run(page, "standard", make_stack(cloud), power=["Start", "Stop", "Restart"])


def test_the_reference_explains_upgrades_by_an_example(cloud: Cloud, make_stack: Callable[..., Stack]) -> None:
    page = (ROOT / "docs/reference/Service.md").read_text("utf-8")
    assert "An instance moves to a new version in place" in page
    is_run(page, "main", make_stack(cloud), power=["Start", "Stop"])


def is_run(page: str, template: str, stack: Stack, *, power: list[str]) -> None:
    """The first program in Python of a page."""
    program = page.partition("```python\n")[2].partition("```")[0]
    (stack.folder / "template.yaml").write_text(TEMPLATE)
    (stack.folder / "__main__.py").write_text(program.replace("m-bp1…", GOLD_1["image_id"]))
    stack.up().succeeded()
    stack.run("preview", "--expect-no-changes").succeeded()
    found = stack.resources()["shop"]["outputs"]
    assert found["upgrades"] == {"description": "Bug fixes; the data stays."}
    assert found["operations"]["power"] == {template: power}
    stack.destroy().succeeded()
