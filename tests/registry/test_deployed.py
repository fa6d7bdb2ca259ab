"""What a service instance gets by its placeholders: an image, a chart and a file; from its region it reaches them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import select
import signal
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_computenest20210601 import models as user
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_cr20181201 import models
from alibabacloud_ros20190910 import models as ros

from emulator import offers
from emulator.test_oss import Given
from registry.world import Client, Key, cr, follow, nest_key

LAYER = b"layer" * 100
DIGEST = "sha256:" + hashlib.sha256(LAYER).hexdigest()
FILE, IMAGE = "{{ computenest::file::app }}", "{{ computenest::acrimage::web }}"
CHART, SECRET = "{{ computenest::helmchart::shop }}", "{{ computenest::acr::dockerconfigjson }}"
TEMPLATE = f"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Wait: {{Type: ALIYUN::ROS::WaitConditionHandle}}
Outputs:
  Text: {{Value: '{FILE} {IMAGE} {CHART} {SECRET}'}}
"""


def _artifact(cloud: Any, kind: str, **source: Any) -> dict[str, str]:
    request = nest.CreateArtifactRequest(
        artifact_type=kind,
        name=f"{kind}-one",
        version_name="one",
        artifact_property=nest.CreateArtifactRequestArtifactProperty(**source),
    )
    artifact_id = cloud.nest().create_artifact(request).body.artifact_id
    cloud.release(artifact_id)
    cloud.advance(60)
    assert cloud.get(artifact_id).status == "Available"
    return {"ArtifactId": artifact_id, "ArtifactVersion": "1"}


def _texts(cloud: Any, instance_id: str) -> list[str]:
    """What the deployed template says, as the supplier reads it from the stack."""
    found = cloud.ros("customer").list_stacks(ros.ListStacksRequest(region_id="cn-beijing")).body.stacks
    assert found, instance_id
    request = ros.GetStackRequest(region_id="cn-beijing", stack_id=found[0].stack_id)
    outputs = cloud.ros("customer").get_stack(request).body.outputs
    return str(next(entry["OutputValue"] for entry in outputs if entry["OutputKey"] == "Text")).split()


@pytest.fixture
def deployed(cloud) -> list[str]:
    images, charts, given = nest_key(cloud), nest_key(cloud, kind="HelmChart"), Given(cloud)
    Client(images, images.host).push(f"{images.namespace}/web", "v1", LAYER)
    Client(charts, charts.host).push(f"{charts.namespace}/shop", "1.2.3", b"chart")
    given.first().put_object(f"{given.path}/app.tgz", b"application")
    url = f"https://{given.bucket}.oss-{given.region}.aliyuncs.com/{given.path}/app.tgz"
    relations = {
        "FileArtifactRelation": {FILE: _artifact(cloud, "File", url=url)},
        "AcrImageArtifactRelation": {IMAGE: _artifact(cloud, "AcrImage", repo_name="web", tag="v1")},
        "HelmChartArtifactRelation": {CHART: _artifact(cloud, "HelmChart", repo_name="shop", tag="1.2.3")},
    }
    templates = [{"Name": "t1", "Url": offers.upload(cloud, TEMPLATE)}]
    supplier = {**relations, "SupplierTemplateConfigs": templates}
    text = json.dumps({"SupplierDeployMetadata": supplier, "TemplateConfigs": templates})
    service_id = offers.save(cloud, text, share_type="Restricted")
    uid = cloud.handle["accounts"]["customer"]["uid"]
    offers.publish(cloud, service_id)
    offers.share(cloud, service_id, uid)
    request = user.CreateServiceInstanceRequest(
        region_id=offers.CONTROL_REGION, service_id=service_id, parameters={"RegionId": "cn-beijing"}
    )
    instance_id = cloud.user("customer").create_service_instance(request).body.service_instance_id
    cloud.advance(61)
    return _texts(cloud, instance_id)


def test_the_instance_gets_its_packages(cloud, deployed):
    file, image, chart, secret = deployed
    inside = cloud.control("POST", "networks", {"region": "cn-beijing"})
    assert file.startswith(f"http://{inside['storage']}/computenest-artifacts-cn-beijing/")
    assert follow(file, source=inside["address"]).body == b"application"
    assert follow(file.replace("Signature=", "Signature=x"), source=inside["address"]).status == 403
    elsewhere = cloud.control("POST", "networks", {"region": "cn-shanghai"})
    for source in ("127.0.0.2", elsewhere["address"]):
        with pytest.raises(ConnectionError):
            follow(file, source=source)
    host, namespace, _ = image.split("/")
    assert image == f"{host}/{namespace}/web:v1"
    assert chart.startswith("oci://")
    assert chart.endswith(f"/{namespace}/shop:1.2.3")
    login = json.loads(base64.b64decode(secret))["auths"][host]
    client = Client(Key(host, namespace, login["username"], login["password"]), host)
    location = client.pull_blob(f"{namespace}/web", DIGEST).headers["location"]
    assert follow(location).body == LAYER
    token = client.token(f"repository:{namespace}/web:pull,push,delete")
    assert client.push_blob(f"{namespace}/web", b"x", token).status == 401  # it pulls only
    cloud.advance(3601)
    assert client.ask_token(f"repository:{namespace}/web:pull").status == 401
    cloud.advance(86_400)
    assert follow(file, source=inside["address"]).status == 403


