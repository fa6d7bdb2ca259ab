"""What a customer fills into the form that a template's parameters are: the first choice there is, or something of the
kind that the parameter says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

__all__ = ["PASSWORD", "filled", "secret_names"]

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


def filled(template: str, region: str) -> dict[str, Any]:
    """Every parameter that the template wants: those with a default are left to it."""
    return {name: _choice(spec, region) for name, spec in _specs(template).items() if "Default" not in spec}


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
    return _CHOSEN.get(kind, _OF_TYPE.get(str(spec.get("Type")), "something"))
