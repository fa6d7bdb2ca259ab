"""Container image, chart and file packages in the schema, made from the models that their check uses."""

from __future__ import annotations

from typing import Any

from computenest.domain.content.check import KEYS
from computenest.domain.content.diff import REPLACES
from computenest.domain.content.model import SOURCES, ContentPackage, Kind
from computenest.domain.content.state import OUTPUTS
from computenest.schema.fields import PREFIX, Types, object_of, text_map
from computenest.schema.uploads_words import CREDENTIALS, PROPERTIES, RESOURCES

__all__ = ["uploads", "uploads_functions"]

_DYNAMIC = "pulumi-python:dynamic/computenest:"
_TEXT: dict[str, Any] = {"type": "string"}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_SPECIAL: dict[str, dict[str, Any]] = {
    "addresses": text_map(),
    "distribution": text_map(),
    "fingerprints": text_map(),
    "generation": {"type": "integer"},
    "incarnation": {"type": "integer"},
    "places": _TEXTS,
    "platforms": _TEXTS,
    "reasons": text_map(),
    "regions": _TEXTS,
    "repairs": {"type": "integer"},
    "seenIn": _TEXTS,
    "sizeBytes": {"type": "integer"},
}
_NEWER = {"fingerprints"}
"""Missing in states of earlier releases."""
_IDENTITY = ("artifactName", "generation", "ownerId")


def uploads(types: Types) -> dict[str, Any]:
    """The three resources by their tokens; their types are added to `types`."""
    return {f"computenest:index:{kind.type_name}": _resource(kind, types) for kind in Kind}


def _resource(kind: Kind, types: Types) -> dict[str, Any]:
    said = PROPERTIES[kind.type_name]
    fields, _ = types.properties(ContentPackage)
    fields["source"] = _source(kind, types)
    inputs = {key: _spec(key, fields) for key in (*KEYS[kind], "ownerId")}
    for key in REPLACES:
        inputs[key] = {**inputs[key], "willReplaceOnChanges": True}
    in_registry = ("repository", "tag") if kind is not Kind.FILE else ("distribution",)
    shown = ({*KEYS[kind], *OUTPUTS[kind], *_IDENTITY, *in_registry, "content"}) - {"regions"}
    outputs = {key: _spec(key, fields) for key in sorted(shown)}
    always = {*OUTPUTS[kind], *_IDENTITY, *in_registry, "content", "name", "source"} - _NEWER
    return {
        "description": RESOURCES[kind.type_name],
        "inputProperties": {key: {**spec, "description": said[key]} for key, spec in sorted(inputs.items())},
        "requiredInputs": ["source"],
        "properties": {
            key: {**{k: v for k, v in spec.items() if k != "default"}, "description": said[key]}
            for key, spec in outputs.items()
        },
        "required": sorted(always),
        "aliases": [{"type": f"{_DYNAMIC}{kind.type_name}"}],
    }


def _spec(key: str, fields: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _SPECIAL.get(key) or fields.get(key) or _TEXT
    return found


def _source(kind: Kind, types: Types) -> dict[str, Any]:
    arms = {name: types.refer(model) for name, model in SOURCES[kind].items()}
    return {
        "oneOf": [{"$ref": refer} for refer in arms.values()],
        "discriminator": {"propertyName": "kind", "mapping": arms},
    }


def uploads_functions(types: Types) -> dict[str, Any]:
    """`getRepositoryCredentials`; its key is secret in every language."""
    resource = {"region": _TEXT, "name": _TEXT, "path": _TEXT}
    types.found["RepositoryResource"] = object_of("RepositoryResource", resource, ["name", "path"])
    secret = {**_TEXT, "secret": True}
    answer: dict[str, dict[str, Any]] = {
        "expiry": {**_TEXT, "description": "When it expires: epoch milliseconds of the cloud."},
        "username": {**_TEXT, "description": "The registry's user; empty for files."},
        "password": {**secret, "description": "The registry's password; empty for files."},
        "accessKeyId": {**secret, "description": "Object storage's key id; empty for registries."},
        "accessKeySecret": {**secret, "description": "Object storage's key; empty for registries."},
        "securityToken": {**secret, "description": "Object storage's session token; empty for registries."},
        "resources": {
            "type": "array",
            "items": {"$ref": PREFIX + "RepositoryResource"},
            "description": "What the key opens.",
        },
    }
    given = {
        "artifactType": {**_TEXT, "description": "AcrImage, HelmChart or File."},
        "region": {**_TEXT, "description": "Whose bucket, for files; by default the control region's."},
        "account": {**_TEXT, "description": "A key of `computenest:accounts`."},
    }
    return {
        "computenest:index:getRepositoryCredentials": {
            "description": CREDENTIALS,
            "inputs": {"type": "object", "properties": given, "required": ["artifactType"]},
            "outputs": {"type": "object", "properties": answer, "required": sorted(answer)},
        }
    }
