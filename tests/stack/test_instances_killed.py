"""Killed while an instance is deployed or upgraded: the documented commands, one more `up`, and there is one of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stack.cloud import Cloud
from stack.engine import Stack
from stack.instances import MODULES, tell_of
from stack.killing import SLOW, VICTIMS, Moment, kill
from stack.wishes import GOLD_2

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

SWITCHES = {"review.approves_at_once": 1, "ros.stack_s": 600}  # five seconds of the world's time
SHOP = {"region": "cn-beijing", "account": "customer"}
MOMENTS = {"it is deployed": "CreateServiceInstance", "it is upgraded": "UpgradeServiceInstance"}
QUICK = {("plugin", "it is upgraded", "engine")}
CASES = [
    pytest.param(*case, marks=() if case in QUICK else pytest.mark.long)
    for case in [(transport, moment, victim) for transport in MODULES for moment in MOMENTS for victim in VICTIMS]
]


@pytest.mark.parametrize(("transport", "moment", "victim"), CASES)
def test_after_a_kill_there_is_one_instance_as_wished(
    transport: str, moment: str, victim: str, start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack]
) -> None:
    cloud = start_cloud(time_scale=SLOW, switches=SWITCHES)
    story = tell_of(cloud, make_stack, transport)
    is_upgrade = moment == "it is upgraded"
    story.declare(instances={"shop": SHOP} if is_upgrade else {})
    story.stack.up().succeeded()
    before = story.instance()["instanceId"] if is_upgrade else None
    story.declare(**({"image": GOLD_2["image_id"]} if is_upgrade else {"instances": {"shop": SHOP}}))
    kill(cloud, story.stack, Moment(MOMENTS[moment]), victim)
    story.stack.up().succeeded()
    made = story.instance()
    assert not story.stack.export()["deployment"].get("pending_operations")
    assert (made["status"], made["serviceVersion"]) == ("Deployed", "2" if is_upgrade else "1")
    assert made["images"]["Web"] == story.delivered()["cn-beijing"]
    assert [row["instance_id"] for row in story.running()] == [made["instanceId"]]
    assert before in (None, made["instanceId"])
    story.stack.up("--expect-no-changes").succeeded()
    story.stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"], cloud.ledger()
