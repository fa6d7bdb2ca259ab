"""Stacks with a service, on either transport: how they are declared, and what people do to the service meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from emulator import offers
from stack.cloud import Cloud
from stack.described import MODULES, PROGRAM, its, new, resource, source
from stack.engine import Stack
from stack.wishes import GOLD_1, LONG_S

SHOP_REGIONS = ["cn-beijing", "cn-hangzhou"]
MARKER = "ecs_image_web"
TEMPLATE = f"""\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web:
    Type: ALIYUN::ECS::InstanceGroup
    Properties:
      ImageId: {MARKER}  # a marker
      InstanceType: ecs.g7.large
      MaxAmount: 1
"""


def make_shop(make_stack: Callable[..., Stack], cloud: Cloud, *, plugin: bool) -> Stack:
    """A stack on `cloud`, of the plugin's or of dynamic resources."""
    stack = make_stack(cloud, settings={"computenest:pollIntervalS": "2"}, program=PROGRAM)
    if plugin:
        stack.use_plugin()
    return stack


def gold(given: dict[str, Any] = GOLD_1, regions: list[str] | None = None, **more: Any) -> dict[str, Any]:
    """A package of a custom image."""
    return {
        "source": source(given),
        "regions": SHOP_REGIONS if regions is None else regions,
        "timeout_s": LONG_S,
        **more,
    }


def declare(
    stack: Stack,
    *,
    plugin: bool,
    template: str = TEMPLATE,
    package: dict[str, Any] | None = None,
    **service: Any,
) -> None:
    """What the program declares from now on."""
    text = new("Template", text=template, name="template.yaml")
    told = new("ServiceTemplate", template=its("images"), regions=service.pop("regions", None))
    made = {
        "web": resource("EcsImagePackage", **(package or gold())),
        "images": resource("ServiceImageAssociation", template=text, packages={MARKER: its("web")}),
        "shop": resource("Service", templates={"standard": told}, **{"timeout_s": LONG_S, **service}),
    }
    shown = {key: its("shop", key) for key in ("service_id", "service_version", "status", "permissions")}
    stack.describe(made, module=MODULES["plugin" if plugin else "dynamic"], **shown)


def as_seen(stack: Stack) -> dict[str, Any]:
    """The service in the state."""
    return dict(stack.resources()["shop"]["outputs"])


def approve(cloud: Cloud, stack: Stack, **decided: Any) -> None:
    """What a reviewer decides about what the stack submitted."""
    offers.review(cloud, as_seen(stack)["registrationId"], **decided)


def edit(cloud: Cloud, stack: Stack, version: str, change: Callable[[dict[str, Any]], None], metadata: str) -> str:
    """Somebody edits DeployMetadata in the console; the new document as text."""
    document = json.loads(metadata)
    change(document)
    text = json.dumps(document)
    offers.edit(cloud, as_seen(stack)["serviceId"], version, DeployMetadata=text)
    return text
