"""Scaling groups of containers that a stack declares: started once enabled, as many as wanted, of the configuration."""

from __future__ import annotations

from typing import Any

import pytest
from alibabacloud_ros20190910 import models as ros

from emulator.container_groups import Eci

REGION = "cn-hangzhou"
CONTAINER = """
        - Name: web
          Image: {image}
          Commands: [sh, -c]
          Args: ['sleep 100000']
          Ports: [{{Port: 80, Protocol: TCP}}]
          EnvironmentVars: [{{Key: WHO, Value: me}}]
"""
TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters: {{Pass: {{Type: String, NoEcho: true}}}}
Resources:
  Group:
    Type: ALIYUN::ESS::ScalingGroup
    Properties: {{GroupType: ECI, MinSize: 1, MaxSize: 4{desired}}}
  Config:
    Type: ALIYUN::ESS::EciScalingConfiguration
    Properties:
      ScalingGroupId: {{Ref: Group}}
      ContainerGroupName: web
      Cpu: 1
      Memory: 2
      RestartPolicy: OnFailure
      ImageRegistryCredentials: [{{Server: registry.example.com, UserName: me, Password: {{Ref: Pass}}}}]
      Containers: {container}
{enable}
"""
ENABLE = """
  Enable:
    Type: ALIYUN::ESS::ScalingGroupEnable
    Properties: {ScalingGroupId: {Ref: Group}, ScalingConfigurationId: {Ref: Config}}
"""


def template(*, image: str = "docker.io/library/nginx:1", desired: int | None = None, is_enabled: bool = True) -> str:
    sized = "" if desired is None else f", DesiredCapacity: {desired}"
    return TEMPLATE.format(
        desired=sized, container=CONTAINER.format(image=repr(image)), enable=ENABLE if is_enabled else ""
    )


class Stack:
    def __init__(self, cloud: Any) -> None:
        self.cloud, self.client = cloud, cloud.ros("customer")
        self.stack_id = ""

    def create(self, text: str) -> str:
        given = [ros.CreateStackRequestParameters(parameter_key="Pass", parameter_value="hunter2")]
        request = ros.CreateStackRequest(region_id=REGION, stack_name="s", template_body=text, parameters=given)
        self.stack_id = self.client.create_stack(request).body.stack_id
        return self.settled()

    def update(self, text: str) -> str:
        request = ros.UpdateStackRequest(
            region_id=REGION, stack_id=self.stack_id, template_body=text, use_previous_parameters=True
        )
        self.client.update_stack(request)
        return self.settled()

    def delete(self) -> None:
        self.client.delete_stack(ros.DeleteStackRequest(region_id=REGION, stack_id=self.stack_id))
        self.cloud.advance(300)

    def settled(self) -> str:
        self.cloud.advance(300)
        found = self.client.get_stack(ros.GetStackRequest(region_id=REGION, stack_id=self.stack_id)).body
        return f"{found.status} {found.status_reason or ''}"

    def groups(self) -> list[Any]:
        return sorted(Eci(self.cloud, "customer").all().container_groups, key=lambda one: one.container_group_name)


@pytest.fixture
def stack(cloud) -> Stack:
    return Stack(cloud)


def test_a_group_that_nobody_enabled_starts_nothing(stack):
    assert stack.create(template(desired=2, is_enabled=False)).startswith("CREATE_COMPLETE")
    assert stack.groups() == []
    assert stack.update(template(desired=2)).startswith("UPDATE_COMPLETE")
    assert len(stack.groups()) == 2


def test_an_enabled_one_has_as_many_groups_as_wanted_made_of_the_configuration(stack, cloud):
    assert stack.create(template()).startswith("CREATE_COMPLETE")
    (only,) = stack.groups()
    assert (only.container_group_name, only.status, only.cpu, only.memory) == ("web-1", "Running", 1.0, 2.0)
    assert only.restart_policy == "OnFailure"
    web = only.containers[0]
    assert (web.image, web.commands, web.args) == ("docker.io/library/nginx:1", ["sh", "-c"], ["sleep 100000"])
    assert [(one.key, one.value) for one in web.environment_vars] == [("WHO", "me")]
    assert [one.port for one in web.ports] == [80]
    assert stack.update(template(desired=3)).startswith("UPDATE_COMPLETE")
    three = {one.container_group_id for one in stack.groups()}
    assert only.container_group_id in three
    assert len(three) == 3
    assert stack.update(template(desired=2, image="docker.io/library/nginx:2")).startswith("UPDATE_COMPLETE")
    assert {one.containers[0].image for one in stack.groups()} == {"docker.io/library/nginx:1"}, "those that run stay"
    assert {one.container_group_id for one in stack.groups()} < three
    assert stack.update(template(desired=3, image="docker.io/library/nginx:2")).startswith("UPDATE_COMPLETE")
    assert {one.containers[0].image for one in stack.groups()} == {
        "docker.io/library/nginx:1",
        "docker.io/library/nginx:2",
    }
    (known,) = cloud.ledger()["accounts"]["customer"]["scaling_groups_outstanding"]
    assert sorted(known["instances"]) == sorted(one.container_group_id for one in stack.groups())
    stack.delete()
    assert stack.groups() == []
    assert cloud.ledger()["accounts"]["customer"]["scaling_groups_outstanding"] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (template(desired=5), "do not ascend"),
        (template(image="A B"), "Container.1.Image"),
        (template().replace("{Ref: Config}", "asc-of-another"), "scaling configuration does not exist"),
        (template().replace(", ScalingConfigurationId: {Ref: Config}", ""), "no active scaling configuration"),
        (template().replace("Memory: 2", "Memory: 2000"), "2000 GiB"),
    ],
)
def test_what_it_refuses_fails_the_stack_and_leaves_nothing(stack, cloud, text, said):
    assert said in stack.create(text)
    assert stack.groups() == []
    stack.delete()
    assert cloud.ledger()["accounts"]["customer"]["scaling_groups_outstanding"] == []


def test_resources_are_made_in_the_order_in_which_they_need_each_other(stack):
    """Whatever their order in the template."""
    text = template(desired=2)
    enabling = ENABLE.rstrip("\n") + "\n"
    moved = text.replace(enabling.strip("\n"), "").replace("Resources:\n", "Resources:" + enabling)
    assert moved.index("ScalingGroupEnable") < moved.index("EciScalingConfiguration")
    assert stack.create(moved).startswith("CREATE_COMPLETE")
    assert len(stack.groups()) == 2


def test_a_group_of_servers_is_recorded_only(stack):
    servers = template().replace("GroupType: ECI, ", "")
    assert stack.create(servers).startswith("CREATE_COMPLETE")
    assert stack.groups() == []


def test_logins_of_a_configuration_lie_sealed_and_a_started_cloud_goes_on(start, tmp_path):
    cloud = start("--virtual")
    stack = Stack(cloud)
    stack.create(template())
    (only,) = stack.groups()
    cloud.stop()
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]
    assert kept == []
    again = Stack(start("--virtual"))
    again.stack_id = stack.stack_id
    assert again.update(template(desired=2)).startswith("UPDATE_COMPLETE")
    assert only.container_group_id in {one.container_group_id for one in again.groups()}
    assert len(again.groups()) == 2
