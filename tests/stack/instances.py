"""Stacks with a service and its instances: what they declare, and the reviewer that they need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator import offers
from stack.cloud import Cloud
from stack.described import MODULES, PROGRAM, its, new, resource, secret, source
from stack.engine import Stack
from stack.wishes import GOLD_1, LONG_S

REGIONS = ["cn-beijing", "cn-hangzhou"]
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
        wish, waits = self.wish, {"timeout_s": LONG_S}
        web = source({**GOLD_1, "image_id": wish["image"]})
        template = new("Template", text=wish["template"], name="template.yaml")
        made = {
            "web": resource("EcsImagePackage", source=web, regions=wish["regions"], **waits),
            "images": resource("ServiceImageAssociation", template=template, packages={"ecs_image_web": its("web")}),
            "service": resource("Service", templates={"main": its("images")}, **waits, **wish["service"]),
        }
        for name, given in wish["instances"].items():
            hidden = {key: secret(value) for key, value in given.get("secret", {}).items()}
            told = {**waits, **given, "parameters": {**given.get("parameters", {}), **hidden}}
            told.pop("secret", None)
            made[name] = resource("ServiceInstance", service=its("service"), **told)
        shown = {name: {"images": its(name, "images")} for name in wish["instances"]}
        shown |= {f"{name}-web": its(name, "images", "Web") for name in wish.get("takes", ())}
        self.stack.describe(made, module=self.module, **shown)

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
    usual = {
        "image": GOLD_1["image_id"],
        "regions": REGIONS,
        "template": TEMPLATE,
        "service": {"visibility": "public", "publishing": "online"},
        "instances": {},
    }
    story = InstanceStory(cloud, make_stack(cloud, program=PROGRAM), MODULES["dynamic"], {**usual, **changes})
    if transport == "plugin":
        story.move_over()
    else:
        story.declare()
    return story
