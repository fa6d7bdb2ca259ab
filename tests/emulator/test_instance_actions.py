"""Rollback, continued deployment, stop and start, history and logs of service instances; with the official SDKs."""

from __future__ import annotations

import json

import pytest
from alibabacloud_computenest20210601 import models as user
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_ecs20140526 import models as ecs

from emulator import offers
from emulator.harness import GOLDEN_2, both
from emulator.offers import CONTROL_REGION, metadata, relation


@pytest.fixture
def offered(cloud):
    """A public service in two versions of one package, and an instance of the first."""
    artifact_id = cloud.released()
    service_id = offers.save(cloud, metadata(relation(artifact_id), offers.upload(cloud)), share_type="Public")
    offers.publish(cloud, service_id)
    instance_id = _deploy(cloud, service_id)
    cloud.next_version(artifact_id, source=GOLDEN_2)
    template = offers.TEMPLATE.replace("  Amount:", "  Extra: {Type: String}\n  Amount:")
    offers.save(cloud, metadata(relation(artifact_id, "2"), offers.upload(cloud, template)), service_id=service_id)
    offers.publish(cloud, service_id)
    return service_id, artifact_id, instance_id


def _deploy(cloud, service_id, region="cn-beijing", **parameters):
    request = user.CreateServiceInstanceRequest(
        region_id=CONTROL_REGION, service_id=service_id, parameters={"RegionId": region, **parameters}
    )
    instance_id = cloud.user().create_service_instance(request).body.service_instance_id
    cloud.advance(61)
    return instance_id


def _get(cloud, instance_id):
    request = user.GetServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
    return cloud.user().get_service_instance(request).body


def _upgrade(cloud, instance_id):
    request = user.UpgradeServiceInstanceRequest(
        region_id=CONTROL_REGION, service_instance_id=instance_id, service_version="2", parameters={"Extra": "x"}
    )
    cloud.user().upgrade_service_instance(request)
    cloud.advance(61)


def _rollback(cloud, instance_id):
    request = user.RollbackServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
    cloud.user().rollback_service_instance(request)


def _history(cloud, instance_id):
    request = user.ListServiceInstanceUpgradeHistoryRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
    found = cloud.user().list_service_instance_upgrade_history(request).body.upgrade_history
    return [(entry.type, entry.from_version, entry.to_version, entry.status) for entry in found]


def _machines(cloud, region="cn-beijing"):
    request = ecs.DescribeInstancesRequest(region_id=region)
    found = cloud.ecs("customer").describe_instances(request).body.instances.instance
    return {(entry.image_id, entry.status) for entry in found}


def test_a_rollback_goes_back_to_image_version_and_parameters(cloud, refused, offered):
    _, artifact_id, instance_id = offered
    first, second = (cloud.versions(artifact_id)[n].image_delivery["cn-beijing"] for n in (1, 0))
    with refused("OperationDenied.NoUpgrade"):
        _rollback(cloud, instance_id)
    _upgrade(cloud, instance_id)
    assert _machines(cloud) == {(second, "Running")}
    _rollback(cloud, instance_id)
    assert _get(cloud, instance_id).status == "UpgradeRollbacking"
    assert _history(cloud, instance_id)[0] == ("Rollback", "2", "1", "upgrading")
    cloud.advance(61)
    found = _get(cloud, instance_id)
    assert (found.status, found.service.version) == ("Deployed", "1")
    assert "Extra" not in json.loads(found.parameters)
    assert _machines(cloud) == {(first, "Running")}
    assert _history(cloud, instance_id) == [
        ("Rollback", "2", "1", "UpgradeSuccessful"),
        ("Upgrade", "1", "2", "UpgradeSuccessful"),
    ]
    with refused("OperationDenied.NoUpgrade"):
        _rollback(cloud, instance_id)


def test_a_version_that_is_gone_cannot_be_gone_back_to(cloud, refused, offered):
    service_id, _, instance_id = offered
    _upgrade(cloud, instance_id)
    request = nest.WithdrawServiceRequest(region_id=CONTROL_REGION, service_id=service_id, service_version="1")
    cloud.nest().withdraw_service(request)
    offers.delete(cloud, service_id, "1")
    with refused("EntityNotExist.ServiceVersion"):
        _rollback(cloud, instance_id)
    assert _get(cloud, instance_id).status == "Deployed"


def test_an_upgrade_that_fails_is_in_the_history_and_can_be_put_back(cloud, offered):
    _, _, instance_id = offered
    cloud.fault({"kind": "fail_stack", "code": "Zone.NotOnSale", "message": "Sold out."}, match={"service": "ros"})
    _upgrade(cloud, instance_id)
    assert _history(cloud, instance_id) == [("Upgrade", "1", "2", "UpgradeFailed")]
    cloud.control("PUT", "faults", [])
    _rollback(cloud, instance_id)
    cloud.advance(61)
    assert (_get(cloud, instance_id).status, _get(cloud, instance_id).service.version) == ("Deployed", "1")
    assert ("Rollback", "1", "1", "UpgradeSuccessful") in _history(cloud, instance_id)


