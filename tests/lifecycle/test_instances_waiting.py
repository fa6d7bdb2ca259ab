"""An instance of a service that reviewers have: it waits, and a run after their approval deploys it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_computenest20210601 import models as user

from computenest.kernel.unknown import UNKNOWN
from computenest.resources.service_instance.declaration import MODELS
from computenest.resources.service_instance.preview import preview
from emulator import offers
from emulator.harness import Cloud
from lifecycle.driver import Failed, Killed
from lifecycle.faults import Blow
from lifecycle.instances import InstanceStack, offer, outstanding, wanted
from unit.bags import preview_of

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def stack(cloud: Cloud) -> Iterator[InstanceStack]:
    made = InstanceStack(cloud=cloud)
    yield made
    made.close()


def reviewed(cloud: Cloud, package: str = "web") -> tuple[dict[str, Any], str]:
    """A service of the program that was submitted for the first time, as an instance is given it; and the review."""
    artifact_id = cloud.released(package)
    text = offers.metadata(offers.relation(artifact_id), offers.upload(cloud))
    service_id = offers.save(cloud, text, share_type="Public")
    own = {"ownerId": "o-service", "generation": 1, "edition": "e1", "publishing": "online", "serviceId": service_id}
    return {**own, "serviceVersion": "draft", "stage": "submitted"}, offers.submit(cloud, service_id)


def approve(cloud: Cloud, service: dict[str, Any], registration_id: str) -> dict[str, Any]:
    cloud.control("POST", "registrations/review", {"registration_id": registration_id})
    offers.launch(cloud, service["serviceId"])
    return {**service, "serviceVersion": "1", "stage": "online"}


def decided(service: dict[str, Any]) -> dict[str, Any]:
    """As a preview sees it once the reviewers have decided."""
    return {**service, "serviceVersion": UNKNOWN, "stage": UNKNOWN}


def promised(stack: InstanceStack, **news: Any) -> dict[str, Any]:
    return preview_of(MODELS, preview)(stack.checked(wanted(ownerId="o", **news), recorded=None), stack.state)


def calls(cloud: Cloud) -> dict[str, int]:
    return dict(cloud.control("GET", "calls")["counts"])


def test_it_waits_and_is_deployed_once_they_have_approved(cloud: Cloud, stack: InstanceStack) -> None:
    service, registration_id = reviewed(cloud)

    async def story() -> None:
        seen = promised(stack, service=decided(service))
        assert (seen["status"], seen["images"], seen["instanceId"]) == (UNKNOWN, UNKNOWN, UNKNOWN)
        previewed = promised(stack, service=service)
        assert await stack.up(wanted(service=service)) == "create"
        assert {key: stack.state[key] for key in ("images", "outputs", "resources")} == {
            "images": {},
            "outputs": {},
            "resources": [],
        }
        assert (stack.state["status"], stack.state["instanceId"], stack.state["reason"]) == ("Waiting", "", "")
        assert previewed.keys() == stack.state.keys()
        assert not [value for value in previewed.values() if value is UNKNOWN]
        assert await stack.up(wanted(service=service)) == "same"
        assert await stack.refresh()
        assert await stack.up(wanted(service=service)) == "same"
        assert await stack.up(wanted(service=service, region="cn-shanghai", name="other")) == "update", (
            "there is none to replace"
        )
        assert await stack.up(wanted(service=service)) == "update"
        assert outstanding(cloud) == []
        first = stack.id
        online = approve(cloud, service, registration_id)
        assert stack.preview(wanted(service=decided(service))) == "update"
        assert promised(stack, service=decided(service))["instanceId"] is UNKNOWN
        assert await stack.up(wanted(service=online)) == "update"
        assert (stack.state["status"], stack.state["serviceVersion"]) == ("Deployed", "1")
        assert outstanding(cloud) == [stack.state["instanceId"]]
        assert stack.id == first == stack.state["resourceId"] != stack.state["instanceId"]
        assert await stack.up(wanted(service=online)) == "same"
        assert await stack.refresh()
        assert await stack.up(wanted(service=online)) == "same"
        assert await stack.up(wanted(service=online, tags={"a": "b"})) == "update"
        assert await stack.up(wanted(service=online, region="cn-shanghai")) == "replace"
        assert "resourceId" not in stack.state
        await stack.destroy()

    asyncio.run(story())
    assert outstanding(cloud) == []


def test_one_that_waits_is_deleted_without_a_change(cloud: Cloud, stack: InstanceStack) -> None:
    service, _ = reviewed(cloud)

    async def story() -> None:
        await stack.up(wanted(service=service))
        before = calls(cloud)
        await stack.destroy()
        asked = {name for name, count in calls(cloud).items() if count != before.get(name)}
        assert asked <= {"ListServiceInstances"}

    asyncio.run(story())


@pytest.mark.parametrize("blow", [Blow.CRASH_AFTER, Blow.LOST_ANSWER])
@pytest.mark.parametrize("ends", ["up", "destroy", "refresh"])
def test_a_killed_deployment_of_one_that_waited_is_found(cloud: Cloud, blow: Blow, ends: str) -> None:
    service, registration_id = reviewed(cloud)
    stack = InstanceStack(cloud=cloud)

    async def story() -> None:
        await stack.up(wanted(service=service))
        first = stack.id
        online = approve(cloud, service, registration_id)
        stack.faults.rearm(at=1)  # after the look for what an earlier run left behind
        stack.faults.blow = blow
        try:
            await stack.up(wanted(service=online))
        except (Killed, Failed):
            stack.faults.rearm(at=None)
        assert len(outstanding(cloud)) == 1
        if ends == "destroy":
            await stack.destroy()
            assert outstanding(cloud) == []
            return
        if ends == "refresh":
            assert await stack.refresh()
            assert stack.state["instanceId"] == outstanding(cloud)[0]
        await stack.up(wanted(service=online))
        assert (stack.state["status"], stack.id) == ("Deployed", first)
        assert outstanding(cloud) == [stack.state["instanceId"]]

    asyncio.run(story())
    stack.close()


def test_a_deployment_that_fails_keeps_the_resource_s_id(cloud: Cloud, stack: InstanceStack) -> None:
    service, registration_id = reviewed(cloud)

    async def story() -> None:
        await stack.up(wanted(service=service))
        first = stack.id
        online = approve(cloud, service, registration_id)
        cloud.fault({"kind": "fail_stack", "code": "Zone.NotOnSale"}, match={"service": "ros"}, times=1)
        with pytest.raises(Failed, match=r"Zone\.NotOnSale"):
            await stack.up(wanted(service=online))
        assert (stack.state["status"], stack.id) == ("DeployedFailed", first)
        assert await stack.up(wanted(service=online)) == "replace"
        assert stack.id == stack.state["instanceId"] == outstanding(cloud)[0]

    asyncio.run(story())


def test_no_other_refusal_is_waited_for(cloud: Cloud, stack: InstanceStack) -> None:
    service_id, _ = offer(cloud, share_type="Restricted")
    hidden, _ = reviewed(cloud, "other")
    own = {**hidden, "serviceId": service_id, "serviceVersion": "1", "stage": "online"}

    async def story() -> None:
        for wish in (
            {"service": own},
            {"serviceId": service_id},
            {"serviceId": hidden["serviceId"]},  # another program's: what it is about is not known
            {"service": hidden, "serviceVersion": "draft"},  # this very version was asked for
            {"service": {**hidden, "stage": "draft", "publishing": "draft"}},
        ):
            with pytest.raises(Failed, match="OperationDenied"):
                await stack.up(wanted(**wish))
            assert stack.state == {}

    asyncio.run(story())


def test_a_state_without_the_instance_s_id_goes_on_working(cloud: Cloud, stack: InstanceStack) -> None:
    service_id, _ = offer(cloud)

    async def story() -> None:
        await stack.up(wanted(serviceId=service_id))
        made = stack.state
        stack.state = {key: value for key, value in made.items() if key != "instanceId"}
        assert await stack.up(wanted(serviceId=service_id, tags={"a": "b"})) == "update"
        assert stack.state["instanceId"] == made["instanceId"]
        stack.state = {key: value for key, value in stack.state.items() if key != "instanceId"}
        await stack.destroy()

    asyncio.run(story())
    assert outstanding(cloud) == []


def test_what_runs_is_not_taken_for_what_waits(cloud: Cloud) -> None:
    """Its supplier's own instance of a draft goes on running when that draft is submitted."""
    service, _ = reviewed(cloud)
    stack = InstanceStack(cloud=cloud, account="supplier")
    draft = {**service, "publishing": "draft", "stage": "draft"}

    async def story() -> None:
        await stack.up(wanted(service=draft))
        running = stack.state["instanceId"]
        await stack.up(wanted(service=service))
        assert (stack.state["status"], stack.state["instanceId"]) == ("Deployed", running)
        request = user.GetServiceInstanceRequest(region_id="cn-hangzhou", service_instance_id=running)
        assert cloud.user("supplier").get_service_instance(request).body.status == "Deployed"

    asyncio.run(story())
    stack.close()
