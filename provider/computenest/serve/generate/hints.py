"""Types of the schema as Python's annotations: what programs may give, and what they get."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from computenest.serve.generate.sugar import Argument
from computenest.serve.generate.words import said, snake

Spec = Mapping[str, Any]

_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_PLAIN = frozenset({"account", "hubAccount"})  # accounts are asked for before any output is known


def referred(spec: Spec) -> str:
    """The name of the type that a property refers to, "" where it refers to none."""
    reference = str(spec.get("$ref", ""))
    return reference.rpartition(":")[2] if reference.startswith("#/types/") else ""


@dataclass(slots=True)
class Hints:
    """Annotations, and the names that they need.

    Args:
        types: of the schema, by name.
        names: type of the schema -> what programs call it.
        classes: nested arguments that were met.
        choices: enumerations that were met.
        shown: nested outputs that were met.
        special: names of `pulumi_computenest.types` that were met.
    """

    types: Mapping[str, Spec]
    names: Mapping[str, str] = field(default_factory=dict)
    classes: set[str] = field(default_factory=set)
    choices: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    special: set[str] = field(default_factory=set)

    def called(self, name: str) -> str:
        """What programs call a type of the schema."""
        owner = next((one for one in self.names if name.startswith(one)), None)
        return name if owner is None else self.names[owner] + name.removeprefix(owner)

    def is_choice(self, name: str) -> bool:
        """Whether a type is an enumeration."""
        return "enum" in self.types[name]

    def given(self, spec: Spec, *, key: str = "", is_path: bool = False) -> str:
        """What programs may give for a property."""
        if is_path:
            self.special.add("AnyPath")
            return "AnyPath"
        if key in _PLAIN:
            return "str"
        if "oneOf" in spec:
            return " | ".join(self.given(one) for one in spec["oneOf"])
        name = referred(spec)
        if name and self.is_choice(name):
            self.choices.add(name)
            return f"pulumi.Input[{self.called(name)}] | pulumi.Output[str]"
        if name:
            self.classes.add(name)
            return self.called(name)
        if spec.get("type") == "array":
            return self._given_list(spec["items"])
        if spec.get("type") == "object":
            inner = spec["additionalProperties"]
            return f"Mapping[str, {self.given(inner)}]" if referred(inner) else f"pulumi.Input[{self._map(inner)}]"
        return f"pulumi.Input[{_SCALARS.get(spec.get('type', ''), 'Any')}]"

    def arguments(self, properties: Mapping[str, Spec], required: Collection[str], *, path: str = "") -> list[Argument]:
        """Properties as arguments, those that are needed first; `path` is the one that names a file."""
        found = [
            Argument(
                snake(key), key, self.given(one, key=key, is_path=key == path), said(one), key in required, snake(key)
            )
            for key, one in properties.items()
        ]
        return sorted(found, key=lambda one: not one.is_required)

    def keys(self, properties: Mapping[str, Spec], required: Collection[str]) -> list[Argument]:
        """Properties as keys of a mapping that programs get."""
        return [
            Argument(key, key, self.output(one), one["description"], key in required, key)
            for key, one in properties.items()
        ]

    def imports(self) -> Iterator[tuple[str, list[str]]]:
        """Module -> what annotations take from it."""
        for module, names in (
            ("declared.arguments", map(self.called, self.classes)),
            ("declared.choices", map(self.called, self.choices)),
            ("declared.outputs", map(self.called, self.shown)),
            ("types", self.special),
        ):
            if found := sorted(names):
                yield module, found

    def _given_list(self, items: Spec) -> str:
        if items.get("type") == "string" and not referred(items):
            self.special.add("InputTexts")
            return "InputTexts"
        pair = self.pair(items)
        return f"Mapping[str, pulumi.Input[{pair[1]}]]" if pair else f"Sequence[{self.given(items)}]"

    def pair(self, items: Spec) -> tuple[str, str] | None:
        """Of objects that are a name and a text: what they call the text, and its type. Programs write such a list as a
        map."""
        name = referred(items)
        properties = dict(self.types[name].get("properties", {})) if name else {}
        if properties.pop("name", None) is None or len(properties) != 1:
            return None
        [(key, spec)] = properties.items()
        return (key, "str") if spec.get("type") == "string" else None

    def secrets(self, spec: Spec) -> Iterator[tuple[str, ...]]:
        """Paths to the parts of a property that are secrets whatever a program says; lists take no place in them."""
        for arm in spec.get("oneOf", (spec,)):
            inner = arm.get("items", arm)
            properties = self.types[name].get("properties", {}) if (name := referred(inner)) else {}
            for key, one in properties.items():
                yield from [(key,)] if one.get("secret") else ((key, *path) for path in self.secrets(one))

    def _map(self, inner: Spec) -> str:
        return f"Mapping[str, {self.given(inner)}]" if inner.get("type") or "$ref" in inner else "Mapping[str, Any]"

    def output(self, spec: Spec) -> str:
        """What programs get of a property."""
        if "oneOf" in spec:
            return "Mapping[str, Any]"
        name = referred(spec)
        if name and self.is_choice(name):
            return "str"
        if name:
            self.shown.add(name)
            return self.called(name)
        if spec.get("type") == "array":
            return f"Sequence[{self.output(spec['items'])}]"
        if spec.get("type") == "object":
            return f"Mapping[str, {self.output(spec['additionalProperties'])}]"
        return _SCALARS.get(spec.get("type", ""), "Any")
