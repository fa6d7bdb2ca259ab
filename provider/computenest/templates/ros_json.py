"""A ROS template as JSON, and one that takes its images as parameters: what programs need that hand it to other tools.

Terraform's and Pulumi's `alicloud` providers take a template as JSON only, and update a stack when its parameters
change, not when its template does (terraform-provider-alicloud, `alicloud_ros_stack`). Nothing else of a template
changes: short tags become the functions that they stand for, and dates stay text, as ROS reads them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from computenest.kernel.errors import Invalid
from computenest.kernel.values import Json
from computenest.templates.model import MarkerRefused, Scan
from computenest.templates.nodes import NOT_A_STRING, MappingNode, Node, ScalarNode
from computenest.templates.render import render
from computenest.templates.source import Source
from computenest.templates.transforms import is_terraform
from computenest.templates.trees import read_tree

_MAX_VALUES = 200_000  # aliases unfolded
_VERSION = "ROSTemplateFormatVersion"
_UNNAMED = re.compile(r"[^A-Za-z0-9_]+")
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_NO_PREFIX = frozenset({"Ref", "Condition"})
_WITHOUT_REFERENCES = ("Mappings", "Parameters", "Metadata", "Rules", "Transform")


@dataclass(frozen=True, slots=True)
class ParameterizedTemplate:
    """A template in JSON whose images are parameters. `markers`: parameter -> the marker whose image it takes."""

    text: str
    markers: Mapping[str, str]


def as_json(data: bytes, *, name: str = "template") -> str:
    """The ROS template in JSON: the same values in the same order.

    Raises:
        TemplateRefused: it cannot be read, is no ROS template, or is one of Terraform.
    """
    return _dumped(_read(data, name=name))


def with_parameters(
    data: bytes, *, scan: Scan, markers: Sequence[str], name: str = "template"
) -> ParameterizedTemplate:
    """The ROS template in JSON, with a parameter wherever one of `markers` stands.

    1. Each marker has a parameter of its own, named after it; it has no default, so that nobody forgets the image.
    2. Every other value is the template's.

    Raises:
        TemplateRefused: as `as_json`.
        MarkerRefused: a marker stands nowhere, or where ROS takes no reference (a mapping, a nested template).
    """
    prefix = "computenest-image-"
    while prefix.encode() in data:
        prefix += "x-"
    tokens = {f"{prefix}{number}": marker for number, marker in enumerate(markers)}
    written = render(data, scan=scan, substitutions={marker: token for token, marker in tokens.items()})
    template = _read(written, name=name)
    declared = template.get("Parameters")
    parameters: dict[str, Json] = dict(declared) if isinstance(declared, Mapping) else {}
    template["Parameters"] = parameters
    names: dict[str, str] = {}
    for marker in markers:
        names[marker] = _free_name(marker, parameters)
        parameters[names[marker]] = {"Type": "String", "Description": f"The image that stands for {marker}"}
    places = _Places(tokens, names)
    template = {section: places.filled(value, (section,)) for section, value in template.items()}
    if places.refused:
        raise MarkerRefused(tuple(places.refused))
    return ParameterizedTemplate(_dumped(template), {parameter: marker for marker, parameter in names.items()})


@dataclass(slots=True)
class _Places:
    """Puts references where tokens stand, and remembers where that is not legal."""

    tokens: Mapping[str, str]
    names: Mapping[str, str]
    refused: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, value: Json, path: tuple[str, ...]) -> Json:
        if isinstance(value, dict):
            return {key: self.filled(entry, (*path, key)) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.filled(entry, (*path, str(index))) for index, entry in enumerate(value)]
        if not isinstance(value, str):
            return value
        token = next((token for token in self.tokens if token in value), None)
        if token is None:
            return value
        marker = self.tokens[token]
        if value != token or path[0] in _WITHOUT_REFERENCES or "TemplateBody" in path:
            where = ".".join(path)
            self.refused.append(
                (marker, f"marker `{marker}` stands in {where}, where ROS takes no parameter; render it")
            )
            return value
        return {"Ref": self.names[marker]}


def _free_name(marker: str, taken: Collection[str]) -> str:
    base = f"Image_{_UNNAMED.sub('_', marker).strip('_')}"[:200]
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _read(data: bytes, *, name: str) -> dict[str, Json]:
    source = Source(data, name=name)
    root, _, _ = read_tree(source)
    if not isinstance(root, MappingNode) or _VERSION not in root.entries:
        raise source.refusal(f"no ROS template: it has no {_VERSION}", line=1)
    if is_terraform(root):
        raise source.refusal("a template of Terraform type; only ROS's own can be given as JSON", line=1)
    found = _Values(source).of(root)
    if not isinstance(found, dict):
        raise source.refusal("no ROS template", line=1)
    return found


@dataclass(slots=True)
class _Values:
    """Nodes as plain values; what has aliases is unfolded, within a limit."""

    source: Source
    count: int = 0

    def of(self, node: Node) -> Json:
        self.count += 1
        if self.count > _MAX_VALUES:
            raise self.source.refusal_at("the aliases unfold to too many values", node.start)
        tag = node.tag[1:] if node.tag.startswith("!") and len(node.tag) > 1 else ""
        value = self._plain(node)
        if not tag:
            return value
        if tag == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {tag if tag in _NO_PREFIX else f"Fn::{tag}": value}

    def _plain(self, node: Node) -> Json:
        if isinstance(node, MappingNode):
            return {key: self.of(entry.value) for key, entry in node.entries.items()}
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        return [self.of(item) for item in node.items]

    def _scalar(self, node: ScalarNode) -> Json:
        if node.is_string:
            return node.value
        if node.tag == NOT_A_STRING:
            number: Json = json.loads(node.value)
            return number
        loader = yaml.SafeLoader("")
        tag = node.tag or loader.resolve(yaml.ScalarNode, node.value, (True, False))  # type: ignore[no-untyped-call]
        if tag == _TIMESTAMP:
            return node.value
        try:
            value = loader.construct_object(yaml.ScalarNode(tag, node.value))
        except (yaml.YAMLError, ValueError) as error:
            raise self.source.refusal_at(f"`{node.value[:40]}` is no value of {tag}", node.start) from error
        if isinstance(value, float) and not math.isfinite(value):
            raise self.source.refusal_at(f"`{node.value[:40]}` is no value that JSON has", node.start)
        return value if value is None or isinstance(value, bool | int | float | str) else node.value


def _dumped(template: Mapping[str, Json]) -> str:
    try:
        return json.dumps(template, ensure_ascii=False, indent=2, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Invalid(f"the template has a value that JSON has not: {error}", path="template") from error
