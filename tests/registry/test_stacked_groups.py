"""A service whose template runs a container image package as a container group: deployed, pulled with the key of the
deployment, which only pulls, upgraded and taken away."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alibabacloud_computenest20210601 import models as user
from alibabacloud_eci20180808 import models as eci
from alibabacloud_ros20190910 import models as ros

from emulator import offers
from emulator.container_groups import Eci
from registry.test_container_groups import failure, pulls
from registry.test_deployed import IMAGE, LAYER, SECRET, _artifact
from registry.world import Client, nest_key

REGION = "cn-hangzhou"
LOGIN = """{"Fn::Select": [%s, {"Fn::Select": [%s, {"Fn::GetJsonValue": ["auths", {"Fn::Base64Decode": "%s"}]}]}]}"""
HOST = '{"Fn::Select": ["0", {"Fn::Split": ["/", "' + IMAGE + '"]}]}'
TEMPLATE = f"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web:
    Type: ALIYUN::ECI::ContainerGroup
    Properties:
      ContainerGroupName: web
      Cpu: 1
      Memory: 2
      RestartPolicy: OnFailure
      ImageRegistryCredential:
        - Server: {HOST}
          UserName: {LOGIN % ('"username"', HOST, SECRET)}
          Password: {LOGIN % ('"password"', HOST, SECRET)}
      Container:
        - Name: web  # a comment stays
          Image: '{IMAGE}'
          Port: [{{Port: 80, Protocol: TCP}}]
  Group:
    Type: ALIYUN::ESS::EciScalingConfiguration
    Properties:
      ScalingGroupId: asg-1
      Containers:
        - Name: web
          Image: '{IMAGE}'
Outputs:
  Web: {{Value: {{Ref: Web}}}}
"""


def service(cloud: Any) -> str:
    """A service of that template, which the customer may deploy."""
    images = nest_key(cloud)
    Client(images, images.host).push(f"{images.namespace}/web", "v1", LAYER)
    relation = {"AcrImageArtifactRelation": {IMAGE: _artifact(cloud, "AcrImage", repo_name="web", tag="v1")}}
    templates = [{"Name": "t1", "Url": offers.upload(cloud, TEMPLATE)}]
    supplier = {**relation, "SupplierTemplateConfigs": templates}
    text = json.dumps({"SupplierDeployMetadata": supplier, "TemplateConfigs": templates})
    service_id = offers.save(cloud, text, share_type="Restricted")
    offers.publish(cloud, service_id)
    offers.share(cloud, service_id, cloud.handle["accounts"]["customer"]["uid"])
    return str(service_id)


def deploy(cloud: Any, service_id: str) -> str:
    request = user.CreateServiceInstanceRequest(
        region_id=offers.CONTROL_REGION, service_id=service_id, parameters={"RegionId": REGION}
    )
    instance_id = cloud.user("customer").create_service_instance(request).body.service_instance_id
    cloud.advance(61)
    return str(instance_id)


@pytest.fixture
def instance_id(cloud) -> str:
    return deploy(cloud, service(cloud))


def test_an_instance_runs_the_image_with_a_key_that_only_pulls(cloud, instance_id):
    cloud.control("DELETE", "calls")
    cloud.advance(60)
    groups = Eci(cloud, "customer")
    (group,) = groups.client.describe_container_groups(
        eci.DescribeContainerGroupsRequest(region_id=REGION)
    ).body.container_groups
    assert (group.status, group.cpu, group.memory, group.restart_policy) == ("Running", 1.0, 2.0, "OnFailure")
    image = group.containers[0].image
    assert image.endswith("/web:v1")
    log = pulls(cloud)
    assert log["registry", "PullManifest", "OK"] == 1
    client, listed = cloud.ros("customer"), ros.ListStacksRequest(region_id=REGION)
    (stack,) = client.list_stacks(listed).body.stacks
    found = client.get_stack(ros.GetStackRequest(region_id=REGION, stack_id=stack.stack_id)).body
    assert found.outputs[0]["OutputValue"] == group.container_group_id
    request = ros.GetTemplateRequest(region_id=REGION, stack_id=stack.stack_id)
    body = json.loads(client.get_template(request).body.template_body)
    assert body["Resources"]["Group"]["Properties"]["Containers"][0]["Image"] == image
    assert body["Resources"]["Web"]["Properties"]["Container"][0]["Image"] == image
    gone = user.DeleteServiceInstancesRequest(region_id=offers.CONTROL_REGION, service_instance_id=[instance_id])
    cloud.user("customer").delete_service_instances(gone)
    cloud.advance(120)
    assert cloud.ledger()["accounts"]["customer"]["container_groups_outstanding"] == []


def test_what_starts_after_the_key_s_end_cannot_pull(cloud):
    """Why a scaling configuration with such an image is warned about: its groups start later."""
    cloud.control("PUT", "facts", {"eci.schedule_s": 4000})
    deploy(cloud, service(cloud))
    cloud.advance(4100)
    groups = Eci(cloud, "customer")
    (group,) = groups.client.describe_container_groups(
        eci.DescribeContainerGroupsRequest(region_id=REGION, with_event=True)
    ).body.container_groups
    assert group.status == "Pending"
    assert "step 3 of 7" in failure(group)


def test_a_group_that_the_product_refuses_fails_the_stack(cloud):
    client = cloud.ros("customer")
    text = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web:
    Type: ALIYUN::ECI::ContainerGroup
    Properties: {ContainerGroupName: web, Cpu: 1, Memory: 2000, Container: [{Name: web, Image: 'nginx:1'}]}
"""
    made = client.create_stack(ros.CreateStackRequest(region_id=REGION, stack_name="s", template_body=text)).body
    cloud.advance(120)
    found = client.get_stack(ros.GetStackRequest(region_id=REGION, stack_id=made.stack_id)).body
    assert found.status == "CREATE_ROLLBACK_COMPLETE"
    assert "resources.Web" in found.status_reason, found.status_reason
    assert "2000 GiB" in found.status_reason
