"""Each step of a pull or push (facts §5) refuses what it must, and names itself by its answer."""

from __future__ import annotations

import hashlib

import pytest
from alibabacloud_cr20181201 import models

from registry.world import Client, cr, follow, nest_key
from served import ask

LAYER = b"layer" * 5000
DIGEST = "sha256:" + hashlib.sha256(LAYER).hexdigest()


@pytest.fixture
def pushed(cloud):
    key = nest_key(cloud)
    client = Client(key, key.host)
    client.push(f"{key.namespace}/web", "v1", LAYER)
    return client


def test_a_pull_goes_through_all_steps(cloud, pushed):
    repository = f"{pushed.key.namespace}/web"
    found = pushed.challenge(f"/v2/{repository}/manifests/v1")
    assert found["realm"] == f"http://{pushed.host}/auth"
    assert found["scope"] == f"repository:{repository}:pull"
    redirect = pushed.pull_blob(repository, DIGEST)
    assert redirect.status == 307
    assert redirect.headers["location"].startswith(f"http://{cloud.handle['endpoint']}/cri-")
    assert follow(redirect.headers["location"]).body == LAYER


def test_a_wrong_password_is_refused_by_the_authorization_service(pushed):
    wrong = type(pushed.key)(pushed.host, pushed.key.namespace, pushed.key.username, "wrong")
    answer = Client(wrong, pushed.host).ask_token(f"repository:{wrong.namespace}/web:pull")
    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")


def test_an_expired_key_is_refused_by_the_authorization_service(cloud, pushed):
    cloud.advance(3601)
    assert pushed.ask_token().status == 401


def test_an_expired_token_is_refused_by_the_registry(cloud, pushed):
    repository = f"{pushed.key.namespace}/web"
    token = pushed.token(f"repository:{repository}:pull")
    assert pushed.send("GET", f"/v2/{repository}/tags/list", token).status == 200
    cloud.advance(901)
    answer = pushed.send("GET", f"/v2/{repository}/tags/list", token)
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_forged_token_is_refused_by_the_registry(pushed):
    repository = f"{pushed.key.namespace}/web"
    token = pushed.token(f"repository:{repository}:pull")
    head, _, signature = token.rpartition(".")
    other = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    assert pushed.send("GET", f"/v2/{repository}/tags/list", f"{head}.{other}").status == 401


def test_a_missing_scope_is_refused_by_the_registry(pushed):
    repository = f"{pushed.key.namespace}/web"
    token = pushed.token(f"repository:{repository}:pull")
    answer = pushed.push_blob(repository, b"more", token)
    assert answer.status == 401
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_an_expired_storage_url_is_refused_by_the_storage(cloud, pushed):
    location = pushed.pull_blob(f"{pushed.key.namespace}/web", DIGEST).headers["location"]
    assert follow(location).status == 200
    assert follow(location.replace("Signature=", "Signature=x")).status == 403
    assert follow(location.partition("?")[0] + "?x=").status == 403
    cloud.advance(1201)
    answer = follow(location)
    assert answer.status == 403
    assert b"expired" in answer.body


@pytest.mark.parametrize(
    ("service", "action", "seen"),
    [("registry-auth", "GetToken", "token"), ("registry", "PullBlob", "blob"), ("oss", "GetObject", "storage")],
)
def test_each_step_fails_on_demand(cloud, pushed, service, action, seen):
    repository = f"{pushed.key.namespace}/web"
    token = pushed.token(f"repository:{repository}:pull")
    location = pushed.pull_blob(repository, DIGEST, token).headers["location"]
    for effect in ({"kind": "http"}, {"kind": "drop"}):
        cloud.fault(effect, match={"service": service, "action": action})
        asked = {
            "token": pushed.ask_token,
            "blob": lambda: pushed.pull_blob(repository, DIGEST, token),
            "storage": lambda: follow(location),
        }[seen]
        if effect["kind"] == "http":
            assert asked().status == 503
        else:
            with pytest.raises(ConnectionError):
                asked()
    cloud.control("PUT", "faults", [])


def test_the_access_control_list_is_step_one(cloud):
    made = cloud.control("POST", "registries", {"account": "supplier", "region": "cn-beijing", "name": "own"})
    instance_id, host = made["instance_id"], made["host"]
    api = cr(cloud)

    def status(source: str | None = None) -> int:
        return ask(host, "GET", "/v2/", source=source).status

    assert status() == 403  # the internet endpoint is off
    api.update_instance_endpoint_status(
        models.UpdateInstanceEndpointStatusRequest(instance_id=instance_id, endpoint_type="internet", enable=True)
    )
    assert status() == 403  # nobody is listed
    api.create_instance_endpoint_acl_policy(
        models.CreateInstanceEndpointAclPolicyRequest(
            instance_id=instance_id, endpoint_type="internet", entry="127.0.7.0/24", comment="office"
        )
    )
    assert (status("127.0.7.9"), status("127.0.8.9"), status()) == (401, 403, 403)
    api.delete_instance_endpoint_acl_policy(
        models.DeleteInstanceEndpointAclPolicyRequest(
            instance_id=instance_id, endpoint_type="internet", entry="127.0.7.0/24"
        )
    )
    assert status("127.0.7.9") == 403


def test_a_linked_vpc_gets_the_internal_storage_domain(cloud):
    made = cloud.control("POST", "registries", {"account": "supplier", "region": "cn-beijing", "name": "own"})
    instance_id, api = made["instance_id"], cr(cloud)
    linking = models.CreateInstanceVpcEndpointLinkedVpcRequest(
        instance_id=instance_id, vpc_id="vpc-1", vswitch_id="vsw-1"
    )
    api.create_instance_vpc_endpoint_linked_vpc(linking)
    api.create_namespace(models.CreateNamespaceRequest(instance_id=instance_id, namespace_name="team"))
    inside = cloud.control("POST", "networks", {"region": "cn-beijing", "vpc_id": "vpc-1"})
    other = cloud.control("POST", "networks", {"region": "cn-beijing", "vpc_id": "vpc-2"})
    domain = api.get_instance_vpc_endpoint(models.GetInstanceVpcEndpointRequest(instance_id=instance_id)).body.domains[
        0
    ]
    assert domain.startswith(inside["endpoint"])
    found = api.get_authorization_token(models.GetAuthorizationTokenRequest(instance_id=instance_id)).body
    key = type(nest_key(cloud))(domain, "team", found.temp_username, found.authorization_token)
    client = Client(key, domain, source=inside["address"])
    client.push("team/web", "v1", LAYER)
    location = client.pull_blob("team/web", DIGEST).headers["location"]
    assert location.startswith(f"http://{inside['storage']}/")
    assert follow(location, source=inside["address"]).body == LAYER
    with pytest.raises(ConnectionError):  # no way from the internet, or from another region
        follow(location, source="127.0.0.2")
    assert ask(domain, "GET", "/v2/", source=other["address"]).status == 403
    assert ask(domain, "GET", "/v2/", source="127.0.0.2").status == 403
    assert ask(made["host"], "GET", "/v2/").status == 403  # the internet endpoint is still off
