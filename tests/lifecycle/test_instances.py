"""The life of a service instance on the embedded cloud: deployed, upgraded, moved, drifted, failed, killed, deleted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_computenest20210601 import models as user
from alibabacloud_computenestsupplier20210521 import models as nest

from computenest.cloud.settings import parse_settings
from computenest.kernel import identity
from computenest.resources._program.core import Core
from computenest.resources.service_instance.lifecycle import InstanceLifecycle
from computenest.serve.lifecycles import served
from emulator import offers
from emulator.harness import Cloud, both
from emulator.offers import CONTROL_REGION
from lifecycle.driver import Failed
from lifecycle.instances import OWNER, InstanceStack, next_version, offer, outstanding, wanted

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def stack(cloud: Cloud) -> Iterator[InstanceStack]:
    made = InstanceStack(cloud=cloud)
    yield made
    made.close()


def shown(cloud: Cloud, instance_id: str, account: str = "customer") -> Any:
    request = user.GetServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
    return cloud.user(account).get_service_instance(request).body


def test_the_region_decides_the_image(cloud: Cloud, stack: InstanceStack) -> None:
    service_id, artifact_id = offer(cloud)
    delivered = cloud.versions(artifact_id)[0].image_delivery

    async def story() -> None:
        assert await stack.up(wanted(serviceId=service_id)) == "create"
        assert stack.state["images"] == {"Server": delivered["cn-beijing"]}
        assert stack.state["status"] == "Deployed"
        assert stack.state["serviceVersion"] == "1"
        assert [part["type"] for part in stack.state["resources"]] == ["ALIYUN::ECS::InstanceGroup"]
        assert len(stack.state["outputs"]["Ids"]) == 2
        assert await stack.up(wanted(serviceId=service_id)) == "same"
        assert await stack.refresh()
        assert await stack.up(wanted(serviceId=service_id)) == "same"
        first = stack.state["instanceId"]
        assert await stack.up(wanted(serviceId=service_id, region="cn-shanghai")) == "replace"
        assert stack.state["images"] == {"Server": delivered["cn-shanghai"]}
        assert outstanding(cloud) == [stack.state["instanceId"]] != [first]
        await stack.destroy()

    asyncio.run(story())
    assert outstanding(cloud) == []
    assert cloud.ledger()["accounts"]["customer"]["stacks_outstanding"] == []


def test_another_version_is_an_upgrade_in_place(cloud: Cloud, stack: InstanceStack) -> None:
    service_id, artifact_id = offer(cloud)

    async def story() -> None:
        await stack.up(wanted(serviceId=service_id, serviceVersion="1", parameters={"Amount": 2}))
        first = stack.state["instanceId"]
        next_version(cloud, service_id, artifact_id)
        assert await stack.up(wanted(serviceId=service_id, serviceVersion="1", parameters={"Amount": 2})) == "same"
        assert await stack.up(wanted(serviceId=service_id, serviceVersion="2", parameters={"Amount": 1})) == "update"
        assert (stack.state["instanceId"], stack.state["serviceVersion"]) == (first, "2")
        assert stack.state["images"]["Server"] == cloud.versions(artifact_id)[0].image_delivery["cn-beijing"]
        assert len(stack.state["outputs"]["Ids"]) == 1
        assert await stack.up(wanted(serviceId=service_id, serviceVersion="2", parameters={"Amount": 1})) == "same"
        assert await stack.up(wanted(serviceId=service_id, parameters={"Amount": "1"})) == "same", (
            "no version: what it runs"
        )
        assert await stack.up(wanted(serviceId=service_id, parameters={"Amount": 3})) == "replace"
        assert stack.state["serviceVersion"] == "2", "the default of today"
        await stack.destroy()

    asyncio.run(story())
    assert outstanding(cloud) == []


def test_an_operation_changes_parameters_in_place(cloud: Cloud, stack: InstanceStack) -> None:
    service_id, _ = offer(cloud)

    async def story() -> None:
        await stack.up(wanted(serviceId=service_id, operation="resize", parameters={"Amount": 1}))
        first = stack.state["instanceId"]
        assert await stack.up(wanted(serviceId=service_id, operation="resize", parameters={"Amount": 3})) == "update"
        assert stack.state["instanceId"] == first
        assert len(stack.state["outputs"]["Ids"]) == 3
        assert await stack.up(wanted(serviceId=service_id, operation="resize", parameters={"Amount": 3})) == "same"

    asyncio.run(story())


@both("instance.failed_change_shows_as")
def test_an_upgrade_that_fails_keeps_what_runs_and_is_tried_again(
    cloud: Cloud, stack: InstanceStack, position: str
) -> None:
    cloud.switch("instance.failed_change_shows_as", position)
    service_id, artifact_id = offer(cloud)
    wish = {"serviceId": service_id, "serviceVersion": "2"}

    async def story() -> None:
        await stack.up(wanted(serviceId=service_id, serviceVersion="1"))
        images = stack.state["images"]
        next_version(cloud, service_id, artifact_id, regions=("cn-hangzhou",))
        for _ in range(2):
            with pytest.raises(
                Failed, match=r"version 2 failed and version 1 runs on: ArtifactNotInRegion.*cn-beijing"
            ):
                await stack.up(wanted(**wish))
            assert (stack.state["serviceVersion"], stack.state["images"]) == ("1", images)
            assert stack.state["status"] == ("UpgradeFailed" if position == "own_status" else "Deployed")
            assert stack.preview(wanted(**wish)) == "update"
            if position == "own_status":
                assert await stack.refresh()
        assert await stack.up(wanted(serviceId=service_id, serviceVersion="1")) == "update"
        assert stack.state["reason"] == ""
        assert await stack.up(wanted(serviceId=service_id, serviceVersion="1")) == "same"

    asyncio.run(story())
    counts = cloud.control("GET", "calls")["counts"]
    rolled_back = 1 if position == "own_status" else 0
    assert (counts["UpgradeServiceInstance"], counts.get("RollbackServiceInstance", 0)) == (2, rolled_back), (
        "an upgrade that failed, and is wanted no more, is put back"
    )


def test_a_failed_deployment_fails_at_once_and_is_replaced(cloud: Cloud, stack: InstanceStack) -> None:
    service_id, _ = offer(cloud)
    cloud.fault(
        {"kind": "fail_stack", "code": "Zone.NotOnSale", "message": "Sold out."}, match={"service": "ros"}, times=1
    )

    async def story() -> None:
        with pytest.raises(Failed, match=r"shop \(si-.* in cn-beijing\): DeployedFailed: .*Zone.NotOnSale: Sold out\."):
            await stack.up(wanted(serviceId=service_id))
        failed = stack.state["instanceId"]
        assert stack.state["status"] == "DeployedFailed"
        assert outstanding(cloud) == [failed]
        assert await stack.refresh()
        assert "Sold out" in stack.state["reason"]
        assert await stack.up(wanted(serviceId=service_id)) == "replace"
        assert stack.state["status"] == "Deployed"
        assert outstanding(cloud) == [stack.state["instanceId"]]
        assert failed != stack.state["instanceId"]

    asyncio.run(story())


@pytest.mark.parametrize("code", ["not_found", "entity_not_exist"])
def test_what_was_deleted_by_hand_is_made_anew(cloud: Cloud, stack: InstanceStack, code: str) -> None:
    cloud.control("PUT", "facts", {"instance.deleted_shows_as": "not_found", "instance.not_found_code": code})
    service_id, _ = offer(cloud)

    async def story() -> None:
        await stack.up(wanted(serviceId=service_id))
        first = stack.state["instanceId"]
        request = user.DeleteServiceInstancesRequest(region_id=CONTROL_REGION, service_instance_id=[first])
        cloud.user().delete_service_instances(request)
        assert await stack.refresh(), "it is being deleted, and still there"
        cloud.advance(100)
        assert not await stack.refresh()
        assert await stack.up(wanted(serviceId=service_id)) == "create"
        assert outstanding(cloud) == [stack.state["instanceId"]]

    asyncio.run(story())


def test_an_upgrade_by_hand_is_shown_and_taken_back(cloud: Cloud, stack: InstanceStack) -> None:
    service_id, artifact_id = offer(cloud)

    async def story() -> None:
        await stack.up(wanted(serviceId=service_id, serviceVersion="1", tags={"team": "shop"}))
        next_version(cloud, service_id, artifact_id)
        request = user.UpgradeServiceInstanceRequest(
            region_id=CONTROL_REGION, service_instance_id=stack.state["instanceId"], service_version="2"
        )
        cloud.user().upgrade_service_instance(request)
        cloud.advance(100)
        tags = user.TagResourcesRequest(
            region_id=CONTROL_REGION,
            resource_type="serviceinstance",
            resource_id=[stack.state["instanceId"]],
            tag=[user.TagResourcesRequestTag(key="team", value="them")],
        )
        cloud.user().tag_resources(tags)
        assert await stack.refresh()
        assert stack.state["serviceVersion"] == stack.inputs["serviceVersion"] == "2"
        assert stack.state["tags"] == {"team": "them"}
        assert await stack.up(wanted(serviceId=service_id, serviceVersion="1", tags={"team": "shop"})) == "update"
        found = shown(cloud, stack.state["instanceId"])
        assert found.service.version == "1"
        assert {tag.key: tag.value for tag in found.tags}["team"] == "shop"

    asyncio.run(story())


@pytest.mark.parametrize("operation", [None, "resize"])
def test_parameters_changed_by_hand_are_shown_and_put_back(
    cloud: Cloud, stack: InstanceStack, operation: str | None
) -> None:
    service_id, _ = offer(cloud)
    wish = {"serviceId": service_id, "parameters": {"Amount": 1}, "operation": operation}

    async def story() -> None:
        await stack.up(wanted(**wish))
        first = stack.state["instanceId"]
        request = user.UpdateServiceInstanceSpecRequest(
            service_instance_id=first, operation_name="resize", parameters={"Amount": 3}
        )
        cloud.user().update_service_instance_spec(request)
        cloud.advance(100)
        assert await stack.refresh()
        assert stack.state["parameters"] == stack.inputs["parameters"] == {"Amount": 3}
        assert await stack.up(wanted(**wish)) == ("update" if operation else "replace")
        assert (stack.state["instanceId"] == first) is bool(operation)
        assert len(stack.state["outputs"]["Ids"]) == 1
        assert outstanding(cloud) == [stack.state["instanceId"]]

    asyncio.run(story())


def test_secret_parameters_are_in_no_output_and_no_message(cloud: Cloud, stack: InstanceStack) -> None:
    template = offers.TEMPLATE.replace(
        "  Amount:", "  Login: {Type: String}\n  AdminPassword: {Type: String}\n  Amount:"
    )
    template += "  Hint: {Value: {Fn::Join: ['', ['user ', {Ref: Login}, ' pass ', {Ref: AdminPassword}]]}}\n"
    service_id, _ = offer(cloud, template)
    given = {"Login": "operator-77", "AdminPassword": "hunter2-hunter2"}
    wish = {"serviceId": service_id, "parameters": given, "concealed": ["Login"]}

    async def story() -> None:
        await stack.up(wanted(**wish))
        assert stack.state["outputs"]["Hint"] == "user [secret] pass [secret]"
        assert await stack.refresh()
        assert await stack.up(wanted(**wish)) == "same"
        rest = {key: value for key, value in stack.state.items() if key != "parameters"}
        assert not [value for value in given.values() if value in json.dumps(rest)]
        cloud.fault(
            {"kind": "fail_stack", "code": "Bad", "message": "hunter2-hunter2 is weak"}, match={"service": "ros"}
        )
        with pytest.raises(Failed) as caught:
            await stack.up(wanted(**{**wish, "region": "cn-shanghai"}))
        assert "[secret] is weak" in str(caught.value)
        assert "hunter2" not in str(caught.value) + stack.state["reason"]
        cloud.fault(
            {"kind": "error", "code": "InvalidParameter", "message": "Login operator-77 is taken"},
            match={"action": "CreateServiceInstance"},
        )
        with pytest.raises(Failed, match=r"Login \[secret\] is taken"):
            await stack.up(wanted(**{**wish, "region": "cn-hangzhou"}))

    asyncio.run(story())
    assert "hunter2" not in json.dumps([stack.screen.shown, stack.screen.warnings])


def test_a_timeout_says_where_it_stands_and_the_next_run_waits_on(cloud: Cloud, stack: InstanceStack) -> None:
    service_id, _ = offer(cloud)

    async def story() -> None:
        with pytest.raises(Failed, match=r"timed out after 30 s while instance si-.* in cn-beijing is Deploying"):
            await stack.up(wanted(serviceId=service_id, timeoutS=30))
        first = stack.state["instanceId"]
        assert await stack.up(wanted(serviceId=service_id, timeoutS=3000)) == "update"
        assert (stack.state["status"], stack.state["instanceId"]) == ("Deployed", first)

    asyncio.run(story())
    assert cloud.control("GET", "calls")["counts"]["CreateServiceInstance"] == 1


def test_a_stranger_s_instance_is_left_alone(cloud: Cloud, stack: InstanceStack) -> None:
    service_id, _ = offer(cloud)

    async def story() -> None:
        await stack.up(wanted(serviceId=service_id))
        request = user.UnTagResourcesRequest(
            region_id=CONTROL_REGION,
            resource_type="serviceinstance",
            resource_id=[stack.state["instanceId"]],
            tag_key=[identity.OWNER_TAG],
        )
        cloud.user().un_tag_resources(request)
        known = stack.state
        with pytest.raises(Failed, match="carries no tag of this stack; it is left untouched"):
            await stack.destroy()
        assert outstanding(cloud) == [known["instanceId"]]
        stack.state = known
        assert await stack.up(wanted(serviceId=service_id, tags={"a": "b"})) == "update", "an update gives the tag back"
        await stack.destroy()

    asyncio.run(story())
    assert outstanding(cloud) == []


def test_a_managed_service_runs_where_its_customer_cannot_look(cloud: Cloud, stack: InstanceStack) -> None:
    service_id, _ = offer(cloud, service_type="managed")

    async def story() -> None:
        await stack.up(wanted(serviceId=service_id))
        assert (stack.state["status"], stack.state["resources"], stack.state["images"]) == ("Deployed", [], {})
        await stack.destroy()

    asyncio.run(story())


def test_an_import_is_what_a_program_would_declare(cloud: Cloud, stack: InstanceStack) -> None:
    service_id, _ = offer(cloud)
    given = {"RegionId": "cn-beijing", "Amount": 1}
    request = user.CreateServiceInstanceRequest(
        region_id=CONTROL_REGION, service_id=service_id, name="theirs", parameters=given
    )
    instance_id = cloud.user().create_service_instance(request).body.service_instance_id
    cloud.advance(100)

    keys = cloud.handle["accounts"]["customer"]
    customer = {"accessKey": keys["access_key_id"], "secretKey": keys["access_key_secret"]}
    config = {"computenest:region": CONTROL_REGION, "computenest:accounts": {"customer": customer}}
    environ = {"COMPUTENEST_ENDPOINT": cloud.handle["endpoint"], "ALIBABA_CLOUD_ACCESS_KEY_ID": "x"}
    settings = parse_settings(config, environ={**environ, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "y"})
    lifecycle = served(InstanceLifecycle(Core(settings, stack.screen)))

    async def story() -> None:
        made = await lifecycle.read(f"customer/{instance_id}", {}, owner_id=OWNER)
        assert made is not None
        assert (made.outcome.id, made.inputs["account"]) == (instance_id, "customer")
        assert await lifecycle.read("customer/si-nobody", {}, owner_id=OWNER) is None
        stack.state, stack.inputs = dict(made.outcome.state), dict(made.inputs)
        wish = {"serviceId": service_id, "name": "theirs", "parameters": {"Amount": 1}, "account": "customer"}
        assert await stack.up(wanted(**wish)) == "same"
        assert await stack.up(wanted(**wish, tags={"a": "b"})) == "update"
        await stack.destroy()

    asyncio.run(story())


def test_polls_are_coalesced(cloud: Cloud) -> None:
    service_id, _ = offer(cloud)
    stack = InstanceStack(cloud=cloud)
    process = stack.process()
    wish = {"logicalName": "shop", "region": "cn-beijing", "serviceId": service_id}

    async def story() -> None:
        inputs = [stack.checked({"ownerId": f"o-{number}", **wish}, recorded=None) for number in range(12)]
        await asyncio.gather(*(process.create(one) for one in inputs))

    asyncio.run(story())
    stack.close()
    calls = cloud.control("GET", "calls")["counts"]
    assert calls["CreateServiceInstance"] == 12
    assert calls["ListServiceInstances"] <= 12 + 6, "one look by tags each, then one list a tick for all"
    assert len(outstanding(cloud)) == 12


def test_both_sides_know_the_instance(cloud: Cloud, stack: InstanceStack) -> None:
    """What the provider made, as the supplier's official SDK shows it."""
    service_id, _ = offer(cloud)

    async def story() -> None:
        await stack.up(wanted(serviceId=service_id, name="front", parameters={"Amount": 1}))

    asyncio.run(story())
    ask = nest.GetServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=stack.state["instanceId"])
    found = cloud.nest().get_service_instance(ask).body
    assert (found.name, found.status, found.template_name) == ("front", "Deployed", "t1")
    assert json.loads(found.parameters) == {"RegionId": "cn-beijing", "Amount": 1}
