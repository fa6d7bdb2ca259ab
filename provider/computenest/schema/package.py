"""schema.json, made from the models that check and diff use: one place says what a property is, for every language."""

from __future__ import annotations

import functools
import json
from typing import Any

from computenest.domain.association.model import Partner, TemplateFacts
from computenest.domain.distribution.diff import REPLACES
from computenest.domain.distribution.model import Package
from computenest.schema.fields import PREFIX, Types, object_of, text_map
from computenest.schema.instance import instance
from computenest.schema.service import service
from computenest.schema.uploads import uploads, uploads_functions
from computenest.schema.words import ASSOCIATION, CONFIG, FUNCTIONS, PACKAGE, PROPERTIES

__all__ = ["SECRETS", "schema", "schema_text"]

VERSION = "0.1.0"
SECRETS = frozenset({"accessKey", "secretKey", "securityToken"})
"""The only properties that hold credentials; they are configuration, and no resource has any."""

_DYNAMIC = "pulumi-python:dynamic/computenest:"
_IDENTITY = ("artifactName", "generation", "ownerId")
_COMPUTED: dict[str, dict[str, Any]] = {
    "artifactId": {"type": "string"},
    "distribution": text_map(),
    "edition": {"type": "string"},
    "images": text_map(),
    "incarnation": {"type": "integer"},
    "reasons": text_map(),
    "reissued": {"type": "boolean"},
    "status": {"type": "string"},
    "statuses": text_map(),
    "version": {"type": "string"},
    "visible": {"type": "array", "items": {"type": "string"}},
}
_IMAGES_BY_MARKER = {"type": "object", "additionalProperties": text_map()}


