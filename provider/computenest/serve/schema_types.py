"""What is declared at fields, as the schema: types, defaults, enumerations, descriptions, what has to be given."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from computenest.kernel.fields import Computed, Given, Property, Resource, about, key_of, summary_of
from computenest.kernel.unknown import Known, Unknown
from computenest.kernel.values import Json

PREFIX = "#/types/computenest:index:"
_DYNAMIC = "pulumi-python:dynamic/computenest:"
_NO_VALUE = (types.NoneType, Unknown, Known)
_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}


def text_map() -> dict[str, Any]:
    """A map from text to text."""
    return {"type": "object", "additionalProperties": {"type": "string"}}


def arms(annotation: Any) -> list[Any]:
    """The types that a value may be of, but for none at all and what is not known."""
    found = get_args(annotation) if get_origin(annotation) in (typing.Union, types.UnionType) else (annotation,)
    bare = (get_args(arm)[0] if get_origin(arm) is typing.Annotated else arm for arm in found)
    return [arm for arm in bare if arm not in _NO_VALUE and not isinstance(arm, TypeVar)]


@dataclass(slots=True)
class Types:
    """The types that properties refer to, collected while they are described."""

    found: dict[str, Any] = field(default_factory=dict)

    def resource(self, declared: Resource) -> dict[str, Any]:
        """One resource."""
        owner = declared.models[0].__name__
        given = {key: one.about for key, one in declared.properties.items() if isinstance(one.about, Given)}
        shown = {key: one for key, one in declared.properties.items() if key not in given or given[key].is_shown}
        needed = {key for key in given if declared.properties[key].info.is_required() and not given[key].is_optional}
        required = needed | {key for key, said in given.items() if said.is_needed}
        return {
            "description": declared.description,
            "inputProperties": {key: self._input(owner, declared.properties[key], said) for key, said in given.items()},
            "requiredInputs": sorted(required),
            "properties": {key: self._output(owner, one) for key, one in shown.items()},
            "required": sorted(key for key, one in shown.items() if one.about.is_always_shown),
            "aliases": [{"type": f"{_DYNAMIC}{declared.type_name}"}],
        }

    def _input(self, owner: str, one: Property, said: Given) -> dict[str, Any]:
        spec = self._property(owner, one.key, one.info) if said.asked is None else self._type(said.asked, "")
        replaces = {"willReplaceOnChanges": True} if said.replaces else {}
        return {**spec, "description": said.description, **replaces}

    def _output(self, owner: str, one: Property) -> dict[str, Any]:
        spec = self._shown(owner, one)
        return {**{key: value for key, value in spec.items() if key != "default"}, "description": one.about.description}

    def _shown(self, owner: str, one: Property) -> dict[str, Any]:
        said = one.about.shown if isinstance(one.about, Computed) else None
        return self._property(owner, one.key, one.shown) if said is None else self._type(said, "")

    def _property(self, owner: str, key: str, info: FieldInfo) -> dict[str, Any]:
        suggested = f"{owner}{key[0].upper()}{key[1:]}"
        spec, said = self._type(info.annotation, suggested), about(info)
        if said is not None and "enum" in self.found.get(suggested, {}):
            self.found[suggested].setdefault("description", said.description)
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
        if annotation in (Any, Json):
            return {"$ref": "pulumi.json#/Any"}
        if origin is typing.Annotated:
            return self._type(args[0], suggested)
        if origin is Literal:
            return self._literal(args, suggested)
        if origin in (typing.Union, types.UnionType):
            return self._union(arms(annotation), suggested)
        if origin is tuple:
            return {"type": "array", "items": self._type(args[0], suggested)}
        if origin is not None and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self._type(args[1], suggested)}
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return {"$ref": self.refer(annotation)}
        raise TypeError(f"no schema type for {annotation}")

    def refer(self, model: type[BaseModel]) -> str:
        """A reference to the model's type, which is described on first use."""
        type_name = model.__name__.partition("[")[0]  # a generic one has its arguments there
        if type_name not in self.found:
            self.found[type_name] = {}
            properties: dict[str, Any] = {}
            required = []
            for name, info in model.model_fields.items():
                key, said = key_of(name, info), about(info)
                if said is None:
                    raise TypeError(f"{model.__name__}.{name} says nothing of itself")
                hidden = {"secret": True} if said.is_secret else {}
                properties[key] = {**self._property(type_name, key, info), "description": said.description, **hidden}
                if info.is_required() or "const" in properties[key]:
                    required.append(key)
            self.found[type_name] = {
                "type": "object",
                "description": summary_of(model),
                "properties": properties,
                "required": sorted(required),
            }
        return PREFIX + type_name

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
