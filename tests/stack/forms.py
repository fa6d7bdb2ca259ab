"""What a customer fills into the form that a template's parameters are: the first choice there is, or something of the
kind that the parameter says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

PASSWORD = "Secret-1234"
_CHOSEN = {
    "ALIYUN::ECS::Instance::InstanceType": "ecs.c6.large",
    "ALIYUN::ECS::Instance::Password": PASSWORD,
    "ALIYUN::ECS::SecurityGroup::SecurityGroupId": "sg-of-the-customer",
    "ALIYUN::ECS::VPC::VPCId": "vpc-of-the-customer",
    "ALIYUN::ECS::VSwitch::VSwitchId": "vsw-of-the-customer",
    "ALIYUN::VPC::VPC::VPCId": "vpc-of-the-customer",
}
_OF_TYPE: Mapping[str, Any] = {"Number": 1, "Boolean": True, "Json": {}, "CommaDelimitedList": "a"}
_FITTING = (
    "something",
    PASSWORD,
    "Secret_123456",
    "100",
    "10.0.0.10",
    "192.168.0.10",
    "HDB",
    "00",
    "a1",
    "1",
    "cn-hangzhou",
    "https://example.com/media",
)


def filled(template: str, region: str) -> dict[str, Any]:
    """Every parameter that the template wants: those with a default are left to it."""
    return filled_of(yaml.safe_load(template), region)


def filled_of(template: Mapping[str, Any], region: str) -> dict[str, Any]:
    """The same of a template that is read already."""
    specs = template.get("Parameters") or {}
    return {name: _choice(spec, region) for name, spec in specs.items() if "Default" not in spec}


def secret_names(template: str) -> list[str]:
    """Those that are not to be shown."""
    return [name for name, spec in _specs(template).items() if str(spec.get("NoEcho", False)).lower() == "true"]


def _specs(template: str) -> dict[str, Mapping[str, Any]]:
    return dict(yaml.safe_load(template).get("Parameters") or {})


def _choice(spec: Mapping[str, Any], region: str) -> Any:
    if spec.get("AllowedValues"):
        return spec["AllowedValues"][0]
    kind = re.sub(r":+", "::", str(spec.get("AssociationProperty", "")))  # `ALIYUN::ECS::Instance:ZoneId` occurs
    if kind.lower().endswith("::zoneid"):
        return f"{region}-b"
    if kind in _CHOSEN:
        return _CHOSEN[kind]
    kind = str(spec.get("Type"))
    if kind == "Number" and "MinValue" in spec:
        return spec["MinValue"]
    if kind == "Json" and spec.get("MinLength"):
        return ["a"] * int(spec["MinLength"])
    if kind in _OF_TYPE:
        return _OF_TYPE[kind]
    return next((text for text in _FITTING if _fits(spec, text)), _FITTING[0])


def _fits(spec: Mapping[str, Any], text: str) -> bool:
    """Within the length and the pattern, where there are any."""
    is_short = len(text) < int(spec.get("MinLength", 0)) or len(text) > int(spec.get("MaxLength", 1000))
    return not is_short and re.match(str(spec.get("AllowedPattern", "")), text) is not None
