"""What the stack tests declare: small values, so that a test reads as the one line it changes."""

from __future__ import annotations

from typing import Any

GOLD_1 = {"kind": "custom", "image_id": "m-bp1gold0000000000001", "region": "cn-hangzhou"}
GOLD_2 = {"kind": "custom", "image_id": "m-bp1gold0000000000002", "region": "cn-hangzhou"}
MARKET = {"kind": "marketplace", "commodity_code": "cmjj00000001", "commodity_version": "V1.0"}
BUILT = {
    "kind": "built",
    "region": "cn-hangzhou",
    "source_image": "aliyun_3_x64_20G_alibase_20240528.vhd",
    "command": "true",
}
REGIONS = ["cn-beijing", "cn-hangzhou", "cn-shanghai"]
LONG_S = 10_000_000  # seconds of a clock that runs a thousand times as fast

TEMPLATE = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: ecs_image_web  # a marker
      InstanceType: ecs.g7.large
  Spare:
    Type: ALIYUN::ECS::InstanceGroup
    Properties:
      ImageId: "ecs_image_web"
  Gateway:
    Type: ALIYUN::ECS::Instance
    Properties: {ImageId: 'ecs_image_gateway', InstanceType: ecs.g7.large}
"""


def package(source: dict[str, Any] = GOLD_1, regions: list[str] | None = None, **more: Any) -> dict[str, Any]:
    return {"source": source, "regions": REGIONS if regions is None else regions, "timeout_s": LONG_S, **more}


def association(packages: dict[str, Any], template: str = TEMPLATE, **more: Any) -> dict[str, Any]:
    return {"template": template, "packages": packages, **more}
