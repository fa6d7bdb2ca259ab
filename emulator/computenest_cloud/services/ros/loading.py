"""A template's text as plain values: YAML (short tags and all) or JSON. fact: ros-001

Every key becomes text, and dates stay text, because JSON templates have neither.
"""

import contextlib
import math
from collections.abc import Mapping
from typing import Any

import yaml

from computenest_cloud.services.ros.errors import error
from computenest_cloud.wire.values import DEPTH_LIMIT, JSON_DIGITS_LIMIT, parse_json

SIZE_LIMIT_BYTES = 524_288
VALUES_LIMIT = 300_000  # more than a template of that size has, unless aliases multiply them
SECTIONS = ("Parameters", "Mappings", "Conditions", "Rules", "Locals", "Resources", "Outputs")
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


class _Plain:
    """A copy with texts for keys, in which what an alias stands for occurs as often as it is meant."""

    def __init__(self) -> None:
        self._left = VALUES_LIMIT

    def copy(self, value: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"it stands for more than {VALUES_LIMIT} values")
        if isinstance(value, Mapping):
            return {_key(key): self.copy(entry) for key, entry in value.items()}
        if isinstance(value, list | tuple):
            return [self.copy(entry) for entry in value]
        return _plain(value)


def _plain(value: Any) -> Any:
    """What JSON has too, in the bounds that JSON is read in: YAML writes numbers in any base, and bytes, and sets."""
    if isinstance(value, int) and abs(value) >= 10**JSON_DIGITS_LIMIT:
        raise ValueError(f"a number has more than {JSON_DIGITS_LIMIT} digits")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no JSON value")
    if value is not None and not isinstance(value, str | int | float):
        raise ValueError(f"it holds a {type(value).__name__}")
    return value


def _key(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _check_depth(text: str) -> None:
    """By events, because what makes values of them is recursive, in C: too deep a template would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_LIMIT:
            raise ValueError(f"it is nested more than {DEPTH_LIMIT} deep")


def _read(text: str) -> Any:
    if text.lstrip().startswith("{"):
        with contextlib.suppress(ValueError):  # JSON indented by tabs is no YAML
            return parse_json(text)
    _check_depth(text)
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader


def parse_template(text: str) -> dict[str, Any]:
    if len(text.encode(errors="surrogatepass")) > SIZE_LIMIT_BYTES:
        raise error("InvalidSchema", f"The template is larger than {SIZE_LIMIT_BYTES} bytes.")
    try:
        found = _Plain().copy(_read(text))
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as failure:
        raise error("InvalidSchema", f"Template format error: {' '.join(str(failure).split())}") from failure
    return checked(found)


def checked(found: Any) -> dict[str, Any]:
    """The template, if its sections and its resources' properties are maps."""
    if not isinstance(found, dict):
        raise error("InvalidSchema", "Template format error: the template is not a map.")
    if "ROSTemplateFormatVersion" not in found:
        raise error("InvalidTemplateVersion", "Template format error: ROSTemplateFormatVersion is missing.")
    for section in SECTIONS:
        if not isinstance(found.get(section) or {}, dict):
            raise error("InvalidTemplateSection", f"Template format error: {section} is not a map.")
    for name, resource in () if is_terraform(found) else (found.get("Resources") or {}).items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Properties") or {}, dict):
            raise error("InvalidSchema", f"Template format error: {name}, or what its Properties are, is no map.")
    return found


def is_terraform(template: Mapping[str, Any]) -> bool:
    return "Aliyun::Terraform" in str(template.get("Transform", ""))