def test_a_failed_deployment_goes_on_with_other_parameters(cloud, refused, offered):
    service_id, _, running_id = offered
    cloud.fault({"kind": "fail_stack", "code": "Zone.NotOnSale"}, match={"service": "ros"}, times=1)
    instance_id = _deploy(cloud, service_id, "cn-hangzhou", Extra="x")
    assert _get(cloud, instance_id).status == "DeployedFailed"
    ask = {"region_id": CONTROL_REGION, "service_instance_id": instance_id}
    request = user.ContinueDeployServiceInstanceRequest(**ask, dry_run=True)
    allowed = cloud.user().continue_deploy_service_instance(request).body.dry_run_result
    assert allowed.parameters_allowed_to_be_modified == ["Amount", "Extra"]
    assert _get(cloud, instance_id).status == "DeployedFailed"
    given = json.dumps({"Amount": "3", "RegionId": "cn-beijing"})
    request = user.ContinueDeployServiceInstanceRequest(**ask, parameters=given)
    cloud.user().continue_deploy_service_instance(request)
    assert _get(cloud, instance_id).status == "Deploying"
    cloud.advance(61)
    found = _get(cloud, instance_id)
    assert (found.status, json.loads(found.parameters)["RegionId"]) == ("Deployed", "cn-hangzhou")
    assert len(json.loads(found.outputs)["Ids"]) == 3
    with refused("OperationDenied.InstanceStatus"):
        cloud.user().continue_deploy_service_instance(
            user.ContinueDeployServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=running_id)
        )


@both("instance.failed_change_shows_as")
def test_machines_stop_and_start(cloud, refused, offered, position):
    cloud.switch("instance.failed_change_shows_as", position)
    has_statuses = position == "own_status"
    _, artifact_id, instance_id = offered
    image_id = cloud.versions(artifact_id)[1].image_delivery["cn-beijing"]
    ask = {"region_id": CONTROL_REGION, "service_instance_id": instance_id}
    cloud.user().stop_service_instance(user.StopServiceInstanceRequest(**ask))
    assert _machines(cloud) == {(image_id, "Stopped")}
    assert _get(cloud, instance_id).status == ("Stopped" if has_statuses else "Deployed")
    if has_statuses:
        with refused("OperationDenied.InstanceStatus"):
            cloud.user().restart_service_instance(user.RestartServiceInstanceRequest(**ask))
    cloud.nest().start_service_instance(nest.StartServiceInstanceRequest(**ask))
    assert _machines(cloud) == {(image_id, "Running")}
    cloud.user().restart_service_instance(user.RestartServiceInstanceRequest(**ask))
    assert (_machines(cloud), _get(cloud, instance_id).status) == ({(image_id, "Running")}, "Deployed")


def test_a_stop_and_a_start_may_fail_and_be_asked_for_again(cloud, offered):
    _, artifact_id, instance_id = offered
    image_id = cloud.versions(artifact_id)[1].image_delivery["cn-beijing"]
    ask = {"region_id": CONTROL_REGION, "service_instance_id": instance_id}
    cloud.fault({"kind": "fail_switch", "code": "Locked", "message": "Held."}, match={"region": "cn-beijing"}, times=1)
    cloud.user().stop_service_instance(user.StopServiceInstanceRequest(**ask))
    found = _get(cloud, instance_id)
    assert (found.status, found.status_detail) == ("StopFailed", "Locked: Held.")
    assert _machines(cloud) == {(image_id, "Running")}
    cloud.user().stop_service_instance(user.StopServiceInstanceRequest(**ask))
    cloud.fault({"kind": "fail_switch"}, match={"action": "StartServiceInstance"}, times=1)
    cloud.user().start_service_instance(user.StartServiceInstanceRequest(**ask))
    assert _get(cloud, instance_id).status == "StartFailed"
    assert _machines(cloud) == {(image_id, "Stopped")}
    cloud.user().start_service_instance(user.StartServiceInstanceRequest(**ask))
    assert (_machines(cloud), _get(cloud, instance_id).status) == ({(image_id, "Running")}, "Deployed")


def test_a_rollback_that_fails_keeps_what_runs(cloud, offered):
    _, artifact_id, instance_id = offered
    second = cloud.versions(artifact_id)[0].image_delivery["cn-beijing"]
    _upgrade(cloud, instance_id)
    cloud.fault({"kind": "fail_stack", "code": "Zone.NotOnSale"}, match={"service": "ros"}, times=1)
    _rollback(cloud, instance_id)
    cloud.advance(61)
    found = _get(cloud, instance_id)
    assert (found.status, found.service.version) == ("UpgradeRollbackFailed", "2")
    assert _machines(cloud) == {(second, "Running")}
    _rollback(cloud, instance_id)
    cloud.advance(61)
    assert _get(cloud, instance_id).service.version == "1"


def test_the_log_tells_each_status_and_the_cause(cloud, offered):
    service_id, _, _ = offered
    instance_id = _deploy(cloud, service_id, "cn-shenzhen", Extra="x")
    request = user.ListServiceInstanceLogsRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
    failed, deploying = cloud.user().list_service_instance_logs(request).body.service_instances_logs
    assert (deploying.status, failed.status) == ("Deploying", "DeployedFailed")
    assert "ArtifactNotInRegion" in failed.content


def test_a_stranger_can_do_nothing(cloud, refused, offered):
    _, _, instance_id = offered
    ask = {"region_id": CONTROL_REGION, "service_instance_id": instance_id}
    client = cloud.user("stranger")
    for call in (
        lambda: client.rollback_service_instance(user.RollbackServiceInstanceRequest(**ask)),
        lambda: client.stop_service_instance(user.StopServiceInstanceRequest(**ask)),
        lambda: client.list_service_instance_logs(user.ListServiceInstanceLogsRequest(**ask)),
        lambda: client.list_service_instance_upgrade_history(user.ListServiceInstanceUpgradeHistoryRequest(**ask)),
        lambda: client.continue_deploy_service_instance(user.ContinueDeployServiceInstanceRequest(**ask)),
    ):
        with refused("ServiceInstanceNotFound"):
            call()
