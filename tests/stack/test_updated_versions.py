"""A launch that updates the newest online version in place, and an instance that runs it: on the real engine, with the
cloud's switch in both positions. fact: svc-034"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stack.cloud import Cloud
from stack.diffs import property_lines, resource_block
from stack.engine import Stack
from stack.instances import InstanceStory, tell_of
from stack.test_instances import SHOP
from stack.wishes import GOLD_1, GOLD_2

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

KEPT = "version 1 of its service holds something else since: a launch updated it in place"
MAY = "should the launch update version 1 in place rather than make one more"


@pytest.mark.long  # decided in unit/instance/test_staying.py; a launch: lifecycle/test_service_versions.py
@pytest.mark.parametrize("launch", ["new_version", "update_latest"])
@pytest.mark.parametrize("transport", ["dynamic", "plugin"])
def test_an_instance_of_a_version_that_a_launch_may_update(
    transport: str, launch: str, cloud: Cloud, make_stack: Callable[..., Stack]
) -> None:
    cloud.switch("review.approves_at_once", 1)
    cloud.switch("launch.of_a_draft", launch)
    story = tell_of(cloud, make_stack, transport, instances={"shop": SHOP})
    stack = story.stack
    stack.up().succeeded()
    first = story.instance()
    story.declare(image=GOLD_2["image_id"])
    said = stack.up().succeeded().text
    if launch == "new_version":
        assert (story.instance()["serviceVersion"], KEPT in said) == ("2", False)
        runs_what_its_version_holds(story)
    else:
        assert (story.instance()["serviceVersion"], KEPT in said) == ("1", True)
        keeps_what_it_runs_until_it_is_told_otherwise(story, first["images"])
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"], cloud.ledger()


def runs_what_its_version_holds(story: InstanceStory) -> None:
    image = story.delivered()["cn-beijing"]
    made = story.instance()
    assert made["images"] == made["expectedImages"] == {"Spare": image, "Web": image}
    assert KEPT not in story.stack.run("preview", "--expect-no-changes").succeeded().text


def keeps_what_it_runs_until_it_is_told_otherwise(story: InstanceStory, before: dict[str, str]) -> None:
    stack, made = story.stack, story.instance()
    assert made["images"] == made["expectedImages"] == before
    for _ in range(2):
        seen = stack.run("preview", "--expect-no-changes").succeeded().text
        assert KEPT in seen, "as long as it is so"
        stack.refresh().succeeded()
    story.declare(instances={"shop": {**SHOP, "tags": {"team": "web"}}})
    stack.up().succeeded()
    assert story.instance()["images"] == before, "another change of it deploys nothing"
    assert KEPT in stack.run("preview", "--expect-no-changes").succeeded().text
    story.declare(instances={"shop": {**SHOP, "upgrade": "replace"}})
    seen = stack.preview().succeeded().text
    image = story.delivered()["cn-beijing"]
    assert "(replace)" in resource_block(seen, "shop")[0], seen
    assert any(f'=> "{image}"' in line for line in property_lines(seen, "shop", "expectedImages")), seen
    assert KEPT not in seen
    stack.up().succeeded()
    assert story.instance()["instanceId"] != made["instanceId"]
    runs_what_its_version_holds(story)
    story.declare(image=GOLD_1["image_id"])
    assert MAY in stack.preview().succeeded().text
    made = story.instance()
    stack.up().succeeded()
    assert story.instance()["instanceId"] != made["instanceId"]
    runs_what_its_version_holds(story)
