"""What the classes of nested arguments have in common; the classes themselves are generated (`declared`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar

from pulumi_computenest.paths import absolute

__all__ = ["Arguments", "camel", "wire"]


class Arguments:
    """A nested object, as a program writes it.

    Args:
        _paths: fields that are paths.
        _pairs: fields that programs write as a map from name to text, where the provider takes a list of objects ->
            what those call the text.
    """

    _paths: ClassVar[tuple[str, ...]] = ()
    _pairs: ClassVar[Mapping[str, str]] = {}

    def properties(self) -> dict[str, Any]:
        """As the provider takes it: camelCase, with what tells its kind, and without what was not given."""
        kind = getattr(type(self), "kind", None)
        found: dict[str, Any] = {} if kind is None else {"kind": kind}
        for item in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            value = getattr(self, item.name)
            if value is not None and not (item.name in self._pairs and not value):
                found[camel(item.name)] = self._property(item.name, value)
        return found

    def _property(self, name: str, value: Any) -> Any:
        if name in self._paths:
            return absolute(value)
        if name in self._pairs and isinstance(value, Mapping):
            return [{"name": key, self._pairs[name]: text} for key, text in value.items()]
        return wire(value)


def wire(value: Any) -> Any:
    """A value with every nested object as the provider takes it."""
    if isinstance(value, Arguments):
        return value.properties()
    if isinstance(value, Mapping):
        return {key: wire(item) for key, item in value.items()}
    return [wire(item) for item in value] if isinstance(value, list | tuple) else value


def camel(name: str) -> str:
    """image_id -> imageId."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)
