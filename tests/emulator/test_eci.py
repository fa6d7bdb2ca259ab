"""Container groups by both generations of the official SDK: created, described, updated, restarted, deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alibabacloud_eci20180808 import models as eci
from aliyunsdkcore.auth.credentials import AccessKeyCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkeci.request.v20180808.CreateContainerGroupRequest import CreateContainerGroupRequest
from aliyunsdkeci.request.v20180808.DeleteContainerGroupRequest import DeleteContainerGroupRequest
from aliyunsdkeci.request.v20180808.DescribeContainerGroupsRequest import DescribeContainerGroupsRequest
from aliyunsdkeci.request.v20180808.DescribeContainerLogRequest import DescribeContainerLogRequest

from emulator.container_groups import REGION, Eci
from emulator.harness import both

HIDDEN = "Pa55-w0rd-nobody-else-has"


@pytest.fixture
def eci_of(cloud):
    return Eci(cloud)


# --- a life


def test_a_group_is_scheduled_started_and_deleted(cloud, eci_of):
    group_id = eci_of.create(
        eci_of.container(
            port=[eci.CreateContainerGroupRequestContainerPort(port=80, protocol="TCP")],
            environment_var=[eci.CreateContainerGroupRequestContainerEnvironmentVar(key="A", value="b")],
        ),
        cpu=1.0,
        memory=2.0,
        tag=[eci.CreateContainerGroupRequestTag(key="team", value="shop")],
        v_switch_id="vsw-1,vsw-2",
        security_group_id="sg-1",
    )
    assert group_id.startswith("eci-")
    assert eci_of.get(group_id).status == "Scheduling"
    cloud.advance(6)
    assert eci_of.get(group_id).status == "Pending"
    cloud.advance(11)
    group = eci_of.get(group_id)
    assert (group.status, group.cpu, group.memory, group.restart_policy) == ("Running", 1.0, 2.0, "Always")
    (container,) = group.containers
    assert (container.current_state.state, container.ready, container.restart_count) == ("Running", True, 0)
    assert [(port.port, port.protocol) for port in container.ports] == [(80, "TCP")]
    assert [(one.key, one.value) for one in container.environment_vars] == [("A", "b")]
    assert (group.v_switch_id, group.security_group_id) == ("vsw-1", "sg-1")
    assert group.intranet_ip
    assert [(tag.key, tag.value) for tag in group.tags] == [("team", "shop")]
    assert [event.reason for event in group.events] == ["Scheduled", "Pulling", "Pulled", "Created", "Started"]
    assert cloud.ledger()["accounts"]["customer"]["container_groups_outstanding"][0]["container_group_id"] == group_id
    eci_of.delete(group_id)
    assert eci_of.ids() == []
    assert cloud.ledger()["is_empty"]


@pytest.mark.wire
def test_the_classic_sdk_has_the_same_life(cloud):
    keys = cloud.handle["accounts"]["customer"]
    credential = AccessKeyCredential(keys["access_key_id"], keys["access_key_secret"])
    client = AcsClient(region_id=REGION, credential=credential, auto_retry=False)

    def ask(request: Any, **given: Any) -> Any:
        request.set_endpoint(cloud.handle["endpoint"])
        request.set_protocol_type("http")
        for name, value in given.items():
            getattr(request, f"set_{name}")(value)
        return json.loads(client.do_action_with_exception(request))

    container = {"Name": "job", "Image": "busybox", "Commands": ["sh", "-c", "echo hello; exit 0"]}
    made = ask(
        CreateContainerGroupRequest(), ContainerGroupName="classic", Containers=[container], RestartPolicy="Never"
    )
    group_id = made["ContainerGroupId"]
    cloud.advance(30)
    found = ask(DescribeContainerGroupsRequest(), ContainerGroupIds=json.dumps([group_id]))
    assert [group["Status"] for group in found["ContainerGroups"]] == ["Succeeded"]
    assert ask(DescribeContainerLogRequest(), ContainerGroupId=group_id, ContainerName="job")["Content"] == "hello"
    ask(DeleteContainerGroupRequest(), ContainerGroupId=group_id)
    assert ask(DescribeContainerGroupsRequest())["TotalCount"] == 0


@both("eci.deletion")
def test_a_deleted_group_is_gone_at_once_or_after_a_while(cloud, eci_of, position):
    cloud.switch("eci.deletion", position)
    group_id = eci_of.create()
    cloud.advance(30)
    eci_of.delete(group_id)
    if position == "terminating":
        assert eci_of.get(group_id).status == "Terminating"
        cloud.advance(31)
    assert eci_of.ids() == []


def test_a_running_group_with_a_hook_is_terminating_for_its_grace(cloud, eci_of):
    hook = eci_of.container(lifecycle_pre_stop_handler_exec=["sh", "-c", "sleep 5"])
    group_id = eci_of.create(hook, termination_grace_period_seconds=60)
    cloud.advance(30)
    eci_of.delete(group_id)
    cloud.advance(59)
    assert eci_of.get(group_id).status == "Terminating"
    cloud.advance(2)
    assert eci_of.ids() == []


# --- updates


def test_an_update_changes_in_place_what_it_names(cloud, eci_of):
    group_id = eci_of.create(eci_of.container("web"), eci_of.container("side", "redis:7"), cpu=2.0, memory=4.0)
    cloud.advance(30)
    before = eci_of.get(group_id)
    changed = eci.UpdateContainerGroupRequestContainer(name="web", image="nginx:1.28")
    eci_of.update(group_id, container=[changed], update_type="IncrementalUpdate")
    assert eci_of.get(group_id).status == "Updating"
    cloud.advance(20)
    group = eci_of.get(group_id)
    assert (group.status, group.intranet_ip) == ("Running", before.intranet_ip)
    images = {one.name: (one.image, one.restart_count) for one in group.containers}
    assert images == {"side": ("redis:7", 0), "web": ("nginx:1.28", 1)}
    eci_of.update(group_id, container=[changed], cpu=4.0, memory=8.0)
    cloud.advance(20)
    group = eci_of.get(group_id)
    assert [one.name for one in group.containers] == ["web"], "a renewal takes the list for the whole"
    assert (group.cpu, group.memory) == (4.0, 8.0)


@both("eci.update_restarts")
def test_which_containers_an_update_starts_anew(cloud, eci_of, position):
    cloud.switch("eci.update_restarts", position)
    group_id = eci_of.create(eci_of.container("web"), eci_of.container("side", "redis:7"))
    cloud.advance(30)
    new = [
        eci.UpdateContainerGroupRequestContainer(name="web", image="nginx:1.28"),
        eci.UpdateContainerGroupRequestContainer(name="side", image="redis:7"),
    ]
    eci_of.update(group_id, container=new)
    cloud.advance(30)
    restarts = {one.name: one.restart_count for one in eci_of.get(group_id).containers}
    assert restarts == {"web": 1, "side": int(position == "all")}


def test_a_group_that_has_ended_is_not_updated(cloud, eci_of, refused):
    group_id = eci_of.create(eci_of.job("true"), restart_policy="Never")
    cloud.advance(30)
    with refused("IncorrectStatus"):
        eci_of.update(group_id, restart_policy="Always")


def test_a_restart_starts_every_container_anew(cloud, eci_of, refused):
    group_id = eci_of.create(eci_of.job("echo once"), restart_policy="Never")
    cloud.advance(30)
    request = eci.RestartContainerGroupRequest(region_id=REGION, container_group_id=group_id)
    eci_of.client.restart_container_group(request)
    assert eci_of.get(group_id).status == "Restarting"
    with refused("IncorrectStatus"):
        eci_of.client.restart_container_group(request)
    cloud.advance(30)
    group = eci_of.get(group_id)
    assert (group.status, group.containers[0].restart_count) == ("Succeeded", 1)


# --- looking


def test_pages_filters_and_tenants(cloud, eci_of, refused):
    made = [eci_of.create(name=f"g-{number:02d}") for number in range(23)]
    first = eci_of.all()
    assert (len(first.container_groups), first.total_count) == (20, 23)
    second = eci_of.all(next_token=first.next_token)
    assert second.next_token is None
    listed = [group.container_group_id for page in (first, second) for group in page.container_groups]
    assert sorted(listed) == sorted(made)
    tag = eci.TagResourcesRequestTag(key="team", value="shop")
    request = eci.TagResourcesRequest(region_id=REGION, resource_type="containergroup", resource_id=made[:1], tag=[tag])
    eci_of.client.tag_resources(request)
    assert eci_of.ids(tag=[eci.DescribeContainerGroupsRequestTag(key="team", value="shop")]) == made[:1]
    assert eci_of.ids(container_group_name="g-07") == [made[7]]
    assert eci_of.ids(status="Running") == []
    assert eci_of.ids(container_group_ids=json.dumps(["eci-nobodys"])) == []
    assert Eci(cloud, "stranger").ids() == []
    with refused("InvalidParameter.ContainerGroupId"):
        Eci(cloud, "stranger").delete(made[0])
    listing = eci.ListTagResourcesRequest(region_id=REGION, resource_type="containergroup")
    found = eci_of.client.list_tag_resources(listing).body.tag_resources
    assert [(row.resource_id, row.tag_key, row.tag_value) for row in found] == [(made[0], "team", "shop")]
    gone = eci.UntagResourcesRequest(region_id=REGION, resource_type="containergroup", resource_id=made[:1], all=True)
    eci_of.client.untag_resources(gone)
    assert eci_of.client.list_tag_resources(listing).body.tag_resources == []


def test_what_is_hidden_does_not_come_back(cloud, eci_of):
    variable = eci.CreateContainerGroupRequestContainerEnvironmentVar(key="PASSWORD", value=HIDDEN)
    login = eci.CreateContainerGroupRequestImageRegistryCredential(server="r.example", user_name="u", password=HIDDEN)
    group_id = eci_of.create(
        eci_of.container(environment_var=[variable], environment_var_hide=True), image_registry_credential=[login]
    )
    cloud.advance(30)
    assert HIDDEN not in json.dumps(eci_of.all(with_event=True).to_map())
    assert eci_of.get(group_id).status == "Running"


def test_statuses_and_events_in_the_form_of_kubernetes(cloud, eci_of):
    group_id = eci_of.create(eci_of.job("sleep 1; exit 1"))
    cloud.advance(18)
    request = eci.DescribeContainerGroupStatusRequest(region_id=REGION, container_group_ids=json.dumps([group_id]))
    (row,) = eci_of.client.describe_container_group_status(request).body.data
    (status,) = row.pod_status.container_statuses
    assert (row.status, row.pod_status.phase) == ("Running", "Running")
    assert status.state.waiting.reason == "CrashLoopBackOff"
    assert status.last_state.terminated.exit_code == 1
    asked = eci.DescribeContainerGroupEventsRequest(region_id=REGION, container_group_ids=json.dumps([group_id]))
    (found,) = eci_of.client.describe_container_group_events(asked).body.data
    assert found.events[-1].reason == "BackOff"
    assert found.events[-1].involved_object.uid == group_id
    metric = eci.DescribeContainerGroupMetricRequest(region_id=REGION, container_group_id=eci_of.create(name="other"))
    cloud.advance(60)
    (record,) = eci_of.client.describe_container_group_metric(metric).body.records
    assert record.memory.usage_bytes > 0
