"""What a supplier did not configure is refused: UpgradeMetadata and OperationMetadata decide; the official SDKs ask."""

from __future__ import annotations

import json

import pytest
from alibabacloud_computenest20210601 import models as user
from alibabacloud_ros20190910 import models as ros

from emulator import offers
from emulator.harness import both


def deployed(cloud):
    """A public service, and an instance of its first version."""
    text = offers.metadata(offers.relation(cloud.released()), offers.upload(cloud))
    service_id = offers.save(cloud, text, share_type="Public")
    offers.publish(cloud, service_id)
    return service_id, deploy(cloud, service_id)


def deploy(cloud, service_id):
    request = user.CreateServiceInstanceRequest(
        region_id=offers.CONTROL_REGION, service_id=service_id, parameters={"RegionId": "cn-beijing"}
    )
    instance_id = cloud.user().create_service_instance(request).body.service_instance_id
    cloud.advance(61)
    return instance_id


def seen(cloud, instance_id):
    request = user.GetServiceInstanceRequest(region_id=offers.CONTROL_REGION, service_instance_id=instance_id)
    return cloud.user().get_service_instance(request).body


def upgrade(cloud, instance_id: str, version: str = "2"):
    request = user.UpgradeServiceInstanceRequest(
        region_id=offers.CONTROL_REGION, service_instance_id=instance_id, service_version=version
    )
    return cloud.user().upgrade_service_instance(request)


@pytest.mark.parametrize(
    ("upgrades", "is_allowed"),
    [
        ({"SupportUpgradeFromVersions": [1]}, True),
        ({"SupportUpgradeFromVersions": ["1", "7"]}, True),
        ({"SupportUpgradeFromVersions": [7]}, False),
        ({"SupportRollback": True}, False),
        ({}, False),
        ("no JSON at all", False),
    ],
)
def test_an_upgrade_needs_a_version_that_takes_it(cloud, refused, upgrades, is_allowed):
    service_id, instance_id = deployed(cloud)
    text = upgrades if isinstance(upgrades, str) else json.dumps(upgrades)
    offers.save(cloud, service_id=service_id, upgrade_metadata=text)
    offers.publish(cloud, service_id)
    shown = seen(cloud, instance_id)
    assert shown.service.upgradable_service_versions == (["2"] if is_allowed else [])
    if is_allowed:
        upgrade(cloud, instance_id)
        return
    with refused("OperationDenied.UpgradeNotSupported"):
        upgrade(cloud, instance_id)
    assert (seen(cloud, instance_id).status, seen(cloud, instance_id).service.version) == ("Deployed", "1")


@both("upgrade.from_no_versions")
def test_what_an_empty_list_of_versions_means(cloud, refused, position):
    cloud.switch("upgrade.from_no_versions", position)
    service_id, instance_id = deployed(cloud)
    offers.save(cloud, service_id=service_id)
    offers.publish(cloud, service_id)
    assert seen(cloud, instance_id).service.upgradable_service_versions == (["2"] if position == "any" else [])
    if position == "none":
        with refused("OperationDenied.UpgradeNotSupported"):
            upgrade(cloud, instance_id)


def test_a_rollback_needs_a_version_that_supports_it(cloud, refused):
    service_id, instance_id = deployed(cloud)
    offers.save(cloud, service_id=service_id, upgrade_metadata=json.dumps({"SupportUpgradeFromVersions": [1]}))
    offers.publish(cloud, service_id)
    upgrade(cloud, instance_id)
    cloud.advance(600)
    assert seen(cloud, instance_id).service.version == "2"
    request = user.RollbackServiceInstanceRequest(service_instance_id=instance_id)
    with refused("OperationDenied.RollbackNotSupported"):
        cloud.user().rollback_service_instance(request)


def test_a_failed_upgrade_is_rolled_back_to_what_runs(cloud):
    service_id, instance_id = deployed(cloud)
    offers.save(cloud, service_id=service_id)
    offers.publish(cloud, service_id)
    cloud.fault({"kind": "fail_stack", "code": "Zone.NotOnSale", "message": "Sold out."}, times=1)
    upgrade(cloud, instance_id)
    cloud.advance(600)
    assert (seen(cloud, instance_id).status, seen(cloud, instance_id).service.version) == ("UpgradeFailed", "1")
    request = user.RollbackServiceInstanceRequest(service_instance_id=instance_id)
    cloud.user().rollback_service_instance(request)
    cloud.advance(600)
    assert (seen(cloud, instance_id).status, seen(cloud, instance_id).service.version) == ("Deployed", "1")


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("grow", {"Amount": 3}, "OperationDenied.OperationNotSupported"),
        (None, {"Amount": 3}, "OperationDenied.OperationNotSupported"),
        ("resize", {"Amount": 3, "Kind": "big"}, "InvalidParameter.Parameters"),
    ],
)
def test_an_operation_is_one_of_the_versions_own(cloud, refused, operation, parameters, code):
    _, instance_id = deployed(cloud)
    request = user.UpdateServiceInstanceSpecRequest(
        service_instance_id=instance_id, operation_name=operation, parameters=parameters
    )
    with refused(code):
        cloud.user().update_service_instance_spec(request)


def test_power_is_what_the_version_offers(cloud, refused):
    service_id = offers.save(
        cloud,
        offers.metadata(offers.relation(cloud.released()), offers.upload(cloud)),
        operation_metadata=json.dumps(
            {"StatusOperationConfigs": [{"TemplateName": "t1", "SupportOperations": ["Stop"]}]}
        ),
        share_type="Public",
    )
    offers.publish(cloud, service_id)
    instance_id = deploy(cloud, service_id)
    cloud.user().stop_service_instance(user.StopServiceInstanceRequest(service_instance_id=instance_id))
    with refused("OperationDenied.OperationNotSupported"):
        cloud.user().start_service_instance(user.StartServiceInstanceRequest(service_instance_id=instance_id))


@pytest.mark.parametrize("kind", ["ALIYUN::ECS::LaunchTemplate", "ALIYUN::EHPC::Cluster"])
def test_an_image_that_no_update_changes(cloud, kind):
    """The update fails, and what was there stays. fact: ros-039"""
    named = {"region_id": "cn-hangzhou"}

    def template(image):
        resources = {"Server": {"Type": kind, "Properties": {"ImageId": image}}}
        return json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": resources})

    def machine():
        asked = ros.ListStackResourcesRequest(stack_id=stack_id, **named)
        return cloud.ros().list_stack_resources(asked).body.resources[0].physical_resource_id

    made = ros.CreateStackRequest(stack_name="one", template_body=template("centos_7"), **named)
    stack_id = cloud.ros().create_stack(made).body.stack_id
    cloud.advance(60)
    before = machine()
    cloud.ros().update_stack(ros.UpdateStackRequest(stack_id=stack_id, template_body=template("ubuntu_22"), **named))
    cloud.advance(60)
    found = cloud.ros().get_stack(ros.GetStackRequest(stack_id=stack_id, **named)).body
    assert found.status == "ROLLBACK_COMPLETE"
    assert f"property ImageId of {kind} cannot be changed" in found.status_reason
    assert machine() == before
