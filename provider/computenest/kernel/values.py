"""Values as models: what a program asks for, what is wanted, and what a state holds of one resource.

Frozen, camelCase on the wire. What a property bag does not hold is unset in its model (`model_fields_set`), and is not
written again: states of earlier versions stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from typing_extensions import TypeAliasType

from computenest.kernel.unknown import UNKNOWN, Unknown, has_unknown

Json = TypeAliasType("Json", "str | int | float | bool | Unknown | Sequence[Json] | Mapping[str, Json] | None")
"""A value that is none of ours, such as a parameter of somebody's template: whatever JSON has."""


class Model(BaseModel):
    """Base of every contract: frozen, camelCase on the wire, unknown keys refused."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid")

    def wire(self) -> dict[str, Any]:
        """The JSON form: camelCase, without what was not set."""
        return self.model_dump(by_alias=True, exclude_none=True, mode="json")

    @property
    def has_unknown(self) -> bool:
        """Whether a preview does not know some of it, at any depth."""
        return has_unknown(self.model_dump())


class Seen(Model):
    """What a cloud shows: built with its first answer, since most previews ask nothing."""

    model_config = ConfigDict(defer_build=True)


class Values(Model):
    """A property bag of one type, or a part of one. Keys that nobody knows are kept as they are."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    @classmethod
    def model_rebuild(cls, *, _types_namespace: Mapping[str, object] | None = None, **given: Any) -> bool | None:
        """As pydantic's, but that a generic model is not built to make `Package[Known]` of it: that one is built by
        itself, and nothing is validated with the generic one (docs/benchmarks.md, Previews)."""
        if _types_namespace is not None and cls.__pydantic_generic_metadata__["parameters"]:
            return None
        return super().model_rebuild(_types_namespace=_types_namespace, **given)

    @classmethod
    def made(cls, *given: BaseModel, **changes: Any) -> Self:
        """What others hold of the same fields, the later one first, with changes; a field that becomes None is unset.

        Raises:
            pydantic.ValidationError: a change is of another type than its field: a fault of ours.
        """
        found: dict[str, Any] = {}
        for one in given:
            found |= one.model_extra or {}
            found |= {name: getattr(one, name) for name in one.model_fields_set & cls.model_fields.keys()}
        return cls(**{name: value for name, value in (found | changes).items() if value is not None})

    @classmethod
    def by_default(cls, *names: str) -> Self:
        """With these fields as they are where nobody says anything: written down, and not left unset."""
        return cls(**{name: cls.model_fields[name].get_default(call_default_factory=True) for name in names})

    def with_those_of(self, other: BaseModel | None, *names: str) -> Self:
        """With what another holds of some fields; what that one does not hold is unset."""
        held = other.model_fields_set if other is not None else ()
        return self.made(self, **{name: getattr(other, name) if name in held else None for name in names})

    def held(self, name: str) -> Json:
        """What is held in a field of plain values, None where nothing is."""
        found: Json = getattr(self, name) if name in self.model_fields_set else None
        return found

    def bag(self) -> dict[str, Any]:
        """As a transport hands it on: UNKNOWN where a value is not known, without what is unset."""
        return {
            key: _plain(value)
            for key, value in self.model_dump(by_alias=True, exclude_unset=True, exclude_none=True).items()
        }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def given(value: object) -> object:
    """What a program gives for an object: null is unset there."""
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, Mapping) else value


def given_whole(value: object) -> object:
    """The same for an object that is known as a whole or not at all."""
    return UNKNOWN if has_unknown(value) else given(value)


def as_written(given: Mapping[str, Json]) -> dict[str, Json]:
    """What is given by our names, by those of the cloud's APIs: they have a capital letter."""
    return {key[:1].upper() + key[1:]: value for key, value in given.items()}
