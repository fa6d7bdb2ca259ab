"""A type's module in the SDK for Python: its arguments and outputs as they are declared, for both transports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from computenest.kernel.fields import Computed, Given, Resource
from computenest.resources.catalog import FIRST, TYPES
from computenest.serve.generate.hints import Hints, Spec, referred
from computenest.serve.generate.sugar import LOGICAL_NAME, Argument, Sugar
from computenest.serve.generate.words import said, snake, written
from computenest.serve.schema_types import arms

_HIDDEN = frozenset({"ownerId"})  # minted, never given


@dataclass(slots=True)
class Module:
    """One type's module.

    Args:
        declared: the type.
        spec: the same in the schema.
        sugar: what it has by hand.
        hints: the annotations, and what they need.
    """

    declared: Resource
    spec: Spec
    sugar: Sugar
    hints: Hints
    arguments: list[Argument] = field(init=False)

    def __post_init__(self) -> None:
        self.arguments = sorted(self._arguments(), key=lambda one: (not one.is_required, one.name))

    def text(self) -> str:
        """The module's whole text, unformatted."""
        name, properties = self.declared.type_name, self.spec["properties"]
        shown = {key: properties[key] for key in taken(self.declared) if snake(key) not in self.sugar.properties}
        outputs = [replace(one, name=snake(one.key)) for one in self.hints.keys(shown, ())]
        of_name = (
            "; also its name in the cloud unless `name` is given" if "name" in (a.name for a in self.arguments) else ""
        )
        return written(
            "resource.jinja",
            name=name,
            text=self.declared.description,
            hints=self.hints,
            sugar=self.sugar,
            by_hand=sorted(self.sugar.classes & {"Dynamic", "Sugar"}),
            transport="providers" if TYPES[name] in FIRST else "lifecycles",
            gate="GatedResource" if {"status", "reasons"} <= set(properties) else "DynamicResource",
            logical_name=replace(LOGICAL_NAME, description=f"The logical name{of_name}."),
            arguments=self.arguments,
            outputs=outputs,
            taken=tuple(taken(self.declared)),
            needed=tuple(one.name for one in self.sugar.arguments if one.is_required),
            concealed=tuple(
                (key, *path) for key, spec in self.spec["inputProperties"].items() for path in self.hints.secrets(spec)
            ),
        )

    def plugin_text(self) -> str:
        """The module of the plugin's class."""
        name = self.declared.type_name
        return written("plugin_resource.jinja", name=name, module=snake(name))

    def _arguments(self) -> Iterator[Argument]:
        by_hand = {one.name for one in self.sugar.arguments}
        yield from self.sugar.arguments
        for key, spec in self.spec["inputProperties"].items():
            name = snake(key)
            if key in _HIDDEN or key in self.sugar.hides or name in by_hand:
                continue
            annotation = self.hints.given(spec, key=key)
            value = f"wire({name})" if _is_nested(self.hints, spec) else name
            yield Argument(name, key, annotation, _said(spec), key in self.spec["requiredInputs"], value)


def taken(declared: Resource) -> Iterator[str]:
    """Outputs that programs take: what the provider finds out, and texts of the program's that it completes. What a
    state may lack is left out: a preview shows it as unknown, and with it whatever is made of it."""
    for key, one in declared.properties.items():
        if isinstance(one.about, Computed):
            if one.about.is_always_shown and not one.about.is_internal:
                yield key
        elif _is_completed(one.about) and key not in _HIDDEN and _is_text(one.info.annotation):
            yield key


def _is_completed(about: Given) -> bool:
    return about.is_shown and about.is_always_shown and about.asked is None


def _is_text(annotation: Any) -> bool:
    found = arms(annotation)
    return len(found) == 1 and getattr(found[0], "__supertype__", found[0]) is str


def _is_nested(hints: Hints, spec: Spec) -> bool:
    if "oneOf" in spec:
        return True
    inner: Mapping[str, Any] = spec.get("items") or spec.get("additionalProperties") or spec
    name = referred(inner) if isinstance(inner, Mapping) else ""
    return bool(name) and not hints.is_choice(name)


def _said(spec: Spec) -> str:
    replaces = spec.get("willReplaceOnChanges") and "replaces" not in spec["description"]
    return said(spec) + (" Changing it replaces the resource." if replaces else "")
