"""The life of a service instance on the embedded cloud: deployed, upgraded, moved, drifted, failed, killed, deleted."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from alibabacloud_computenest20210601 import models as user
from alibabacloud_computenestsupplier20210521 import models as nest

from computenest.kernel import identity
from computenest.serve.lifecycles import served
from emulator import offers
from emulator.harness import Cloud, both
from emulator.offers import CONTROL_REGION
from lifecycle.driver import Failed
from lifecycle.embedded_subjects import InstanceSubject, adopt
from lifecycle.instances import next_version, offer, wanted, would
from lifecycle.lives import LIVES, AnyLife
from lifecycle.processes import Plugin

pytestmark = pytest.mark.timeout(900)


def shown(cloud: Cloud, instance_id: str, account: str = "customer") -> Any:
    request = user.GetServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
    return cloud.user(account).get_service_instance(request).body


def test_the_region_decides_the_image(cloud: Cloud, instance: AnyLife) -> None:
    service_id, artifact_id = offer(cloud)
    delivered = cloud.versions(artifact_id)[0].image_delivery
    assert instance.up(wanted(serviceId=service_id)) == "create"
    assert instance.state["images"] == {"Server": delivered["cn-beijing"]}
    assert instance.state["status"] == "Deployed"
    assert instance.state["serviceVersion"] == "1"
    assert [part["type"] for part in instance.state["resources"]] == ["ALIYUN::ECS::InstanceGroup"]
    assert len(instance.state["outputs"]["Ids"]) == 2
    assert instance.up(wanted(serviceId=service_id)) == "same"
    assert instance.refresh()
    assert instance.up(wanted(serviceId=service_id)) == "same"
    first = instance.state["instanceId"]
    assert instance.up(wanted(serviceId=service_id, region="cn-shanghai")) == "replace"
    assert instance.state["images"] == {"Server": delivered["cn-shanghai"]}
    assert instance.subject.things() == [instance.state["instanceId"]] != [first]
    instance.destroy()
    assert instance.subject.things() == []
    assert cloud.ledger()["accounts"]["customer"]["stacks_outstanding"] == []


def test_another_version_is_an_upgrade_in_place(cloud: Cloud, instance: AnyLife) -> None:
    service_id, artifact_id = offer(cloud)
    instance.up(wanted(serviceId=service_id, serviceVersion="1", parameters={"Amount": 2}))
    first = instance.state["instanceId"]
    next_version(cloud, service_id, artifact_id)
    assert instance.up(wanted(serviceId=service_id, serviceVersion="1", parameters={"Amount": 2})) == "same"
    assert instance.up(wanted(serviceId=service_id, serviceVersion="2", parameters={"Amount": 1})) == "update"
    assert (instance.state["instanceId"], instance.state["serviceVersion"]) == (first, "2")
    assert instance.state["images"]["Server"] == cloud.versions(artifact_id)[0].image_delivery["cn-beijing"]
    assert len(instance.state["outputs"]["Ids"]) == 1
    assert instance.up(wanted(serviceId=service_id, serviceVersion="2", parameters={"Amount": 1})) == "same"
    assert instance.up(wanted(serviceId=service_id, parameters={"Amount": "1"})) == "same", "no version: what it runs"
    assert instance.up(wanted(serviceId=service_id, parameters={"Amount": 3})) == "replace"
    assert instance.state["serviceVersion"] == "2", "the default of today"
    instance.destroy()
    assert instance.subject.things() == []


def test_an_operation_changes_parameters_in_place(cloud: Cloud, instance: AnyLife) -> None:
    service_id, _ = offer(cloud)
    instance.up(wanted(serviceId=service_id, operation="resize", parameters={"Amount": 1}))
    first = instance.state["instanceId"]
    assert instance.up(wanted(serviceId=service_id, operation="resize", parameters={"Amount": 3})) == "update"
    assert instance.state["instanceId"] == first
    assert len(instance.state["outputs"]["Ids"]) == 3
    assert instance.up(wanted(serviceId=service_id, operation="resize", parameters={"Amount": 3})) == "same"


@both("instance.failed_change_shows_as")
def test_an_upgrade_that_fails_keeps_what_runs_and_is_tried_again(
    cloud: Cloud, instance: AnyLife, position: str
) -> None:
    cloud.switch("instance.failed_change_shows_as", position)
    service_id, artifact_id = offer(cloud)
    wish = {"serviceId": service_id, "serviceVersion": "2"}
    instance.up(wanted(serviceId=service_id, serviceVersion="1"))
    images = instance.state["images"]
    next_version(cloud, service_id, artifact_id, regions=("cn-hangzhou",))
    for _ in range(2):
        with pytest.raises(Failed, match=r"version 2 failed and version 1 runs on: ArtifactNotInRegion.*cn-beijing"):
            instance.up(wanted(**wish))
        assert (instance.state["serviceVersion"], instance.state["images"]) == ("1", images)
        assert instance.state["status"] == ("UpgradeFailed" if position == "own_status" else "Deployed")
        assert would(instance, **wish) == "update"
        if position == "own_status":
            assert instance.refresh()
    assert instance.up(wanted(serviceId=service_id, serviceVersion="1")) == "update"
    assert instance.state["reason"] == ""
    assert instance.up(wanted(serviceId=service_id, serviceVersion="1")) == "same"
    counts = cloud.control("GET", "calls")["counts"]
    rolled_back = 1 if position == "own_status" else 0
    assert (counts["UpgradeServiceInstance"], counts.get("RollbackServiceInstance", 0)) == (2, rolled_back), (
        "an upgrade that failed, and is wanted no more, is put back"
    )


def test_a_failed_deployment_fails_at_once_and_is_replaced(cloud: Cloud, instance: AnyLife) -> None:
    service_id, _ = offer(cloud)
    cloud.fault(
        {"kind": "fail_stack", "code": "Zone.NotOnSale", "message": "Sold out."}, match={"service": "ros"}, times=1
    )
    with pytest.raises(Failed, match=r"DeployedFailed: .*Zone.NotOnSale: Sold out\.") as said:
        instance.up(wanted(serviceId=service_id))
    if instance.transport is Plugin:  # the class of a dynamic resource tells its name
        assert re.match(r"shop \(si-.* in cn-beijing\): ", str(said.value))
    failed = instance.state["instanceId"]
    assert instance.state["status"] == "DeployedFailed"
    assert instance.subject.things() == [failed]
    assert instance.refresh()
    assert "Sold out" in instance.state["reason"]
    assert instance.up(wanted(serviceId=service_id)) == "replace"
    assert instance.state["status"] == "Deployed"
    assert instance.subject.things() == [instance.state["instanceId"]]
    assert failed != instance.state["instanceId"]


@pytest.mark.parametrize("code", ["not_found", "entity_not_exist"])
def test_what_was_deleted_by_hand_is_made_anew(cloud: Cloud, instance: AnyLife, code: str) -> None:
    cloud.control("PUT", "facts", {"instance.deleted_shows_as": "not_found", "instance.not_found_code": code})
    service_id, _ = offer(cloud)
    instance.up(wanted(serviceId=service_id))
    first = instance.state["instanceId"]
    request = user.DeleteServiceInstancesRequest(region_id=CONTROL_REGION, service_instance_id=[first])
    cloud.user().delete_service_instances(request)
    assert instance.refresh(), "it is being deleted, and still there"
    cloud.advance(100)
    assert not instance.refresh()
    assert instance.up(wanted(serviceId=service_id)) == "create"
    assert instance.subject.things() == [instance.state["instanceId"]]


def test_an_upgrade_by_hand_is_shown_and_taken_back(cloud: Cloud, instance: AnyLife) -> None:
    service_id, artifact_id = offer(cloud)
    instance.up(wanted(serviceId=service_id, serviceVersion="1", tags={"team": "shop"}))
    next_version(cloud, service_id, artifact_id)
    request = user.UpgradeServiceInstanceRequest(
        region_id=CONTROL_REGION, service_instance_id=instance.state["instanceId"], service_version="2"
    )
    cloud.user().upgrade_service_instance(request)
    cloud.advance(100)
    tags = user.TagResourcesRequest(
        region_id=CONTROL_REGION,
        resource_type="serviceinstance",
        resource_id=[instance.state["instanceId"]],
        tag=[user.TagResourcesRequestTag(key="team", value="them")],
    )
    cloud.user().tag_resources(tags)
    assert instance.refresh()
    assert instance.state["serviceVersion"] == instance.inputs["serviceVersion"] == "2"
    assert instance.state["tags"] == {"team": "them"}
    assert instance.up(wanted(serviceId=service_id, serviceVersion="1", tags={"team": "shop"})) == "update"
    found = shown(cloud, instance.state["instanceId"])
    assert found.service.version == "1"
    assert {tag.key: tag.value for tag in found.tags}["team"] == "shop"


@pytest.mark.parametrize("operation", [None, "resize"])
def test_parameters_changed_by_hand_are_shown_and_put_back(
    cloud: Cloud, instance: AnyLife, operation: str | None
) -> None:
    service_id, _ = offer(cloud)
    wish = {"serviceId": service_id, "parameters": {"Amount": 1}, "operation": operation}
    instance.up(wanted(**wish))
    first = instance.state["instanceId"]
    request = user.UpdateServiceInstanceSpecRequest(
        service_instance_id=first, operation_name="resize", parameters={"Amount": 3}
    )
    cloud.user().update_service_instance_spec(request)
    cloud.advance(100)
    assert instance.refresh()
    assert instance.state["parameters"] == instance.inputs["parameters"] == {"Amount": 3}
    assert instance.up(wanted(**wish)) == ("update" if operation else "replace")
    assert (instance.state["instanceId"] == first) is bool(operation)
    assert len(instance.state["outputs"]["Ids"]) == 1
    assert instance.subject.things() == [instance.state["instanceId"]]


def test_secret_parameters_are_in_no_output_and_no_message(cloud: Cloud, instance: AnyLife) -> None:
    template = offers.TEMPLATE.replace(
        "  Amount:", "  Login: {Type: String}\n  AdminPassword: {Type: String}\n  Amount:"
    )
    template += "  Hint: {Value: {Fn::Join: ['', ['user ', {Ref: Login}, ' pass ', {Ref: AdminPassword}]]}}\n"
    service_id, _ = offer(cloud, template)
    given = {"Login": "operator-77", "AdminPassword": "hunter2-hunter2"}
    wish = {"serviceId": service_id, "parameters": given, "concealed": ["Login"]}
    instance.up(wanted(**wish))
    assert instance.state["outputs"]["Hint"] == "user [secret] pass [secret]"
    assert instance.refresh()
    assert instance.up(wanted(**wish)) == "same"
    rest = {key: value for key, value in instance.state.items() if key != "parameters"}
    assert not [value for value in given.values() if value in json.dumps(rest)]
    cloud.fault({"kind": "fail_stack", "code": "Bad", "message": "hunter2-hunter2 is weak"}, match={"service": "ros"})
    with pytest.raises(Failed) as caught:
        instance.up(wanted(**{**wish, "region": "cn-shanghai"}))
    assert "[secret] is weak" in str(caught.value)
    assert "hunter2" not in str(caught.value) + instance.state["reason"]
    cloud.fault(
        {"kind": "error", "code": "InvalidParameter", "message": "Login operator-77 is taken"},
        match={"action": "CreateServiceInstance"},
    )
    with pytest.raises(Failed, match=r"Login \[secret\] is taken"):
        instance.up(wanted(**{**wish, "region": "cn-hangzhou"}))
    assert "hunter2" not in json.dumps([instance.subject.screen.shown, instance.subject.screen.warnings])


def test_a_timeout_says_where_it_stands_and_the_next_run_waits_on(cloud: Cloud, instance: AnyLife) -> None:
    service_id, _ = offer(cloud)
    with pytest.raises(Failed, match=r"timed out after 30 s while instance si-.* in cn-beijing is Deploying"):
        instance.up(wanted(serviceId=service_id, timeoutS=30))
    first = instance.state["instanceId"]
    assert instance.up(wanted(serviceId=service_id, timeoutS=3000)) == "update"
    assert (instance.state["status"], instance.state["instanceId"]) == ("Deployed", first)
    assert cloud.control("GET", "calls")["counts"]["CreateServiceInstance"] == 1


def test_a_stranger_s_instance_is_left_alone(cloud: Cloud, instance: AnyLife) -> None:
    service_id, _ = offer(cloud)
    instance.up(wanted(serviceId=service_id))
    request = user.UnTagResourcesRequest(
        region_id=CONTROL_REGION,
        resource_type="serviceinstance",
        resource_id=[instance.state["instanceId"]],
        tag_key=[identity.OWNER_TAG],
    )
    cloud.user().un_tag_resources(request)
    known = instance.state
    with pytest.raises(Failed, match="carries no tag of this stack; it is left untouched"):
        instance.destroy()
    assert instance.subject.things() == [known["instanceId"]]
    instance.state = known
    assert instance.up(wanted(serviceId=service_id, tags={"a": "b"})) == "update", "an update gives the tag back"
    instance.destroy()
    assert instance.subject.things() == []


def test_a_managed_service_runs_where_its_customer_cannot_look(cloud: Cloud, instance: AnyLife) -> None:
    service_id, _ = offer(cloud, service_type="managed")
    instance.up(wanted(serviceId=service_id))
    assert (instance.state["status"], instance.state["resources"], instance.state["images"]) == ("Deployed", [], {})
    instance.destroy()


def test_an_import_is_what_a_program_would_declare(cloud: Cloud, instance: AnyLife) -> None:
    service_id, _ = offer(cloud)
    given = {"RegionId": "cn-beijing", "Amount": 1}
    request = user.CreateServiceInstanceRequest(
        region_id=CONTROL_REGION, service_id=service_id, name="theirs", parameters=given
    )
    instance_id = cloud.user().create_service_instance(request).body.service_instance_id
    cloud.advance(100)
    assert not adopt(instance, "customer/si-nobody")
    assert adopt(instance, f"customer/{instance_id}")
    assert (instance.id, instance.inputs["account"]) == (instance_id, "customer")
    wish = {"serviceId": service_id, "name": "theirs", "parameters": {"Amount": 1}, "account": "customer"}
    assert instance.up(wanted(**wish)) == "same"
    assert instance.up(wanted(**wish, tags={"a": "b"})) == "update"
    instance.destroy()


def test_polls_are_coalesced(cloud: Cloud, instance: AnyLife) -> None:
    service_id, _ = offer(cloud)
    process, names = served(instance.subject.lifecycle()), [f"shop-{number}" for number in range(12)]

    async def made(name: str) -> None:
        checked = await process.check({}, wanted(serviceId=service_id, ownerId=f"o-{name}", name=name))
        await process.create(checked.inputs)

    async def story() -> None:
        await asyncio.gather(*map(made, names))

    instance.subject.run(story())
    calls = cloud.control("GET", "calls")["counts"]
    assert calls["CreateServiceInstance"] == 12
    assert calls["ListServiceInstances"] <= 12 + 6, "one look by tags each, then one list a tick for all"
    assert len(instance.subject.things()) == 12


def test_both_sides_know_the_instance(cloud: Cloud, instance: AnyLife) -> None:
    """What the provider made, as the supplier's official SDK shows it."""
    service_id, _ = offer(cloud)
    instance.up(wanted(serviceId=service_id, name="front", parameters={"Amount": 1}))
    ask = nest.GetServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=instance.state["instanceId"])
    found = cloud.nest().get_service_instance(ask).body
    assert (found.name, found.status, found.template_name) == ("front", "Deployed", "t1")
    assert json.loads(found.parameters) == {"RegionId": "cn-beijing", "Amount": 1}


def test_over_the_wire_it_lives_alike(server: Cloud) -> None:
    test_the_region_decides_the_image(server, LIVES["plugin"](InstanceSubject(server, is_bare=True), name="shop"))
