"""`ServiceInstance` in the schema."""

from __future__ import annotations

from typing import Any

from computenest.domain.instance.diff import REPLACES
from computenest.domain.instance.model import DEFAULT_TIMEOUT_S
from computenest.schema.fields import PREFIX, Types, object_of, text_map
from computenest.schema.instance_words import INSTANCE, PROPERTIES

__all__ = ["instance"]

_DYNAMIC = "pulumi-python:dynamic/computenest:"
_TEXT: dict[str, Any] = {"type": "string"}
_ANY: dict[str, Any] = {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}}
_NUMBER: dict[str, Any] = {"type": "integer"}
_IN_AND_OUT: dict[str, dict[str, Any]] = {
    "account": _TEXT,
    "concealed": {"type": "array", "items": _TEXT},
    "name": _TEXT,
    "operation": _TEXT,
    "ownerId": _TEXT,
    "parameters": _ANY,
    "region": _TEXT,
    "resourceGroupId": _TEXT,
    "serviceId": _TEXT,
    "serviceVersion": _TEXT,
    "tags": text_map(),
    "templateName": _TEXT,
    "timeoutS": _NUMBER,
    "upgrade": _TEXT,
}
_COMPUTED: dict[str, dict[str, Any]] = {
    "expectedImages": text_map(),
    "generation": _NUMBER,
    "images": text_map(),
    "incarnation": _NUMBER,
    "instanceId": _TEXT,
    "outputs": _ANY,
    "reason": _TEXT,
    "resources": {"type": "array", "items": {"$ref": PREFIX + "InstanceResource"}},
    "serviceMark": _ANY,
    "status": _TEXT,
}
_ALWAYS = ("images", "instanceId", "name", "ownerId", "region", "resources", "serviceId", "serviceVersion", "status")


def instance(types: Types) -> dict[str, Any]:
    """The resource; its types are added to `types`."""
    said = PROPERTIES["Instance"]
    positions = {"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}}
    substitutions = {"type": "object", "additionalProperties": text_map()}
    association = {"ownerId": _TEXT, "positions": positions, "substitutions": substitutions}
    service = {
        **dict.fromkeys(("edition", "ownerId", "publishing", "serviceId", "serviceVersion", "stage"), _TEXT),
        "generation": _NUMBER,
    }
    part = dict.fromkeys(("imageId", "logicalId", "physicalId", "region", "status", "type"), _TEXT)
    types.found["AssociationReference"] = object_of("AssociationReference", association, ["positions", "substitutions"])
    types.found["ServiceReference"] = object_of("ServiceReference", service, ["serviceId"])
    types.found["InstanceResource"] = object_of("InstanceResource", part, sorted({*part} - {"imageId"}))
    inputs = _IN_AND_OUT | {
        "association": {"$ref": PREFIX + "AssociationReference"},
        "service": {"$ref": PREFIX + "ServiceReference"},
    }
    inputs = {key: {**spec, "description": said[key]} for key, spec in sorted(inputs.items())}
    inputs["timeoutS"]["default"] = DEFAULT_TIMEOUT_S
    for key in REPLACES:
        inputs[key]["willReplaceOnChanges"] = True
    outputs = _IN_AND_OUT | _COMPUTED
    return {
        "description": INSTANCE,
        "inputProperties": inputs,
        "requiredInputs": ["region"],
        "properties": {key: {**spec, "description": said[key]} for key, spec in sorted(outputs.items())},
        "required": sorted(_ALWAYS),
        "aliases": [{"type": f"{_DYNAMIC}ServiceInstance"}],
    }
