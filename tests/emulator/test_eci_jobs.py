"""What containers do in their groups, what these cost and may be, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from alibabacloud_eci20180808 import models as eci

from emulator.container_groups import REGION, Eci
from emulator.harness import both

HIDDEN = "Pa55-w0rd-nobody-else-has"


@pytest.fixture
def eci_of(cloud):
    return Eci(cloud)


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
    cloud.advance(15 + 1 + 10 + 1 + 20 - 5)
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