@functools.cache
def schema_text() -> str:
    """schema.json: sorted, indented, ending in a newline, so that a diff of it reads well."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """The whole schema."""
    types = Types()
    resources = {
        "computenest:index:EcsImagePackage": _package(types),
        "computenest:index:ServiceImageAssociation": _association(types),
        "computenest:index:ServiceInstance": instance(types),
        "computenest:index:Service": service(types),
        **uploads(types),
    }
    functions = _functions(types) | uploads_functions(types)
    types.found["PackageReference"] = _reference()
    types.found["TemplatePosition"] = _position()
    return {
        "name": "computenest",
        "displayName": "Compute Nest",
        "version": VERSION,
        "description": "Deployment packages of Alibaba Cloud Compute Nest, and the images of a template they stand for",
        "keywords": ["pulumi", "alibaba-cloud", "compute-nest", "ecs", "image", "category/cloud", "kind/native"],
        "license": "Apache-2.0",
        "publisher": "pulumi-computenest",
        "meta": {"moduleFormat": "(.*)"},
        "language": {
            "go": {
                "generateResourceContainerTypes": False,
                "importBasePath": "pulumi-computenest/sdk/go/computenest",
                "respectSchemaVersion": True,
            },
            "nodejs": {"packageName": "pulumi-computenest", "respectSchemaVersion": True},
            "python": {
                "packageName": "pulumi_computenest_plugin",
                "respectSchemaVersion": True,
                "pyproject": {"enabled": True},
            },
        },
        "config": {"variables": _config()},
        "provider": {"description": "Which cloud, and as whom.", "inputProperties": _config()},
        "types": {f"computenest:index:{name}": spec for name, spec in types.found.items()},
        "resources": resources,
        "functions": functions,
    }


def _package(types: Types) -> dict[str, Any]:
    said = PROPERTIES["Package"]
    fields, required = types.properties(Package)
    inputs = {key: spec for key, spec in fields.items() if key not in _IDENTITY} | {"ownerId": {"type": "string"}}
    for key in REPLACES:
        inputs[key] = {**inputs[key], "willReplaceOnChanges": True}
    outputs = {key: spec for key, spec in fields.items() if key != "regions"} | _COMPUTED
    return {
        "description": PACKAGE,
        "inputProperties": {key: {**spec, "description": said[key]} for key, spec in inputs.items()},
        "requiredInputs": sorted({*required} - {*_IDENTITY, "name"}),
        "properties": {
            key: {**{k: v for k, v in spec.items() if k != "default"}, "description": said[key]}
            for key, spec in outputs.items()
        },
        "required": sorted({*_COMPUTED, *_IDENTITY, "name", "source"}),
        "aliases": [{"type": f"{_DYNAMIC}EcsImagePackage"}],
    }


def _association(types: Types) -> dict[str, Any]:
    said = PROPERTIES["Association"]
    text: dict[str, Any] = {"type": "string"}
    texts: dict[str, Any] = {"type": "array", "items": text}
    inputs: dict[str, dict[str, Any]] = {
        "ownerId": text,
        "packages": {"type": "object", "additionalProperties": {"$ref": PREFIX + "PackageReference"}},
        "regions": texts,
        "template": text,
        "templateName": text,
    }
    outputs: dict[str, dict[str, Any]] = {
        "ownerId": text,
        "packages": {"type": "object", "additionalProperties": {"$ref": types.refer(Partner)}},
        "positions": {"type": "object", "additionalProperties": texts},
        "regions": texts,
        "relation": _IMAGES_BY_MARKER,
        "substitutions": _IMAGES_BY_MARKER,
        "template": {"$ref": types.refer(TemplateFacts)},
    }
    return {
        "description": ASSOCIATION,
        "inputProperties": {key: {**spec, "description": said[key]} for key, spec in inputs.items()},
        "requiredInputs": ["packages", "template"],
        "properties": {key: {**spec, "description": said[key]} for key, spec in outputs.items()},
        "required": sorted({*outputs} - {"regions"}),
        "aliases": [{"type": f"{_DYNAMIC}ServiceImageAssociation"}],
    }


def _reference() -> dict[str, Any]:
    text = {"type": "string"}
    properties: dict[str, dict[str, Any]] = {
        **dict.fromkeys(("artifactId", "edition", "kind", "name", "ownerId", "version"), text),
        **dict.fromkeys(("distribution", "images", "reasons"), text_map()),
        "generation": {"type": "integer"},
        "reissued": {"type": "boolean"},
    }
    return object_of("PackageReference", properties, ["images"])


def _position() -> dict[str, Any]:
    text = {"type": "string"}
    properties: dict[str, dict[str, Any]] = {
        **dict.fromkeys(("form", "path", "reason", "resourceType", "value"), text),
        "editable": {"type": "boolean"},
        "line": {"type": "integer"},
    }
    return object_of("TemplatePosition", properties, list(properties))


def _config() -> dict[str, Any]:
    specs: dict[str, dict[str, Any]] = {key: {"type": "string"} for key in CONFIG}
    specs["endpoints"] = text_map()
    specs["accounts"] = {"type": "object", "additionalProperties": text_map()}
    specs["assumeStableDelivery"] = {"type": "boolean"}
    specs["pollIntervalS"] = {"type": "number"}
    specs["noAnswerS"] = {"type": "number"}
    secret = {"secret": True}
    return {
        key: {**spec, "description": CONFIG[key], **(secret if key in SECRETS else {})} for key, spec in specs.items()
    }


def _functions(types: Types) -> dict[str, Any]:
    del types
    text, said = {"type": "string"}, PROPERTIES["Package"]
    template = {"template": {**text, "description": "The template's text."}, "templateName": text}
    shown = ("artifactId", "name", "description", "version", "status")
    package = {key: {**text, "description": said[key]} for key in shown} | {
        key: {**text_map(), "description": said[key]} for key in ("images", "statuses", "tags")
    }
    package["regions"] = {"type": "array", "items": text, "description": said["regions"]}
    package["source"] = {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}}
    positions = {"type": "array", "items": {"$ref": PREFIX + "TemplatePosition"}}
    packages = {"packages": _IMAGES_BY_MARKER, "region": text}
    return {
        f"computenest:index:{name}": {
            "description": FUNCTIONS[name],
            "inputs": {"type": "object", "properties": given, "required": required},
            "outputs": {"type": "object", "properties": answer, "required": needed},
        }
        for name, given, required, answer, needed in (
            (
                "getPackage",
                {"artifactId": text, "account": text},
                ["artifactId"],
                package,
                [*shown[:2], "images", "status"],
            ),
            (
                "getTemplatePositions",
                template,
                ["template"],
                {"format": text, "digest": text, "positions": positions},
                ["digest", "format", "positions"],
            ),
            ("renderTemplate", template | packages, ["packages", "region", "template"], {"text": text}, ["text"]),
        )
    }
