"""Stacks with a service and its instances: what they declare, and the reviewer that they need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator import offers
from stack.cloud import Cloud
from stack.engine import Stack
from stack.wishes import GOLD_1, LONG_S

PROGRAM = Path(__file__).with_name("instance_program.py")
REGIONS = ["cn-beijing", "cn-hangzhou"]
MODULES = {"dynamic": "pulumi_computenest", "plugin": "pulumi_computenest.plugin"}
TEMPLATE = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Amount: {Type: Number, Default: 1}
  AdminPassword: {Type: String, NoEcho: true, Default: not-a-secret}
Resources:
  Web:
    Type: ALIYUN::ECS::InstanceGroup
    Properties:
      ImageId: ecs_image_web
      MaxAmount: {Ref: Amount}
      Password: {Ref: AdminPassword}
  Spare:
    Type: ALIYUN::ESS::ScalingConfiguration
    Properties:
      ImageId: ecs_image_web
Outputs:
  Login: {Value: {Fn::Join: ['/', ['admin', {Ref: AdminPassword}]]}}
"""


@dataclass
class InstanceStory:
    """One stack of instance_program.py."""

    cloud: Cloud
    stack: Stack
    module: str
    wish: dict[str, Any] = field(default_factory=dict)

    def declare(self, **changes: Any) -> None:
        """What the program declares from now on: what it declared, and these changes."""
        self.wish |= changes
        self.stack.declare(module=self.module, **self.wish)

    def move_over(self) -> None:
        """The same program with the plugin from now on."""
        self.stack.use_plugin()
        self.module = MODULES["plugin"]
        self.declare()

    def instance(self, name: str = "shop") -> dict[str, Any]:
        """The instance's outputs in the state."""
        return dict(self.stack.resources()[name]["outputs"])

    def delivered(self) -> dict[str, str]:
        """Region -> the package's image."""
        return dict(self.stack.resources()["web"]["outputs"]["images"])

    def running(self, account: str = "customer") -> list[Mapping[str, Any]]:
        """The instances of an account that the cloud has."""
        return list(self.cloud.ledger()["accounts"][account]["instances_outstanding"])

    def publish(self) -> None:
        """`up` submits the service, a human approves it, and the next `up` launches it."""
        self.stack.up().succeeded()
        self.approve()

    def approve(self) -> None:
        """A human approves what was submitted."""
        outputs = self.stack.resources()["service"]["outputs"]
        assert outputs["status"] == "Submitted", outputs
        offers.review(self.cloud, outputs["registrationId"])


def tell_of(cloud: Cloud, make_stack: Callable[..., Stack], transport: str, **changes: Any) -> InstanceStory:
    """A stack of that transport which declares a public service and, as yet, no instance."""
    story = InstanceStory(cloud, make_stack(cloud, program=PROGRAM), MODULES["dynamic"])
    if transport == "plugin":
        story.move_over()
    usual = {
        "image": GOLD_1["image_id"],
        "regions": REGIONS,
        "template": TEMPLATE,
        "timeout_s": LONG_S,
        "service": {"visibility": "public", "publishing": "online"},
        "instances": {},
    }
    story.declare(**{**usual, **changes})
    return story
