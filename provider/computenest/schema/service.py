"""`Service` in the schema, made from the model that its check uses."""

from __future__ import annotations

from typing import Any

from computenest.domain.service.diff import REPLACES
from computenest.domain.service.model import Service
from computenest.schema.fields import PREFIX, Types, object_of, text_map
from computenest.schema.service_words import PROPERTIES, SERVICE

__all__ = ["service"]

_DYNAMIC = "pulumi-python:dynamic/computenest:"
_TEXT: dict[str, Any] = {"type": "string"}
_COMPUTED: dict[str, dict[str, Any]] = {
    "dropped": {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}},
    "due": text_map(),
    "edition": _TEXT,
    "incarnation": {"type": "integer"},
    "permissions": text_map(),
    "reasons": text_map(),
    "registrationId": _TEXT,
    "review": _TEXT,
    "serviceId": _TEXT,
    "serviceVersion": _TEXT,
    "stage": _TEXT,
    "status": _TEXT,
    "submitted": _TEXT,
    "versions": text_map(),
}
_ONLY_SOMETIMES = {"dropped", "due", "review"}
_IDENTITY = ("generation", "ownerId")


def service(types: Types) -> dict[str, Any]:
    """The resource; its types are added to `types`."""
    said = PROPERTIES["Service"]
    fields, required = types.properties(Service)
    texts = {"type": "array", "items": _TEXT}
    options = {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}}
    template = {"digest": _TEXT, "fileName": _TEXT, "options": options, "regions": texts, "text": _TEXT}
    target = {
        **dict.fromkeys(("artifactId", "edition", "name", "ownerId", "version"), _TEXT),
        "reasons": text_map(),
        "distribution": text_map(),
    }
    target["generation"] = {"type": "integer"}
    types.found["TemplateDeclaration"] = object_of("TemplateDeclaration", template, [])
    types.found["UploadedTemplate"] = object_of("UploadedTemplate", {"digest": _TEXT, "url": _TEXT}, ["digest", "url"])
    types.found["PackageRelation"] = {
        **object_of("RelationTarget", target, ["artifactId"]),
        "description": "The artifact version behind a marker: a package's outputs, or an artifact's id and version.",
    }
    inputs = {key: spec for key, spec in fields.items() if key not in _IDENTITY} | {
        "ownerId": _TEXT,
        "templates": {"type": "object", "additionalProperties": {"$ref": PREFIX + "TemplateDeclaration"}},
        "relations": {"type": "object", "additionalProperties": {"$ref": PREFIX + "PackageRelation"}},
        "associations": {"type": "array", "items": {"type": "object", "additionalProperties": text_map()}},
    }
    for key in REPLACES:
        inputs[key] = {**inputs[key], "willReplaceOnChanges": True}
    uploaded = {"type": "object", "additionalProperties": {"$ref": PREFIX + "UploadedTemplate"}}
    outputs = fields | _COMPUTED | {"templateUrls": uploaded}
    return {
        "description": SERVICE,
        "inputProperties": {key: {**spec, "description": said[key]} for key, spec in inputs.items()},
        "requiredInputs": sorted({*required} - {*_IDENTITY}),
        "properties": {
            key: {**{k: v for k, v in spec.items() if k != "default"}, "description": said[key]}
            for key, spec in outputs.items()
        },
        "required": sorted(
            {*_COMPUTED} - {"due", "review"} | {*_IDENTITY, "infos", "relations", "templateUrls", "templates"}
        ),
        "aliases": [{"type": f"{_DYNAMIC}Service"}],
    }
