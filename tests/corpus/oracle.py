"""An independent reading of a template: other parsers, other code, plain recursion over plain dictionaries.

ruamel.yaml (pure Python), json and python-hcl2 stand where the product has libyaml, json's scanner with marks and its
own HCL reader. Shares nothing with the product but the facts (the packages' specifications), written down here a second
time. Gives for each image property the literals that it can take and whether something else is possible besides.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import hcl2
from ruamel.yaml import YAML

ROS = """
ALIYUN::ECS::Instance ImageId
ALIYUN::ECS::InstanceGroup ImageId
ALIYUN::ECS::InstanceClone ImageId
ALIYUN::ECS::InstanceGroupClone ImageId
ALIYUN::ECS::PrepayInstance ImageId
ALIYUN::ECS::LaunchTemplate ImageId
ALIYUN::ECS::LaunchTemplateVersion LaunchTemplateData/ImageId
ALIYUN::ECS::AutoProvisioningGroup LaunchConfiguration/ImageId LaunchTemplateConfig/*/ImageId
ALIYUN::ECS::CopyImage ImageId
ALIYUN::ECS::ImageSharePermission ImageId
ALIYUN::ESS::ScalingConfiguration ImageId
ALIYUN::CS::Cluster ImageId
ALIYUN::CS::ClusterNodePool ScalingGroup/ImageId
ALIYUN::CS::ManagedKubernetesCluster NodePools/*/ScalingGroup/ImageId ImageId
ALIYUN::EHPC::Cluster ImageId
DATASOURCE::ECS::Images ImageId
DATASOURCE::ECS::Instances ImageId
"""
TABLE = {line.split()[0]: [path.split("/") for path in line.split()[1:]] for line in ROS.split("\n") if line}
HANDING_ON = ("ALIYUN::ROS::Stack", "ALIYUN::ROS::StackGroup", "ALIYUN::OOS::Execution")
TERRAFORM = frozenset(
    f"alicloud_{name}"
    for name in (
        *("instance", "ecs_instance_set", "ecs_launch_template", "launch_template", "ess_scaling_configuration"),
        *("cs_kubernetes", "cs_managed_kubernetes", "cs_kubernetes_node_pool", "ehpc_cluster", "ehpc_cluster_v2"),
        *("ehpc_queue", "image_share_permission", "image_export", "rds_custom", "cddc_dedicated_propre_host"),
    )
)


class Illegal(Exception):
    """The parsers cannot read it."""


@dataclass
class Reading:
    """Literals by property path, and the paths where something else is possible too."""

    literals: dict[str, set[str]] = field(default_factory=dict)
    open_paths: set[str] = field(default_factory=set)

    def add(self, path: str, values: set[str | None]) -> None:
        """What a property can be; None is anything that is no literal."""
        self.literals.setdefault(path, set()).update(value for value in values if value is not None)
        if None in values:
            self.open_paths.add(path)


def read(data: bytes, *, name: str) -> Reading:
    """The image properties of a file."""
    text = data.decode("utf-8")
    if name.endswith(".tf"):
        return _terraform(text)
    return _ros(_tree(text))


def _tree(text: str) -> Any:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            pass
    loader = YAML(typ="safe", pure=True)
    loader.allow_duplicate_keys = True
    loader.constructor.add_multi_constructor("!", _short_tag)
    try:
        return loader.load(io.StringIO(text, newline=""))
    except Exception as error:
        raise Illegal(str(error)) from error


def _short_tag(constructor: Any, suffix: str, node: Any) -> Any:
    key = "Ref" if suffix == "Ref" else f"Fn::{suffix}"
    value = node.value if isinstance(node.value, str) else constructor.construct_sequence(node, deep=True)
    return {key: value}


def _ros(tree: Any) -> Reading:
    reading = Reading()
    if not isinstance(tree, dict):
        raise Illegal("no mapping")
    resources = tree.get("Resources") if isinstance(tree.get("Resources"), dict) else {}
    if not resources and not {"ROSTemplateFormatVersion", "Parameters", "Outputs", "Conditions"} & set(tree):
        for path, value in _configuration(tree):
            reading.add(path, {None if value is None or "${" in value else value})
        return reading
    for name, resource in resources.items():
        kind = resource.get("Type") if isinstance(resource, dict) else None
        for steps in _paths(kind, resource) if isinstance(kind, str) else []:
            where = f'Resources["{name}"]' if "." in name else f"Resources.{name}"
            for path, value in _down(resource.get("Properties"), steps, f"{where}.Properties"):
                reading.add(path, set(_values(value, tree)))
    return reading


def _paths(kind: str, resource: Any) -> list[list[str]]:
    """Where a type's images stand; of what it hands to a template, what is named after an image's id, or is one."""
    if kind not in HANDING_ON:
        return TABLE.get(kind, [])
    parameters = (resource.get("Properties") or {}).get("Parameters")
    return [
        ["Parameters", name]
        for name, value in (parameters if isinstance(parameters, dict) else {}).items()
        if name.lower().replace("_", "").endswith(("imageid", "imageids"))
        or (isinstance(value, str) and re.fullmatch(r"m-[a-z0-9]{15,}|.*_20[0-9]{6}\.vhd", value))
    ]


def _down(node: Any, steps: list[str], path: str) -> Iterator[tuple[str, Any]]:
    if not steps:
        yield path, node
    elif steps[0] == "*" and isinstance(node, list):
        for number, element in enumerate(node):
            yield from _down(element, steps[1:], f"{path}[{number}]")
    elif isinstance(node, dict) and steps[0] in node:
        yield from _down(node[steps[0]], steps[1:], f"{path}.{steps[0]}")


def _values(value: Any, tree: Any) -> list[str | None]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict) and len(value) == 1:
        name, argument = next(iter(value.items()))
        if name == "Fn::If":
            return _values(argument[1], tree) + _values(argument[2], tree)
        if name == "Fn::FindInMap":
            return _found(argument, tree)
        if name == "Ref" and argument in (tree.get("Locals") or {}):
            return _values(tree["Locals"][argument].get("Value"), tree)
    return [None]


def _found(argument: Any, tree: Any) -> list[str | None]:
    names, firsts, seconds = (_keys(part, tree) for part in argument[:3])
    leaves: list[str | None] = []
    for name in names or []:
        for first, row in (tree.get("Mappings", {}).get(name) or {}).items():
            for second, leaf in row.items() if firsts is None or first in firsts else ():
                if seconds is None or second in seconds:
                    leaves += _values(leaf, tree)
    return leaves or [None]


def _keys(part: Any, tree: Any) -> list[str] | None:
    if isinstance(part, str):
        return [part]
    if isinstance(part, dict) and "Ref" in part:
        return tree.get("Parameters", {}).get(part["Ref"], {}).get("AllowedValues")
    if isinstance(part, dict) and "Fn::Join" in part:
        glue, parts = part["Fn::Join"]
        texts = [""]
        for number, piece in enumerate(parts):
            choices = _keys(piece, tree)
            if choices is None:
                return None
            texts = [text + (glue if number else "") + str(choice) for text in texts for choice in choices]
        return texts
    return None


def _configuration(tree: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    for name, artifact in (tree.get("Artifact") or {}).items():
        if isinstance(artifact, dict) and artifact.get("ArtifactType") == "EcsImage":
            for section, key in (("ArtifactProperty", "ImageId"), ("ArtifactBuildProperty", "SourceImageId")):
                if key in (artifact.get(section) or {}):
                    yield f"Artifact.{name}.{section}.{key}", artifact[section][key]
    for name, builder in (tree.get("ImageBuilder") or {}).items():
        if isinstance(builder, dict) and "SourceImageId" in builder:
            yield f"ImageBuilder.{name}.SourceImageId", builder["SourceImageId"]


def _terraform(text: str) -> Reading:
    try:
        tree = hcl2.loads(text if text.endswith("\n") else text + "\n")
    except Exception as error:
        raise Illegal(str(error).split("\n", 1)[0]) from error
    variables: dict[str, Any] = {}
    for block in tree.get("variable", []):
        for name, body in block.items():
            variables[f"var.{name.strip(chr(34))}"] = body.get("default") if isinstance(body, dict) else None
    for block in tree.get("locals", []):
        variables |= {f"local.{name}": value for name, value in block.items() if not name.startswith("__")}
    reading = Reading()
    for block in tree.get("resource", []):
        for kind, named in block.items():
            for name, body in named.items() if isinstance(named, dict) else ():
                where = f"{kind}.{name}".replace('"', "")
                for path, value in _arguments(body, _argument(kind.strip('"')), where):
                    reading.add(path, set(_evaluated(value, variables, 0)))
    for block in tree.get("module", []):
        for name, body in block.items():
            for path, value in _module_arguments(name, body):
                reading.add(path, set(_evaluated(value, variables, 0)))
    return reading


def _module_arguments(name: str, body: Any) -> Iterator[tuple[str, Any]]:
    for key in body if isinstance(body, dict) else ():
        if re.search(r"(^|_)image_id$", key):
            yield f"module.{name}.{key}".replace('"', ""), body[key]


def _argument(kind: str) -> str | None:
    special = {
        "alicloud_image_copy": "source_image_id",
        "alicloud_ecs_image_pipeline": "base_image",
        "alicloud_ess_instance_refresh": "desired_configuration_image_id",
    }
    return special.get(kind, "image_id" if kind in TERRAFORM else None)


def _arguments(body: Any, argument: str | None, path: str) -> Iterator[tuple[str, Any]]:
    for key, value in body.items() if isinstance(body, dict) and argument else ():
        if key == argument:
            yield f"{path}.{key}", value
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                if isinstance(inner, dict) and inner.get("__is_block__"):
                    yield from _arguments(inner, argument, f"{path}.{key}[{number}]")


def _evaluated(value: Any, variables: dict[str, Any], depth: int) -> list[str | None]:
    if not isinstance(value, str) or depth > 9:
        return [None]
    while re.fullmatch(r"\$\{[^{}]*\}|\([^()]*\)", value):
        value = value[2:-1].strip() if value.startswith("$") else value[1:-1].strip()
    if re.fullmatch(r'"[^"$]*"', value):
        return [value[1:-1]]
    if re.fullmatch(r'"\$\{[^{}"]*\}"', value):
        return _evaluated(value[3:-2], variables, depth + 1)
    sides = re.fullmatch(r"(?:[^?:\"]|\"[^\"]*\")+ \? ((?:[^?:\"]|\"[^\"]*\")+) : ((?:[^?:\"]|\"[^\"]*\")+)", value)
    if sides:
        return _evaluated(sides[1], variables, depth + 1) + _evaluated(sides[2], variables, depth + 1)
    if value in variables:
        return _evaluated(variables[value], variables, depth + 1)
    if re.fullmatch(r"element\(\[(?:\"[^\"]*\",? ?)+\], .*\)", value):
        return re.findall(r'"([^"]*)"', value.rsplit("]", 1)[0])
    return [None]
