"""A model's fields as the schema's properties: type, default, enumeration, whether it has to be given."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from computenest.schema.words import PROPERTIES, TYPES

__all__ = ["Types", "object_of", "text_map"]

PREFIX = "#/types/computenest:index:"
_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}


def text_map() -> dict[str, Any]:
    """A map from text to text."""
    return {"type": "object", "additionalProperties": {"type": "string"}}


def object_of(name: str, properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    """An object type, each property with its sentence."""
    said = PROPERTIES[name]
    described = {key: {**spec, "description": said[key]} for key, spec in properties.items()}
    return {"type": "object", "description": TYPES[name], "properties": described, "required": sorted(required)}


@dataclass(slots=True)
class Types:
    """The types that properties refer to, collected while they are described."""

    found: dict[str, Any] = field(default_factory=dict)

    def properties(self, model: type[BaseModel]) -> tuple[dict[str, Any], list[str]]:
        """Property name -> its schema, and the names of those that must be given."""
        properties: dict[str, Any] = {}
        required = []
        for name, info in model.model_fields.items():
            key = info.alias or name
            properties[key] = self._property(model.__name__, key, info)
            if info.is_required() or "const" in properties[key]:
                required.append(key)
        return properties, required

    def _property(self, owner: str, key: str, info: FieldInfo) -> dict[str, Any]:
        annotation = info.annotation
        spec = self._type(annotation, f"{owner}{key[0].upper()}{key[1:]}")
        default = info.default
        scalar = isinstance(default, str | int | bool) and default != ""
        if not info.is_required() and scalar and "const" not in spec:
            spec["default"] = default
        return spec

    def _type(self, annotation: Any, suggested: str) -> dict[str, Any]:
        while hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        origin, args = get_origin(annotation), get_args(annotation)
        if annotation in _SCALARS:
            return {"type": _SCALARS[annotation]}
        if isinstance(annotation, type) and issubclass(annotation, StrEnum):
            return {"type": "string"}
        if annotation is Any:
            return {"$ref": "pulumi.json#/Any"}
        if origin is typing.Annotated:
            return self._type(args[0], suggested)
        if origin is Literal:
            return self._literal(args, suggested)
        if origin in (typing.Union, types.UnionType):
            return self._union([arm for arm in args if arm is not types.NoneType], suggested)
        if origin is tuple:
            return {"type": "array", "items": self._type(args[0], suggested)}
        if origin is not None and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self._type(args[1], suggested)}
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return {"$ref": self.refer(annotation)}
        raise TypeError(f"no schema type for {annotation}")

    def refer(self, model: type[BaseModel]) -> str:
        """A reference to the model's type, which is described on first use."""
        if model.__name__ not in self.found:
            self.found[model.__name__] = {}
            properties, required = self.properties(model)
            self.found[model.__name__] = object_of(model.__name__, properties, required)
        return PREFIX + model.__name__

    def _literal(self, values: tuple[Any, ...], suggested: str) -> dict[str, Any]:
        if len(values) == 1:
            return {"type": "string", "const": values[0]}
        self.found[suggested] = {"type": "string", "enum": [{"value": value} for value in values]}
        return {"type": "string", "$ref": PREFIX + suggested}

    def _union(self, arms: list[Any], suggested: str) -> dict[str, Any]:
        if len(arms) == 1:
            return self._type(arms[0], suggested)
        specs = [self._type(arm, suggested) for arm in arms]
        kinds = {arm.model_fields["kind"].default: PREFIX + arm.__name__ for arm in arms}
        return {"oneOf": specs, "discriminator": {"propertyName": "kind", "mapping": kinds}}