def test_a_public_package_needs_no_key(cloud):
    key = nest_key(cloud)
    Client(key, key.host).push(f"{key.namespace}/web", "v1", LAYER)
    artifact_id = _artifact(cloud, "AcrImage", repo_name="web", tag="v1")["ArtifactId"]
    nobody, name = Client(None, key.host), f"{key.namespace}/web"
    assert nobody.pull_blob(name, DIGEST).status == 401
    cloud.nest().update_artifact(nest.UpdateArtifactRequest(artifact_id=artifact_id, permission_type="Public"))
    assert nobody.pull_blob(name, DIGEST).status == 307


def test_the_registrys_api_shows_digests_and_collects_what_nobody_needs(cloud):
    made = cloud.control("POST", "registries", {"account": "supplier", "region": "cn-beijing", "name": "own"})
    instance_id, api = made["instance_id"], cr(cloud)
    api.update_instance_endpoint_status(
        models.UpdateInstanceEndpointStatusRequest(instance_id=instance_id, endpoint_type="internet", enable=True)
    )
    api.create_instance_endpoint_acl_policy(
        models.CreateInstanceEndpointAclPolicyRequest(
            instance_id=instance_id, endpoint_type="internet", entry="127.0.0.0/8"
        )
    )
    api.create_namespace(models.CreateNamespaceRequest(instance_id=instance_id, namespace_name="team"))
    found = api.get_authorization_token(models.GetAuthorizationTokenRequest(instance_id=instance_id)).body
    client = Client(Key(made["host"], "team", found.temp_username, found.authorization_token), made["host"])
    digests = {tag: client.push("team/web", tag, LAYER, tag.encode()) for tag in ("v1", "v2")}
    repo_id = api.list_repository(models.ListRepositoryRequest(instance_id=instance_id)).body.repositories[0].repo_id
    place = {"instance_id": instance_id, "repo_id": repo_id}
    tags = api.list_repo_tag(models.ListRepoTagRequest(**place)).body.images
    assert {tag.tag: f"sha256:{tag.digest}" for tag in tags} == digests
    blobs = cloud.control("GET", "registries")[0]["blobs"]
    api.delete_repo_tag(models.DeleteRepoTagRequest(**place, tag="v1"))
    assert cloud.control("GET", "registries")[0]["blobs"] == blobs - 2  # its manifest and its own layer
    assert follow(client.pull_blob("team/web", DIGEST).headers["location"]).body == LAYER
    api.update_repository(
        models.UpdateRepositoryRequest(**place, repo_type="PRIVATE", summary="s", tag_immutability=True)
    )
    with pytest.raises(AssertionError, match="tags here never change"):
        client.push("team/web", "v2", b"other")
    api.delete_repository(models.DeleteRepositoryRequest(**place))
    assert cloud.ledger()["accounts"]["supplier"]["blobs_outstanding"] == []


def _registries(cloud: Any) -> list[int]:
    """The registries' processes below a cloud."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            if parent == cloud.process.pid:
                found.append(int(folder.name))
    return found


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_registry_ends_with_its_cloud_and_keeps_its_images(start, how):
    cloud = start("--virtual")
    key = nest_key(cloud)
    digest = Client(key, key.host).push(f"{key.namespace}/web", "v1", LAYER)
    pids = _registries(cloud)
    assert len(pids) == 1
    watched = [os.pidfd_open(pid) for pid in pids]
    cloud.stop(how)
    for descriptor in watched:
        poll = select.poll()
        poll.register(descriptor, 1)
        assert poll.poll(20_000), "the registry outlives its cloud"
        os.close(descriptor)
    cloud = start("--virtual")
    again = nest_key(cloud)
    assert again.host == key.host  # references keep their meaning
    assert cloud.control("GET", "registries")[0]["repositories"][0]["tags"] == {"v1": digest}
    client = Client(again, again.host)
    assert follow(client.pull_blob(f"{again.namespace}/web", DIGEST).headers["location"]).body == LAYER
