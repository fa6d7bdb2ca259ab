"""Placeholders of files, container images and charts in templates: byte for byte, everywhere, when it is deployed."""

from __future__ import annotations

import json

import pytest
from alibabacloud_computenest20210601 import models as user
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_ros20190910 import models as ros

from computenest_cloud.services.nest_instances.placeholders import Placeholders
from emulator import offers
from emulator.offers import CONTROL_REGION

PLAIN = "{{ computenest::file::setup }}"
TIGHT = "{{computenest::file::setup}}"
TEMPLATE = f"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Server:
    Type: ALIYUN::ECS::InstanceGroup
    Properties: {{ImageId: centos_7, MaxAmount: 1}}
  Run:
    Type: ALIYUN::ECS::RunCommand
    Properties:
      Type: RunShellScript
      CommandContent:
        Fn::Sub:
          - |
            curl -o one '{PLAIN}' && curl -o two '{PLAIN}'
            echo '{TIGHT}' ${{Name}}
          - Name: x
"""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"a {PLAIN} b {PLAIN}", "a V b V"),
        (TIGHT, TIGHT),
        ({PLAIN: [PLAIN, 1, None, {"k": PLAIN}]}, {PLAIN: ["V", 1, None, {"k": "V"}]}),
        ("{{ computenest::file::setup-more }}", "W"),
        ("{{ computenest::file::other }}", "{{ computenest::file::other }}"),
        ("'{{computenest::acr::dockerconfigjson}}'", "'images'"),
        ("{{ computenest::helm::dockerconfigjson }}", "charts"),
        ("nothing", "nothing"),
    ],
    ids=range(8),
)
def test_what_is_replaced(value, expected):
    values = {PLAIN: "V", "{{ computenest::file::setup-more }}": "W"}
    found = Placeholders(values, lambda is_chart: "charts" if is_chart else "images")
    assert found.apply(value) == expected


def test_a_key_is_made_once_a_deployment_and_values_are_no_patterns():
    asked = []

    def secret(is_chart):
        asked.append(is_chart)
        return r"\1 $& {{ computenest::acr::dockerconfigjson }}"

    found = Placeholders({PLAIN: r"\g<0>\1"}, secret)
    both = f"{PLAIN} {{{{ computenest::acr::dockerconfigjson }}}}"
    text = r"\g<0>\1 \1 $& {{ computenest::acr::dockerconfigjson }}"
    assert found.apply([both, both]) == [text, text]
    assert asked == [False]
    assert found.used == {PLAIN}


def test_a_secret_that_there_is_not_stays():
    text = "{{ computenest::acr::dockerconfigjson }}"
    assert Placeholders({}, lambda _: None).apply(text) == text


def _file(cloud, region="cn-beijing"):
    """A released file; its artifact's id."""
    request = nest.GetArtifactRepositoryCredentialsRequest(artifact_type="File", deploy_region_id=CONTROL_REGION)
    answer = cloud.nest().get_artifact_repository_credentials(request).body
    place = answer.available_resources[0]
    path = f"/{place.repository_name}/{place.path}/setup.sh"
    headers = offers.signed("PUT", path, answer.credentials, content_type="text/plain")
    assert cloud.send("PUT", path, b"echo hello", headers).status == 200
    host = f"{place.repository_name}.oss-{place.region_id}.aliyuncs.com"
    url = f"https://{host}/{place.path}/setup.sh"
    made = nest.CreateArtifactRequest(
        artifact_type="File",
        name="setup",
        version_name="one",
        support_region_ids=[region],
        artifact_property=nest.CreateArtifactRequestArtifactProperty(url=url),
    )
    artifact_id = cloud.nest().create_artifact(made).body.artifact_id
    cloud.release(artifact_id)
    cloud.advance(3600)
    return artifact_id


def _deployed(cloud, region):
    target = {"ArtifactId": _file(cloud), "ArtifactVersion": "1"}
    supplier = {"FileArtifactRelation": {PLAIN: target}}
    templates = [{"Name": "t", "Url": offers.upload(cloud, TEMPLATE)}]
    document = json.dumps({"SupplierDeployMetadata": supplier, "TemplateConfigs": templates})
    service_id = offers.save(cloud, document, share_type="Public")
    offers.publish(cloud, service_id)
    request = user.CreateServiceInstanceRequest(
        region_id=CONTROL_REGION, service_id=service_id, parameters={"RegionId": region}
    )
    instance_id = cloud.user().create_service_instance(request).body.service_instance_id
    cloud.advance(61)
    ask = user.GetServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
    return cloud.user().get_service_instance(ask).body


def test_a_file_is_addressed_where_it_is_deployed(cloud):
    found = _deployed(cloud, "cn-beijing")
    assert (found.status, found.status_detail) == ("Deployed", "")
    request = ros.GetTemplateRequest(region_id="cn-beijing", stack_id=json.loads(found.resources)[0]["StackId"])
    rendered = json.loads(cloud.ros().get_template(request).body.template_body)
    script = rendered["Resources"]["Run"]["Properties"]["CommandContent"]["Fn::Sub"][0]
    assert PLAIN not in script
    assert script.count("http") == 2
    assert TIGHT in script
    assert "${Name}" in script


def test_a_file_that_is_not_there_fails_the_deployment(cloud):
    found = _deployed(cloud, "cn-shenzhen")
    assert found.status == "DeployedFailed"
    for part in ("ArtifactNotInRegion", "has no address in cn-shenzhen", PLAIN):
        assert part in found.status_detail
