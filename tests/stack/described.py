"""Resources in the words of Python, described once for programs in Python, on either transport, and in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("described_program.py")
MODULES = {"dynamic": "pulumi_computenest", "plugin": "pulumi_computenest.plugin"}
_SOURCES = {
    "built": "BuiltImage",
    "custom": "CustomImage",
    "marketplace": "MarketplaceImage",
    "layout": "OciLayout",
    "directory": "ChartDirectory",
    "folder": "ChartFolder",
    "package": "ChartPackage",
}


def resource(type_: str, **arguments: Any) -> dict[str, Any]:
    """One resource of the provider's."""
    return {"type": type_, "arguments": arguments}


def new(class_: str, **arguments: Any) -> dict[str, Any]:
    """An object of the SDK's; in YAML its arguments."""
    return {"new": class_, "with": arguments}


def source(given: Mapping[str, Any]) -> dict[str, Any]:
    """An object of the SDK's whose class is its `kind` in YAML."""
    return new(_SOURCES[given["kind"]], **given)


def its(name: str, *path: str, in_yaml: str = "") -> dict[str, Any]:
    """What lies below an output of the resource of this name; without a path the resource, or that output in YAML."""
    return {"of": name, "path": path, "in_yaml": in_yaml}


def secret(value: Any) -> dict[str, Any]:
    """A value that is not to be shown."""
    return {"secret": value}


def camel(words: Mapping[str, Any]) -> dict[str, Any]:
    """image_id -> imageId."""
    parts = {key: key.split("_") for key in words}
    return {head + "".join(w.capitalize() for w in tail): words[key] for key, (head, *tail) in parts.items()}


def in_yaml(told: Any) -> Any:
    """The same in a YAML program's words."""
    match told:
        case {"type": type_, "arguments": arguments}:
            return {"type": f"computenest:{type_}", "properties": in_yaml(camel(arguments))}
        case {"new": _, "with": arguments}:
            return in_yaml(camel(arguments))
        case {"of": name, "path": path, "in_yaml": output}:
            first, *below = path or [output]
            return f"${{{name}.{first}" + "".join(f'["{one}"]' for one in below) + "}"
        case {"secret": value}:
            return {"fn::secret": value}
        case dict():
            return {name: in_yaml(value) for name, value in told.items()}
        case list():
            return [in_yaml(value) for value in told]
    return told
