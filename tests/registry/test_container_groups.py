"""Container groups pull from the real registry: with what login, in which of the seven steps they fail, when again."""

from __future__ import annotations

import base64
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alibabacloud_cr20181201 import models as registry
from alibabacloud_eci20180808 import models as eci

from emulator.container_groups import Eci
from emulator.harness import both
from registry.test_deployed import LAYER, deployed
from registry.world import Client, Key, cr, nest_key

__all__ = ["deployed"]  # the fixture
COMMAND = {"config": {"Cmd": ["sh", "-c", "echo of the image; echo $WHO; exit 0"], "Env": ["WHO=me"]}}


def login(key: Key) -> list[Any]:
    given = {"server": key.host, "user_name": key.username, "password": key.password}
    return [eci.CreateContainerGroupRequestImageRegistryCredential(**given)]


def pulls(cloud: Any) -> Counter[tuple[str, str, str]]:
    """What the registry's log has: product, action, result."""
    return Counter((row["service"], row["action"], row["result"]) for row in cloud.control("GET", "calls")["last"])


def pushed(cloud: Any, **more: Any) -> tuple[Key, str]:
    key = nest_key(cloud)
    Client(key, key.host).push(f"{key.namespace}/web", "v1", LAYER, **more)
    cloud.control("DELETE", "calls")
    return key, f"{key.host}/{key.namespace}/web:v1"


def failure(group: Any) -> str:
    return next(event.message for event in reversed(group.events) if event.reason == "Failed")


def test_a_pull_with_the_key_of_a_deployment_which_only_pulls(cloud, deployed):
    """The reference and the pull secret of a service instance, put into a group: seen in the registry's log."""
    _, image, _, secret = deployed
    host = image.partition("/")[0]
    found = json.loads(base64.b64decode(secret))["auths"][host]
    key = Key(host, "", found["username"], found["password"])
    cloud.control("DELETE", "calls")
    groups = Eci(cloud)
    group_id = groups.create(groups.container(image=image), image_registry_credential=login(key))
    cloud.advance(30)
    group = groups.get(group_id)
    assert group.status == "Running", group.events[-1].message
    log = pulls(cloud)
    assert log["registry-auth", "GetToken", "OK"] == 1
    assert log["registry", "PullManifest", "OK"] == 1
    assert log["registry", "PullBlob", "OK"] == 1
    assert log["registry", "CheckBlob", "OK"] == 1
    cloud.advance(3601)
    late = groups.create(groups.container(image=image), image_registry_credential=login(key), name="late")
    cloud.advance(30)
    group = groups.get(late)
    assert (group.status, group.containers[0].current_state.reason) == ("Pending", "ImagePullBackOff")
    assert f'Failed to pull image "{image}"' in failure(group)
    assert "step 3 of 7" in failure(group), "the authorization service refuses a key that has expired"


def test_the_image_s_own_command_is_what_a_container_does(cloud):
    key, image = pushed(cloud, config=COMMAND)
    groups = Eci(cloud)
    group_id = groups.create(
        groups.container("job", image), restart_policy="Never", image_registry_credential=login(key)
    )
    cloud.advance(30)
    assert groups.get(group_id).status == "Succeeded"
    assert groups.log(group_id) == ["of the image", "me"]


def test_every_failure_names_image_and_step(cloud):
    key, image = pushed(cloud, config={"architecture": "arm64"})
    wrong = Key(key.host, key.namespace, key.username, "x")
    cases = {
        "no-login": (image, [], "step 5 of 7"),
        "wrong-password": (image, login(wrong), "step 3 of 7"),
        "no-tag": (image.replace(":v1", ":v2"), login(key), "manifest unknown (step 6 of 7)"),
        "platform": (image, login(key), "the image is for arm64, and the group for amd64"),
    }
    groups = Eci(cloud)
    for name, (reference, logins, why) in cases.items():
        group_id = groups.create(groups.container(image=reference), image_registry_credential=logins, name=name)
        cloud.advance(6)
        group = groups.get(group_id)
        assert group.status == "Pending"
        assert group.containers[0].current_state.reason == "ErrImagePull"
        assert reference in failure(group)
        assert why in failure(group), failure(group)
    arm = groups.create(
        groups.container(image=image), image_registry_credential=login(key), cpu_architecture="ARM64", name="arm"
    )
    cloud.advance(30)
    assert groups.get(arm).status == "Running"


def test_a_storage_that_fails_is_step_seven_and_the_next_pull_may_work(cloud):
    key, image = pushed(cloud)
    cloud.fault({"kind": "error", "status": 500}, match={"service": "oss", "action": "GetObject"}, times=1)
    groups = Eci(cloud)
    group_id = groups.create(groups.container(image=image), image_registry_credential=login(key))
    cloud.advance(6)
    assert "step 7 of 7" in failure(groups.get(group_id))
    cloud.advance(30)
    assert groups.get(group_id).status == "Running"


