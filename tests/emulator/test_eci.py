"""Container groups by both generations of the official SDK: created, described, updated, restarted, deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alibabacloud_eci20180808 import models as eci
from alibabacloud_eci20180808.client import Client as EciClient
from aliyunsdkcore.auth.credentials import AccessKeyCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkeci.request.v20180808.CreateContainerGroupRequest import CreateContainerGroupRequest
from aliyunsdkeci.request.v20180808.DeleteContainerGroupRequest import DeleteContainerGroupRequest
from aliyunsdkeci.request.v20180808.DescribeContainerGroupsRequest import DescribeContainerGroupsRequest
from aliyunsdkeci.request.v20180808.DescribeContainerLogRequest import DescribeContainerLogRequest

from emulator.harness import Cloud, both

REGION = "cn-hangzhou"
HIDDEN = "Pa55-w0rd-nobody-else-has"


class Eci:
    """The current SDK as a customer."""

    def __init__(self, cloud: Cloud, account: str = "customer") -> None:
        self.cloud = cloud
        self.client = EciClient(cloud.config(account))

    def container(self, name: str = "web", image: str = "nginx:1.27", *command: str, **more: Any) -> Any:
        given = {"command": list(command)} if command else {}
        return eci.CreateContainerGroupRequestContainer(name=name, image=image, **given, **more)

    def job(self, script: str, name: str = "job", **more: Any) -> Any:
        return self.container(name, "busybox", "sh", "-c", script, **more)

    def create(self, *containers: Any, name: str = "web", **more: Any) -> str:
        request = eci.CreateContainerGroupRequest(
            region_id=REGION, container_group_name=name, container=list(containers) or [self.container()], **more
        )
        return self.client.create_container_group(request).body.container_group_id

    def all(self, **more: Any) -> Any:
        request = eci.DescribeContainerGroupsRequest(region_id=REGION, **more)
        return self.client.describe_container_groups(request).body

    def get(self, group_id: str) -> Any:
        return self.all(container_group_ids=json.dumps([group_id]), with_event=True).container_groups[0]

    def ids(self, **more: Any) -> list[str]:
        return [group.container_group_id for group in self.all(**more).container_groups]

    def update(self, group_id: str, **more: Any) -> None:
        request = eci.UpdateContainerGroupRequest(region_id=REGION, container_group_id=group_id, **more)
        self.client.update_container_group(request)

    def delete(self, group_id: str) -> None:
        request = eci.DeleteContainerGroupRequest(region_id=REGION, container_group_id=group_id)
        self.client.delete_container_group(request)

    def log(self, group_id: str, name: str = "job", **more: Any) -> list[str]:
        request = eci.DescribeContainerLogRequest(
            region_id=REGION, container_group_id=group_id, container_name=name, **more
        )
        return self.client.describe_container_log(request).body.content.splitlines()


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


# --- jobs


def test_a_job_succeeds_and_its_log_is_kept(cloud, eci_of):
    group_id = eci_of.create(eci_of.job("echo one; sleep 60; echo two"), restart_policy="Never")
    cloud.advance(40)
    assert eci_of.get(group_id).status == "Running"
    assert eci_of.log(group_id) == ["one"]
    cloud.advance(60)
    group = eci_of.get(group_id)
    assert (group.status, group.containers[0].current_state.exit_code) == ("Succeeded", 0)
    assert group.succeeded_time
    assert eci_of.log(group_id) == ["one", "two"]
    assert eci_of.log(group_id, tail=1) == ["two"]
    assert [line[21:] for line in eci_of.log(group_id, timestamps=True)] == ["one", "two"]


def test_a_job_fails_with_its_code(cloud, eci_of):
    group_id = eci_of.create(eci_of.job("echo oh no; exit 3"), restart_policy="Never")
    cloud.advance(30)
    group = eci_of.get(group_id)
    state = group.containers[0].current_state
    assert (group.status, state.state, state.exit_code, state.reason) == ("Failed", "Terminated", 3, "Error")
    assert group.failed_time


@pytest.mark.parametrize(("policy", "status", "restarts"), [("Always", "Running", 2), ("OnFailure", "Running", 2)])
def test_what_has_failed_is_started_again_after_a_while(cloud, eci_of, policy, status, restarts):
    group_id = eci_of.create(eci_of.job("echo again; sleep 1; exit 1"), restart_policy=policy)
    cloud.advance(15 + 1 + 10 + 10 + 1 + 20 - 5)
    group = eci_of.get(group_id)
    container = group.containers[0]
    assert (group.status, container.restart_count) == (status, restarts)
    assert container.current_state.reason == "CrashLoopBackOff"
    assert container.previous_state.exit_code == 1
    assert eci_of.log(group_id, last_time=True) == ["again"]


def test_a_job_that_succeeds_is_not_started_again_on_failure(cloud, eci_of):
    group_id = eci_of.create(eci_of.job("true"), restart_policy="OnFailure")
    cloud.advance(3600)
    assert eci_of.get(group_id).status == "Succeeded"


def test_init_containers_run_first_one_after_the_other(cloud, eci_of):
    def init(name: str, script: str) -> Any:
        return eci.CreateContainerGroupRequestInitContainer(
            name=name, image="busybox", command=["sh", "-c", script], arg=[]
        )

    group_id = eci_of.create(init_container=[init("a", "sleep 100"), init("b", "sleep 100; exit 1")])
    cloud.advance(60)
    group = eci_of.get(group_id)
    assert [one.current_state.state for one in group.init_containers] == ["Running", "Waiting"]
    assert (group.status, group.containers[0].current_state.state) == ("Pending", "Waiting")
    cloud.advance(110)
    group = eci_of.get(group_id)
    assert [one.current_state.state for one in group.init_containers] == ["Terminated", "Running"]
    failed = eci_of.create(init_container=[init("a", "exit 2")], name="failed", restart_policy="Never")
    cloud.advance(60)
    assert eci_of.get(failed).status == "Failed"


def test_a_group_ends_at_its_deadline(cloud, eci_of):
    group_id = eci_of.create(active_deadline_seconds=100)
    cloud.advance(100)
    assert eci_of.get(group_id).status == "Running"
    cloud.advance(10)
    group = eci_of.get(group_id)
    assert (group.status, group.containers[0].current_state.exit_code) == ("Failed", 137)
    assert group.events[-1].reason == "DeadlineExceeded"


def test_what_happens_inside_a_container_is_made_to_happen(cloud, eci_of):
    group_id = eci_of.create(restart_policy="Never")
    cloud.advance(30)
    cloud.control("POST", "containers", {"group_id": group_id, "lines": ["too much"]})
    cloud.control("POST", "containers", {"group_id": group_id, "exit_code": 137, "reason": "OOMKilled"})
    group = eci_of.get(group_id)
    state = group.containers[0].current_state
    assert (group.status, state.exit_code, state.signal, state.reason) == ("Failed", 137, 9, "OOMKilled")
    assert eci_of.log(group_id, "web")[-1] == "too much"
    status, answer = cloud.raw("POST", "/_cloud/containers", {"group_id": group_id, "exit_code": 1})
    assert (status, answer["error"]) == (409, "the container is ended")


def test_a_restart_of_the_cloud_changes_nothing(start, tmp_path):
    cloud = start("--virtual")
    group_id = Eci(cloud).create(
        Eci(cloud).job("echo one; sleep 100; echo two"),
        restart_policy="Never",
        image_registry_credential=[
            eci.CreateContainerGroupRequestImageRegistryCredential(
                server="registry.example.com", user_name="u", password=HIDDEN
            )
        ],
    )
    cloud.advance(60)
    cloud.stop()
    kept = [path.name for path in tmp_path.rglob("*") if path.is_file() and HIDDEN.encode() in path.read_bytes()]
    assert kept == [], "a login is sealed in the state file"
    again = start("--virtual")
    assert Eci(again).get(group_id).status == "Running"
    again.advance(60)
    assert Eci(again).get(group_id).status == "Succeeded"
    assert Eci(again).log(group_id) == ["one", "two"]


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


# --- sizes, prices, quotas


@pytest.mark.parametrize(
    ("asked", "got"),
    [((7.0, 13.0), (8.0, 14.0)), ((None, None), (2.0, 4.0)), ((0.25, 0.5), (0.25, 0.5)), ((3.0, 4.0), (4.0, 4.0))],
)
def test_a_size_is_made_the_next_that_there_is(eci_of, asked, got):
    group_id = eci_of.create(cpu=asked[0], memory=asked[1])
    group = eci_of.get(group_id)
    assert (group.cpu, group.memory) == got


def test_containers_add_up_to_the_group_s_size(eci_of):
    group_id = eci_of.create(eci_of.container("a", cpu=0.5, memory=1.0), eci_of.container("b", cpu=0.5, memory=1.0))
    group = eci_of.get(group_id)
    assert (group.cpu, group.memory) == (1.0, 2.0)


def test_the_price_is_of_an_hour(eci_of):
    request = eci.DescribeContainerGroupPriceRequest(region_id=REGION, cpu=2.0, memory=4.0)
    price = eci_of.client.describe_container_group_price(request).body.price_info.price
    assert price.currency == "CNY"
    assert price.trade_price == pytest.approx(2 * 0.1764 + 4 * 0.022068)


def test_a_quota_of_vcpus(cloud, eci_of, refused):
    cloud.switch("eci.cpu_quota", 4)
    eci_of.create(cpu=2.0, memory=4.0)
    with refused("QuotaExceeded"):
        eci_of.create(cpu=4.0, memory=8.0)
    usage = eci_of.client.list_usage(eci.ListUsageRequest(region_id=REGION)).body.attributes
    assert (usage["UsedCpu"], usage["MaxCpu"]) == (2.0, 4)


# --- idempotence, refusals, failures


def test_one_token_one_group(eci_of, refused):
    group_id = eci_of.create(client_token="t")
    assert eci_of.create(client_token="t") == group_id
    assert eci_of.ids() == [group_id]
    with refused("IdempotentParameterMismatch"):
        eci_of.create(client_token="t", name="other")


@both("eci.dry_run_code")
def test_a_dry_run_makes_nothing(cloud, eci_of, refused, position):
    cloud.switch("eci.dry_run_code", position)
    with refused(position):
        eci_of.create(dry_run=True)
    assert eci_of.ids() == []


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a name": ({"name": "-web"}, "InvalidParameter.ContainerGroupName"),
    "too large": ({"cpu": 65.0, "memory": 4.0}, "InvalidParameter.Size"),
    "a policy": ({"restart_policy": "Sometimes"}, "InvalidParameter.RestartPolicy"),
    "an image": ({"image": "Not An Image"}, "InvalidParameter.Container.1.Image"),
    "a port": (
        {"port": [eci.CreateContainerGroupRequestContainerPort(port=70000)]},
        "InvalidParameter.Container.1.Port",
    ),
    "a port twice": (
        {"port": [eci.CreateContainerGroupRequestContainerPort(port=80) for _ in range(2)]},
        "InvalidParameter.DuplicatedName",
    ),
    "a variable twice": (
        {"environment_var": [eci.CreateContainerGroupRequestContainerEnvironmentVar(key="A") for _ in range(2)]},
        "InvalidParameter.DuplicatedName",
    ),
}


@pytest.mark.parametrize(("given", "code"), BAD.values(), ids=BAD)
def test_what_is_not_well_formed_is_refused_with_its_place(eci_of, given, code):
    of_container = {key: value for key, value in given.items() if key in {"image", "port", "environment_var"}}
    rest = {key: value for key, value in given.items() if key not in of_container}
    with pytest.raises(Exception, match="code: 400") as caught:
        eci_of.create(eci_of.container(**of_container), **rest)
    assert caught.value.code.startswith(code)
    assert eci_of.ids() == []


@both("eci.foreign_images")
def test_an_image_of_another_registry(cloud, eci_of, position):
    cloud.switch("eci.foreign_images", position)
    group_id = eci_of.create()
    cloud.advance(30)
    group = eci_of.get(group_id)
    assert group.status == ("Running" if position == "pulled" else "Pending")
    if position == "unreachable":
        assert group.containers[0].current_state.reason == "ImagePullBackOff"
        assert "docker.io/library/nginx:1.27" in group.events[-1].message


def test_failures_on_demand(cloud, eci_of):
    cloud.fault({"kind": "fail_schedule", "code": "NoStock"}, match={"service": "eci"}, times=1)
    group_id = eci_of.create()
    cloud.advance(30)
    assert eci_of.get(group_id).status == "ScheduleFailed"
    cloud.fault({"kind": "fail_pull", "message": "the layer is broken"}, match={"service": "eci"}, times=1)
    other = eci_of.create(name="other")
    cloud.advance(6)
    group = eci_of.get(other)
    assert group.containers[0].current_state.reason == "ErrImagePull"
    assert "the layer is broken" in group.events[-1].message
    cloud.advance(30)
    assert eci_of.get(other).status == "Running", "the next pull works"
