"""A change of an instance that fails: the wait ends with the cloud's reason, and the instance is kept."""

from __future__ import annotations

from typing import Any

import pytest
from alibabacloud_computenest20210601 import models as user

from emulator.harness import Cloud
from emulator.offers import CONTROL_REGION
from lifecycle.driver import Failed
from lifecycle.instances import next_version, offer, wanted, would
from lifecycle.lives import AnyLife

pytestmark = pytest.mark.timeout(900)


def asked(instance_id: str) -> dict[str, str]:
    return {"region_id": CONTROL_REGION, "service_instance_id": instance_id}


def fail(cloud: Cloud, kind: str, service: str, code: str) -> None:
    cloud.fault({"kind": kind, "code": code, "message": "Not now."}, match={"service": service}, times=1)


def upgrade(cloud: Cloud, instance_id: str, version: str) -> None:
    request = user.UpgradeServiceInstanceRequest(**asked(instance_id), service_version=version)
    cloud.user().upgrade_service_instance(request)
    cloud.advance(100)


def broken(cloud: Cloud, instance_id: str, status: str) -> None:
    """By somebody else: an upgrade, a rollback, a stop or a start that fails."""
    if status == "UpgradeFailed":
        fail(cloud, "fail_stack", "ros", "Zone.NotOnSale")
        upgrade(cloud, instance_id, "2")
    elif status == "UpgradeRollbackFailed":
        upgrade(cloud, instance_id, "2")
        fail(cloud, "fail_stack", "ros", "Zone.NotOnSale")
        cloud.user().rollback_service_instance(user.RollbackServiceInstanceRequest(**asked(instance_id)))
        cloud.advance(100)
    elif status == "StopFailed":
        fail(cloud, "fail_switch", "computenest", "Zone.NotOnSale")
        cloud.user().stop_service_instance(user.StopServiceInstanceRequest(**asked(instance_id)))
    else:
        cloud.user().stop_service_instance(user.StopServiceInstanceRequest(**asked(instance_id)))
        fail(cloud, "fail_switch", "computenest", "Zone.NotOnSale")
        cloud.user().start_service_instance(user.StartServiceInstanceRequest(**asked(instance_id)))


STATUSES = ["UpgradeFailed", "UpgradeRollbackFailed", "StopFailed", "StartFailed"]


@pytest.mark.parametrize("status", STATUSES)
def test_an_instance_whose_change_failed_is_kept_made_good_and_deleted(
    cloud: Cloud, instance: AnyLife, status: str
) -> None:
    service_id, artifact_id = offer(cloud)
    wish: dict[str, Any] = {"serviceId": service_id, "serviceVersion": "2"}
    instance.up(wanted(serviceId=service_id, serviceVersion="1"))
    first = instance.state["instanceId"]
    next_version(cloud, service_id, artifact_id)
    broken(cloud, first, status)
    assert instance.refresh()
    assert instance.state["status"] == status
    assert "Zone.NotOnSale" in instance.state["reason"]
    assert would(instance, **wish) == "update"
    assert instance.up(wanted(**wish)) == "update"
    assert (instance.state["instanceId"], instance.state["serviceVersion"]) == (first, "2")
    assert (instance.state["status"], instance.state["reason"]) == ("Deployed", "")
    assert instance.up(wanted(**wish)) == "same"
    assert len(instance.subject.things()) == 1


@pytest.mark.parametrize("status", STATUSES)
def test_it_is_deleted_from_there(cloud: Cloud, instance: AnyLife, status: str) -> None:
    service_id, artifact_id = offer(cloud)
    instance.up(wanted(serviceId=service_id, serviceVersion="1"))
    next_version(cloud, service_id, artifact_id)
    broken(cloud, instance.state["instanceId"], status)
    instance.destroy()
    assert instance.subject.things() == []


@pytest.mark.parametrize("status", STATUSES)
def test_a_killed_create_adopts_it(cloud: Cloud, instance: AnyLife, status: str) -> None:
    service_id, artifact_id = offer(cloud)
    instance.up(wanted(serviceId=service_id, serviceVersion="1"))
    first = instance.state["instanceId"]
    next_version(cloud, service_id, artifact_id)
    broken(cloud, first, status)
    instance.state, instance.inputs = {}, {}  # killed before the engine heard of it
    assert instance.up(wanted(serviceId=service_id, serviceVersion="2")) == "create"
    assert (instance.state["instanceId"], instance.state["status"]) == (first, "Deployed")
    assert instance.subject.things() == [first]


@pytest.mark.parametrize("status", ["StopFailed", "StartFailed"])
def test_what_failed_and_is_none_of_ours_is_told_once(cloud: Cloud, instance: AnyLife, status: str) -> None:
    service_id, _ = offer(cloud)
    wish = {"serviceId": service_id, "serviceVersion": "1"}
    instance.up(wanted(**wish))
    broken(cloud, instance.state["instanceId"], status)
    assert instance.refresh()
    assert would(instance, **wish) == "update"
    assert instance.up(wanted(**wish)) == "update"
    assert [said for said in instance.subject.screen.warnings if "kept as it is" in said and "Zone.NotOnSale" in said]
    assert would(instance, **wish) == "same"
    assert instance.refresh()
    assert would(instance, **wish) == "same"
    assert "UpgradeServiceInstance" not in cloud.control("GET", "calls")["counts"]


def test_a_change_of_parameters_that_failed_is_tried_again(cloud: Cloud, instance: AnyLife) -> None:
    service_id, _ = offer(cloud)
    wish = {"serviceId": service_id, "operation": "resize", "parameters": {"Amount": 3}}
    instance.up(wanted(**{**wish, "parameters": {"Amount": 1}}))
    first = instance.state["instanceId"]
    fail(cloud, "fail_stack", "ros", "Zone.NotOnSale")
    with pytest.raises(Failed, match=r"its parameters are as they were: .*Zone\.NotOnSale"):
        instance.up(wanted(**wish))
    assert (instance.state["status"], instance.state["parameters"]) == ("UpgradeFailed", {"Amount": 1})
    assert instance.up(wanted(**wish)) == "update"
    assert (instance.state["instanceId"], instance.state["status"]) == (first, "Deployed")
    assert len(instance.state["outputs"]["Ids"]) == 3


def test_a_change_that_the_cloud_refuses_for_the_status_ends_soon(cloud: Cloud, instance: AnyLife) -> None:
    service_id, artifact_id = offer(cloud)
    instance.up(wanted(serviceId=service_id, serviceVersion="1"))
    next_version(cloud, service_id, artifact_id)
    broken(cloud, instance.state["instanceId"], "StopFailed")
    effect = {"kind": "error", "code": "OperationDenied.InstanceStatus", "message": "Not from here."}
    cloud.fault(effect, match={"action": "UpgradeServiceInstance"})
    with pytest.raises(Failed, match=r"Not from here\."):
        instance.up(wanted(serviceId=service_id, serviceVersion="2"))
    assert instance.state["status"] == "StopFailed"
    assert cloud.control("GET", "calls")["counts"]["UpgradeServiceInstance"] <= 4
