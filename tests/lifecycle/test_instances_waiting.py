"""An instance of a service that reviewers have: it waits, and a run after their approval deploys it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from alibabacloud_computenest20210601 import models as user

from computenest.kernel.unknown import UNKNOWN
from emulator import offers
from emulator.harness import Cloud
from lifecycle.driver import Failed, Killed
from lifecycle.faults import Blow
from lifecycle.instances import offer, preview, wanted, would
from lifecycle.lives import AnyLife

pytestmark = pytest.mark.timeout(900)


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


def calls(cloud: Cloud) -> dict[str, int]:
    return dict(cloud.control("GET", "calls")["counts"])


def test_it_waits_and_is_deployed_once_they_have_approved(cloud: Cloud, instance: AnyLife) -> None:
    service, registration_id = reviewed(cloud)
    assert instance.up(wanted(service=service)) == "create"
    assert {key: instance.state[key] for key in ("images", "outputs", "resources")} == {
        "images": {},
        "outputs": {},
        "resources": [],
    }
    assert (instance.state["status"], instance.state["instanceId"], instance.state["reason"]) == ("Waiting", "", "")
    assert instance.up(wanted(service=service)) == "same"
    assert instance.refresh()
    assert instance.up(wanted(service=service)) == "same"
    assert instance.up(wanted(service=service, region="cn-shanghai", name="other")) == "update", (
        "there is none to replace"
    )
    assert instance.up(wanted(service=service)) == "update"
    assert instance.subject.things() == []
    first = instance.id
    online = approve(cloud, service, registration_id)
    assert would(instance, service=decided(service)) == "update"
    assert instance.up(wanted(service=online)) == "update"
    assert (instance.state["status"], instance.state["serviceVersion"]) == ("Deployed", "1")
    assert instance.subject.things() == [instance.state["instanceId"]]
    assert instance.id == first == instance.state["resourceId"] != instance.state["instanceId"]
    assert instance.up(wanted(service=online)) == "same"
    assert instance.refresh()
    assert instance.up(wanted(service=online)) == "same"
    assert instance.up(wanted(service=online, tags={"a": "b"})) == "update"
    assert instance.up(wanted(service=online, region="cn-shanghai")) == "replace"
    assert "resourceId" not in instance.state
    instance.destroy()
    assert instance.subject.things() == []


@pytest.mark.parametrize("instance", ["plugin"], indirect=True)
def test_a_preview_knows_what_waits_and_of_a_deployment_nothing(cloud: Cloud, instance: AnyLife) -> None:
    service, registration_id = reviewed(cloud)
    seen = preview(instance, service=decided(service))
    assert (seen["status"], seen["images"], seen["instanceId"]) == (UNKNOWN, UNKNOWN, UNKNOWN)
    previewed = preview(instance, service=service)
    instance.up(wanted(service=service))
    assert previewed.keys() == instance.state.keys()
    assert not [value for value in previewed.values() if value is UNKNOWN]
    approve(cloud, service, registration_id)
    assert preview(instance, service=decided(service))["instanceId"] is UNKNOWN


def test_one_that_waits_is_deleted_without_a_change(cloud: Cloud, instance: AnyLife) -> None:
    service, _ = reviewed(cloud)
    instance.up(wanted(service=service))
    before = calls(cloud)
    instance.destroy()
    asked = {name for name, count in calls(cloud).items() if count != before.get(name)}
    assert asked <= {"ListServiceInstances"}


@pytest.mark.parametrize("blow", [Blow.CRASH_AFTER, Blow.LOST_ANSWER])
@pytest.mark.parametrize("ends", ["up", "destroy", "refresh"])
def test_a_killed_deployment_of_one_that_waited_is_found(
    cloud: Cloud, instance: AnyLife, blow: Blow, ends: str
) -> None:
    service, registration_id = reviewed(cloud)
    instance.up(wanted(service=service))
    first = instance.id
    online = approve(cloud, service, registration_id)
    faults = instance.subject.faults
    faults.rearm(at=1, blow=blow)  # after the look for what an earlier run left behind
    with suppress(Killed, Failed):
        instance.up(wanted(service=online))
    faults.rearm(at=None)
    assert len(instance.subject.things()) == 1
    if ends == "destroy":
        instance.destroy()
        assert instance.subject.things() == []
        return
    if ends == "refresh":
        assert instance.refresh()
        assert instance.state["instanceId"] == instance.subject.things()[0]
    instance.up(wanted(service=online))
    assert (instance.state["status"], instance.id) == ("Deployed", first)
    assert instance.subject.things() == [instance.state["instanceId"]]


def test_a_deployment_that_fails_keeps_the_resource_s_id(cloud: Cloud, instance: AnyLife) -> None:
    service, registration_id = reviewed(cloud)
    instance.up(wanted(service=service))
    first = instance.id
    online = approve(cloud, service, registration_id)
    cloud.fault({"kind": "fail_stack", "code": "Zone.NotOnSale"}, match={"service": "ros"}, times=1)
    with pytest.raises(Failed, match=r"Zone\.NotOnSale"):
        instance.up(wanted(service=online))
    assert (instance.state["status"], instance.id) == ("DeployedFailed", first)
    assert instance.up(wanted(service=online)) == "replace"
    assert instance.id == instance.state["instanceId"] == instance.subject.things()[0]


def test_no_other_refusal_is_waited_for(cloud: Cloud, instance: AnyLife) -> None:
    service_id, _ = offer(cloud, share_type="Restricted")
    hidden, _ = reviewed(cloud, "other")
    own = {**hidden, "serviceId": service_id, "serviceVersion": "1", "stage": "online"}
    for wish in (
        {"service": own},
        {"serviceId": service_id},
        {"serviceId": hidden["serviceId"]},  # another program's: what it is about is not known
        {"service": hidden, "serviceVersion": "draft"},  # this very version was asked for
        {"service": {**hidden, "stage": "draft", "publishing": "draft"}},
    ):
        with pytest.raises(Failed, match="OperationDenied"):
            instance.up(wanted(**wish))
        assert instance.state == {}


def test_a_state_without_the_instance_s_id_is_read_anew(cloud: Cloud, instance: AnyLife) -> None:
    service_id, _ = offer(cloud)
    instance.up(wanted(serviceId=service_id))
    made = instance.state
    instance.state = {key: value for key, value in made.items() if key != "instanceId"}
    assert instance.refresh()
    assert instance.state == made
    assert instance.up(wanted(serviceId=service_id, tags={"a": "b"})) == "update"
    instance.destroy()
    assert instance.subject.things() == []


def test_what_runs_is_not_taken_for_what_waits(cloud: Cloud, instance: AnyLife) -> None:
    """Its supplier's own instance of a draft goes on running when that draft is submitted."""
    service, _ = reviewed(cloud)
    draft = {**service, "publishing": "draft", "stage": "draft"}
    instance.up(wanted(service=draft, account="supplier"))
    running = instance.state["instanceId"]
    instance.up(wanted(service=service, account="supplier"))
    assert (instance.state["status"], instance.state["instanceId"]) == ("Deployed", running)
    request = user.GetServiceInstanceRequest(region_id="cn-hangzhou", service_instance_id=running)
    assert cloud.user("supplier").get_service_instance(request).body.status == "Deployed"