def test_an_own_instance_is_pulled_from_without_a_login(cloud):
    made = cloud.control("POST", "registries", {"account": "customer", "region": "cn-hangzhou", "name": "own"})
    instance_id, api = made["instance_id"], cr(cloud, "customer")
    opened = {"instance_id": instance_id, "endpoint_type": "internet"}
    api.update_instance_endpoint_status(registry.UpdateInstanceEndpointStatusRequest(**opened, enable=True))
    policy = registry.CreateInstanceEndpointAclPolicyRequest(**opened, entry="127.0.0.0/8")
    api.create_instance_endpoint_acl_policy(policy)
    api.create_namespace(registry.CreateNamespaceRequest(instance_id=instance_id, namespace_name="team"))
    found = api.get_authorization_token(registry.GetAuthorizationTokenRequest(instance_id=instance_id)).body
    client = Client(Key(made["host"], "team", found.temp_username, found.authorization_token), made["host"])
    client.push("team/web", "v1", LAYER)
    groups = Eci(cloud)
    named = [eci.CreateContainerGroupRequestAcrRegistryInfo(instance_id=instance_id, region_id="cn-hangzhou")]
    container = groups.container(image=f"{made['host']}/team/web:v1")
    group_id = groups.create(container, acr_registry_info=named)
    cloud.advance(30)
    assert groups.get(group_id).status == "Running"
    strangers = Eci(cloud, "stranger")
    group_id = strangers.create(container, acr_registry_info=named)
    cloud.advance(30)
    assert strangers.get(group_id).status == "Pending", "it is another account's instance"


@pytest.mark.parametrize("policy", ["IfNotPresent", "Always"])
def test_what_is_started_again_pulls_by_its_policy(cloud, policy):
    key, image = pushed(cloud)
    groups = Eci(cloud)
    container = groups.container("job", image, "sh", "-c", "exit 1", image_pull_policy=policy)
    group_id = groups.create(container, image_registry_credential=login(key))
    cloud.advance(4200)
    state = groups.get(group_id).containers[0].current_state
    count = pulls(cloud)["registry", "PullManifest", "OK"]
    if policy == "IfNotPresent":
        assert (count, state.reason) == (1, "CrashLoopBackOff")
    else:
        assert count > 3
        assert state.reason in {"ErrImagePull", "ImagePullBackOff"}, "the key has expired meanwhile"
        assert "step 3 of 7" in failure(groups.get(group_id))


@both("eci.restart_pulls")
def test_what_a_restart_pulls(cloud, position):
    cloud.switch("eci.restart_pulls", position)
    key, image = pushed(cloud)
    groups = Eci(cloud)
    group_id = groups.create(groups.container(image=image), image_registry_credential=login(key))
    cloud.advance(30)
    request = eci.RestartContainerGroupRequest(region_id="cn-hangzhou", container_group_id=group_id)
    groups.client.restart_container_group(request)
    cloud.advance(30)
    assert groups.get(group_id).status == "Running"
    assert pulls(cloud)["registry", "PullManifest", "OK"] == (2 if position == "always" else 1)


def test_a_new_image_needs_a_new_key(cloud):
    key, image = pushed(cloud)
    groups = Eci(cloud)
    group_id = groups.create(groups.container(image=image), image_registry_credential=login(key))
    cloud.advance(3700)
    fresh = nest_key(cloud)
    Client(fresh, fresh.host).push(f"{fresh.namespace}/web", "v2", LAYER, b"new")
    new = [eci.UpdateContainerGroupRequestContainer(name="web", image=image.replace(":v1", ":v2"))]
    groups.update(group_id, container=new)
    cloud.advance(30)
    assert "step 3 of 7" in failure(groups.get(group_id))
    given = {"server": fresh.host, "user_name": fresh.username, "password": fresh.password}
    logins = [eci.UpdateContainerGroupRequestImageRegistryCredential(**given)]
    groups.update(group_id, container=new, image_registry_credential=logins)
    cloud.advance(60)
    group = groups.get(group_id)
    assert (group.status, group.containers[0].image) == ("Running", image.replace(":v1", ":v2"))


def test_a_cloud_that_is_held_in_the_middle_of_a_pull_goes_on(cloud):
    key, image = pushed(cloud)
    groups = Eci(cloud)
    group_id = groups.create(groups.container(image=image), image_registry_credential=login(key))
    cloud.control("PUT", "hold", {"action": "PullManifest", "calls": 1})
    cloud.advance(30)  # the clock stands still from the hold on
    with ThreadPoolExecutor(1) as aside:
        asked = aside.submit(groups.get, group_id)
        while not cloud.control("GET", "hold")["is_reached"]:
            pass
        assert not asked.done()
        cloud.control("DELETE", "hold")
        assert asked.result(timeout=60).status == "Running"


def test_an_hour_in_one_step_is_an_hour_in_sixty(start, tmp_path):
    """A pull takes real time; the cloud's waits for it, so that nothing depends on how often somebody asks."""
    seen = []
    for steps in (1, 60):
        cloud = start("--virtual", "--seed", "5", "--state", str(tmp_path / f"{steps}.db"))
        key, image = pushed(cloud)
        groups = Eci(cloud)
        container = groups.container("job", image, "sh", "-c", "sleep 50; exit 1", image_pull_policy="Always")
        group_id = groups.create(container, image_registry_credential=login(key))
        for _ in range(steps):
            cloud.advance(1800 / steps)
            if steps > 1:
                groups.get(group_id)
        group = groups.get(group_id)
        events = [(event.reason, event.count, event.last_timestamp) for event in group.events]
        seen.append((group.status, group.containers[0].restart_count, events))
        cloud.stop()
    assert seen[0] == seen[1]
