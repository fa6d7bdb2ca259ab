"""A template's text as plain values: YAML (short tags and all) or JSON. fact: ros-001

Every key becomes text, and dates stay text, because JSON templates have neither.
"""

import contextlib
import json
from collections.abc import Mapping
from typing import Any

import yaml

from computenest_cloud.services.ros.errors import error

SIZE_LIMIT_BYTES = 524_288
NO_PREFIX = frozenset({"Ref", "Condition"})


class _Loader(yaml.CSafeLoader):
    """Short tags become functions; timestamps are not resolved."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in entries if tag != "tag:yaml.org,2002:timestamp"]
    for first, entries in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _short_tag(loader: yaml.CSafeLoader, suffix: str, node: yaml.Node) -> Any:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {suffix if suffix in NO_PREFIX else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_tag)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_key(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value


def _key(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _read(text: str) -> Any:
    if text.lstrip().startswith("{"):
        with contextlib.suppress(ValueError):  # JSON indented by tabs is no YAML
            return json.loads(text)
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader


def parse_template(text: str) -> dict[str, Any]:
    if len(text.encode()) > SIZE_LIMIT_BYTES:
        raise error("InvalidSchema", f"The template is larger than {SIZE_LIMIT_BYTES} bytes.")
    try:
        found = _plain(_read(text))
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as failure:
        raise error("InvalidSchema", f"Template format error: {' '.join(str(failure).split())}") from failure
    if not isinstance(found, dict):
        raise error("InvalidSchema", "Template format error: the template is not a map.")
    if "ROSTemplateFormatVersion" not in found:
        raise error("InvalidTemplateVersion", "Template format error: ROSTemplateFormatVersion is missing.")
    for section in ("Parameters", "Mappings", "Conditions", "Resources", "Outputs"):
        if not isinstance(found.get(section) or {}, dict):
            raise error("InvalidTemplateSection", f"Template format error: {section} is not a map.")
    return found


def is_terraform(template: Mapping[str, Any]) -> bool:
    return "Aliyun::Terraform" in str(template.get("Transform", ""))
